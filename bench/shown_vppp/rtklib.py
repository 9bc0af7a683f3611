"""rnx2rtkp on the same files: single and ppp-kinematic, one and two frequencies.

What ppp-kinematic gives of one frequency (2.4.3 b34, udbias_ppp of ppp.c): an ambiguity begins with a code that is corrected by
the difference of two codes over 1 - (f1 / f2)^2. On L1 alone both are the same: 0 / 0, and the filter is NaN after its first
epoch; where the file holds no second code, no ambiguity begins at all, and an epoch without phases counts as none. No
option for ionosphere, troposphere or ephemerides changes that. It does run on two frequencies.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from shown.beside import _SYSTEM_BITS as SYSTEM_BITS
from shown.beside import PROGRAM
from shown.recordings import tick
from shown.ubx_files import CONVERTER

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import enu_from_ecef_at
from gnss_gyro.basics.time import GpsTime
from shown_vppp.sites import WINDOW, Site

MASK_DEG: Final = 10


@dataclass(frozen=True, slots=True)
class Method:
    """A way to run it. two : both frequencies, the ionosphere out of their combination."""

    title: str
    mode: str
    two: bool


SINGLE: Final = Method("single L1", "single", False)
SINGLE_TWO: Final = Method("single, two frequencies", "single", True)
PPP: Final = Method("ppp-kinematic L1", "ppp-kine", False)
PPP_TWO: Final = Method("ppp-kinematic, two frequencies", "ppp-kine", True)


@contextmanager
def rinex_of(site: Site) -> Iterator[tuple[Path, ...]]:
    """Observations of the first antenna and ephemerides as rnx2rtkp reads them; a UBX file is converted for as long."""
    if site.files[0].suffix != ".ubx":
        yield (site.files[0], *site.nav)
        return
    with tempfile.TemporaryDirectory() as name:
        obs, nav = Path(name) / "other.obs", Path(name) / "other.nav"
        command = [CONVERTER, "-r", "ubx", "-v", "3.04", "-o", str(obs), "-n", str(nav), str(site.files[0])]
        subprocess.run(command, capture_output=True, check=False)
        yield obs, nav


def can_run(site: Site) -> bool:
    """Is all installed that the recording needs?"""
    needed = (PROGRAM, CONVERTER) if site.files[0].suffix == ".ubx" else (PROGRAM,)
    return all(shutil.which(program) for program in needed)


def whole_run(site: Site, files: tuple[Path, ...], method: Method, systems: str) -> Floats:
    """Errors (n, 3) of all epochs, ENU [m]; NaN = no position."""
    found = _positions(files, method, systems)
    return _errors(site, found, range(len(site.epochs())))


def window_runs(site: Site, files: tuple[Path, ...], method: Method, systems: str, starts: range) -> Floats:
    """Errors (n, 3) of the last epoch of each window, a run of its own for each, ENU [m]."""
    rows = []
    for start in starts:
        first, last = (site.epochs()[i].time for i in (start, start + WINDOW - 1))
        found = _positions(files, method, systems, (*_bound("-ts", first, -0.1), *_bound("-te", last, 0.1)))
        rows.append(_errors(site, found, range(start + WINDOW - 1, start + WINDOW)))
    return np.concatenate(rows)


def options(method: Method, systems: str) -> str:
    """The configuration file."""
    values = {
        "pos1-posmode": method.mode,
        "pos1-frequency": "l1+2" if method.two else "l1",
        "pos1-elmask": str(MASK_DEG),
        "pos1-navsys": str(sum(SYSTEM_BITS[system] for system in systems.split(","))),
        "pos1-ionoopt": "dual-freq" if method.two else "brdc",
        "pos1-tropopt": "saas",
        "pos1-sateph": "brdc",
        "out-solformat": "xyz",
        "out-timesys": "gpst",
        "out-timeform": "tow",
        "out-timendec": "3",
    }
    return "".join(f"{key} ={value}\n" for key, value in values.items())


def _positions(files: tuple[Path, ...], method: Method, systems: str, more: tuple[str, ...] = ()) -> dict[int, Floats]:
    """ECEF positions (3,) [m] by tick."""
    with tempfile.TemporaryDirectory() as name:
        conf, out = Path(name) / "options.conf", Path(name) / "out.pos"
        conf.write_text(options(method, systems), encoding="ascii")
        command = [PROGRAM, "-k", str(conf), *more, "-o", str(out), *map(str, files)]
        subprocess.run(command, capture_output=True, check=False)
        text = out.read_text(encoding="ascii", errors="replace") if out.exists() else ""
    return dict(_lines(text))


def _lines(text: str) -> Iterator[tuple[int, Floats]]:
    for line in text.splitlines():
        columns = line.split()
        if not line.startswith("%") and len(columns) > 5:
            time = GpsTime.from_week_tow(int(columns[0]), float(columns[1]))
            yield tick(time), np.array([float(word.replace("-nan", "nan")) for word in columns[2:5]])


def _bound(option: str, time: GpsTime, later_s: float) -> tuple[str, str, str]:
    """-ts or -te with a day and a time of day (GPS time, to the millisecond)."""
    when = (time + later_s).calendar()
    return option, f"{when:%Y/%m/%d}", f"{when:%H:%M:%S.%f}"


def _errors(site: Site, found: Mapping[int, Floats], epochs: range) -> Floats:
    """Solutions at the epochs; their times are corrected for the receiver's clock, so that they may be some ticks off."""
    axes, nothing = enu_from_ecef_at(site.truth_ecef_m), np.full(3, np.nan)
    ticks = [tick(site.epochs()[i].time) for i in epochs]
    near = (0, 1, -1, 2, -2)
    rows = [next((found[each + shift] for shift in near if each + shift in found), nothing) for each in ticks]
    return (np.array(rows).reshape(-1, 3) - site.truth_ecef_m) @ axes.T
