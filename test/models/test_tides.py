"""Tides of the solid Earth against the test cases that the IERS publishes with its routine DEHANTTIDEINEL."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.tides import diurnal_correction_m, solid_earth_tide_m, tide_of_bodies_m

LEFT_OUT_M = 1.5e-3
"""Parts out of phase, l(1), smaller diurnal and all long-period lines."""
LINES_LEFT_OUT_M = 6e-4
"""All but five of the diurnal lines, and the precession of their arguments."""
COARSE_BODIES_M = 5e-4
"""Sun and Moon to arc minutes."""
PLACE = np.array([4075578.385, 931852.890, 4801570.154])
# Place, Sun, Moon (all in one frame, though it is not the Earth's), UTC, displacement [m].
PUBLISHED = [
    (
        PLACE,
        (137859926952.015, 54228127881.4350, 23509422341.6960),
        (-179996231.920342, -312468450.131567, -169288918.592160),
        datetime(2009, 4, 13),
        (0.07700420357108126, 0.06304056321824968, 0.05516568152597247),
    ),
    (
        (1112189.660, -4842955.026, 3985352.284),
        (-54537460436.2357, 130244288385.279, 56463429031.5996),
        (300396716.912, 243238281.451, 120548075.939),
        datetime(2012, 7, 13),
        (-0.02036831479592076, 0.05658254776225972, -0.07597679676871742),
    ),
    (
        (1112200.5696, -4842957.8511, 3985345.9122),
        (100210282451.6279, 103055630398.3160, 56855096480.4475),
        (369817604.4348, 1897917.5258, 120804980.8284),
        datetime(2015, 7, 15),
        (0.00509570869172363845, 0.0828663025983528700, -0.0636634925404189617),
    ),
]


@pytest.mark.parametrize("case", PUBLISHED, ids=["2009", "2012", "2015"])
def test_against_the_published_cases(case):
    place, sun, moon, utc, expected = case
    place = np.array(place)
    found = tide_of_bodies_m(place, np.array(sun), np.array(moon)) + diurnal_correction_m(GpsTime.from_utc(utc), place)
    assert np.linalg.norm(found - np.array(expected)) < LEFT_OUT_M


def test_daily_lines_against_the_published_case():
    """Test case of the IERS's routine STEP2DIU, with all lines: 0.10594 centuries after J2000, 2010 August 6, 0 h."""
    expected = np.array([0.4193085327321284701e-02, 0.1456681241014607395e-02, 0.5123366597450316508e-02])
    found = diurnal_correction_m(GpsTime.from_utc(datetime(2010, 8, 6)), PLACE)
    assert np.linalg.norm(found - expected) < LINES_LEFT_OUT_M


def test_coarse_bodies_cost_less_than_a_millimetre():
    """2009 April 13, 0 h: positions of DE421 in the Earth's frame (see test_sun_moon)."""
    time = GpsTime.from_utc(datetime(2009, 4, 13))
    sun, moon = 1e3 * np.array([-148139009.0, -408330.0, 23512565.0]), 1e3 * np.array([280731.0, 225520.0, -169115.0])
    fine = tide_of_bodies_m(PLACE, sun, moon) + diurnal_correction_m(time, PLACE)
    assert np.linalg.norm(solid_earth_tide_m(time, PLACE) - fine) < COARSE_BODIES_M


def test_a_body_in_the_zenith_lifts_and_one_on_the_horizon_lowers():
    """Degree 2 alone is even in the body's direction; h2 = 0.6078 - 0.0006 P2: 0.6081 at the equator."""
    place, far = np.array([6378136.6, 0.0, 0.0]), 1.5e14  # so far that degree 3 is nothing; 1000 AU
    unit = 332946.0482 * 6378136.6 * (6378136.6 / far) ** 3
    moonless = np.array([0.0, 0.0, 1e20])
    for towards, lift in ((place, 0.6081), (-place, 0.6081), (np.array([0.0, 1.0, 0.0]), -0.6081 / 2.0)):
        body = far * towards / np.linalg.norm(towards)
        np.testing.assert_allclose(tide_of_bodies_m(place, body, moonless) / unit, [lift, 0.0, 0.0], atol=1e-5)


def test_it_has_the_size_of_tides():
    """Up to 0.4 m up and down, 0.1 m sideways; half of it within a quarter of a day."""
    place = ecef_from_geodetic(np.array([np.radians(10.0), np.radians(100.0), 0.0]))
    rotation = enu_from_ecef(np.radians(10.0), np.radians(100.0))
    start = GpsTime.from_utc(datetime(2024, 3, 9))
    enu = np.array([rotation @ solid_earth_tide_m(start + 3600.0 * hour, place) for hour in range(72)])
    assert 0.3 < np.ptp(enu[:, 2]) < 0.65  # spring tide near the equator
    assert np.abs(enu[:, :2]).max() < 0.12
