"""How SBAS corrections lose their worth with age (RTCA DO-229, A.4.5; tables A-6, A-8, A-10, A-17, A-25).

Time-outs are those of en-route to non-precision use, the longer ones: this is a matter of accuracy here, not of an approach.
Terms whose parameters were not received yet are left out, but for the factor of the fast corrections, taken as the worst.
"""

from __future__ import annotations

import math
from typing import Final

from gnss_gyro.protocols.sbas.messages import DegradationParameters, FastDegradation

UDRE_VARIANCE_M2: Final = (
    0.0520, 0.0924, 0.1444, 0.2830, 0.4678, 0.8315, 1.2992, 1.8709, 2.5465, 3.3260, 5.1968, 20.7870, 230.9661, 2078.695,
)  # fmt: skip
"""By UDREI 0..13 [m^2]."""
GIVE_VARIANCE_M2: Final = (
    0.0084, 0.0333, 0.0749, 0.1331, 0.2079, 0.2994, 0.4075, 0.5322, 0.6735, 0.8315, 1.1974, 1.8709, 3.3260, 20.7870, 187.0826,
)  # fmt: skip
"""By GIVEI 0..14 [m^2]."""

_FACTOR_MPS2: Final = (
    0.0, 0.00005, 0.00009, 0.00012, 0.00015, 0.00020, 0.00030, 0.00045, 0.00060, 0.00090, 0.00150, 0.00210, 0.00270, 0.00330,
    0.00460, 0.00580,
)  # fmt: skip
_FAST_TIMEOUT_S: Final = (
    180.0, 180.0, 153.0, 135.0, 135.0, 117.0, 99.0, 81.0, 63.0, 45.0, 45.0, 27.0, 27.0, 27.0, 18.0, 18.0,
)  # fmt: skip
WORST_FACTOR: Final = 15

MASK_TIMEOUT_S: Final = 600.0
UDREI_TIMEOUT_S: Final = 18.0
LONG_TERM_TIMEOUT_S: Final = 360.0
DEGRADATION_TIMEOUT_S: Final = 360.0
COVARIANCE_TIMEOUT_S: Final = 360.0
GRID_MASK_TIMEOUT_S: Final = 1200.0
GRID_TIMEOUT_S: Final = 600.0
DO_NOT_USE_S: Final = 60.0


def fast_timeout_s(factor: int) -> float:
    """Longest age of a fast correction [s] by its degradation factor's index."""
    return _FAST_TIMEOUT_S[factor]


def factor_of(degradation: FastDegradation | None, slot: int) -> int:
    """Index of a slot's degradation factor; the worst where it was not told."""
    return WORST_FACTOR if degradation is None else degradation.factor[slot]


def fast_degradation_m(factor: int, latency_s: float, age_s: float) -> float:
    """eps_fc [m] of a UDREI of an age (A.4.5.1.1)."""
    return _FACTOR_MPS2[factor] * (age_s + latency_s) ** 2 / 2.0


def rate_degradation_m(
    factor: int, issues: tuple[int, int], interval_s: float, age_s: float, parameters: DegradationParameters | None
) -> float:
    """eps_rrc [m] of a range-rate correction made of two fast ones (A.4.5.1.2).

    issues : IODF of the fast correction and of the one before
    """
    noise_mps = (0.0 if parameters is None else parameters.b_rrc_m) / interval_s
    timeout_s = fast_timeout_s(factor)
    if 3 in issues:
        away_s = abs(interval_s - timeout_s / 2.0)
        return 0.0 if away_s == 0.0 else (_FACTOR_MPS2[factor] * away_s / 2.0 + noise_mps) * age_s
    if (issues[0] - issues[1]) % 3 == 1:
        return 0.0
    return (_FACTOR_MPS2[factor] * timeout_s / 4.0 + noise_mps) * age_s


def long_term_degradation_m(parameters: DegradationParameters | None, moving: bool, age_s: float, after_s: float) -> float:
    """eps_ltc [m] (A.4.5.1.3).

    moving  : velocity code 1
    age_s   : since the message
    after_s : since the time that the correction refers to, if it moves
    """
    if parameters is None:
        return 0.0
    if moving:
        beyond_s = max(0.0, -after_s, after_s - parameters.i_ltc_v1_s)
        return parameters.c_ltc_lsb_m + parameters.c_ltc_v1_mps * beyond_s if beyond_s > 0.0 else 0.0
    return parameters.c_ltc_v0_m * math.floor(age_s / parameters.i_ltc_v0_s) if parameters.i_ltc_v0_s > 0.0 else 0.0


def satellite_variance_m2(udrei: int, delta: float, degradations_m: tuple[float, ...], root_sum: bool) -> float:
    """Variance [m^2] of a corrected satellite: UDRE times its dependence on the place, and degradations (A.4.5.1)."""
    udre_m = math.sqrt(UDRE_VARIANCE_M2[udrei]) * delta
    if root_sum:
        return udre_m**2 + sum(term**2 for term in degradations_m)
    return (udre_m + sum(degradations_m)) ** 2


def grid_variance_m2(givei: int, age_s: float, parameters: DegradationParameters | None) -> float:
    """Variance [m^2] of the vertical delay at a grid point (A.4.5.2)."""
    if parameters is None:
        return GIVE_VARIANCE_M2[givei]
    steps = math.floor(age_s / parameters.i_iono_s) if parameters.i_iono_s > 0.0 else 0
    degradation_m = parameters.c_iono_step_m * steps + parameters.c_iono_ramp_mps * age_s
    if parameters.rss_iono:
        return GIVE_VARIANCE_M2[givei] + degradation_m**2
    return (math.sqrt(GIVE_VARIANCE_M2[givei]) + degradation_m) ** 2
