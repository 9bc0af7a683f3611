"""Sun and Moon against JPL's ephemeris DE421, turned into the ITRS with IAU 2006/2000A and the IERS's Earth orientation.

Geometric geocentric positions, made once with jplephem 2.24, pyerfa 2.0.1 and astropy-iers-data.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.sun_moon import greenwich_sidereal_angle, moon_ecef_m, sun_ecef_m

SUN_DEG, SUN_RELATIVE = 0.01, 1e-4
MOON_DEG, MOON_RELATIVE = 0.1, 1e-3
SIDEREAL_RAD = 1e-7
SIDEREAL_DAY_S = 86_164.0905
AUTHORITY = [  # UTC, Sun [km], Moon [km]
    ("1996-02-29 18:00", (7990866, -146686753, -19731987), (293875, 252472, 118534)),
    ("2001-09-15 06:30", (22680033, 148513022, 7818734), (203341, 275702, 110262)),
    ("2009-04-13 00:00", (-148139009, -408330, 23512565), (280731, 225520, -169115)),
    ("2012-07-13 09:00", (97323394, 102380670, 56323587), (353540, -150664, 126910)),
    ("2016-12-21 12:00", (135019718, -990797, -58526527), (33675, -396601, 2505)),
    ("2019-03-20 21:58", (-125835446, -79753481, 5938), (303999, 191076, 31517)),
    ("2021-03-19 12:00", (148860857, 5021473, -920031), (147900, 348251, 142529)),
    ("2023-01-08 10:00", (115918935, 71419404, -55696478), (-240746, -282009, 166495)),
    ("2024-06-24 08:20", (78762588, 115197878, 60378610), (-9098, -340276, -151855)),
    ("2025-08-28 17:30", (20185121, -147683113, 24757803), (347016, -165208, -124616)),
]


def angle_deg(a, b) -> float:
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))


@pytest.mark.parametrize(("utc", "sun_km", "moon_km"), AUTHORITY, ids=[row[0] for row in AUTHORITY])
def test_against_de421(utc, sun_km, moon_km):
    time = GpsTime.from_utc(datetime.fromisoformat(utc))
    for found, expected, limit_deg, relative in (
        (sun_ecef_m(time), 1e3 * np.array(sun_km), SUN_DEG, SUN_RELATIVE),
        (moon_ecef_m(time), 1e3 * np.array(moon_km), MOON_DEG, MOON_RELATIVE),
    ):
        assert angle_deg(found, expected) < limit_deg
        assert np.linalg.norm(found) == pytest.approx(np.linalg.norm(expected), rel=relative)


def test_sidereal_time_of_a_published_example():
    """Meeus, Astronomical Algorithms, example 12.a: 1987 April 10, 0 h UT: 13 h 10 min 46.3668 s."""
    expected = np.radians(15.0 * (13 + 10 / 60 + 46.3668 / 3600))
    assert greenwich_sidereal_angle(GpsTime.from_utc(datetime(1987, 4, 10))) == pytest.approx(expected, abs=SIDEREAL_RAD)


def test_the_sky_turns_once_in_a_sidereal_day():
    """The Sun falls behind by a degree, the Moon by 13; both stand still in no frame for a day."""
    time = GpsTime.from_utc(datetime(2024, 3, 20, 12))
    for body, least, most in ((sun_ecef_m, 0.9, 1.05), (moon_ecef_m, 11.0, 15.0)):
        assert least < angle_deg(body(time), body(time + SIDEREAL_DAY_S)) < most


def test_leap_seconds_do_not_turn_the_earth_by_a_jump():
    """Across the leap second of 2016 the Earth turns at its own rate, by GPS time."""
    before = GpsTime.from_utc(datetime(2016, 12, 31, 23, 59, 50))
    turned = greenwich_sidereal_angle(before + 61.0) - greenwich_sidereal_angle(before)
    assert turned == pytest.approx(2.0 * np.pi * 60.0 / SIDEREAL_DAY_S, rel=1e-6)  # UTC counts 60 of these seconds
