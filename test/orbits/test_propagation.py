"""Laws of states at transmission time."""

from __future__ import annotations

import numpy as np
import pytest
from ephemerides import TOE, geostationary, glonass, kepler

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.orbits.glonass import glonass_state, state_row
from gnss_gyro.orbits.kepler import element_row, kepler_state
from gnss_gyro.orbits.propagation import states_at
from gnss_gyro.orbits.states import OrbitOutcome
from gnss_gyro.orbits.store import EphemerisStore

TIME = TOE + 1234.005
NAMES = ["G05", "R01", "E11", "C01", "C30", "J02"]
EPHEMERIDES = [kepler("G05"), glonass("R01"), kepler("E11"), geostationary("C01"), kepler("C30"), kepler("J02")]
SATELLITES = np.array([satellite_from_name(name) for name in NAMES], np.int16)
ROUNDING_M = 1e-7
CLOCK_S = 1e-18


@pytest.fixture(name="store")
def _store():
    store = EphemerisStore()
    store.extend(EPHEMERIDES)
    return store


def test_the_satellite_clock_at_transmission_reads_tag_minus_code(store):
    """The defining equation, with an independent fixed-point solution per satellite."""
    code_m = np.linspace(2.1e7, 3.9e7, len(SATELLITES))
    states = states_at(store, TIME, SATELLITES, code_m)
    for i, eph in enumerate(EPHEMERIDES):
        reads_s = (TIME - eph.toe) - code_m[i] / SPEED_OF_LIGHT
        sent_s, state = reads_s, ()
        for _ in range(5):
            state = glonass_state(state_row(eph), sent_s) if NAMES[i][0] == "R" else kepler_state(element_row(eph), sent_s)
            sent_s = reads_s - state[6]
        delay_s = getattr(eph, "group_delay_s", 0.0)
        np.testing.assert_allclose(states.position_m[i], state[:3], atol=ROUNDING_M)
        np.testing.assert_allclose(states.velocity_mps[i], state[3:6], atol=ROUNDING_M)
        assert states.clock_s[i] == pytest.approx(state[6] - delay_s, abs=CLOCK_S)


def test_the_receiver_clock_falls_out(store):
    """A clock 0.7 ms ahead shows in the tag and in every code alike."""
    code_m = np.full(len(SATELLITES), 2.4e7)
    ahead_s = 7e-4
    true = states_at(store, TIME, SATELLITES, code_m)
    shifted = states_at(store, TIME + ahead_s, SATELLITES, code_m + SPEED_OF_LIGHT * ahead_s)
    np.testing.assert_allclose(shifted.position_m, true.position_m, atol=1e-4)
    apart = states_at(store, TIME + ahead_s, SATELLITES, code_m, clock_error_s=ahead_s)
    np.testing.assert_allclose(apart.position_m, true.position_m, atol=1e-4)


def test_rows_without_a_state_are_nan_and_say_why(store):
    store.add(kepler("G06", health=1))
    store.add(kepler("G07", toe=TOE - 86_400.0, toc=TOE - 86_400.0))
    names = ["G05", "G06", "G07", "G08", "E11"]
    code_m = np.array([2.2e7, 2.2e7, 2.2e7, 2.2e7, np.nan])
    states = states_at(store, TIME, np.array([satellite_from_name(name) for name in names], np.int16), code_m)
    expected = [OrbitOutcome.OK, OrbitOutcome.UNHEALTHY, OrbitOutcome.STALE, OrbitOutcome.NO_EPHEMERIS, OrbitOutcome.NO_CODE]
    assert states.outcome.tolist() == expected
    for column in (states.position_m, states.velocity_mps, states.clock_s, states.clock_drift, states.variance_m2):
        assert np.isfinite(column[0]).all()
        assert np.isnan(column[1:]).all()


def test_an_empty_store_and_an_empty_epoch_are_no_accident(store):
    assert states_at(EphemerisStore(), TIME, SATELLITES, np.full(6, 2e7)).outcome.tolist() == [OrbitOutcome.NO_EPHEMERIS] * 6
    assert states_at(store, TIME, np.array([], np.int16), np.array([])).position_m.shape == (0, 3)


def test_nanoseconds_survive_at_a_distant_epoch(store):
    """A step of 100 ns in the tag moves a GPS satellite by its velocity times 100 ns: a third of a millimetre."""
    code_m = np.full(len(SATELLITES), 2.4e7)
    first, second = (states_at(store, TIME + step_s, SATELLITES, code_m) for step_s in (0.0, 1e-7))
    moved = second.position_m - first.position_m
    np.testing.assert_allclose(moved, first.velocity_mps * 1e-7, atol=3e-8)
