"""Single receivers' UBX recordings end to end: position, velocity, ephemerides out of the subframes."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef_at
from gnss_gyro.basics.satellites import satellite_name
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.config import quick_config, with_overrides
from gnss_gyro.engine.engine import Engine
from gnss_gyro.protocols.messages import GlonassEphemeris, KeplerEphemeris, Klobuchar, Observations
from gnss_gyro.streams.files import read_messages
from shown.broadcast import Agreement, compare
from shown.markdown import number, table
from shown.recordings import ALL, content, tick

CONVERTER: Final = "convbin"
_STATION_M: Final = np.array([-3551876.8287, 3887786.8598, 3586946.3873])
Reference = dict[int, tuple[Floats, Floats]]
"""ECEF position [m] and ENU velocity [m/s] by tick; velocity NaN = unknown."""


@dataclass(frozen=True, slots=True)
class Played:
    """A recording through the engine.

    epochs, located : observed, and with a position
    first_s         : from the first epoch to the first position [s]
    klobuchar       : messages with ionosphere parameters
    rms_m, mean_m, scatter_m : (3,) ENU position less the reference
    rms_mps         : (3,) ENU velocity less the reference's; NaN = the reference has none
    ephemerides     : decoded, by system
    agreement       : with another decoder's navigation file; None = not to be had
    """

    name: str
    epochs: int
    located: int
    first_s: float
    klobuchar: int
    rms_m: Floats
    mean_m: Floats
    scatter_m: Floats
    rms_mps: Floats
    ephemerides: Counter[str]
    agreement: Agreement | None


def ubx_files(folder: Path, say: Callable[[str], None]) -> list[Played]:
    """Both recordings, where they are here."""
    walk, station = folder / "f9p_walk" / "gnss_1730.ubx", folder / "slas_hiroshima" / "20230919-114418.ubx"
    found = []
    for name, path in (("f9p_walk", walk), ("slas_hiroshima", station)):
        if path.is_file():
            found.append(_play(name, path, _walk_reference(folder) if name == "f9p_walk" else None))
            say(f"{name}: {found[-1].located} positions")
    return found


def positions_table(found: Sequence[Played]) -> str:
    """Positions and velocities against the references."""
    header = (
        "recording", "epochs", "with a position", "the first after s", "ionosphere messages",
        "position RMS E, N, U m", "mean", "scatter", "velocity RMS E, N, U m/s",
    )  # fmt: skip
    rows = [
        [
            p.name, str(p.epochs), str(p.located), number(p.first_s), str(p.klobuchar),
            *(_three(v, 2) for v in (p.rms_m, p.mean_m, p.scatter_m)), _three(p.rms_mps, 3),
        ]
        for p in found
    ]  # fmt: skip
    return table(header, rows)


def ephemerides_table(found: Sequence[Played]) -> str:
    """Ephemerides decoded, and their agreement with another decoder."""
    header = ("recording", "ephemerides decoded", "in both", "values compared", "equal", "which differ")
    rows = []
    for played in found:
        counts = ", ".join(f"{system} {count}" for system, count in sorted(played.ephemerides.items()))
        same = played.agreement
        rest = [str(same.common), str(same.values), str(same.equal), ", ".join(same.differing) or "none"] if same else ["–"] * 4
        rows.append([played.name, counts, *rest])
    return table(header, rows)


def _play(name: str, path: Path, reference: Reference | None) -> Played:
    messages = content(path).messages
    ephemerides = [m for m in messages if isinstance(m, (KeplerEphemeris, GlonassEphemeris))]
    distinct = {(e.satellite, e.toe.ns, e.issue): e for e in ephemerides}
    solved = _solve(path)
    position, speed = _errors(solved, reference)
    return Played(
        name=name,
        epochs=sum(isinstance(m, Observations) for m in messages),
        located=len(solved),
        first_s=(min(solved) - min(content(path).ticks)) * 0.01,
        klobuchar=sum(isinstance(m, Klobuchar) for m in messages),
        rms_m=_rms(position),
        mean_m=position.mean(axis=0),
        scatter_m=position.std(axis=0),
        rms_mps=_rms(speed),
        ephemerides=Counter(satellite_name(e.satellite)[0] for e in distinct.values()),
        agreement=_agreement(path, list(distinct.values())),
    )


def _solve(path: Path) -> dict[int, tuple[Floats, Floats]]:
    """Positions (ECEF) and velocities (ENU) of all epochs that have one; ephemerides only as they come in the stream."""
    engine = Engine(with_overrides(quick_config(antennas=["a"]), systems=ALL))
    engine.set_receiver("a", content(path).receiver)
    solutions = [s for m in content(path).messages for s in engine.feed("a", m)] + engine.flush()
    return {tick(s.time): (s.position_ecef_m, s.velocity_enu_mps) for s in solutions if np.isfinite(s.position_ecef_m).all()}


def _errors(solved: dict[int, tuple[Floats, Floats]], reference: Reference | None) -> tuple[Floats, Floats]:
    """Errors (n, 3) of position and velocity, ENU; a station stands still."""
    position, speed = [], []
    for when, (place, velocity) in solved.items():
        true = reference.get(when) if reference is not None else (_STATION_M, np.zeros(3))
        if true is not None:
            position.append(enu_from_ecef_at(true[0]) @ (place - true[0]))
            speed.append(velocity - true[1])
    return np.array(position).reshape(-1, 3), np.array(speed).reshape(-1, 3)


def _walk_reference(folder: Path) -> Reference:
    """The walk's RTK solution: latitude, longitude, height, quality; velocity north, east, up."""
    found: Reference = {}
    for line in (folder / "f9p_walk" / "gnss_1730_sf.pos").read_text().splitlines():
        if line.startswith("%"):
            continue
        day, clock, *rest = line.split()
        values = np.array(rest[:16], float)
        if values[3] != 1.0:
            continue
        year, month, date = (int(part) for part in day.split("/"))
        hour, minute, second = clock.split(":")
        time = GpsTime.from_calendar(year, month, date, int(hour), int(minute), float(second))
        place = ecef_from_geodetic(np.array([np.radians(values[0]), np.radians(values[1]), values[2]]))
        found[tick(time)] = place, values[[14, 13, 15]]
    return found


def _agreement(path: Path, ephemerides: Sequence[KeplerEphemeris | GlonassEphemeris]) -> Agreement | None:
    """Values against the RINEX navigation file that RTKLIB's converter makes of the same bytes."""
    if shutil.which(CONVERTER) is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        nav = Path(name) / "other.nav"
        command = [CONVERTER, "-r", "ubx", "-v", "3.03", "-o", str(Path(name) / "other.obs"), "-n", str(nav), str(path)]
        subprocess.run(command, capture_output=True, check=False)
        return compare(ephemerides, list(read_messages(nav))) if nav.exists() else None


def _rms(values: Floats) -> Floats:
    return np.sqrt(np.mean(values**2, axis=0)) if len(values) else np.full(3, np.nan)


def _three(values: Floats, digits: int) -> str:
    return ", ".join(number(float(value), digits) for value in values)
