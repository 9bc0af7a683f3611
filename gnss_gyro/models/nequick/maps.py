"""The worldwide maps of foF2 and M(3000)F2 (ITU-R P.1239): a Fourier series over the day whose coefficients are maps."""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.models.nequick.tables import tables

_HOUR_ANGLE: Final = np.pi / 12.0
FOF2_DEGREES: Final = np.array([12, 12, 9, 5, 2, 1, 1, 1, 1])
"""Powers of the sine of the dip latitude, by order in longitude (algorithm document, 2.5.5.3)."""
M3000_DEGREES: Final = np.array([7, 8, 6, 3, 2, 1, 1])
"""Likewise."""


def maps_at(month: int, ut_h: float, sunspots: float) -> tuple[Floats, Floats]:
    """Coefficients of the maps of foF2 (76,) and M(3000)F2 (49,) at a time (algorithm document, 2.5.5.3.2).

    month    : 1..12
    ut_h     : universal time [h]
    sunspots : effective sunspot number; the maps for 0 and 100 are drawn out linearly
    """
    f2, m3, _ = tables()
    angle = _HOUR_ANGLE * ut_h - np.pi
    return _at_hour(f2[month - 1], angle, sunspots), _at_hour(m3[month - 1], angle, sunspots)


def _at_hour(quiet_and_active: Floats, angle: float, sunspots: float) -> Floats:
    """Coefficients (n,) of (2, n, 2 h + 1) at an hour angle of the mean sun."""
    active = sunspots / 100.0
    harmonics = np.arange(1, quiet_and_active.shape[2] // 2 + 1) * angle
    series = np.empty(quiet_and_active.shape[2])
    series[0], series[1::2], series[2::2] = 1.0, np.sin(harmonics), np.cos(harmonics)
    return ((1.0 - active) * quiet_and_active[0] + active * quiet_and_active[1]) @ series


@kernel
def map_value(
    coefficients: Floats, degrees: Ints, powers: Floats, cos_latitude: float, cos_lon: Floats, sin_lon: Floats
) -> float:
    """Value of a map at a place (algorithm document, 2.5.5.3).

    coefficients     : (sum of degrees, those of orders above 0 twice,) cosine and sine terms in turn
    degrees          : (orders,) FOF2_DEGREES or M3000_DEGREES
    powers           : (12,) of the sine of the modified dip latitude, from 0
    cos_lon, sin_lon : (9,) of multiples of the longitude, from 0
    """
    value = 0.0
    at = degrees[0]
    for j in range(at):
        value += coefficients[j] * powers[j]
    scale = 1.0
    for order in range(1, len(degrees)):
        even, odd = 0.0, 0.0
        for j in range(degrees[order]):
            even += coefficients[at] * powers[j]
            odd += coefficients[at + 1] * powers[j]
            at += 2
        scale *= cos_latitude
        value += scale * (even * cos_lon[order] + odd * sin_lon[order])
    return value
