"""Velocity and clock drift of one antenna from one epoch of Doppler."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.ordering import count_of
from gnss_gyro.estimation.noise import NoiseClass, growth
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

    @property
    def is_known(self) -> bool:
        """Is there a velocity?"""
        return math.isfinite(self.velocity_ecef_mps[0])


def velocity(epoch: Epoch, states: SatelliteStates, point: SinglePoint, noise_class: NoiseClass = NoiseClass.PATCH) -> Velocity:
    """Velocity by screened least squares from the position of a single point solution.

    noise_class : by which the noise grows with elevation or C/N0
    Satellites that the single point solution left out for being low, weak or unknown are left out here too.
    """
    n = len(epoch)
    if not point.is_placed:
        return _failure(n, point.outcome)
    x, cofactor, residual, used = np.empty(4), np.empty((4, 4)), np.empty(n), np.empty(n, np.bool_)
    enough, solved, consistent = solve_doppler(
        point.position_ecef_m, states.position_m, states.velocity_mps, states.clock_drift, epoch.range_rate_mps,
        epoch.cn0_dbhz, point.elevation, noise_class is NoiseClass.GEODETIC, point.usage, CHI2_LIMITS, x, cofactor, residual,
        used,
    )  # fmt: skip
    if not enough:
        return _failure(n, SinglePointOutcome.TOO_FEW_SATELLITES)
    if not solved:
        return _failure(n, SinglePointOutcome.BAD_GEOMETRY)
    outcome = SinglePointOutcome.OK if consistent else SinglePointOutcome.INCONSISTENT
    return Velocity(outcome, x[:3], float(x[3]) / SPEED_OF_LIGHT, cofactor, residual, used)


@kernel
def solve_doppler(
    place_ecef_m: Floats, satellite_m: Floats, satellite_mps: Floats, clock_drift: Floats, range_rate_mps: Floats,
    cn0_dbhz: Floats, elevation: Floats, geodetic: bool, usage: Ints, limits: Floats,
    out_x: Floats, out_cofactor: Floats, out_residual: Floats, out_used: Bools,
) -> tuple[bool, bool, bool]:  # fmt: skip
    """Kernel of velocity: whether there were enough candidates, whether they were solved and agree; writes unknowns (4,),
    their covariance (4, 4), residuals (n,) [m/s], used (n,)."""
    n = len(usage)
    candidates, sigma = np.empty(n, np.bool_), np.empty(n)
    for i in range(n):
        candidates[i] = not np.isnan(range_rate_mps[i]) and (usage[i] == USED or usage[i] == OUTLIER)
        sigma[i] = DOPPLER_SIGMA_MPS * growth(geodetic, elevation[i], cn0_dbhz[i])
    if count_of(candidates) < 4:
        return False, False, False
    design, whitened = np.empty((n, 4)), np.empty(n)
    fill_doppler(place_ecef_m, satellite_m, satellite_mps, clock_drift, range_rate_mps, sigma, design, whitened)
    solved, consistent, _, _ = screen(design, whitened, candidates, limits, out_used, out_x, out_cofactor)
    residuals(design, whitened, out_x, out_residual)
    for i in range(n):
        out_residual[i] *= sigma[i]
    return True, solved, consistent


@kernel(inline="always")
def fill_doppler(
    place_m: Floats, satellite_m: Floats, satellite_mps: Floats, clock_drift: Floats, range_rate_mps: Floats,
    sigma_mps: Floats, out_design: Floats, out_observed: Floats,
) -> Any:  # fmt: skip
    """What Doppler says of velocity and clock drift times c, at rest on the turning Earth as the point to linearise at.

    Writes d(rate) / d(unknowns) (n, 4), and the rates less those seen at rest with a clock without drift (n,) [m/s], both
    divided by sigma (n,) [m/s].
    """
    for i in range(len(range_rate_mps)):
        x, y, z, distance = turned_satellite(place_m, satellite_m, i)
        ux, uy, uz = (x - place_m[0]) / distance, (y - place_m[1]) / distance, (z - place_m[2]) / distance
        at_rest = range_rate(distance, x, y, ux, uy, uz, satellite_mps, i, 0.0)
        out_observed[i] = (range_rate_mps[i] - at_rest + SPEED_OF_LIGHT * clock_drift[i]) / sigma_mps[i]
        out_design[i, 0], out_design[i, 1], out_design[i, 2] = -ux / sigma_mps[i], -uy / sigma_mps[i], -uz / sigma_mps[i]
        out_design[i, 3] = 1.0 / sigma_mps[i]


def _failure(n: int, outcome: SinglePointOutcome) -> Velocity:
    nan = float("nan")
    return Velocity(outcome, np.full(3, nan), nan, np.full((4, 4), nan), np.full(n, nan), np.zeros(n, bool))
