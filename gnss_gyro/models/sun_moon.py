"""Where the Sun and the Moon are, in the Earth-fixed frame, to arc minutes: enough for tides and for wind-up.

Series in the mean ecliptic: Montenbruck and Gill, Satellite Orbits (2000), 3.3.2. Their longitudes are moved to the
equinox of date by general precession, so that mean sidereal time (IAU 1982) leads from there to the turning Earth.
The book holds the Sun's perigee in place, which costs 0.3 degrees a century; here it moves (Meeus, Astronomical
Algorithms, chapter 25). Nutation (17 arc seconds), UT1 - UTC (13), polar motion, aberration and the time of the light
are left out.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.time import DAY_S, NS, GpsTime

_TT_MINUS_GPS_S: Final = 51.184
_J2000: Final = GpsTime.from_calendar(2000, 1, 1, 12)
"""Noon of 1 January 2000, read on whichever scale is asked for."""
_J2000_UNIX_NS: Final = 946_728_000 * NS
_CENTURY_S: Final = 36_525.0 * DAY_S
_ARCSECOND: Final = math.radians(1.0 / 3600.0)
_PERIGEE_DEG: Final = 1.7195
"""Motion of the Sun's perigee against the equinox of date, in a century: precession 1.3972 and its own 0.3223."""

# Arguments l, l', F, D and amplitudes: longitude ["], distance [km].
_MOON_LONGITUDE: Final = np.array([
    [1, 0, 0, 0, 22640], [2, 0, 0, 0, 769], [1, 0, 0, -2, -4586], [0, 0, 0, 2, 2370], [0, 1, 0, 0, -668],
    [0, 0, 2, 0, -412], [2, 0, 0, -2, -212], [1, 1, 0, -2, -206], [1, 0, 0, 2, 192], [0, 1, 0, -2, -165],
    [1, -1, 0, 0, 148], [0, 0, 0, 1, -125], [1, 1, 0, 0, -110], [0, 0, 2, -2, -55],
], float)  # fmt: skip
_MOON_DISTANCE: Final = np.array([
    [0, 0, 0, 0, 385000], [1, 0, 0, 0, -20905], [-1, 0, 0, 2, -3699], [0, 0, 0, 2, -2956], [2, 0, 0, 0, -570],
    [2, 0, 0, -2, 246], [0, 1, 0, -2, -205], [1, 0, 0, 2, -171], [1, 1, 0, -2, -152],
], float)  # fmt: skip
# The latitude's smaller terms ["]; the main one has the perturbed longitude in its argument.
_MOON_LATITUDE: Final = np.array([
    [0, 0, 1, -2, -526], [1, 0, 1, -2, 44], [-1, 0, 1, -2, -31], [-2, 0, 1, 0, -25], [0, 1, 1, -2, -23],
    [-1, 0, 1, 0, 21], [0, -1, 1, -2, 11],
], float)  # fmt: skip


def sun_ecef_m(time: GpsTime) -> Floats:
    """Geocentric position (3,) [m] of the Sun, good to 0.01 degrees and a ten thousandth of its distance."""
    century = terrestrial_centuries(time)
    anomaly = math.radians(357.5256 + 35_999.049 * century)
    longitude = math.radians(282.9400 + _PERIGEE_DEG * century) + anomaly
    longitude += (6892.0 * math.sin(anomaly) + 72.0 * math.sin(2.0 * anomaly)) * _ARCSECOND
    distance_m = (149.619 - 2.499 * math.cos(anomaly) - 0.021 * math.cos(2.0 * anomaly)) * 1e9
    return _ecef(time, longitude, 0.0, distance_m)


def moon_ecef_m(time: GpsTime) -> Floats:
    """Geocentric position (3,) [m] of the Moon, good to 0.1 degrees and a thousandth of its distance."""
    century = terrestrial_centuries(time)
    mean_longitude = math.radians(218.31617 + 481_267.88088 * century)
    arguments = np.radians([
        134.96292 + 477_198.86753 * century,
        357.52543 + 35_999.04944 * century,
        93.27283 + 483_202.01873 * century,
        297.85027 + 445_267.11135 * century,
    ])  # fmt: skip
    perturbation = _sines(_MOON_LONGITUDE, arguments) * _ARCSECOND
    _, sun_anomaly, node_distance, _ = arguments
    main = node_distance + perturbation + (412.0 * math.sin(2.0 * node_distance) + 541.0 * math.sin(sun_anomaly)) * _ARCSECOND
    latitude = (18_520.0 * math.sin(main) + _sines(_MOON_LATITUDE, arguments)) * _ARCSECOND
    distance_m = 1e3 * float(_MOON_DISTANCE[:, 4] @ np.cos(_MOON_DISTANCE[:, :4] @ arguments))
    return _ecef(time, mean_longitude + perturbation, latitude, distance_m)


def greenwich_sidereal_angle(time: GpsTime) -> float:
    """Mean sidereal time at Greenwich [rad] in [0, 2 pi), with UTC for UT1 (IAU 1982; Meeus, Astronomical Algorithms, 12.4)."""
    days = (time.unix_ns() - _J2000_UNIX_NS) / (DAY_S * NS)
    century = days / 36_525.0
    degrees = 280.46061837 + 360.98564736629 * days + 0.000387933 * century**2
    return math.radians(degrees % 360.0)


def terrestrial_centuries(time: GpsTime) -> float:
    """Julian centuries of terrestrial time since J2000."""
    return (time - _J2000 + _TT_MINUS_GPS_S) / _CENTURY_S


def _sines(table: Floats, arguments: Floats) -> float:
    """Sum of a table's sines, in the unit of its amplitudes."""
    return float(table[:, 4] @ np.sin(table[:, :4] @ arguments))


def _ecef(time: GpsTime, longitude: float, latitude: float, distance_m: float) -> Floats:
    """Position (3,) [m] of ecliptic coordinates of date [rad]."""
    obliquity = math.radians(23.43929111 - 0.0130042 * terrestrial_centuries(time))
    x = math.cos(latitude) * math.cos(longitude)
    y = math.cos(latitude) * math.sin(longitude)
    z = math.sin(latitude)
    north = y * math.sin(obliquity) + z * math.cos(obliquity)
    y = y * math.cos(obliquity) - z * math.sin(obliquity)
    angle = greenwich_sidereal_angle(time)
    sin_a, cos_a = math.sin(angle), math.cos(angle)
    return distance_m * np.array([x * cos_a + y * sin_a, y * cos_a - x * sin_a, north])
