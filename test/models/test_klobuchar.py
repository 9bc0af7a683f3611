"""Laws of the broadcast ionosphere."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.signals import B1I_HZ, L1_HZ
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.ionosphere import klobuchar_delay_m
from gnss_gyro.protocols.messages import Klobuchar

ALPHA = np.array([1.8626e-8, 2.2352e-8, -1.1921e-7, -5.9605e-8])
BETA = np.array([1.2902e5, 1.6384e5, -1.9661e5, -2.6214e5])
GPS, BEIDOU = Klobuchar("G", ALPHA, BETA), Klobuchar("C", ALPHA, BETA)
NIGHT, AFTERNOON = GpsTime.from_week_tow(2320, 86_400.0 + 7200.0), GpsTime.from_week_tow(2320, 86_400.0 + 50_400.0)
LATITUDE = np.radians(35.0)
ZENITH, SOUTH = np.array([np.pi / 2]), np.array([np.pi])
NIGHT_M = SPEED_OF_LIGHT * 5e-9
BOTH = pytest.mark.parametrize("broadcast", [GPS, BEIDOU], ids=["GPS", "BeiDou"])


@BOTH
def test_at_night_it_is_five_nanoseconds(broadcast):
    delay = klobuchar_delay_m(broadcast, NIGHT, LATITUDE, 0.0, ZENITH, SOUTH, B1I_HZ if broadcast is BEIDOU else L1_HZ)
    assert delay[0] == pytest.approx(NIGHT_M, rel=1e-3)  # GPS's slant factor is 1.0004 in the zenith


def test_beidou_peak_is_its_amplitude():
    """At 14 h local time of BeiDou's clock, in the zenith: 5 ns + A2 at the geographic latitude (B1I ICD 5.2.4.7)."""
    x = LATITUDE / np.pi
    amplitude = ALPHA @ x ** np.arange(4)
    delay = klobuchar_delay_m(BEIDOU, AFTERNOON + 14.0, LATITUDE, 0.0, ZENITH, SOUTH, B1I_HZ)
    assert delay[0] == pytest.approx(SPEED_OF_LIGHT * (5e-9 + amplitude), rel=1e-9)


def test_gps_peak_is_its_amplitude():
    """As above at the geomagnetic latitude (IS-GPS-200, figure 20-4)."""
    x = LATITUDE / np.pi + 0.064 * math.cos(-1.617 * math.pi)
    delay = klobuchar_delay_m(GPS, AFTERNOON, LATITUDE, 0.0, ZENITH, SOUTH)
    assert delay[0] == pytest.approx(SPEED_OF_LIGHT * (5e-9 + ALPHA @ x ** np.arange(4)), rel=2e-3)


@BOTH
def test_it_grows_to_the_horizon_and_with_the_wavelength_squared(broadcast):
    elevation, azimuth = np.radians([80.0, 50.0, 20.0, 5.0]), np.zeros(4)
    delay = klobuchar_delay_m(broadcast, NIGHT, LATITUDE, 0.0, elevation, azimuth)
    assert (np.diff(delay) > 0.0).all()
    half = klobuchar_delay_m(broadcast, NIGHT, LATITUDE, 0.0, elevation, azimuth, L1_HZ / 2.0)
    np.testing.assert_allclose(half, 4.0 * delay, rtol=1e-12)


def test_both_variants_describe_one_sky():
    """Different shells and latitudes, the same order of size."""
    elevation, azimuth = np.radians([20.0, 40.0, 60.0, 85.0]), np.radians([0.0, 90.0, 180.0, 270.0])
    gps, beidou = (klobuchar_delay_m(broadcast, AFTERNOON, LATITUDE, 0.0, elevation, azimuth) for broadcast in (GPS, BEIDOU))
    np.testing.assert_allclose(gps, beidou, rtol=0.25)


@BOTH
def test_it_is_finite_everywhere(broadcast):
    rng = np.random.default_rng(3)
    elevation, azimuth = rng.uniform(-0.2, np.pi / 2, 500), rng.uniform(-np.pi, np.pi, 500)
    for latitude in np.radians([-90.0, -60.0, 0.0, 89.9]):
        delay = klobuchar_delay_m(broadcast, AFTERNOON, latitude, 3.0, elevation, azimuth)
        assert np.isfinite(delay).all()
        assert (delay > 0.0).all()
