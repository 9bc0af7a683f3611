"""A simulated body with 1 to 8 patch antennas, and what the engine makes of its position."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Codes, Floats
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.assembler import Assembler
from gnss_gyro.engine.config import EngineConfig, config_from_dict
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import Solution
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import Message, Observations
from gnss_gyro.simulation.scenario import Scenario, SimulatedEpoch, simulate
from shown.recordings import merged

MONDAY: Final = GpsTime.from_calendar(2026, 6, 8)
PLACES_M: Final = {
    "front_left": (0.5, 0.3, 0.0), "rear_right": (-0.5, -0.3, 0.0), "front_right": (0.5, -0.3, 0.0),
    "rear_left": (-0.5, 0.3, 0.0), "inner_front_left": (0.25, 0.15, 0.0), "inner_rear_right": (-0.25, -0.15, 0.0),
    "inner_front_right": (0.25, -0.15, 0.0), "inner_rear_left": (-0.25, 0.15, 0.0),
}  # fmt: skip
"""A rectangle of 1.0 m x 0.6 m, then one of half the size within it; an array of n is the first n: two stand on a diagonal."""
ALL_SYSTEMS: Final = (System.GPS, System.GALILEO, System.QZSS, System.BEIDOU)
SKIES: Final[dict[str, tuple[tuple[System, ...], dict[System, int]]]] = {
    "GPS, 8 satellites": ((System.GPS,), {System.GPS: 8}),
    "G,E,J,C": (ALL_SYSTEMS, {}),
}
"""Systems, and at most so many satellites of them, by the words of the tables."""
CHI2_95_OF_3: Final = 7.815
Truth = tuple[Floats, Floats, Floats]
"""Position (3,) ECEF [m], velocity (3,) ENU [m/s], axes (3, 3) enu_from_ecef."""


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Solution less truth over n epochs or sessions, ENU.

    position_m, position_cov_m2 : (n, 3), (n, 3, 3)
    velocity_mps, velocity_cov  : (n, 3), (n, 3, 3); NaN = no velocity or no truth of it
    """

    position_m: Floats
    position_cov_m2: Floats
    velocity_mps: Floats
    velocity_cov: Floats

    def __len__(self) -> int:
        return len(self.position_m)

    def take(self, rows: slice | Floats) -> Errors:
        """Some of them."""
        return Errors(self.position_m[rows], self.position_cov_m2[rows], self.velocity_mps[rows], self.velocity_cov[rows])

    def less_mean(self) -> Errors:
        """The same about the mean error of the positions, for a reference of unknown datum."""
        return replace(self, position_m=self.position_m - np.nanmean(self.position_m, axis=0))


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """A session: what is broadcast, its epochs, and the sky at each of them (satellites (s,), unit vectors (s, 3) ENU)."""

    told: list[Message]
    epochs: list[SimulatedEpoch]
    skies: list[tuple[Codes, Floats]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Errors (n, 3) in figures: RMS, RMS of the stated sigma (3-D), NEES / 3, share inside the 95 % ellipsoid [%]."""

    horizontal: float
    vertical: float
    total: float
    stated: float
    nees: float
    inside: float
    count: int


def figures(error: Floats, cov: Floats) -> Figures:
    """Of errors (n, 3) with covariances (n, 3, 3), those that are known."""
    known = np.isfinite(error).all(axis=1) & np.isfinite(cov).all(axis=(1, 2))
    if not known.any():
        nan = float("nan")
        return Figures(nan, nan, nan, nan, nan, nan, 0)
    error, cov = error[known], cov[known]
    squares = squared_sigmas(error, cov)
    mean = np.mean(error**2, axis=0)
    stated = np.sqrt(np.mean(np.trace(cov, axis1=1, axis2=2)))
    return Figures(
        float(np.sqrt(mean[0] + mean[1])), float(np.sqrt(mean[2])), float(np.sqrt(mean.sum())), float(stated),
        float(np.mean(squares) / 3.0), 100.0 * float(np.mean(squares <= CHI2_95_OF_3)), len(error),
    )  # fmt: skip


def squared_sigmas(error: Floats, cov: Floats) -> Floats:
    """Squared errors (n,) in units of their covariances: e^T P^-1 e."""
    return np.asarray(np.einsum("ni,ni->n", error, np.linalg.solve(cov, error[:, :, None])[:, :, 0]))


def array_of(count: int) -> AntennaArray:
    """The first so many antennas."""
    return AntennaArray.from_positions({name: np.array(PLACES_M[name]) for name in list(PLACES_M)[:count]}, 0.002)


def array_config(count: int, systems: Iterable[System], vehicle: str = "tractor", **position: str) -> EngineConfig:
    """The rig as a user would write it, with options of the section `position`."""
    antennas = {name: {"position_m": list(PLACES_M[name]), "receiver": "patch"} for name in list(PLACES_M)[:count]}
    return config_from_dict(
        {
            "antennas": antennas, "gnss": {"systems": [str(s) for s in systems]}, "filter": {"vehicle": vehicle},
            "position": position,
        }
    )  # fmt: skip


def array_scenario(seed: int, count: int, sky: str, duration_s: float, vehicle: str = "tractor") -> Scenario:
    """A vehicle with so many patch antennas at a time of its own within a month, on a track of its own."""
    systems, limits = SKIES[sky]
    start = MONDAY + float(np.random.default_rng([seed, 77]).integers(0, 30 * 86_400))
    return Scenario(
        vehicle=vehicle, start=start, duration_s=duration_s, antennas=array_of(count), systems=systems, limits=limits, seed=seed
    )


def started(config: EngineConfig, told: Iterable[Message], receiver: str = "u-blox") -> Engine:
    """An engine that knows what the satellites broadcast, and the make of all receivers."""
    engine = Engine(config)
    for message in told:
        engine.feed(None, message)
    for name in config.names:
        engine.set_receiver(name, receiver)
    return engine


def simulated(scenario: Scenario) -> Simulated:
    """A scenario come to life."""
    simulation = simulate(scenario)
    skies, epochs = [], []
    for block in simulation.blocks():
        directions = block.sky.direction @ np.swapaxes(block.sky.body.enu_from_ecef, 1, 2)
        for row in range(len(block.truth)):
            seen = [epoch for antenna in block.antennas if (epoch := antenna.epoch(row)) is not None]
            skies.append((block.sky.sky.satellite, directions[row]))
            epochs.append(SimulatedEpoch(block.time(row), block.truth.take(slice(row, row + 1)), tuple(seen)))
    return Simulated([scenario.errors.klobuchar, *simulation.ephemerides()], epochs, skies)


def aligned(config: EngineConfig, files: Mapping[str, Path]) -> list[Mapping[str, Epoch]]:
    """Epochs of recordings that all antennas have, put together as the engine does; slips marked."""
    assembler = Assembler(config, EphemerisStore())
    messages = merged(tuple(files.items()))
    groups = [g for name, m in messages if isinstance(m, Observations) for g in assembler.feed(name, m)]
    return [group for group in groups + assembler.flush() if len(group) == len(files)]


def group_of(epoch: SimulatedEpoch, names: Iterable[str]) -> Mapping[str, Epoch]:
    """Epochs of some antennas, by name."""
    wanted = set(names)
    return {e.antenna: e for e in epoch.epochs if e.antenna in wanted}


def truth_of(epoch: SimulatedEpoch, antenna: str) -> Truth:
    """Of an antenna at the nominal time."""
    position, velocity = epoch.truth.point(np.array(PLACES_M[antenna]))
    axes = epoch.truth.enu_from_ecef[0]
    return position[0], axes @ velocity[0], axes


def errors_of(solutions: Iterable[Solution], truths: Iterable[Truth]) -> Errors:
    """Errors of solutions."""
    rows = [
        (
            axes @ (s.position_ecef_m - place), s.position_cov_enu_m2, s.velocity_enu_mps - velocity, s.velocity_cov_enu,
        )
        for s, (place, velocity, axes) in zip(solutions, truths, strict=True)
    ]  # fmt: skip
    shapes = (3,), (3, 3), (3,), (3, 3)
    columns = [np.array([row[k] for row in rows]).reshape(-1, *shape) for k, shape in enumerate(shapes)]
    return Errors(*columns)
