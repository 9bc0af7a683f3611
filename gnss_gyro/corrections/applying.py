"""Corrections laid over broadcast states, observations and models: always copies, for the position only.

The states that attitude is computed from never pass through here: a service that comes or goes leaves heading, pitch and roll
bit-identical.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.signals import L1_HZ
from gnss_gyro.corrections.source import NO_ISSUE, Corrections
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.orbits.states import OrbitOutcome, SatelliteStates
from gnss_gyro.orbits.table import NO_ROW, EphemerisTable

_L1_WAVELENGTH_M: Final = SPEED_OF_LIGHT / L1_HZ


@dataclass(frozen=True, slots=True)
class SlantDelays:
    """Delays of the code that take the place of models, satellite by satellite; NaN = the model's.

    ionosphere_m, ionosphere_variance_m2   : (n,) at each satellite's own carrier [m], [m^2]
    troposphere_m, troposphere_variance_m2 : (n,) [m], [m^2]
    """

    ionosphere_m: Floats
    ionosphere_variance_m2: Floats
    troposphere_m: Floats
    troposphere_variance_m2: Floats


def issues_of(table: EphemerisTable, satellites: Codes) -> Ints:
    """Issue of data (n,) of the ephemeris in force for each satellite; NO_ISSUE where there is none."""
    issues = np.full(len(satellites), NO_ISSUE, np.int64)
    row = table.row_of[satellites]
    known = row != NO_ROW
    issues[known] = table.issue[row[known]]
    return issues


def corrected_states(states: SatelliteStates, corrections: Corrections) -> SatelliteStates:
    """Copy of the states (n) with corrected orbits, clocks and variances.

    Satellites without correction stay broadcast, with their own variance; forbidden ones become UNHEALTHY.
    """
    forbidden = corrections.forbidden & (states.outcome == OrbitOutcome.OK)
    position_m = states.position_m + _or_zero(corrections.orbit_ecef_m)
    clock_s = states.clock_s + _or_zero(corrections.clock_m) / SPEED_OF_LIGHT
    told = corrections.corrected & np.isfinite(corrections.variance_m2) & np.isfinite(states.variance_m2)
    variance_m2 = np.where(told, corrections.variance_m2, states.variance_m2)
    outcome = np.where(forbidden, int(OrbitOutcome.UNHEALTHY), states.outcome)
    unknown = np.where(forbidden, np.nan, 0.0)
    return SatelliteStates(
        position_m + unknown[:, None],
        states.velocity_mps + unknown[:, None],
        clock_s + unknown,
        states.clock_drift + unknown,
        variance_m2 + unknown,
        outcome,
    )


def corrected_epoch(epoch: Epoch, corrections: Corrections) -> Epoch:
    """Copy of the observations (n) without the satellites' biases; those not told count as none."""
    code_m = epoch.code_m - _or_zero(corrections.code_bias_m)
    return replace(epoch, code_m=code_m, phase_m=epoch.phase_m - _or_zero(corrections.phase_bias_m))


def range_corrections(corrections: Corrections, direction: Floats) -> tuple[Floats, Floats]:
    """What to add to observed minus computed code and phase (n,), (n,) [m] of satellites seen in directions (n, 3), ECEF.

    Satellites without a correction get zero, forbidden ones NaN.
    """
    orbit_and_clock = _or_zero(corrections.clock_m) - np.einsum("ij,ij->i", direction, _or_zero(corrections.orbit_ecef_m))
    shared = np.where(corrections.forbidden, np.nan, orbit_and_clock)
    return shared - _or_zero(corrections.code_bias_m), shared - _or_zero(corrections.phase_bias_m)


def slant_delays(corrections: Corrections, wavelength_m: Floats) -> SlantDelays:
    """Delays (n,) at the satellites' own wavelengths (n,) [m]: the ionosphere's grow with the wavelength squared."""
    scale = (wavelength_m / _L1_WAVELENGTH_M) ** 2
    return SlantDelays(
        corrections.ionosphere_m * scale,
        corrections.ionosphere_variance_m2 * scale**2,
        corrections.troposphere_m.copy(),
        corrections.troposphere_variance_m2.copy(),
    )


def _or_zero(values: Floats) -> Floats:
    """What is not provided is not applied."""
    return np.where(np.isfinite(values), values, 0.0)
