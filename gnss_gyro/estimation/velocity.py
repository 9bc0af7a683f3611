"""Velocity and clock drift of one antenna from one epoch of Doppler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.estimation.noise import NoiseClass, shape
from gnss_gyro.estimation.screening import screened_least_squares
from gnss_gyro.estimation.single_point import SinglePoint, SinglePointOutcome, Usage
from gnss_gyro.models.geometry import lines_of_sight, range_rates
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
    if np.isnan(point.position_ecef_m).any():
        return _failure(n, point.outcome)
    candidates = ~np.isnan(epoch.range_rate_mps) & ((point.usage == Usage.USED) | (point.usage == Usage.OUTLIER))
    if np.count_nonzero(candidates) < 4:
        return _failure(n, SinglePointOutcome.TOO_FEW_SATELLITES)
    observed = _without_satellites(epoch, states, point)
    _, unit, _ = lines_of_sight(point.position_ecef_m, states.position_m)
    sigma = DOPPLER_SIGMA_MPS * shape(noise_class, point.elevation, epoch.cn0_dbhz)
    design = np.column_stack([-unit, np.ones(n)]) / sigma[:, None]
    result = screened_least_squares(_filled(design, candidates), _filled(observed / sigma, candidates), candidates)
    if not result.solved:
        return _failure(n, SinglePointOutcome.BAD_GEOMETRY)
    outcome = SinglePointOutcome.OK if result.consistent else SinglePointOutcome.INCONSISTENT
    residual = observed - (design @ result.solution) * sigma
    drift = float(result.solution[3]) / SPEED_OF_LIGHT
    return Velocity(outcome, result.solution[:3], drift, result.cofactor, residual, result.used)


def _without_satellites(epoch: Epoch, states: SatelliteStates, point: SinglePoint) -> Floats:
    """Range rates (n,) [m/s] less those that a clock without drift would see at rest on the turning Earth."""
    still = range_rates(point.position_ecef_m, np.zeros(3), states.position_m, states.velocity_mps)
    return epoch.range_rate_mps - still + SPEED_OF_LIGHT * states.clock_drift


def _filled(values: Floats, rows: Bools) -> Floats:
    """Zeros in the rows that are not candidates."""
    out = np.zeros_like(values)
    out[rows] = values[rows]
    return out


def _failure(n: int, outcome: SinglePointOutcome) -> Velocity:
    nan = float("nan")
    return Velocity(outcome, np.full(3, nan), nan, np.full((4, 4), nan), np.full(n, nan), np.zeros(n, bool))
