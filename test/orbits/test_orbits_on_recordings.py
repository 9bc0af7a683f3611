"""Orbits, clocks and path models against real and simulated receivers whose position is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from recordings import recording

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.frames import enu_from_ecef_at, geodetic_from_ecef
from gnss_gyro.basics.satellites import SYSTEMS, System, satellite_from_name, system_index, system_of
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.geometry import elevation_azimuth, lines_of_sight, range_rates
from gnss_gyro.models.ionosphere import klobuchar_delay_m
from gnss_gyro.models.troposphere import slant_delay_m
from gnss_gyro.observation.selection import select_l1
from gnss_gyro.orbits.glonass import glonass_state, state_row
from gnss_gyro.orbits.kepler import element_row, kepler_state
from gnss_gyro.orbits.propagation import states_at
from gnss_gyro.orbits.states import OrbitOutcome
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import GlonassEphemeris, KeplerEphemeris
from gnss_gyro.protocols.rinex.navigation import read_navigation
from gnss_gyro.protocols.rinex.observation import read_observations

MASK = np.radians(10.0)
MEIJO = np.array([-3_817_680.7270, 3_562_839.5216, 3_650_159.2407])  # header, single point
WETTZELL = np.array([4_075_580.6852, 931_853.6596, 4_801_568.0550])  # header
BORRE = np.array([3_427_819.3209, 603_664.0433, 5_326_880.6438])  # header

SIMULATED_CODE_M = 0.6  # the simulator has its own troposphere
SIMULATED_RATE_MPS = 0.01
REAL_CODE_M = {System.GPS: 3.0, System.GALILEO: 2.0, System.QZSS: 2.0, System.BEIDOU: 4.0, System.GLONASS: 6.0}
REAL_RATE_MPS = 0.04
SYSTEM_TIMES_M = 30.0  # between the clocks of any two systems, receiver delays included
GEOSTATIONARY_MPS = 200.0  # inclinations up to two degrees
CROSSOVER_M = {System.GPS: 2.0, System.GALILEO: 1.0, System.BEIDOU: 1.0, System.GLONASS: 2.5}


def _navigation(*files):
    store = EphemerisStore()
    for file in files:
        store.extend(read_navigation(file.read_bytes()))
    return store


def _epochs(file, every, systems=tuple(REAL_CODE_M)):
    for number, observations in enumerate(read_observations(file.read_bytes())):
        if number % every == 0:
            yield select_l1("A", observations, systems)


def _residuals(store, epoch, receiver_m, velocity_mps):
    """Code and rate minus model without receiver clock, with the rows they belong to: (satellite, code_m, rate_mps)."""
    states = states_at(store, epoch.time, epoch.satellite, epoch.code_m)
    ranges, unit, _ = lines_of_sight(receiver_m, states.position_m)
    elevation, azimuth = elevation_azimuth(unit, enu_from_ecef_at(receiver_m))
    good = (states.outcome == OrbitOutcome.OK) & (elevation > MASK)
    latitude, longitude, height_m = geodetic_from_ecef(receiver_m)
    air = slant_delay_m(epoch.time, latitude, height_m, elevation)
    carrier_hz = SPEED_OF_LIGHT / epoch.wavelength_m
    ions = klobuchar_delay_m(store.klobuchar["G"], epoch.time, latitude, longitude, elevation, azimuth, carrier_hz)
    code = epoch.code_m - (ranges - SPEED_OF_LIGHT * states.clock_s + air + ions)
    geometric = range_rates(receiver_m, velocity_mps, states.position_m, states.velocity_mps)
    rate = epoch.range_rate_mps - (geometric - SPEED_OF_LIGHT * states.clock_drift)
    return epoch.satellite[good], code[good], rate[good]


def test_one_clock_per_system_explains_the_simulator():
    """Exact positions and velocities of a flying antenna: independent of everything written here."""
    folder = recording("spirent")
    store = _navigation(folder / "RINEX_GN_Spirent.23N", folder / "RINEX_EN_Spirent.23L")
    table = np.loadtxt(folder / "Rover-dynamic_PVA_Spirent.csv", delimiter=",", skiprows=1)
    truth = {round(row[3] * 10): (row[4:7], row[7:10]) for row in table}
    for epoch in _epochs(folder / "Rover-dynamic_MO_Spirent.obs", every=100):
        satellite, code, rate = _residuals(store, epoch, *truth[round(epoch.time.tow_s * 10)])
        for index in (SYSTEMS.index(System.GPS), SYSTEMS.index(System.GALILEO)):
            rows = system_index(satellite) == index
            assert rows.sum() >= 4
            assert np.ptp(code[rows]) < SIMULATED_CODE_M
            assert np.abs(code[rows].mean()) < SIMULATED_CODE_M  # its receiver clock is exact
        assert np.std(rate) < SIMULATED_RATE_MPS
        assert abs(rate.mean()) < SIMULATED_RATE_MPS


def _check_real(store, epoch, receiver_m, expected_systems):
    satellite, code, rate = _residuals(store, epoch, receiver_m, np.zeros(3))
    clocks = {}
    for system in expected_systems:
        rows = system_index(satellite) == SYSTEMS.index(system)
        assert rows.sum() >= 3, system
        clocks[system] = np.median(code[rows])
        assert np.std(code[rows] - clocks[system]) < REAL_CODE_M[system], system
    assert np.ptp(list(clocks.values())) < SYSTEM_TIMES_M
    assert np.std(rate) < REAL_RATE_MPS
    return satellite


def test_a_roof_in_nagoya_with_all_systems():
    folder = recording("meijo")
    store = _navigation(folder / "static_base.nav")
    systems = (System.GPS, System.GALILEO, System.BEIDOU, System.GLONASS)
    for epoch in _epochs(folder / "static_base.obs", every=100):
        satellite = _check_real(store, epoch, MEIJO, systems)
        assert {satellite_from_name(name) for name in ("C01", "C03", "C04", "C59")} <= set(satellite.tolist())


def test_wettzell_with_all_systems():
    folder = recording("wettzell")
    store = _navigation(folder / "ESBC00DNK_R_20201770000_01D_MN.rnx", folder / "ESBC00DNK_R_20201770000_01D_RN.rnx")
    systems = (System.GPS, System.GALILEO, System.BEIDOU, System.GLONASS)
    for epoch in _epochs(folder / "WTZR00DEU_R_20201770000_01D_30S_MO_120epoch.rnx", every=20):
        _check_real(store, epoch, WETTZELL, systems)


def test_a_morning_in_2001():
    """RINEX 2, GPS alone."""
    folder = recording("borre")
    store = _navigation(folder / "site247j.01n")
    outcomes = set()
    for epoch in _epochs(folder / "rover_site247j.01o", every=5):
        states = states_at(store, epoch.time, epoch.satellite, epoch.code_m)
        outcomes |= set(states.outcome.tolist())
        _, code, _ = _residuals(store, epoch, BORRE, np.zeros(3))
        assert len(code) >= 6
        assert np.std(code) < REAL_CODE_M[System.GPS]
    assert outcomes == {OrbitOutcome.OK}


def _place(ephemeris, time):
    since_toe_s = time - ephemeris.toe
    if isinstance(ephemeris, GlonassEphemeris):
        return np.array(glonass_state(state_row(ephemeris), since_toe_s))
    return np.array(kepler_state(element_row(ephemeris), since_toe_s))


@pytest.mark.parametrize("system", list(CROSSOVER_M), ids=lambda system: system.name)
def test_neighbouring_issues_agree_midway(system):
    """Halfway between two reference times both describe the same satellite."""
    folder = recording("wettzell")
    files = [folder / "ESBC00DNK_R_20201770000_01D_MN.rnx", folder / "ESBC00DNK_R_20201770000_01D_RN.rnx"]
    by_satellite = {}
    for message in (m for file in files for m in read_navigation(file.read_bytes())):
        if not isinstance(message, KeplerEphemeris | GlonassEphemeris) or system_of(message.satellite) is not system:
            continue
        if message.health == 0 and getattr(message, "source", "") != "FNAV":
            by_satellite.setdefault(message.satellite, {})[message.toe.ns] = message
    apart = []
    for messages in by_satellite.values():
        for one, two in pairwise(messages[ns] for ns in sorted(messages)):
            gap_s = two.toe - one.toe
            if 600.0 <= gap_s <= 7200.0:
                middle = one.toe + gap_s / 2.0
                apart.append(np.linalg.norm(_place(one, middle)[:3] - _place(two, middle)[:3]))
    assert len(apart) > 50
    assert np.percentile(apart, 95) < CROSSOVER_M[system]


def test_geostationary_satellites_hardly_move():
    store = _navigation(recording("meijo") / "static_base.nav")
    time = GpsTime.from_calendar(2024, 6, 24, 8, 20)
    for name in ("C01", "C02", "C03", "C04", "C05", "C59", "C60", "C62"):
        ephemeris, outcome = store.choose(satellite_from_name(name), time)
        assert outcome in (OrbitOutcome.OK, OrbitOutcome.UNHEALTHY)
        state = _place(ephemeris, time)
        assert np.linalg.norm(state[3:6]) < GEOSTATIONARY_MPS
        assert np.linalg.norm(state[:3]) == pytest.approx(42.164e6, rel=1e-3)
