"""One antenna under a made-up sky: satellites at rest or moving, codes and Dopplers that follow from a known truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from observations import epoch_at

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef, geodetic_from_ecef
from gnss_gyro.basics.satellites import system_of
from gnss_gyro.models.geometry import lines_of_sight, range_rates
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.orbits.states import SatelliteStates

PLACE = ecef_from_geodetic(np.array([np.radians(35.1), np.radians(136.9), 120.0]))
CLOCK_S = {"G": 3e-4, "J": 3e-4, "E": 3e-4 + 2e-8, "C": 3e-4 - 4e-8, "R": 3e-4 + 3e-7}
DRIFT = 2.5e-7


@dataclass
class Sky:
    """An epoch, the satellites behind it and the truth: place [m], velocity [m/s]."""

    epoch: Epoch
    states: SatelliteStates
    place: np.ndarray
    velocity: np.ndarray

    def with_code(self, change_m: np.ndarray) -> Sky:
        return replace(self, epoch=replace(self.epoch, code_m=self.epoch.code_m + change_m))

    def with_rate(self, change_mps: np.ndarray) -> Sky:
        return replace(self, epoch=replace(self.epoch, range_rate_mps=self.epoch.range_rate_mps + change_mps))

    def take(self, rows: Any) -> Sky:
        states = SatelliteStates(*(getattr(self.states, name)[rows] for name in SatelliteStates.__slots__))
        return replace(self, epoch=self.epoch.take(rows), states=states)


def sky(names: tuple[str, ...], seed: int = 1, place: np.ndarray = PLACE, velocity: np.ndarray | None = None) -> Sky:
    """Satellites well spread between 15 and 85 degrees, 20,000 to 24,000 km away; no atmosphere, no noise."""
    rng = np.random.default_rng(seed)
    n = len(names)
    velocity = np.zeros(3) if velocity is None else velocity
    elevation = np.radians(15.0 + 70.0 * (np.argsort(rng.random(n)) + 0.5) / n)
    azimuth = np.arange(n) * 2.4 + rng.uniform(0.0, 0.5, n)  # the golden angle
    enu = np.column_stack([np.cos(elevation) * np.sin(azimuth), np.cos(elevation) * np.cos(azimuth), np.sin(elevation)])
    latitude, longitude, _ = geodetic_from_ecef(place)
    position = place + rng.uniform(2.0e7, 2.4e7, (n, 1)) * (enu @ enu_from_ecef(latitude, longitude))
    speed = rng.normal(0.0, 1800.0, (n, 3))
    clock, drift = rng.uniform(-5e-4, 5e-4, n), rng.normal(0.0, 1e-11, n)
    states = SatelliteStates(position, speed, clock, drift, np.full(n, 0.5), np.zeros(n, np.int64))
    epoch = epoch_at(0.0, satellites=names)
    receiver = np.array([CLOCK_S[system_of(code).value] for code in epoch.satellite])
    code = lines_of_sight(place, position)[0] + SPEED_OF_LIGHT * (receiver - clock)
    rate = range_rates(place, velocity, position, speed) + SPEED_OF_LIGHT * (DRIFT - drift)
    return Sky(replace(epoch, code_m=code, range_rate_mps=rate), states, place, velocity)
