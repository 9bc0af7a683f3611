"""Corrections laid over states, observations and models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skies import sky

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.basics.signals import B1I_HZ
from gnss_gyro.corrections.applying import SlantDelays, corrected_epoch, corrected_states, issues_of, slant_delays
from gnss_gyro.corrections.source import NO_ISSUE, Corrections, no_corrections
from gnss_gyro.estimation.path_delay import slanted, told_delays
from gnss_gyro.estimation.single_point import SinglePointOutcome, Usage, single_point
from gnss_gyro.orbits.states import OrbitOutcome, SatelliteStates
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import GlonassEphemeris, KeplerEphemeris

NAMES = ("G01", "G05", "G09", "G13", "G17", "E03", "E11", "E19", "E24")
ROUNDING_M = 1e-4
RNG = np.random.default_rng(7)


def some_corrections(n: int) -> Corrections:
    """Rows 0 to 2 complete, 3 a clock only, 4 biases only, 5 forbidden, the rest nothing."""
    told = no_corrections(n)
    told.orbit_ecef_m[:3] = RNG.normal(size=(3, 3))
    told.clock_m[:4] = RNG.normal(size=4)
    told.variance_m2[:4] = 0.01
    told.code_bias_m[4], told.phase_bias_m[4] = 0.5, -0.02
    told.forbidden[5] = True
    return told


def columns(value: object) -> list[np.ndarray]:
    return [getattr(value, name) for name in type(value).__slots__ if isinstance(getattr(value, name), np.ndarray)]


def test_nothing_told_leaves_every_bit():
    s, nothing = sky(NAMES), no_corrections(len(NAMES))
    for found, original in zip(columns(corrected_states(s.states, nothing)), columns(s.states), strict=True):
        np.testing.assert_array_equal(found, original)
    for found, original in zip(columns(corrected_epoch(s.epoch, nothing)), columns(s.epoch), strict=True):
        np.testing.assert_array_equal(found, original)


def test_the_states_for_attitude_are_not_touched():
    s, told = sky(NAMES), some_corrections(len(NAMES))
    before = [array.copy() for array in (*columns(s.states), *columns(s.epoch), *columns(told))]
    corrected_states(s.states, told), corrected_epoch(s.epoch, told), slant_delays(told, s.epoch.wavelength_m)
    for found, original in zip((*columns(s.states), *columns(s.epoch), *columns(told)), before, strict=True):
        np.testing.assert_array_equal(found, original)


def test_what_is_told_is_added_and_the_rest_stays_broadcast():
    s, told = sky(NAMES), some_corrections(len(NAMES))
    found = corrected_states(s.states, told)
    np.testing.assert_array_equal(found.position_m[:3], s.states.position_m[:3] + told.orbit_ecef_m[:3])
    np.testing.assert_array_equal(found.position_m[3:5], s.states.position_m[3:5])
    np.testing.assert_allclose((found.clock_s - s.states.clock_s)[:4] * SPEED_OF_LIGHT, told.clock_m[:4], atol=1e-7)
    np.testing.assert_array_equal(found.variance_m2[:5], [0.01, 0.01, 0.01, 0.01, s.states.variance_m2[4]])
    np.testing.assert_array_equal(found.velocity_mps[:5], s.states.velocity_mps[:5])


def test_a_forbidden_satellite_is_unhealthy_and_nan():
    s, told = sky(NAMES), some_corrections(len(NAMES))
    found = corrected_states(s.states, told)
    assert found.outcome.tolist() == [OrbitOutcome.OK] * 5 + [OrbitOutcome.UNHEALTHY] + [OrbitOutcome.OK] * 3
    assert all(np.isnan(array[5]).all() for array in columns(found)[:-1])
    assert single_point(s.epoch, found).usage[5] == Usage.NO_STATE


def test_a_satellite_without_state_keeps_its_reason():
    s, told = sky(NAMES), some_corrections(len(NAMES))
    lost = [np.where(np.arange(9).reshape(-1, *[1] * (a.ndim - 1)) == 5, np.nan, a) for a in columns(s.states)[:-1]]
    outcome = s.states.outcome.copy()
    outcome[5] = OrbitOutcome.STALE
    found = corrected_states(SatelliteStates(*lost, outcome), told)
    assert found.outcome[5] == OrbitOutcome.STALE
    assert np.isnan(found.variance_m2[5])


def test_biases_are_subtracted():
    s, told = sky(NAMES), some_corrections(len(NAMES))
    found = corrected_epoch(s.epoch, told)
    np.testing.assert_allclose((s.epoch.code_m - found.code_m)[4], 0.5, atol=1e-7)
    np.testing.assert_allclose((s.epoch.phase_m - found.phase_m)[4], -0.02, atol=1e-7)
    np.testing.assert_array_equal(np.delete(found.code_m, 4), np.delete(s.epoch.code_m, 4))


def test_the_ionosphere_grows_with_the_wavelength_squared():
    told = no_corrections(2)
    told.ionosphere_m[:], told.ionosphere_variance_m2[:], told.troposphere_m[:] = 4.0, 0.25, 2.5
    ratio = (1575.42e6 / B1I_HZ) ** 2
    found = slant_delays(told, SPEED_OF_LIGHT / np.array([1575.42e6, B1I_HZ]))
    np.testing.assert_allclose(found.ionosphere_m, [4.0, 4.0 * ratio])
    np.testing.assert_allclose(found.ionosphere_variance_m2, [0.25, 0.25 * ratio**2])
    np.testing.assert_array_equal(found.troposphere_m, 2.5)


def test_the_loop_closes_signs_and_all():
    """Errors put into orbits, clocks, biases and atmosphere are all taken out by corrections that know them."""
    s, n = sky(NAMES), len(NAMES)
    truth = single_point(s.epoch, s.states, start_ecef_m=s.place)
    told = no_corrections(n)
    told.orbit_ecef_m[:], told.clock_m[:] = RNG.normal(0.0, 3.0, (n, 3)), RNG.normal(0.0, 3.0, n)
    told.code_bias_m[:], told.variance_m2[:] = RNG.normal(0.0, 2.0, n), s.states.variance_m2
    broadcast = replace(
        s.states, position_m=s.states.position_m - told.orbit_ecef_m, clock_s=s.states.clock_s - told.clock_m / SPEED_OF_LIGHT
    )
    told.ionosphere_m[:], told.troposphere_m[:] = RNG.uniform(2.0, 20.0, n), RNG.uniform(2.0, 9.0, n)
    told.ionosphere_variance_m2[:], told.troposphere_variance_m2[:] = 0.1, 0.1
    observed = replace(s.epoch, code_m=s.epoch.code_m + told.code_bias_m + told.ionosphere_m + told.troposphere_m)
    epoch, states = corrected_epoch(observed, told), corrected_states(broadcast, told)
    found = single_point(epoch, states, start_ecef_m=s.place, delays=slant_delays(told, epoch.wavelength_m))
    assert found.outcome is SinglePointOutcome.OK
    assert np.abs(found.position_ecef_m - s.place).max() < ROUNDING_M
    assert np.abs(truth.position_ecef_m - s.place).max() > 1.0  # the models alone do see an atmosphere


def _path_delay(n, told):
    """Delays and variances (n,) of an atmosphere at elevations of 0.2 to 1.5."""
    delay_m, variance_m2 = np.empty(n), np.empty(n)
    slanted(2.4, np.linspace(0.2, 1.5, n), np.linspace(6.0, 2.0, n), 0.5, told_delays(told), delay_m, variance_m2)
    return delay_m, variance_m2


def test_delays_that_are_not_told_are_the_models():
    s, n = sky(NAMES), len(NAMES)
    model_m, model_m2 = _path_delay(n, None)
    found_m, found_m2 = _path_delay(n, slant_delays(no_corrections(n), s.epoch.wavelength_m))
    np.testing.assert_array_equal(found_m, model_m)
    np.testing.assert_array_equal(found_m2, model_m2)
    told = SlantDelays(*(np.full(n, np.nan) for _ in range(4)))
    told.ionosphere_m[2], told.ionosphere_variance_m2[2], told.troposphere_m[2], told.troposphere_variance_m2[2] = (
        5.0,
        9.0,
        3.0,
        16.0,
    )
    told.ionosphere_m[3] = 1000.0  # without a variance it does not count
    found_m, found_m2 = _path_delay(n, told)
    assert (found_m[2], found_m2[2]) == (8.0, pytest.approx(25.0))
    np.testing.assert_array_equal(np.delete(found_m, 2), np.delete(model_m, 2))


def test_issues_are_those_of_the_ephemerides_in_force():
    satellites = np.array([satellite_from_name(name) for name in ("G05", "G07", "E11", "R03")], np.int16)
    store = EphemerisStore()
    toe = sky(NAMES).epoch.time
    for code, issue in zip(satellites[[0, 2]].tolist(), (72, 101), strict=True):
        store.add(_ephemeris(code, toe, issue))
    store.add(_glonass(int(satellites[3]), toe, 15))
    assert issues_of(store.table_at(toe), satellites).tolist() == [72, NO_ISSUE, 101, 15]
    assert issues_of(store.table_at(toe), satellites[:0]).tolist() == []


def _ephemeris(satellite: int, toe, issue: int) -> KeplerEphemeris:
    angles = dict.fromkeys(
        ("eccentricity", "mean_anomaly", "mean_motion_difference", "inclination", "inclination_rate", "ascending_node",
         "ascending_node_rate", "perigee", "cuc", "cus", "crc", "crs", "cic", "cis", "af0", "af1", "af2", "group_delay_s"), 0.0
    )  # fmt: skip
    return KeplerEphemeris(
        satellite=satellite,
        source="LNAV",
        toe=toe,
        toc=toe,
        transmitted=toe,
        issue=issue,
        issue_clock=issue,
        sqrt_a=5153.6,
        **angles,
    )


def _glonass(satellite: int, toe, issue: int) -> GlonassEphemeris:
    return GlonassEphemeris(
        satellite=satellite, toe=toe, transmitted=toe, issue=issue, position_m=np.array([2.55e7, 0.0, 0.0]),
        velocity_mps=np.array([0.0, 3e3, 0.0]), acceleration_mps2=np.zeros(3), clock_bias_s=0.0, frequency_bias=0.0, channel=1,
    )  # fmt: skip
