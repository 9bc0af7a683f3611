"""The attitude layer on a hand-held stick with two real receivers, wrong fixes included."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from recordings import PROJECT, recording

NOISE_M = 0.1
"""Four of the larger claimed sigmas of the length: what lies within cannot be told from a right fix."""


@pytest.fixture(scope="module")
def stylus() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stylus", PROJECT / "examples" / "stylus.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["stylus"] = module
    spec.loader.exec_module(module)
    return module


def files(name: str) -> tuple[Path, Path]:
    folder = recording("stylus")
    return folder / f"{name}_RoverA.raw", folder / f"{name}_RoverB.raw"


def test_hello_is_the_stick_of_1_916_m_without_a_wrong_fix(stylus: ModuleType) -> None:
    stick = stylus.read_stick(*files("Hello"))
    verdict = stylus.judge(stick, stylus.stick_array(1.916))
    assert (len(stick.fixed), int(stick.fixed.sum())) == (7755, 6327)
    assert verdict.flagged.sum() == 0
    assert verdict.gated == 0
    assert verdict.tracked_deg < verdict.kept_deg < 0.17


def test_toilet_is_another_stick_and_its_wrong_fixes_are_flagged(stylus: ModuleType) -> None:
    stick = stylus.read_stick(*files("Toilet"))
    length_m = np.linalg.norm(stick.vector_m, axis=1)
    surveyed_m = stylus.surveyed_length_m(stick)
    assert surveyed_m == pytest.approx(1.722, abs=0.002)
    right = stylus.right_length(stick, stylus.stick_array(surveyed_m))
    flagged = stick.fixed & ~right
    wrong = stick.fixed & (np.abs(length_m - surveyed_m) > NOISE_M)
    assert stick.fixed.sum() == 16146
    assert wrong.sum() > 700
    assert np.all(flagged[wrong])
    assert flagged.sum() - wrong.sum() <= 30
    assert np.std(length_m[right]) < 0.01


def test_stick_given_the_wrong_length_is_flagged_almost_throughout(stylus: ModuleType) -> None:
    stick = stylus.read_stick(*files("Toilet"))
    part = stylus.Stick(stick.time_s[:4000], stick.vector_m[:4000], stick.variance_m2[:4000], stick.fixed[:4000])
    assert not stylus.right_length(part, stylus.stick_array(1.916)).any()


def test_table_is_printed_and_an_empty_folder_is_refused(
    stylus: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stylus.main([str(tmp_path)]) == 1
    for file in files("Hello"):
        (tmp_path / file.name).write_bytes(file.read_bytes()[: 72 * 400])
    assert stylus.main([str(tmp_path)]) == 0
    assert "Hello" in capsys.readouterr().out
