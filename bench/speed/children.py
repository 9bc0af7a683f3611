"""Programs run as a user runs them, on one core, and what they took."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from speed.skies import Recording

ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_LOOKS_S: Final = 0.02
GYRO: Final = (sys.executable, "-m", "gnss_gyro.cli.main")


@dataclass(frozen=True, slots=True)
class Took:
    """Of a process, start-up included: CPU time (user and system), wall time [s], largest resident memory [MB]."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Took:
    """Run a program to its end on one core. Raises RuntimeError where it fails."""
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=said, env={**os.environ, **ONE_THREAD, **(environment or {})},
            preexec_fn=_on_one_core,
        )  # fmt: skip
        peak_mb, pid = 0.0, 0
        while not pid:
            peak_mb = _peak_mb(child.pid) or peak_mb  # the last one: before exec it is still the parent's
            time.sleep(_LOOKS_S)
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)} failed: {said.read().decode(errors='replace')[-500:]}")
    return Took(usage.ru_utime + usage.ru_stime, time.perf_counter() - began, peak_mb)


def _peak_mb(pid: int) -> float:
    """Largest resident memory of a process so far [MB]; what wait4 tells begins with that of the process that forked it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return float(found[1]) / 1024.0 if found else 0.0


def _on_one_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def replay_command(recording: Recording, output: Path) -> list[str]:
    """`gnss_gyro replay` of a recording."""
    words = [word for name, path in recording.antennas.items() for word in ("--antenna", f"{name}={path}")]
    words += [word for path in recording.navigation for word in ("--nav", str(path))]
    return [*GYRO, "replay", "--config", str(recording.config), *words, "--output", str(output), "--no-report"]
