"""The simulated skies and rigs that everything here is timed on, and their recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.satellites import System
from gnss_gyro.engine.config import AntennaConfig, EngineConfig, Mode, ReceiverClass, load_config
from gnss_gyro.engine.config_yaml import config_to_yaml
from gnss_gyro.simulation.errors import ErrorModel
from gnss_gyro.simulation.scenario import Scenario, Simulation, simulate
from gnss_gyro.simulation.writers import rinex_navigation, rinex_observations, ubx_streams

MASK_DEG: Final = 5.0
ANTENNAS: Final = (1, 2, 4, 8)
SATELLITES: Final = (9, 20, 35, 60)
_G, _E, _J, _C, _R = System.GPS, System.GALILEO, System.QZSS, System.BEIDOU, System.GLONASS
_LIMITS: Final[dict[int, dict[System, int]]] = {
    9: {_G: 9},
    20: {_G: 10, _E: 7, _J: 3},
    35: {_G: 10, _E: 9, _J: 4, _C: 12},
    60: {_G: 15, _E: 12, _J: 4, _C: 24, _R: 11},
}
"""At most so many satellites of a system: the sky of the place has about the number that stands for it."""
_EQUATOR: Final = (0.0, 2.0, 60.0)
"""Latitude, longitude [rad], height [m] of the place that sees the most satellites; they are followed down to the horizon."""
_CORNERS: Final = ((-0.5, 0.3), (-0.5, -0.3), (0.5, 0.3), (0.5, -0.3), (0.0, 0.3), (0.0, -0.3), (-0.5, 0.0), (0.5, 0.0))
"""Places of up to eight antennas on a roof of 1 m by 0.6 m."""


@dataclass(frozen=True, slots=True)
class Recording:
    """Files of one rig: its configuration, a file for each antenna by name, and navigation files (none for UBX).

    epochs     : in each file
    satellites : mean number an antenna hears
    """

    config: Path
    antennas: Mapping[str, Path]
    navigation: tuple[Path, ...]
    epochs: int
    satellites: float


def rig(antennas: int) -> AntennaArray:
    """So many antennas on a roof, known to 3 mm."""
    names = [f"a{number}" for number in range(1, antennas + 1)]
    return AntennaArray.from_positions({name: (*_CORNERS[i], 0.0) for i, name in enumerate(names)}, 0.003)


def sky(antennas: int, satellites: int, epochs: int, rate_hz: float = 10.0, seed: int = 7) -> Simulation:
    """A tractor under about so many satellites."""
    dense: dict[str, Any] = {"origin": _EQUATOR, "elevation_mask": 0.0} if satellites > 50 else {}
    return simulate(Scenario(
        antennas=rig(antennas), systems=tuple(_LIMITS[satellites]), limits=_LIMITS[satellites], rate_hz=rate_hz,
        duration_s=epochs / rate_hz, errors=replace(ErrorModel.survey(), cn0_threshold_dbhz=-np.inf), seed=seed, **dense,
    ))  # fmt: skip


def config_of(simulation: Simulation, mode: Mode = Mode.FILTER) -> EngineConfig:
    """The rig of a simulation, every satellite of it above the mask in use."""
    array, scenario = simulation.scenario.antennas, simulation.scenario
    antennas = tuple(
        AntennaConfig(name, position_m=tuple(place.tolist()), sigma_m=float(sigma), receiver=ReceiverClass.GEODETIC)
        for name, place, sigma in zip(array.names, array.position_body_m, array.sigma_m, strict=True)
    )
    config = EngineConfig(antennas=antennas, mode=mode)
    gnss = replace(
        config.gnss, systems=scenario.systems, cn0_mask_dbhz=0.0,
        elevation_mask_deg=min(MASK_DEG, float(np.degrees(scenario.elevation_mask))),
    )  # fmt: skip
    return replace(config, gnss=gnss)


def write_rinex(simulation: Simulation, folder: Path) -> Recording:
    """RINEX observations of every antenna, and navigation data."""
    texts = rinex_observations(simulation)
    files = {name: _written(folder / f"{name}.obs", text.encode("ascii")) for name, text in texts.items()}
    navigation = _written(folder / "navigation.nav", rinex_navigation(simulation).encode("ascii"))
    return _recording(simulation, folder, files, (navigation,))


def write_ubx(simulation: Simulation, folder: Path) -> Recording:
    """Raw UBX logs of every antenna."""
    files = {name: _written(folder / f"{name}.ubx", data) for name, data in ubx_streams(simulation).items()}
    return _recording(simulation, folder, files, ())


def first_antennas(recording: Recording, count: int) -> Recording:
    """The same recording of a rig that has the first antennas only."""
    config = load_config(recording.config.read_text(encoding="utf-8"))
    path = recording.config.with_name(f"rig_{count}.yaml")
    path.write_text(config_to_yaml(replace(config, antennas=config.antennas[:count]), "part of a rig"), encoding="utf-8")
    files = dict(list(recording.antennas.items())[:count])
    return replace(recording, config=path, antennas=files)


def _recording(simulation: Simulation, folder: Path, files: dict[str, Path], navigation: tuple[Path, ...]) -> Recording:
    config = folder / "rig.yaml"
    config.write_text(config_to_yaml(config_of(simulation), "rig of a speed measurement"), encoding="utf-8")
    seen = np.concatenate([block.antennas[0].present.sum(axis=1) for block in simulation.blocks()])
    return Recording(config, files, navigation, simulation.scenario.epochs, float(seen.mean()))


def _written(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def shortened(recording: Recording, folder: Path, epochs: int = 200) -> Recording:
    """The first epochs of a RINEX recording, for filling caches."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, path in recording.antennas.items():
        head, *blocks = path.read_text(encoding="ascii").split("\n> ", epochs + 1)
        files[name] = _written(folder / path.name, ("\n> ".join([head, *blocks[:epochs]]) + "\n").encode("ascii"))
    return replace(recording, antennas=files, epochs=epochs)
