"""What all antennas of a simulation share: which satellites are up, and the delays on the way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypeGuard

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.frames import geodetic_from_ecef
from gnss_gyro.basics.satellites import System, in_system, system_of
from gnss_gyro.basics.signals import L1_HZ, L1_PREFERENCE, carrier_hz, signal
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import Ephemeris, GlonassEphemeris
from gnss_gyro.simulation.atmosphere import klobuchar_delay, slant_factor, tropospheric_delay
from gnss_gyro.simulation.constellation import Constellation, in_force
from gnss_gyro.simulation.errors import ErrorModel, Obstacle
from gnss_gyro.simulation.processes import SmoothGaussMarkov
from gnss_gyro.simulation.receivers import SkyBlock
from gnss_gyro.simulation.sky import azimuth_elevation, directions, risen, track
from gnss_gyro.simulation.trajectory import BodyStates, Trajectory

ORBIT_CLOCK_TIME_S = 1800.0
IONOSPHERE_TIME_S = 2400.0
"""0.5 m of residual ionosphere then drift by 0.2 mm/s, as two frequencies showed it (bench/ionosphere.py)."""


class CommonPath:
    """Satellites and delays, block after block."""

    def __init__(
        self, constellation: Constellation, systems: Collection[System], errors: ErrorModel, mask: float,
        limits: Mapping[System, int], step_s: float, rng: np.random.Generator,
    ) -> None:  # fmt: skip
        size = len(constellation.satellites)
        self._constellation, self._errors, self._mask, self._limits = constellation, errors, mask, limits
        self._systems = frozenset(systems)
        self._orbit_clock = SmoothGaussMarkov(size, ORBIT_CLOCK_TIME_S, step_s, rng)
        self._ionosphere = SmoothGaussMarkov(size, IONOSPHERE_TIME_S, step_s, rng)

    def block(self, trajectory: Trajectory, start: GpsTime, time: GpsTime, after_s: Floats) -> SkyBlock:
        """The sky at time + after_s (t,)."""
        body = trajectory.at((time - start) + after_s)
        columns, ephemerides = self._up(time, after_s, body)
        sky = track(ephemerides, time, after_s)
        direction = directions(sky, body)
        azimuth, elevation = azimuth_elevation(direction, body.enu_from_ecef)
        receivable = _limited(sky.satellite, elevation, elevation > self._mask, self._limits)
        code, phase = self._delays(time, after_s, columns, ephemerides, body, azimuth, elevation)
        return SkyBlock(start, time, after_s, columns, sky, body, direction, elevation, receivable, code, phase)

    def _up(self, time: GpsTime, after_s: Floats, body: BodyStates) -> tuple[Ints, tuple[Ephemeris, ...]]:
        """Satellites that rise over the mask in the block: their places in the constellation, and ephemerides."""
        usable = [(k, e) for k, e in enumerate(in_force(self._constellation, time)) if self._is_wanted(e)]
        three = body.take(np.array([0, len(body) // 2, len(body) - 1]))
        up = risen(tuple(e for _, e in usable), time, float(after_s[-1]), three, self._mask)
        chosen = [pair for pair, is_up in zip(usable, up, strict=True) if is_up]
        return np.array([k for k, _ in chosen], np.int64), tuple(e for _, e in chosen)

    def _is_wanted(self, ephemeris: Ephemeris | None) -> TypeGuard[Ephemeris]:
        return ephemeris is not None and system_of(ephemeris.satellite) in self._systems

    def _delays(
        self, time: GpsTime, after_s: Floats, columns: Ints, ephemerides: Sequence[Ephemeris], body: BodyStates,
        azimuth: Floats, elevation: Floats,
    ) -> tuple[Floats, Floats]:  # fmt: skip
        """Code and phase delays (t, s) [m]."""
        errors, epochs = self._errors, len(after_s)
        common = (
            errors.orbit_clock_m * self._orbit_clock.next(epochs, columns) if errors.orbit_clock_m else np.zeros_like(elevation)
        )
        ionosphere = np.zeros_like(elevation)
        if errors.troposphere or errors.ionosphere:
            geodetic = geodetic_from_ecef(body.position_ecef_m)
            common = common + errors.troposphere * tropospheric_delay(elevation, geodetic[:, 2])
            tow_s = time.tow_s + after_s
            delay = klobuchar_delay(errors.klobuchar, geodetic[:, 0], geodetic[:, 1], azimuth, elevation, tow_s)
            ionosphere = errors.ionosphere * delay
        if errors.ionosphere_residual_m:
            residual = errors.ionosphere_residual_m * self._ionosphere.next(epochs, columns)
            ionosphere = ionosphere + residual * slant_factor(elevation)
        ionosphere = ionosphere * _dispersion(ephemerides)
        return common + ionosphere, common - ionosphere


def hidden_by(obstacles: Sequence[Obstacle], antenna: str, block: SkyBlock) -> Bools:
    """Which satellites (t, s) are behind an obstacle for an antenna."""
    hidden: Bools = np.zeros(block.elevation.shape, bool)
    after_start_s = (block.time - block.start) + block.after_s
    for obstacle in obstacles:
        if obstacle.antennas and antenna not in obstacle.antennas:
            continue
        azimuth, elevation = azimuth_elevation(block.direction, _frame(obstacle, block.body))
        low, high = obstacle.azimuth
        inside = (azimuth - low) % (2.0 * np.pi) <= (high - low - 1e-12) % (2.0 * np.pi)
        now = (after_start_s >= obstacle.start_s) & (after_start_s < obstacle.end_s)
        hidden |= inside & (elevation < obstacle.elevation) & now[:, None]
    return hidden


def _frame(obstacle: Obstacle, body: BodyStates) -> Floats:
    """Axes (t, 3, 3) right, forward, up for which azimuth is clockwise from forward."""
    if not obstacle.in_body:
        return body.enu_from_ecef
    body_from_ecef = np.swapaxes(body.ecef_from_body, 1, 2)
    return np.stack([-body_from_ecef[:, 1], body_from_ecef[:, 0], body_from_ecef[:, 2]], axis=1)


def _limited(satellite: Codes, elevation: Floats, over_mask: Bools, limits: Mapping[System, int]) -> Bools:
    """Only the highest satellites of a system that has a limit."""
    chosen: Bools = over_mask.copy()
    for system, limit in limits.items():
        members = np.flatnonzero(in_system(satellite, system))
        if len(members) > limit:
            rank = np.argsort(np.argsort(-elevation[:, members], axis=1), axis=1)
            chosen[:, members] &= rank < limit
    return chosen


def _dispersion(ephemerides: Sequence[Ephemeris]) -> Floats:
    """Ionospheric delay relative to L1 (s,)."""
    carriers = [
        carrier_hz(system, signal(L1_PREFERENCE[system][0]), e.channel if isinstance(e, GlonassEphemeris) else 0)
        for e in ephemerides
        for system in (system_of(e.satellite),)
    ]
    return (L1_HZ / np.array(carriers, float)) ** 2
