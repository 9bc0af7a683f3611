"""The front door of the simulation: a scenario in, truth and every antenna's observations out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import ceil
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.signals import L1_PREFERENCE
from gnss_gyro.basics.time import DAY_S, NS, GpsTime
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.protocols.messages import Ephemeris
from gnss_gyro.simulation.blocks import ObservationBlock
from gnss_gyro.simulation.common import CommonPath, hidden_by
from gnss_gyro.simulation.constellation import ISSUE_CELL_S, Constellation, NominalConstellation, in_force, issue_cell
from gnss_gyro.simulation.errors import ErrorModel, Obstacle, Outage
from gnss_gyro.simulation.receivers import Receiver, SkyBlock
from gnss_gyro.simulation.trajectory import BodyStates, Trajectory
from gnss_gyro.simulation.vehicles import VEHICLES

BLOCK_EPOCHS: Final = 600
_TRAJECTORY, _COMMON, _ANTENNA, _MAKE = 0, 1, 2, 3


def rectangle(length_m: float = 1.0, width_m: float = 0.6, sigma_m: float = 0.002) -> AntennaArray:
    """Four antennas on the corners of a roof, centred on the body origin."""
    x, y = length_m / 2.0, width_m / 2.0
    corners = {"front_left": (x, y, 0.0), "front_right": (x, -y, 0.0), "rear_left": (-x, y, 0.0), "rear_right": (-x, -y, 0.0)}
    return AntennaArray.from_positions(corners, sigma_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All that decides a simulation; equal scenarios give equal bytes.

    vehicle        : a name in VEHICLES
    start          : GPS time of the first epoch
    duration_s     : time from the first epoch to the end [s]
    rate_hz        : epochs a second
    origin         : latitude [rad], longitude [rad], height [m]
    antennas       : names and body positions
    systems        : systems in the sky
    limits         : at most so many satellites of a system, the highest
    elevation_mask : [rad]
    errors         : of the sky and of every receiver
    receiver_errors: other errors for some antennas, by name; their receivers are of a make of their own
    signals        : observation codes other than the usual, by antenna name and system
    obstacles, outages
    seed           : of everything random
    """

    vehicle: str = "tractor"
    start: GpsTime = GpsTime.from_calendar(2026, 6, 10, 3, 10)
    duration_s: float = 120.0
    rate_hz: float = 1.0
    origin: tuple[float, float, float] = (0.6565, 2.4594, 60.0)
    antennas: AntennaArray = field(default_factory=rectangle)
    systems: tuple[System, ...] = (System.GPS,)
    limits: Mapping[System, int] = field(default_factory=dict)
    elevation_mask: float = np.radians(5.0)
    errors: ErrorModel = field(default_factory=ErrorModel.patch_antenna)
    receiver_errors: Mapping[str, ErrorModel] = field(default_factory=dict)
    signals: Mapping[str, Mapping[System, str]] = field(default_factory=dict)
    obstacles: tuple[Obstacle, ...] = ()
    outages: tuple[Outage, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        if self.vehicle not in VEHICLES:
            raise ConfigError(f"no vehicle '{self.vehicle}'; there are {', '.join(VEHICLES)}")
        if not (self.duration_s > 0.0 and self.rate_hz > 0.0):
            raise ConfigError("duration_s and rate_hz must be positive")
        silent = set(self.systems) - set(L1_PREFERENCE)
        if silent:
            raise ConfigError(f"no signal near L1 is known for system {', '.join(sorted(str(s) for s in silent))}")
        named = {*self.receiver_errors, *self.signals, *(o.antenna for o in self.outages)}
        unknown = named.union(*(o.antennas for o in self.obstacles)) - set(self.antennas.names)
        if unknown:
            raise ConfigError(f"no antenna named {', '.join(sorted(unknown))}")

    @property
    def epochs(self) -> int:
        """Number of epochs."""
        return max(1, ceil(self.duration_s * self.rate_hz - 1e-9))


@dataclass(frozen=True, slots=True)
class SimulatedBlock:
    """Some epochs of a simulation.

    sky      : what is common to the antennas, nominal times among it
    antennas : each antenna's observations
    """

    sky: SkyBlock
    antennas: tuple[ObservationBlock, ...]

    @property
    def truth(self) -> BodyStates:
        """States (t) of the body at the nominal epochs."""
        return self.sky.body

    def time(self, row: int) -> GpsTime:
        """Nominal time of an epoch."""
        return self.sky.time + float(self.sky.after_s[row])


@dataclass(frozen=True, slots=True)
class SimulatedEpoch:
    """One epoch: nominal time, truth at that time (one state), and what each working antenna observed."""

    time: GpsTime
    truth: BodyStates
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """A scenario come to life. Every walk over its blocks starts anew and gives the same."""

    scenario: Scenario
    trajectory: Trajectory
    constellation: Constellation

    def truth_at(self, time: GpsTime) -> BodyStates:
        """State (1) of the body at a GPS time."""
        return self.trajectory.at(np.array([time - self.scenario.start]))

    def blocks(self) -> Iterator[SimulatedBlock]:
        """All epochs, in blocks within which no ephemeris changes."""
        scenario = self.scenario
        step_s = 1.0 / scenario.rate_hz
        common = CommonPath(
            self.constellation,
            scenario.systems,
            scenario.errors,
            scenario.elevation_mask,
            scenario.limits,
            step_s,
            self._rng(_COMMON),
        )
        receivers = [self._receiver(k, step_s) for k in range(len(scenario.antennas.names))]
        first = 0
        while first < scenario.epochs:
            count = _block_length(scenario, first)
            after_s = np.arange(count, dtype=np.float64) * step_s
            sky = common.block(self.trajectory, scenario.start, scenario.start + first * step_s, after_s)
            yield SimulatedBlock(sky, tuple(self._observed(receiver, sky) for receiver in receivers))
            first += count

    def epochs(self) -> Iterator[SimulatedEpoch]:
        """All epochs, one at a time."""
        for block in self.blocks():
            for row in range(len(block.truth)):
                epochs = (antenna.epoch(row) for antenna in block.antennas)
                yield SimulatedEpoch(
                    block.time(row), block.truth.take(slice(row, row + 1)), tuple(e for e in epochs if e is not None)
                )

    def ephemerides(self) -> list[Ephemeris]:
        """All that the satellites of the sky broadcast during the run."""
        scenario = self.scenario
        times = [scenario.start + float(s) for s in np.arange(0.0, scenario.duration_s + ISSUE_CELL_S, ISSUE_CELL_S)]
        found = {(e.satellite, e.toe.ns): e for time in times for e in in_force(self.constellation, time) if e is not None}
        return list(found.values())

    def _rng(self, *room: int) -> np.random.Generator:
        return np.random.default_rng([self.scenario.seed, *room])

    def _receiver(self, index: int, step_s: float) -> Receiver:
        scenario = self.scenario
        name = scenario.antennas.names[index]
        errors = scenario.receiver_errors.get(name, scenario.errors)
        return Receiver(
            name, scenario.antennas.position_body_m[index], len(self.constellation.satellites), errors, step_s,
            self._rng(_ANTENNA, index), self._rng(_MAKE, index + 1 if name in scenario.receiver_errors else 0),
            scenario.signals.get(name),
        )  # fmt: skip

    def _observed(self, receiver: Receiver, sky: SkyBlock) -> ObservationBlock:
        hidden = hidden_by(self.scenario.obstacles, receiver.name, sky)
        return receiver.observe(sky, self.trajectory, hidden, _working(self.scenario, receiver.name, sky))


def simulate(scenario: Scenario, constellation: Constellation | None = None) -> Simulation:
    """The simulation of a scenario, under a synthetic sky unless a constellation is given."""
    rng = np.random.default_rng([scenario.seed, _TRAJECTORY])
    trajectory = VEHICLES[scenario.vehicle](np.array(scenario.origin), scenario.duration_s, rng)
    return Simulation(
        scenario, trajectory, constellation or _nominal(tuple(sorted(set(scenario.systems))), scenario.start.ns // (DAY_S * NS))
    )


@lru_cache(maxsize=8)
def _nominal(systems: tuple[System, ...], day: int) -> NominalConstellation:
    """The sky of simulations that start on a day (since the beginning of GPS time), which they share."""
    return NominalConstellation(systems, GpsTime(day * DAY_S * NS))


def _block_length(scenario: Scenario, first: int) -> int:
    """Epochs until the next change of ephemerides, the end of the run or the longest block."""
    time = GpsTime(scenario.start.ns + round(first / scenario.rate_hz * NS))
    left_s = issue_cell(time) + ISSUE_CELL_S - time
    return min(scenario.epochs - first, BLOCK_EPOCHS, max(1, ceil(left_s * scenario.rate_hz - 1e-6)))


def _working(scenario: Scenario, antenna: str, sky: SkyBlock) -> Bools:
    """At which epochs (t,) an antenna delivers."""
    after_start_s: Floats = (sky.time - sky.start) + sky.after_s
    on = np.ones(len(after_start_s), bool)
    for outage in scenario.outages:
        if outage.antenna == antenna:
            on &= (after_start_s < outage.start_s) | (after_start_s >= outage.end_s)
    return on
