"""Kernels come back from the cache light, whole, and fit to be compiled into others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from numba.core import config

from gnss_gyro.basics.kernels import NotCompiled, kernel, nothing_compiled

_MODULE = """
import numpy as np
from gnss_gyro.basics.kernels import kernel

@kernel
def halved(values):
    return 0.5 * np.sort(values)

@kernel
def halved_sum(values):
    return np.sum(halved(values))
"""
_ASK = """
import json, numpy as np, sample
called = getattr(sample, {name!r})
result = called(np.array([3.0, 1.0, 2.0]))
libraries = [each.library for kernel in (sample.halved, sample.halved_sum) for each in kernel.overloads.values()]
hits = sum(sum(kernel.stats.cache_hits.values()) for kernel in (sample.halved, sample.halved_sum))
held = sum(library._shared_module is not None for library in libraries)
print(json.dumps({{"result": np.asarray(result).tolist(), "hits": hits, "held": held}}))
"""

pytestmark = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="nothing is compiled")


def _asked(folder: Path, name: str) -> dict[str, object]:
    paths = os.pathsep.join([str(folder), *sys.path])
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": paths}
    command = [sys.executable, "-c", _ASK.format(name=name)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_a_loaded_kernel_gives_the_same_and_holds_no_intermediate_code(tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text(_MODULE, encoding="utf-8")
    compiled, loaded = _asked(tmp_path, "halved"), _asked(tmp_path, "halved")
    assert compiled == {"result": [0.5, 1.0, 1.5], "hits": 0, "held": 1}
    assert loaded == {"result": [0.5, 1.0, 1.5], "hits": 1, "held": 0}


def test_a_loaded_kernel_can_be_compiled_into_another(tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text(_MODULE, encoding="utf-8")
    _asked(tmp_path, "halved")
    assert _asked(tmp_path, "halved_sum")["hits"] == 1  # the inner one is loaded, the outer one compiled with it
    assert _asked(tmp_path, "halved_sum") == {"result": 3.0, "hits": 1, "held": 0}


def test_a_change_of_the_source_is_compiled_anew(tmp_path: Path) -> None:
    source = tmp_path / "sample.py"
    source.write_text(_MODULE, encoding="utf-8")
    _asked(tmp_path, "halved")
    source.write_text(_MODULE.replace("0.5", "0.25"), encoding="utf-8")
    assert _asked(tmp_path, "halved") == {"result": [0.25, 0.5, 0.75], "hits": 0, "held": 1}


_CALLED = """
from gnss_gyro.basics.kernels import kernel
import numbers_

@kernel
def factor():
    return numbers_.FACTOR
"""
_CALLING = """
from called import factor
from gnss_gyro.basics.kernels import kernel

@kernel
def halved(values):
    return inner(values)

@kernel(inline="always")
def inner(values):
    return factor() * values

halved_sum = halved
"""


@pytest.mark.parametrize(
    ("changed", "old", "new"), [("called", "return numbers_.FACTOR", "return 2 * numbers_.FACTOR"), ("numbers_", "0.5", "1.0")]
)
def test_a_change_of_what_it_calls_or_reads_elsewhere_is_compiled_anew(tmp_path: Path, changed: str, old: str, new: str) -> None:
    for name, text in {"sample": _CALLING, "called": _CALLED, "numbers_": "FACTOR = 0.5"}.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    assert _asked(tmp_path, "halved")["result"] == [1.5, 0.5, 1.0]
    assert _asked(tmp_path, "halved")["hits"] == 2, "told twice, for halved_sum is the same"
    source = tmp_path / f"{changed}.py"
    source.write_text(source.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert _asked(tmp_path, "halved")["result"] == [3.0, 1.0, 2.0]


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("left", [0, 100])
def test_what_a_power_cut_left_of_the_cache_is_replaced(tmp_path: Path, ending: str, left: int) -> None:
    (tmp_path / "sample.py").write_text(_MODULE, encoding="utf-8")
    _asked(tmp_path, "halved")
    for path in (tmp_path / "cache").rglob(f"*.{ending}"):
        path.write_bytes(path.read_bytes()[:left] + bytes(left))
    assert _asked(tmp_path, "halved") == {"result": [0.5, 1.0, 1.5], "hits": 0, "held": 1}
    assert _asked(tmp_path, "halved")["hits"] == 1


@kernel
def doubled(x: float) -> float:
    return 2.0 * x


def test_where_nothing_may_be_compiled_a_kernel_says_that_it_would_have_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubled._cache, "_load_overload", lambda *_: None)
    with nothing_compiled(), pytest.raises(NotCompiled, match="doubled"):
        doubled(1.0)
    assert doubled(1.0) == 2.0
    with nothing_compiled():
        assert doubled(2.0) == 4.0
