"""Laws of the Kepler kernel."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from ephemerides import GEOSTATIONARY_SQRT_A, TOE, geostationary, kepler
from hypothesis import given
from hypothesis import strategies as st

from gnss_gyro.basics.constants import EARTH_ROTATION_RATE_BEIDOU, MU_GALILEO, MU_GPS, SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.orbits.kepler import eccentric_anomaly, element_row, is_geostationary, kepler_state

KEPLER_EQUATION_RAD = 1e-14
VELOCITY_MPS = 2e-5  # of a central difference over 2 s: third derivative 1e-4 m/s^3 x step^2 / 6
DRIFT = 1e-16
CLOCK_S = 1e-18
TIDE_M = 1e-6  # rounding of 26,000 km

NAMES = ["G05", "J02", "E11", "C30", "C01", "C59"]


def _ephemeris(name):
    return geostationary(name) if is_geostationary(satellite_from_name(name)) else kepler(name)


@given(mean=st.floats(-10.0, 10.0), eccentricity=st.floats(0.0, 0.3))
def test_eccentric_anomaly_solves_keplers_equation(mean, eccentricity):
    anomaly = eccentric_anomaly(mean, eccentricity)
    missing = anomaly - eccentricity * math.sin(anomaly) - mean
    assert abs(math.remainder(missing, 2 * math.pi)) < KEPLER_EQUATION_RAD


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("since_toe_s", [-7200.0, -11.5, 0.0, 3600.25])
def test_velocity_and_drift_are_the_derivatives(name, since_toe_s):
    row = element_row(_ephemeris(name))
    before, after = (np.array(kepler_state(row, since_toe_s + step)) for step in (-1.0, 1.0))
    state = np.array(kepler_state(row, since_toe_s))
    np.testing.assert_allclose(state[3:6], (after[:3] - before[:3]) / 2.0, atol=VELOCITY_MPS)
    assert state[7] == pytest.approx((after[6] - before[6]) / 2.0, abs=DRIFT)


@pytest.mark.parametrize("name", NAMES)
def test_speed_in_the_inertial_frame_obeys_vis_viva(name):
    """The harmonics off, energy is that of the ellipse (their rates move the frame by less than 1e-8 of the speed)."""
    names = ("cuc", "cus", "crc", "crs", "cic", "cis", "mean_motion_difference", "inclination_rate")
    still = dict.fromkeys(names, 0.0)
    eph = replace(_ephemeris(name), ascending_node_rate=0.0, **still)
    x, y, z, vx, vy, vz, *_ = kepler_state(element_row(eph), 1234.5)
    spin = EARTH_ROTATION_RATE_BEIDOU if name[0] == "C" else 7.2921151467e-5
    mu = MU_GPS if name[0] in "GJ" else MU_GALILEO
    speed2 = (vx - spin * y) ** 2 + (vy + spin * x) ** 2 + vz**2
    assert speed2 == pytest.approx(mu * (2 / math.sqrt(x * x + y * y + z * z) - 1 / eph.sqrt_a**2), rel=1e-12)


def test_relativity_is_minus_twice_position_times_velocity_over_c_squared():
    """IS-GPS-200, 20.3.3.3.3.1, the form in vectors (harmonics off); rotation does not change the product."""
    eph = replace(kepler("G05"), cuc=0.0, cus=0.0, crc=0.0, crs=0.0, cic=0.0, cis=0.0, af0=0.0, af1=0.0, af2=0.0,
                  mean_motion_difference=0.0, inclination_rate=0.0)  # fmt: skip
    state = np.array(kepler_state(element_row(eph), 900.0))
    assert state[6] == pytest.approx(-2.0 * state[:3] @ state[3:6] / SPEED_OF_LIGHT**2, rel=1e-9)


def test_clock_polynomial_counts_from_toc():
    eph = kepler("G05", eccentricity=0.0, toc=TOE - 3600.0)
    clock, drift = kepler_state(element_row(eph), 100.0)[6:8]
    assert clock == pytest.approx(eph.af0 + eph.af1 * 3700.0 + eph.af2 * 3700.0**2, abs=CLOCK_S)
    assert drift == pytest.approx(eph.af1 + 2 * eph.af2 * 3700.0, abs=1e-25)


def test_a_beidou_geo_stands_over_the_equator():
    row = element_row(geostationary("C01", eccentricity=0.0))
    for since_toe_s in (-3600.0, 0.0, 3600.0):
        state = np.array(kepler_state(row, since_toe_s))
        assert abs(state[2]) < 1.0
        assert np.linalg.norm(state[3:6]) < 1.0  # sqrt_a is not exactly geosynchronous
        assert np.linalg.norm(state[:3]) == pytest.approx(GEOSTATIONARY_SQRT_A**2, abs=TIDE_M)


def test_geostationary_numbers_are_those_of_the_icd():
    names = ["C01", "C05", "C59", "C63", "C06", "C58", "G01", "E05"]
    assert [is_geostationary(satellite_from_name(name)) for name in names] == [True] * 4 + [False] * 4


def test_a_week_later_the_same_elements_give_the_same_place():
    """The node refers to the start of the week of toe: only seconds of the week enter."""
    later = TOE + 604_800.0
    this, next_week = (element_row(kepler("C30", toe=toe, toc=toe)) for toe in (TOE, later))
    np.testing.assert_array_equal(this, next_week)
