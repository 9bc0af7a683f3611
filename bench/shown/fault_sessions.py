"""Sessions in which faults are tried: simulated vehicles, and recordings of antennas at rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import enu_from_ecef_at
from gnss_gyro.basics.satellites import System
from gnss_gyro.engine.config import EngineConfig, config_from_dict
from gnss_gyro.protocols.messages import Observations
from shown.array_faults import AFTER_S, BEFORE_S, Aftermath, after_faults
from shown.array_rig import SKIES, aligned, array_config, array_scenario, group_of, simulated, started, truth_of
from shown.recordings import content

FAULT_COUNTS: Final = (1, 4)
_LENGTH_S: Final = BEFORE_S + AFTER_S
MEIJO_ECEF_M: Final = np.array([-3817680.727, 3562839.5216, 3650159.2407])
MEIJO_VECTOR_M: Final = np.array([-0.2246, -0.9628, 0.0089])
CLAS_ECEF_M: Final = np.array([-3962108.673, 3381309.574, 3668678.638])


def simulated_faults(task: tuple[int, str, int]) -> Mapping[str, Aftermath]:
    """All faults in the session of a seed, under a sky, with so many antennas."""
    seed, sky, count = task
    session = simulated(array_scenario(seed, count, sky, float(_LENGTH_S)))
    config = array_config(count, SKIES[sky][0])
    engine = started(config, session.told)
    groups = [group_of(epoch, config.names) for epoch in session.epochs]
    return after_faults(engine, groups, [truth_of(epoch, config.names[0]) for epoch in session.epochs], seed)


@dataclass(frozen=True, slots=True, eq=False)
class StillRecording:
    """Antennas at rest.

    files       : by antenna; the position is that of the first
    navigation  : what is broadcast
    place_ecef_m: (3,) where the first one stands
    systems     : used
    vector_m    : (3,) ENU to the second, if there is one
    every_s     : seconds between starts
    """

    name: str
    files: Mapping[str, Path]
    navigation: tuple[Path, ...]
    place_ecef_m: Floats
    systems: tuple[System, ...]
    vector_m: Floats | None
    every_s: int


def still_recordings(folder: Path) -> list[StillRecording]:
    """Those of the recordings of fault injection that are there; places by their NOTES."""
    meijo, clas = folder / "meijo", folder / "clas_static"
    four = (System.GPS, System.GALILEO, System.QZSS, System.BEIDOU)
    base, rover = meijo / "static_base.obs", meijo / "static_rover.obs"
    navigation = (meijo / "static_base.nav",)
    known = [
        StillRecording("meijo, 1 antenna, G", {"a": base}, navigation, MEIJO_ECEF_M, (System.GPS,), None, 30),
        StillRecording("meijo, 1 antenna, G,E,J,C", {"a": base}, navigation, MEIJO_ECEF_M, four, None, 30),
        StillRecording(
            "meijo, 2 antennas, G,E,J,C", {"a": base, "b": rover}, navigation, MEIJO_ECEF_M, four, MEIJO_VECTOR_M, 30
        ),
        StillRecording(
            "clas_static, 1 antenna, G,E,J", {"a": clas / "SEPT078M.21O"}, (clas / "SEPT078M.21P", clas / "30340780.21q"),
            CLAS_ECEF_M, four[:3], None, 60,
        ),
    ]  # fmt: skip
    return [one for one in known if all(path.is_file() for path in (*one.files.values(), *one.navigation))]


def recorded_faults(recording: StillRecording, most: int) -> list[Mapping[str, Aftermath]]:
    """All faults from several starts in a recording, at most so many."""
    told = [m for path in recording.navigation for m in content(path).messages if not isinstance(m, Observations)]
    groups = aligned(_still_config(recording), recording.files)
    axes = enu_from_ecef_at(recording.place_ecef_m)
    truths = [(recording.place_ecef_m, np.zeros(3), axes)] * _LENGTH_S
    starts = range(0, len(groups) - _LENGTH_S + 1, recording.every_s)
    found: list[Mapping[str, Aftermath]] = []
    for seed, first in enumerate(starts[:most]):
        engine = started(_still_config(recording), told, content(next(iter(recording.files.values()))).receiver)
        found.append(after_faults(engine, groups[first : first + _LENGTH_S], truths, seed))
    return found


def _still_config(recording: StillRecording) -> EngineConfig:
    places = {"a": [0.0, 0.0, 0.0]}
    if recording.vector_m is not None:
        places["b"] = [float(np.linalg.norm(recording.vector_m)), 0.0, 0.0]
    return config_from_dict({
        "antennas": {name: {"position_m": place} for name, place in places.items()},
        "gnss": {"systems": [str(s) for s in recording.systems]}, "filter": {"vehicle": "static"},
    })  # fmt: skip
