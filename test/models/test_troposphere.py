"""Laws of the tropospheric delay."""

from __future__ import annotations

import numpy as np
import pytest

from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.troposphere import Atmosphere, niell_mapping, seasonal_atmosphere, slant_delay_m, zenith_delays

WINTER, SUMMER = GpsTime.from_calendar(2024, 1, 28), GpsTime.from_calendar(2024, 7, 28, 15)
LATITUDE = np.radians(45.0)


def test_dry_zenith_delay_of_standard_pressure():
    """1013.25 hPa at 45 degrees and sea level: 2.307 m (Davis et al. 1985, equation 45)."""
    dry, _ = zenith_delays(Atmosphere(1013.25, 288.15, 0.0, 6.5e-3, 3.0), LATITUDE, 0.0)
    assert dry == pytest.approx(0.0022768 * 1013.25, abs=1e-4)


def test_average_atmosphere_on_the_table_points():
    """DO-229, tables A-1 and A-2: mean minus amplitude on the coldest day."""
    air = seasonal_atmosphere(WINTER, LATITUDE, 0.0)
    assert air.pressure_hpa == pytest.approx(1015.75 + 2.25, abs=1e-3)
    assert air.temperature_k == pytest.approx(283.15 - 11.0, abs=1e-3)
    assert air.vapour_hpa == pytest.approx(11.66 - 7.24, abs=1e-3)


def test_south_has_its_summer_when_north_has_winter():
    north, south = seasonal_atmosphere(SUMMER, LATITUDE, 0.0), seasonal_atmosphere(WINTER, -LATITUDE, 0.0)
    assert south.temperature_k == pytest.approx(north.temperature_k, abs=0.05)
    assert south.vapour_hpa > seasonal_atmosphere(WINTER, LATITUDE, 0.0).vapour_hpa


def test_pressure_falls_with_height_as_hydrostatics_demand():
    """dp/dh = -g p / (R T)."""
    low, mid, high = (seasonal_atmosphere(SUMMER, LATITUDE, height_m) for height_m in (999.0, 1000.0, 1001.0))
    slope = (high.pressure_hpa - low.pressure_hpa) / 2.0
    assert slope == pytest.approx(-9.80665 * mid.pressure_hpa / (287.054 * mid.temperature_k), rel=1e-6)


@pytest.mark.parametrize("height_m", [0.0, 1500.0])
def test_mapping_is_one_in_the_zenith_and_grows_to_the_horizon(height_m):
    elevation = np.radians(np.arange(90.0, 2.0, -1.0))
    for mapping in niell_mapping(SUMMER, LATITUDE, height_m, elevation):
        assert mapping[0] == pytest.approx(1.0, abs=1e-12)
        assert (np.diff(mapping) > 0.0).all()


def test_mapping_at_five_degrees():
    """About 10.15 dry and 10.75 wet at middle latitudes (Niell 1996, figures 3 and 5)."""
    dry, wet = niell_mapping(WINTER, LATITUDE, 0.0, np.radians([5.0]))
    assert dry[0] == pytest.approx(10.15, abs=0.06)
    assert wet[0] == pytest.approx(10.75, abs=0.06)


def test_slant_delay_is_zenith_over_sine_high_up():
    elevation = np.radians([30.0, 60.0, 90.0])
    delay = slant_delay_m(SUMMER, LATITUDE, 100.0, elevation)
    assert 2.2 < delay[-1] < 2.7
    np.testing.assert_allclose(delay, delay[-1] / np.sin(elevation), rtol=0.01)


def test_below_the_horizon_nothing_explodes():
    assert (slant_delay_m(SUMMER, LATITUDE, 0.0, np.radians([-20.0, 0.0, 1.0])) < 80.0).all()
