"""Displacement of the ground by the tides of the solid Earth.

IERS Conventions (2010), chapter 7.1.1: degrees 2 and 3 in phase (equations 7.5 and 7.6), Love and Shida numbers of
degree 2 with their dependence on latitude (7.2), and of the frequency-dependent part the five largest diurnal lines
(7.12, table 7.3a). Left out, 1 to 2 mm together: the rest of tables 7.3a and 7.3b, anelastic parts out of phase
(7.10, 7.11), the tangential terms of l(1) (7.8, 7.9). The permanent tide stays in the displacement ("tide-free"
coordinates, as those of ITRF, are met). Pole tide (to 25 mm) and ocean loading (to 50 mm at some coasts) are other
effects, and not here.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import enu_from_ecef
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.sun_moon import greenwich_sidereal_angle, moon_ecef_m, sun_ecef_m, terrestrial_centuries

_EARTH_RADIUS_M: Final = 6_378_136.6
_SUN_PER_EARTH: Final = 332_946.0482
_MOON_PER_EARTH: Final = 0.0123000371
"""Ratios of masses (IERS Conventions 2010, table 1.1)."""
_H2: Final = 0.6078
_H2_LATITUDE: Final = -0.0006
_L2: Final = 0.0847
_L2_LATITUDE: Final = 0.0002
_H3: Final = 0.292
_L3: Final = 0.015
"""Love and Shida numbers, degree 2 with its part by latitude (table 7.2), degree 3."""
_LONGITUDES_DEG: Final = np.array([218.31665, 280.46645, 234.95544, 282.93734])
_LONGITUDES_DEG_PER_CENTURY: Final = np.array([481_267.88194, 36_000.76975, 1934.13626, 1.71946])
"""Mean longitudes of the Moon s, the Sun h, the Moon's node (negative, N'), the Sun's perigee ps (as Simon et al. 1994)."""

# Diurnal lines: multiples of the longitudes s, h, N', ps; radial in and out of phase, tangential in and out of phase [mm].
_DIURNAL: Final = np.array([
    [-1, 0, 0, 0, -0.51, 0.00, -0.02, 0.03],  # O1
    [1, -2, 0, 0, -1.23, -0.07, 0.06, 0.01],  # P1
    [1, 0, 0, 0, 12.00, -0.80, -0.67, -0.03],  # K1
    [1, 0, 1, 0, 1.73, -0.12, -0.10, 0.00],  # K1's line by the node of the Moon
    [1, 1, 0, -1, -0.50, -0.01, 0.03, 0.00],  # psi 1
])  # fmt: skip


def solid_earth_tide_m(time: GpsTime, place_ecef_m: Floats) -> Floats:
    """ECEF displacement (3,) [m] of a place (3,) [m] on the ground, to some millimetres: add it to the tide-free place."""
    return tide_of_bodies_m(place_ecef_m, sun_ecef_m(time), moon_ecef_m(time)) + diurnal_correction_m(time, place_ecef_m)


def tide_of_bodies_m(place_ecef_m: Floats, sun_m: Floats, moon_m: Floats) -> Floats:
    """Displacement (3,) [m] of degrees 2 and 3 in phase; Sun and Moon (3,) [m] in the frame of the place."""
    radius_m = float(np.linalg.norm(place_ecef_m))
    up = place_ecef_m / radius_m
    by_latitude = (3.0 * float(up[2]) ** 2 - 1.0) / 2.0
    h2, l2 = _H2 + _H2_LATITUDE * by_latitude, _L2 + _L2_LATITUDE * by_latitude
    return _of_body(up, sun_m, _SUN_PER_EARTH, h2, l2) + _of_body(up, moon_m, _MOON_PER_EARTH, h2, l2)


def _of_body(up: Floats, body_m: Floats, mass_ratio: float, h2: float, l2: float) -> Floats:
    """Equations 7.5 and 7.6 for one body."""
    distance_m = float(np.linalg.norm(body_m))
    towards = body_m / distance_m
    cosine = float(up @ towards)
    across = towards - cosine * up
    degree2_m = mass_ratio * _EARTH_RADIUS_M * (_EARTH_RADIUS_M / distance_m) ** 3
    degree3_m = degree2_m * _EARTH_RADIUS_M / distance_m
    second = h2 * (1.5 * cosine**2 - 0.5) * up + 3.0 * l2 * cosine * across
    third = _H3 * (2.5 * cosine**3 - 1.5 * cosine) * up + _L3 * (7.5 * cosine**2 - 1.5) * across
    return np.asarray(degree2_m * second + degree3_m * third)


def diurnal_correction_m(time: GpsTime, place_ecef_m: Floats) -> Floats:
    """What the resonance of the Earth's core changes in the daily tides (3,) [m]: equation 7.12, the largest lines."""
    longitude = math.atan2(place_ecef_m[1], place_ecef_m[0])
    latitude = math.asin(place_ecef_m[2] / float(np.linalg.norm(place_ecef_m)))
    longitudes = np.radians(_LONGITUDES_DEG + _LONGITUDES_DEG_PER_CENTURY * terrestrial_centuries(time))
    lunar_time = greenwich_sidereal_angle(time) + math.pi - longitudes[0]  # as civil time, from the lower transit
    phase = lunar_time + _DIURNAL[:, :4] @ longitudes + longitude
    sine, cosine = np.sin(phase), np.cos(phase)
    radial_in, radial_out, across_in, across_out = _DIURNAL[:, 4:].T
    up = float(radial_in @ sine + radial_out @ cosine) * math.sin(2.0 * latitude)
    east = float(across_in @ cosine - across_out @ sine) * math.sin(latitude)
    north = float(across_in @ sine + across_out @ cosine) * math.cos(2.0 * latitude)
    return 1e-3 * np.array([east, north, up]) @ enu_from_ecef(latitude, longitude)
