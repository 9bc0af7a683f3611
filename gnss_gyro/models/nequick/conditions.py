"""What the whole ionosphere of an epoch has in common."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.nequick.sun import sine_of_declination

_SEASONS: Final = (-1.0, -1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, -1.0, -1.0)
_SUMMER: Final = range(4, 10)
_MOST_ACTIVE: Final = 400.0
_UNKNOWN: Final = 63.7
"""Of a sun without spots, for coefficients that are all zero (algorithm document)."""
_ALL_ZERO: Final = 1e-7


def ionisation_level(ai: Floats, modified_dip_deg: float) -> float:
    """Effective ionisation level Az [solar flux units] where the receiver is (Galileo OS SIS ICD, 5.1.6).

    ai : (3,) broadcast coefficients, of the powers of the modified dip latitude in degrees
    """
    if np.all(np.abs(ai) < _ALL_ZERO):
        return _UNKNOWN
    level = float(ai[0] + modified_dip_deg * (ai[1] + modified_dip_deg * ai[2]))
    return min(max(level, 0.0), _MOST_ACTIVE)


def sunspot_number(ionisation: float) -> float:
    """Effective sunspot number of a solar flux (ITU-R P.371)."""
    return math.sqrt(167_273.0 + (ionisation - 63.7) * 1_123.6) - 408.99


def conditions_at(ionisation: float, month: int, ut_h: float) -> Floats:
    """(6,) ionisation level, sunspot number, universal time [h], sine of the sun's declination, season -1, 0, 1 of the
    E layer, and 1 in the months whose top side follows the summer's rule."""
    declination = sine_of_declination(month, ut_h)
    summer = float(month in _SUMMER)
    return np.array([ionisation, sunspot_number(ionisation), ut_h, declination, _SEASONS[month - 1], summer])


def month_and_hour(time: GpsTime) -> tuple[int, float]:
    """Month 1..12 and universal time [h]."""
    utc = time.utc()
    return utc.month, utc.hour + utc.minute / 60.0 + (utc.second + utc.microsecond * 1e-6) / 3600.0
