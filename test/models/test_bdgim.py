"""BDGIM: its authors' example, and laws. No reference values are published with the ICD."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef_at, geodetic_from_ecef
from gnss_gyro.basics.signals import L1_HZ
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.bdgim import _harmonics, bdgim_delay_m, slant_factor, vertical_tec_tecu
from gnss_gyro.models.bdgim_table import AMPLITUDES_TECU, PERIODS_DAYS, SEVENTEEN_DEGREES, SEVENTEEN_ORDERS
from gnss_gyro.models.geometry import elevation_azimuth
from gnss_gyro.protocols.messages import BdgimCoefficients

BROADCAST = BdgimCoefficients(
    np.array([13.82642069, -1.78004616, 5.172, 3.1303094, -4.58961329, 0.32483867, -0.07802383, 1.2431259, 0.37763627])
)
IN_BEIDOU_TIME = 14.0
EXAMPLE_M, EXAMPLE_RELATIVE = 1.4716, 1e-3
"""40.3 for 40.28, and the Earth's radius, make up for half of it."""
QUIET = BdgimCoefficients(np.array([4.0, *[0.0] * 8]))


def test_the_example_of_the_authors():
    """Li and Wang's program of 2021 (Chinese Academy of Sciences), with the mapping function that the ICD has: 1.4716 m."""
    station = np.array([-2_159_945.3149, 4_383_237.1901, 4_085_412.3177])
    up = np.array([-34_342_443.2642, 24_456_393.0586, 12_949.4754]) - station
    elevation, azimuth = elevation_azimuth(up[None] / np.linalg.norm(up), enu_from_ecef_at(station))
    latitude, longitude, _ = geodetic_from_ecef(station)
    time = GpsTime.from_calendar(2020, 11, 5, 17) + IN_BEIDOU_TIME
    delay = bdgim_delay_m(BROADCAST, time, latitude, longitude, elevation, azimuth, L1_HZ)
    assert delay[0] == pytest.approx(EXAMPLE_M, rel=EXAMPLE_RELATIVE)


def test_slant_is_vertical_in_the_zenith_and_grows_towards_the_horizon():
    elevation = np.linspace(math.pi / 2.0, 0.0, 50)
    factor = slant_factor(elevation)
    assert factor[0] == 1.0
    assert (np.diff(factor) > 0.0).all()
    assert factor[-1] < 3.0


def test_it_is_positive_everywhere_and_always():
    latitude, longitude = (
        a.ravel() for a in np.meshgrid(np.radians(np.arange(-90, 91, 10)), np.radians(np.arange(-180, 181, 15)))
    )
    for broadcast in (BROADCAST, QUIET, BdgimCoefficients(3.0 * BROADCAST.alpha)):
        for days in range(0, 400, 37):
            at = GpsTime.from_calendar(2024, 1, 1) + (days + 0.3) * 86_400.0
            content = vertical_tec_tecu(broadcast, at, latitude, longitude)
            assert (content > 0.0).all()
            assert (content < 200.0).all()


def test_afternoon_is_above_night():
    place = np.radians([[35.0, 0.0, -30.0], [139.0, 110.0, 150.0]])
    day, night = (vertical_tec_tecu(BROADCAST, GpsTime.from_calendar(2020, 11, 5, hour), *place) for hour in (4, 17))
    assert (day > 1.5 * night).all()


def test_the_first_harmonic_is_the_same_everywhere():
    first_only = BdgimCoefficients(np.array([1e4, *[0.0] * 8]))
    everywhere = vertical_tec_tecu(first_only, GpsTime.from_calendar(2024, 6, 1, 5), np.zeros(5), np.linspace(-3.0, 3.0, 5))
    np.testing.assert_allclose(everywhere, 1e4, atol=50.0)  # but for what is not broadcast


def test_harmonics_are_orthonormal_on_the_sphere():
    nodes, weights = np.polynomial.legendre.leggauss(12)
    longitude = np.arange(16) * (2.0 * np.pi / 16)
    latitude, east = (a.ravel() for a in np.meshgrid(np.arcsin(nodes), longitude, indexing="ij"))
    basis = _harmonics(SEVENTEEN_DEGREES, SEVENTEEN_ORDERS, latitude, east)
    mean = np.repeat(weights / 2.0, 16) / 16
    np.testing.assert_allclose((basis * mean) @ basis.T, np.eye(17), atol=1e-12)


def test_the_table_has_a_constant_and_a_pair_for_every_period():
    assert AMPLITUDES_TECU.shape == (1 + 2 * len(PERIODS_DAYS), len(SEVENTEEN_DEGREES))
    assert np.isfinite(AMPLITUDES_TECU).all()


def test_it_falls_with_the_square_of_the_frequency():
    at = GpsTime.from_calendar(2024, 6, 24, 8)
    elevation, azimuth = np.radians([[20.0, 50.0], [10.0, 200.0]])
    latitude, longitude, _ = geodetic_from_ecef(ecef_from_geodetic(np.array([0.6, 2.4, 0.0])))
    one, half = (bdgim_delay_m(BROADCAST, at, latitude, longitude, elevation, azimuth, hz) for hz in (L1_HZ, L1_HZ / 2.0))
    np.testing.assert_allclose(half, 4.0 * one)
