"""Velocity and clock drift of one antenna from one epoch of Doppler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.estimation.noise import NoiseClass, shape
from gnss_gyro.estimation.screening import CHI2_LIMITS
from gnss_gyro.estimation.screening_kernels import residuals, screen
from gnss_gyro.estimation.single_point import SinglePoint, SinglePointOutcome
from gnss_gyro.estimation.single_point_kernels import OUTLIER, USED
from gnss_gyro.models.geometry import range_rate, turned_satellite
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.orbits.states import SatelliteStates

DOPPLER_SIGMA_MPS: Final = 0.03
"""Of one Doppler in the zenith or at 50 dB-Hz, orbit and clock rates included."""


@dataclass(frozen=True, slots=True)
class Velocity:
    """One antenna's velocity at one epoch; NaN where there is none.

    velocity_ecef_mps : (3,) relative to the Earth [m/s]
    clock_drift       : of the receiver [s/s]
    covariance_m2ps2  : (4, 4) of velocity and clock drift times c [m^2/s^2]
    residual_mps      : (n,) of the range rates, those not used included [m/s]
    used              : (n,)
    """

    outcome: SinglePointOutcome
    velocity_ecef_mps: Floats
    clock_drift: float
    covariance_m2ps2: Floats
    residual_mps: Floats
    used: Bools


def velocity(epoch: Epoch, states: SatelliteStates, point: SinglePoint, noise_class: NoiseClass = NoiseClass.PATCH) -> Velocity:
    """Velocity by screened least squares from the position of a single point solution.

    noise_class : by which the noise grows with elevation or C/N0
    Satellites that the single point solution left out for being low, weak or unknown are left out here too.
    """
    n = len(epoch)
    if np.isnan(point.position_ecef_m[0]):
        return _failure(n, point.outcome)
    sigma = DOPPLER_SIGMA_MPS * shape(noise_class, point.elevation, epoch.cn0_dbhz)
    enough, solved, consistent, x, cofactor, residual, used = solve_doppler(
        point.position_ecef_m, states.position_m, states.velocity_mps, states.clock_drift, epoch.range_rate_mps, sigma,
        point.usage, CHI2_LIMITS,
    )  # fmt: skip
    if not enough:
        return _failure(n, SinglePointOutcome.TOO_FEW_SATELLITES)
    if not solved:
        return _failure(n, SinglePointOutcome.BAD_GEOMETRY)
    outcome = SinglePointOutcome.OK if consistent else SinglePointOutcome.INCONSISTENT
    return Velocity(outcome, x[:3], float(x[3]) / SPEED_OF_LIGHT, cofactor, residual, used)


@njit(cache=True)
def solve_doppler(
    place_ecef_m: Floats, satellite_m: Floats, satellite_mps: Floats, clock_drift: Floats, range_rate_mps: Floats,
    sigma_mps: Floats, usage: Ints, limits: Floats,
) -> tuple[bool, bool, bool, Floats, Floats, Floats, Bools]:  # fmt: skip
    """Kernel of velocity: whether there were enough candidates, whether they were solved and agree; unknowns (4,), their
    covariance (4, 4), residuals (n,) [m/s], used (n,)."""
    candidates = ~np.isnan(range_rate_mps) & ((usage == USED) | (usage == OUTLIER))
    used, x, cofactor = candidates.copy(), np.full(4, np.nan), np.full((4, 4), np.nan)
    residual = np.empty(len(usage))
    if np.sum(candidates) < 4:
        return False, False, False, x, cofactor, residual, used
    sight, observed, design, whitened = doppler_rows(
        place_ecef_m, satellite_m, satellite_mps, clock_drift, range_rate_mps, sigma_mps, candidates
    )
    solved, consistent, _, _ = screen(design, whitened, candidates, limits, used, x, cofactor)
    residuals(sight, observed, x, residual)
    return True, solved, consistent, x, cofactor, residual, used


@njit(cache=True)
def doppler_rows(
    place_ecef_m: Floats, satellite_m: Floats, satellite_mps: Floats, clock_drift: Floats, range_rate_mps: Floats,
    sigma_mps: Floats, candidates: Bools,
) -> tuple[Floats, Floats, Floats, Floats]:  # fmt: skip
    """What Doppler says of velocity and clock drift times c, at rest on the turning Earth as the point to linearise at.

    Returns d(rate) / d(unknowns) (n, 4), the rates less those seen at rest with a clock without drift (n,) [m/s], and both
    divided by sigma (n,) [m/s], zero in the rows that are no candidates.
    """
    n = len(range_rate_mps)
    sight, observed, design, whitened = np.ones((n, 4)), np.empty(n), np.zeros((n, 4)), np.zeros(n)
    still = np.zeros(3)
    for i in range(n):
        x, y, z, distance = turned_satellite(place_ecef_m, satellite_m[i])
        sight[i, 0], sight[i, 1] = (place_ecef_m[0] - x) / distance, (place_ecef_m[1] - y) / distance
        sight[i, 2] = (place_ecef_m[2] - z) / distance
        at_rest = range_rate(place_ecef_m, still, satellite_m[i], satellite_mps[i])
        observed[i] = range_rate_mps[i] - at_rest + SPEED_OF_LIGHT * clock_drift[i]
        if candidates[i]:
            whitened[i] = observed[i] / sigma_mps[i]
            for k in range(4):
                design[i, k] = sight[i, k] / sigma_mps[i]
    return sight, observed, design, whitened


def _failure(n: int, outcome: SinglePointOutcome) -> Velocity:
    nan = float("nan")
    return Velocity(outcome, np.full(3, nan), nan, np.full((4, 4), nan), np.full(n, nan), np.zeros(n, bool))
