"""Each antenna by itself: satellite states, single point position, clock and velocity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.estimation.noise import NoiseModel
from gnss_gyro.estimation.single_point import SinglePoint, SinglePointOutcome, SinglePointSettings, single_point
from gnss_gyro.estimation.velocity import Velocity, velocity
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.orbits.propagation import states_at
from gnss_gyro.orbits.states import SatelliteStates
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import Klobuchar

_ROUGH_PDOP: Final = 200.0


@dataclass(frozen=True, slots=True)
class Located:
    """One antenna's epoch with what is known of it before the baselines are.

    noise, cn0_mask_dbhz : of its receiver
    point : its single point solution, under the configured elevation mask
    place : the same, or a rough one with all satellites where that has failed: baselines need it to some hundred metres only
    """

    epoch: Epoch
    states: SatelliteStates
    noise: NoiseModel
    cn0_mask_dbhz: float
    point: SinglePoint
    velocity: Velocity
    place: SinglePoint

    @property
    def has_position(self) -> bool:
        """Is there a single point position?"""
        return self.point.is_placed

    @property
    def has_place(self) -> bool:
        """Is it known well enough for baselines where the antenna is?"""
        return self.place.is_placed

    def sampled_at_s(self, origin: GpsTime) -> float:
        """True time of sampling by the solved clock, after an origin [s]; the tag itself where no clock is known."""
        clock = self.place.receiver_clock_s
        return (self.epoch.time - origin) - (clock if math.isfinite(clock) else 0.0)


class Locator:
    """Locates antennas, each from where it was last."""

    def __init__(self, store: EphemerisStore, elevation_mask: float, carry: bool) -> None:
        self._store = store
        self._elevation_mask = elevation_mask
        self._carry = carry
        self._last: dict[str, Floats] = {}

    def locate(
        self, group: Mapping[str, Epoch], noise: Mapping[str, NoiseModel], cn0_mask_dbhz: Mapping[str, float]
    ) -> dict[str, Located]:
        """All antennas of an epoch; ephemerides are chosen once for all of them, so that their errors cancel."""
        choose_at, klobuchar = next(iter(group.values())).time, self._store.klobuchar_for(System.GPS)
        return {
            name: self._one(name, epoch, choose_at, klobuchar, noise[name], cn0_mask_dbhz[name]) for name, epoch in group.items()
        }  # fmt: skip

    def _one(
        self, name: str, epoch: Epoch, choose_at: GpsTime, klobuchar: Klobuchar | None, noise: NoiseModel, cn0_mask_dbhz: float
    ) -> Located:
        states = states_at(self._store, epoch.time, epoch.satellite, epoch.code_m, 0.0, choose_at)
        settings = SinglePointSettings(elevation_mask=self._elevation_mask, cn0_mask_dbhz=cn0_mask_dbhz, noise=noise)
        point = single_point(epoch, states, klobuchar, settings, self._last.get(name))
        if point.outcome is not SinglePointOutcome.OK and name in self._last:
            point = single_point(epoch, states, klobuchar, settings)
        if self._carry and point.outcome is SinglePointOutcome.OK:
            self._last[name] = point.position_ecef_m
        else:
            self._last.pop(name, None)
        place = point
        if not point.is_placed:
            place = single_point(epoch, states, klobuchar, replace(settings, elevation_mask=0.0, max_pdop=_ROUGH_PDOP))
        return Located(epoch, states, noise, cn0_mask_dbhz, point, velocity(epoch, states, point, noise.noise_class), place)
