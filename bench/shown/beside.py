"""RTKLIB's rnx2rtkp beside the engine: L1, one epoch at a time, with and without its baseline length constraint."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.time import GpsTime
from shown.recordings import Pair, common_ticks, tick

PROGRAM = "rnx2rtkp"
_SYSTEM_BITS = {"G": 1, "R": 4, "E": 8, "J": 16, "C": 32}
_FIXED = 1
_LENGTH_SIGMA_M = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Another solver over the n epochs both antennas share: vector (n, 3) [m] from a to b, NaN = none; fixed (n,)."""

    vector_enu_m: Floats
    fixed: Bools


def is_installed() -> bool:
    """Can rnx2rtkp be run here?"""
    return shutil.which(PROGRAM) is not None


def version() -> str:
    """Where rnx2rtkp comes from, as far as the package manager knows."""
    if shutil.which("dpkg-query") is None:
        return PROGRAM
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "rtklib"], capture_output=True, text=True, check=False)
    return f"{PROGRAM} {done.stdout.strip()}".strip()


def run_beside(
    pair: Pair, systems: str, mask_deg: float, *, constrained: bool, resolution: str = "instantaneous"
) -> Beside | None:
    """Run rnx2rtkp on a recording; None where it is not installed, or has no constraint (it knows none of length 0).

    Its constraint works in its moving-base mode only, which is therefore used with it. resolution: instantaneous (one epoch
    at a time), or continuous.
    """
    if not is_installed() or (constrained and pair.length_m == 0.0):
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        conf, out = folder / "options.conf", folder / "out.pos"
        conf.write_text(options(pair.length_m, systems, mask_deg, resolution, constrained=constrained), encoding="ascii")
        files = [str(path) for path in (pair.beside[1], pair.beside[0], *pair.nav)]
        subprocess.run([PROGRAM, "-k", str(conf), "-o", str(out), *files], capture_output=True, check=False)
        text = out.read_text(encoding="ascii", errors="replace") if out.exists() else ""
    return _on(common_ticks(pair.antennas), baselines(text))


def options(length_m: float, systems: str, mask_deg: float, resolution: str, *, constrained: bool) -> str:
    """The configuration file."""
    values = {
        "pos1-posmode": "movingbase" if constrained else "kinematic",
        "pos1-frequency": "l1",
        "pos1-elmask": f"{mask_deg:g}",
        "pos1-navsys": str(sum(_SYSTEM_BITS[system] for system in systems.split(","))),
        "pos2-armode": resolution,
        "pos2-arthres": "3",
        "pos2-gloarmode": "off",
        "pos2-bdsarmode": "on",
        "out-solformat": "enu",
        "out-timesys": "gpst",
        "out-timeform": "tow",
        "out-timendec": "3",
        "ant2-postype": "single",
    }
    if constrained:
        values |= {"pos2-baselen": f"{length_m:.4f}", "pos2-basesig": f"{_LENGTH_SIGMA_M}"}
    return "".join(f"{key} ={value}\n" for key, value in values.items())


def baselines(text: str) -> dict[int, tuple[Floats, bool]]:
    """Vectors by tick, and whether they are fixed, of a solution file in east, north, up."""
    found = {}
    for line in text.splitlines():
        columns = line.split()
        if line.startswith("%") or len(columns) < 6:
            continue
        time = GpsTime.from_week_tow(int(columns[0]), float(columns[1]))
        found[tick(time)] = np.array(columns[2:5], float), int(columns[5]) == _FIXED
    return found


def _on(ticks: list[int], found: dict[int, tuple[Floats, bool]]) -> Beside:
    """Solutions at the epochs; their times are corrected for the receiver's clock, so that they may be some ticks off."""
    nothing = np.full(3, np.nan), False
    near = (0, 1, -1, 2, -2)
    rows = [next((found[each + shift] for shift in near if each + shift in found), nothing) for each in ticks]
    return Beside(np.array([row[0] for row in rows]).reshape(-1, 3), np.array([row[1] for row in rows], bool))
