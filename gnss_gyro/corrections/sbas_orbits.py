"""Corrections of one satellite out of what an SBAS satellite has told of it (RTCA DO-229, A.4.4.3, A.4.4.7, A.4.5.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.time import DAY_S, GpsTime
from gnss_gyro.corrections.sbas_degradation import (
    LONG_TERM_TIMEOUT_S,
    UDREI_TIMEOUT_S,
    fast_degradation_m,
    fast_timeout_s,
    long_term_degradation_m,
    satellite_variance_m2,
)
from gnss_gyro.corrections.sbas_satellites import SbasSatellites, ToldLongTerm
from gnss_gyro.protocols.sbas.messages import DO_NOT_USE, NOT_MONITORED, Covariance, DegradationParameters

_HALF_DAY_S: Final = DAY_S / 2.0


@dataclass(frozen=True, slots=True)
class OrbitAndClock:
    """Orbit (3,) [m] and clock [m] to add, their variance [m^2] along the line of sight, and the age of the older part [s]."""

    orbit_ecef_m: Floats
    clock_m: float
    variance_m2: float
    age_s: float


def forbidden_since_s(told: SbasSatellites, satellite: int, time: GpsTime) -> float | None:
    """How long ago [s] the service said that the satellite is not to be used; None where it does not say so at a time."""
    fast = told.fast(satellite)
    if fast is None or fast.udrei != DO_NOT_USE or not told.is_listed(satellite, time):
        return None
    age_s = time - fast.udrei_time
    return age_s if 0.0 <= age_s <= UDREI_TIMEOUT_S else None


def orbit_and_clock(
    told: SbasSatellites,
    satellite: int,
    issue: int,
    time: GpsTime,
    unit_ecef: Floats,
    parameters: DegradationParameters | None,
) -> OrbitAndClock | None:
    """Correction of one satellite at a time; None where a part is missing, too old, or made for another ephemeris.

    issue     : IODE of the ephemeris in use
    unit_ecef : (3,) from the receiver to the satellite; NaN = not known
    """
    fast, long_term = told.fast(satellite), told.long_term(satellite, issue)
    if fast is None or long_term is None or not told.is_listed(satellite, time):
        return None
    factor, latency_s = told.degradation(satellite, time)
    fast_age_s, udrei_age_s, long_age_s = time - fast.time, time - fast.udrei_time, time - long_term.time
    in_time = (
        0.0 <= fast_age_s <= fast_timeout_s(factor)
        and 0.0 <= udrei_age_s <= UDREI_TIMEOUT_S
        and 0.0 <= long_age_s <= LONG_TERM_TIMEOUT_S
    )
    if not in_time or fast.udrei >= NOT_MONITORED:
        return None
    orbit_ecef_m, clock_m, after_s = _long_term_at(long_term, time)
    moving = long_term.correction.velocity_mps is not None
    degradations_m = (
        fast_degradation_m(factor, latency_s, udrei_age_s),
        fast.rate_degradation_m(time, factor, parameters),
        long_term_degradation_m(parameters, moving, long_age_s, after_s),
    )
    delta = _delta_udre(told.covariance(satellite, time), unit_ecef, parameters)
    root_sum = parameters is not None and parameters.rss_udre
    return OrbitAndClock(
        orbit_ecef_m,
        clock_m + fast.range_at_m(time, factor),
        satellite_variance_m2(fast.udrei, delta, degradations_m, root_sum),
        max(fast_age_s, long_age_s),
    )


def _long_term_at(told: ToldLongTerm, time: GpsTime) -> tuple[Floats, float, float]:
    """Orbit (3,) [m] and clock [m] to add at a time, and how long after their reference that is [s]."""
    correction = told.correction
    orbit_ecef_m = np.array(correction.position_m)
    if correction.velocity_mps is None or correction.time_of_day_s is None:
        return orbit_ecef_m, SPEED_OF_LIGHT * correction.clock_s, 0.0
    after_s = (time.tow_s - correction.time_of_day_s + _HALF_DAY_S) % DAY_S - _HALF_DAY_S
    clock_s = correction.clock_s + correction.clock_drift * after_s
    return orbit_ecef_m + np.array(correction.velocity_mps) * after_s, SPEED_OF_LIGHT * clock_s, after_s


def _delta_udre(covariance: Covariance | None, unit_ecef: Floats, parameters: DegradationParameters | None) -> float:
    """By what the error at this place differs from UDRE [-] (A.4.4.16); 1 where the service does not tell."""
    if covariance is None or not np.isfinite(unit_ecef).all():
        return 1.0
    seen = np.array(covariance.factor) @ np.append(unit_ecef, 1.0)
    rounding = 0.0 if parameters is None else parameters.c_covariance * covariance.scale
    return float(np.sqrt(seen @ seen)) + rounding
