"""Programs run as a user runs them, on one core, and what they took."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from speed.skies import Recording

ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
GYRO: Final = (sys.executable, "-m", "gnss_gyro.cli.main")


@dataclass(frozen=True, slots=True)
class Took:
    """Of a process, start-up included: CPU time (user and system), wall time [s], largest resident memory [MB]."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Took:
    """Run a program to its end on one core. Raises RuntimeError where it fails."""
    began = time.perf_counter()
    child = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **ONE_THREAD, **(environment or {})},
        preexec_fn=_on_one_core,
    )  # fmt: skip
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {said.decode(errors='replace')[-500:]}")
    return Took(usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss / 1024.0)


def _on_one_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def replay_command(recording: Recording, output: Path) -> list[str]:
    """`gnss_gyro replay` of a recording."""
    words = [word for name, path in recording.antennas.items() for word in ("--antenna", f"{name}={path}")]
    words += [word for path in recording.navigation for word in ("--nav", str(path))]
    return [*GYRO, "replay", "--config", str(recording.config), *words, "--output", str(output), "--no-report"]
