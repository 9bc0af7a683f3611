"""Laws of the GLONASS integration."""

from __future__ import annotations

import numpy as np
import pytest
from ephemerides import glonass
from scipy.integrate import solve_ivp

from gnss_gyro.basics.constants import EARTH_ROTATION_RATE_GLONASS, MU_GLONASS
from gnss_gyro.orbits.glonass import acceleration, glonass_state, state_row

INTEGRATION_M = 1e-3
INTEGRATION_MPS = 1e-6


def _reference(row, since_toe_s):
    """The same equations by an adaptive method of order 8."""
    def rate(_, s):
        return [*s[3:6], *acceleration(s[0], s[1], s[2], s[3], s[4], row)]
    return solve_ivp(rate, (0.0, since_toe_s), row[:6], method="DOP853", rtol=1e-13, atol=1e-9).y[:, -1]


@pytest.mark.parametrize("since_toe_s", [-1800.0, -901.3, -0.07, 12.5, 60.0, 899.9, 1800.0])
def test_agrees_with_a_finer_integration(since_toe_s):
    row = state_row(glonass())
    state, expected = np.array(glonass_state(row, since_toe_s)), _reference(row, since_toe_s)
    np.testing.assert_allclose(state[:3], expected[:3], atol=INTEGRATION_M)
    np.testing.assert_allclose(state[3:6], expected[3:], atol=INTEGRATION_MPS)


def test_at_its_time_it_is_the_broadcast_state():
    eph = glonass()
    state = glonass_state(state_row(eph), 0.0)
    np.testing.assert_array_equal(state[:6], np.concatenate((eph.position_m, eph.velocity_mps)))
    assert state[6:] == (eph.clock_bias_s, eph.frequency_bias)


def test_acceleration_is_the_gradient_of_its_potential_plus_coriolis():
    """J2 potential in the rotating frame, differentiated numerically."""
    row = state_row(glonass(acceleration_mps2=np.zeros(3)))
    place, velocity = row[:3], row[3:6]
    spin = EARTH_ROTATION_RATE_GLONASS

    def potential(p):
        r = np.linalg.norm(p)
        bulge = 1.08262575e-3 * (6_378_136.0 / r) ** 2 * (1.5 * (p[2] / r) ** 2 - 0.5)
        return MU_GLONASS / r * (1.0 - bulge) + 0.5 * spin**2 * (p[0] ** 2 + p[1] ** 2)

    steps = 100.0 * np.eye(3)
    gradient = np.array([(potential(place + step) - potential(place - step)) / 200.0 for step in steps])
    coriolis = 2.0 * spin * np.array([velocity[1], -velocity[0], 0.0])
    np.testing.assert_allclose(acceleration(*place, velocity[0], velocity[1], row), gradient + coriolis, atol=1e-9)


def test_clock_runs_by_gamma():
    eph = glonass()
    assert glonass_state(state_row(eph), 600.0)[6] == pytest.approx(eph.clock_bias_s + 600.0 * eph.frequency_bias, abs=1e-20)
