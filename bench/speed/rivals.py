"""The whole engine beside rnx2rtkp: the same RINEX files, start-up and reading included, CPU time of alternating runs.

rnx2rtkp solves one baseline at a time, L1, every epoch by itself, in its moving-base mode: both ends move.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

import numpy as np
from shown.beside import PROGRAM, baselines, options, version

from speed.children import replay_command, run
from speed.skies import MASK_DEG, Recording, first_antennas, shortened, sky, write_rinex

SATELLITES: Final = 35
LIMITS: Final = {3: 1.0, 1: 1.5}
"""By number of baselines: what the engine may take, in times of rnx2rtkp."""


def beside_rnx2rtkp(folder: Path, epochs: int, repeats: int) -> dict[str, Any]:
    """Seconds and ratios for three baselines and for one; says so where rnx2rtkp is not installed."""
    if shutil.which(PROGRAM) is None:
        return {"skipped": f"{PROGRAM} is not installed (Debian: apt install rtklib)"}
    simulation = sky(4, SATELLITES, epochs)
    recording = write_rinex(simulation, folder / "rinex")
    conf = folder / "rnx2rtkp.conf"
    conf.write_text(_options(recording), encoding="ascii")
    found: dict[str, Any] = {"program": version(), "epochs": epochs, "satellites": recording.satellites, "repeats": repeats}
    for count, limit in LIMITS.items():
        found[f"{count} baseline{'s' * (count > 1)}"] = {**_compared(recording, conf, folder, count, repeats), "limit": limit}
    return found


def _options(recording: Recording) -> str:
    text = options(1.0, "G,E,J,C", MASK_DEG, "instantaneous", constrained=False)
    return text.replace("=kinematic", "=movingbase")


def _compared(recording: Recording, conf: Path, folder: Path, count: int, repeats: int) -> dict[str, Any]:
    """Alternating runs; the engine solves all baselines at once, from count + 1 antennas."""
    recording = first_antennas(recording, count + 1)
    run(replay_command(shortened(recording, folder / "short"), folder / "out"))
    ours, theirs = [], []
    for _ in range(repeats):
        ours.append(run(replay_command(recording, folder / "out")).cpu_s)
        theirs.append(_rnx2rtkp_s(recording, conf, folder))
    ratios = np.array(ours) / np.array(theirs)
    return {
        "gnss_gyro_s": float(np.median(ours)), "rnx2rtkp_s": float(np.median(theirs)), "ratio": float(np.median(ratios)),
        "ratios": ratios.round(4).tolist(),
        "rnx2rtkp_fixed_share": [_fixed_share(folder / f"{number}.pos", recording.epochs) for number in range(count)],
    }  # fmt: skip


def _rnx2rtkp_s(recording: Recording, conf: Path, folder: Path) -> float:
    base, *rovers = recording.antennas.values()
    navigation = [str(path) for path in recording.navigation]
    return sum(
        run([PROGRAM, "-k", str(conf), "-o", str(folder / f"{number}.pos"), str(rover), str(base), *navigation]).cpu_s
        for number, rover in enumerate(rovers)
    )


def _fixed_share(path: Path, epochs: int) -> float:
    return sum(fixed for _, fixed in baselines(path.read_text(encoding="ascii", errors="replace")).values()) / epochs
