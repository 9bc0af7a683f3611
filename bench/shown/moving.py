"""Bodies in motion with a reference: recordings and simulated vehicles, as groups of epochs and truths by time."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef_at
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.config import EngineConfig, config_from_dict
from gnss_gyro.engine.solution import Solution
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.protocols.messages import Message, Observations
from shown.array_rig import (
    ALL_SYSTEMS,
    SKIES,
    Errors,
    Truth,
    aligned,
    array_config,
    array_scenario,
    errors_of,
    group_of,
    simulated,
    truth_of,
)
from shown.recordings import content, tick

METHODS: Final[dict[str, dict[str, str]]] = {
    "white": {"motion": "white"}, "singer": {"motion": "singer"}, "extended-singer": {"motion": "extended-singer"},
    "single": {"method": "single"},
}  # fmt: skip
"""Settings of the section `position`, by the words of the tables."""
_GPS_WEEK_CYCLE: Final = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Moving:
    """Observations of a body and where it was.

    groups  : aligned epochs, by antenna
    told    : what is broadcast
    truths  : position ECEF, velocity ENU, axes enu_from_ecef, by tick; only where they are known
    antennas : how many; 1 for a recording
    systems : used
    receiver : make
    floating : the reference's datum is not known: positions are judged about their mean error
    ionosphere : the model to use
    """

    name: str
    groups: Sequence[Mapping[str, Epoch]]
    told: Sequence[Message]
    truths: Mapping[int, Truth]
    antennas: int
    receiver: str
    floating: bool = False
    ionosphere: str = "auto"

    def config(self, vehicle: str, method: str) -> EngineConfig:
        """The rig with a preset of motion and one of METHODS."""
        if self.antennas > 1:
            return array_config(self.antennas, ALL_SYSTEMS, vehicle, **METHODS[method])
        name = next(iter(self.groups[0]))
        position = {**METHODS[method], "ionosphere": self.ionosphere}
        return config_from_dict(
            {"antennas": {name: {"position_m": [0.0, 0.0, 0.0]}}, "filter": {"vehicle": vehicle}, "position": position}
        )

    def errors(self, solutions: Sequence[Solution]) -> Errors:
        """Of the solutions with a truth."""
        known = [s for s in solutions if tick(s.time) in self.truths]
        errors = errors_of(known, [self.truths[tick(s.time)] for s in known])
        return errors.less_mean() if self.floating else errors


def walk(folder: Path) -> Moving:
    """f9p_walk: a walk with a receiver in the hand at 4 Hz; fixed epochs of a base-line solution, whose datum is not told."""
    file, truths = folder / "f9p_walk" / "gnss_1730.ubx", {}
    for line in (folder / "f9p_walk" / "gnss_1730_sf.pos").read_text(encoding="utf-8").splitlines():
        if line.startswith("%") or not line.strip():
            continue
        day, clock, *rest = line.split()
        values = np.array(rest[:16], float)
        if values[3] != 1.0:
            continue
        hour, minute, second = clock.split(":")
        year, month, date = map(int, day.split("/"))
        time = GpsTime.from_calendar(year, month, date, int(hour), int(minute), float(second))
        place = ecef_from_geodetic(np.array([*np.radians(values[:2]), values[2]]))
        truths[tick(time)] = place, values[[14, 13, 15]], enu_from_ecef_at(place)
    return _recorded("f9p_walk", file, (file,), truths, floating=True)


def spirent(folder: Path) -> Moving:
    """A simulator's rover on a rose of 100 m, with its own exact truth; its ionosphere is Klobuchar's (NOTES)."""
    at, truths = folder / "spirent", {}
    with (at / "Rover-dynamic_PVA_Spirent.csv").open(encoding="utf-8") as file:
        for row in list(csv.reader(file))[1:]:
            time = GpsTime.from_week_tow(int(row[1]) * _GPS_WEEK_CYCLE + int(row[2]), float(row[3]))
            place, speed = np.array(row[4:7], float), np.array(row[7:10], float)
            axes = enu_from_ecef_at(place)
            truths[tick(time)] = place, axes @ speed, axes
    navigation = (at / "RINEX_EN_Spirent.23L", at / "RINEX_GN_Spirent.23N")
    return _recorded("spirent", at / "Rover-dynamic_MO_Spirent.obs", navigation, truths, ionosphere="klobuchar")


def _recorded(
    name: str, file: Path, navigation: Sequence[Path], truths: Mapping[int, Truth], floating: bool = False,
    ionosphere: str = "auto",
) -> Moving:  # fmt: skip
    plain = config_from_dict({"antennas": {"a": {"position_m": [0.0, 0.0, 0.0]}}})
    told = [m for path in navigation for m in content(path).messages if not isinstance(m, Observations)]
    return Moving(name, aligned(plain, {"a": file}), told, truths, 1, content(file).receiver, floating, ionosphere)


def simulated_vehicle(vehicle: str, seed: int, duration_s: float, antennas: int = 4) -> Moving:
    """A vehicle with patch antennas under all systems."""
    session = simulated(array_scenario(seed, antennas, list(SKIES)[-1], duration_s, vehicle))
    names = array_config(antennas, ALL_SYSTEMS).names
    groups = [group_of(epoch, names) for epoch in session.epochs]
    truths = {tick(epoch.time): truth_of(epoch, names[0]) for epoch in session.epochs}
    return Moving(f"simulated {vehicle}", groups, session.told, truths, antennas, "u-blox")
