"""Laws of ranges, directions and range rates."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gnss_gyro.basics.constants import EARTH_ROTATION_RATE, SPEED_OF_LIGHT
from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef
from gnss_gyro.models.geometry import elevation_azimuth, lines_of_sight, range_rates

RANGE_M = 1e-8
SAGNAC_M = 1e-3  # the textbook's first-order term leaves out (spin x T)^2
RATE_MPS = 1e-6  # a difference over a second, rounding of ranges

LATITUDE, LONGITUDE = 0.6, 2.4
RECEIVER = ecef_from_geodetic(np.array([LATITUDE, LONGITUDE, 120.0]))


@pytest.fixture(name="satellites")
def _satellites():
    rng = np.random.default_rng(7)
    unit = rng.normal(size=(40, 3))
    return 2.66e7 * unit / np.linalg.norm(unit, axis=1)[:, None]


def _turn(angle):
    return np.array([[math.cos(angle), math.sin(angle), 0.0], [-math.sin(angle), math.cos(angle), 0.0], [0.0, 0.0, 1.0]])


def test_light_travels_straight_in_the_inertial_frame(satellites):
    """Frame fixed at reception: distance from the satellite where it was equals c times the time of flight."""
    ranges, unit, turned = lines_of_sight(RECEIVER, satellites)
    for satellite, distance, direction, place in zip(satellites, ranges, unit, turned, strict=True):
        inertial = _turn(EARTH_ROTATION_RATE * distance / SPEED_OF_LIGHT) @ satellite
        np.testing.assert_allclose(place, inertial, atol=RANGE_M)
        assert np.linalg.norm(inertial - RECEIVER) == pytest.approx(distance, abs=RANGE_M)
        np.testing.assert_allclose(RECEIVER + distance * direction, place, atol=RANGE_M)


def test_rotation_is_the_sagnac_term_to_first_order(satellites):
    ranges, _, _ = lines_of_sight(RECEIVER, satellites)
    straight = np.linalg.norm(satellites - RECEIVER, axis=1)
    sagnac = EARTH_ROTATION_RATE / SPEED_OF_LIGHT * (satellites[:, 0] * RECEIVER[1] - satellites[:, 1] * RECEIVER[0])
    np.testing.assert_allclose(ranges, straight + sagnac, atol=SAGNAC_M)


def test_range_rate_is_the_derivative_by_time_of_reception(satellites):
    """Both ends move; the time of sending follows from the range by iteration."""
    rng = np.random.default_rng(8)
    speed = rng.uniform(-3000.0, 3000.0, satellites.shape)
    velocity = np.array([20.0, -30.0, 5.0])

    def ranges_at(step_s):
        sent_s = np.zeros(len(satellites))  # time of sending after that of the middle
        base, _, _ = lines_of_sight(RECEIVER, satellites)
        distance = base
        for _ in range(5):
            sent_s = step_s - (distance - base) / SPEED_OF_LIGHT
            distance, _, _ = lines_of_sight(RECEIVER + velocity * step_s, satellites + speed * sent_s[:, None])
        return distance

    rates = range_rates(RECEIVER, velocity, satellites, speed)
    np.testing.assert_allclose(rates, (ranges_at(0.5) - ranges_at(-0.5)) / 1.0, atol=RATE_MPS)


@pytest.mark.parametrize(
    ("enu", "elevation", "azimuth"),
    [((0, 1, 0), 0, 0), ((1, 0, 0), 0, 90), ((0, -1, 0), 0, 180), ((-1, 0, 0), 0, -90), ((1, 1, 2**0.5), 45, 45)],
)
def test_elevation_and_azimuth(enu, elevation, azimuth):
    rotation = enu_from_ecef(LATITUDE, LONGITUDE)
    unit = np.array([enu]) / np.linalg.norm(enu) @ rotation
    found = np.degrees(elevation_azimuth(unit, rotation)).ravel()
    assert found[0] == pytest.approx(elevation, abs=1e-9)
    assert math.remainder(found[1] - azimuth, 360.0) == pytest.approx(0.0, abs=1e-9)


def test_unknown_satellites_stay_unknown(satellites):
    satellites[3] = np.nan
    ranges, unit, turned = lines_of_sight(RECEIVER, satellites)
    rates = range_rates(RECEIVER, np.zeros(3), satellites, np.zeros_like(satellites))
    for column in (ranges, unit, turned, rates):
        assert np.isnan(column[3]).all()
        assert np.isfinite(np.delete(column, 3, axis=0)).all()
