"""Simulated skies: satellites where their systems put them, issue running on into issue."""

from __future__ import annotations

import numpy as np
import pytest

from gnss_gyro.basics.frames import geodetic_from_ecef
from gnss_gyro.basics.satellites import System, satellite_from_name, satellite_name, system_of
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.simulation.constellation import NominalConstellation, RecordedConstellation
from gnss_gyro.simulation.sky import EARLIER_S, track

T0 = GpsTime.from_calendar(2026, 3, 4, 8)
ALL = (System.GPS, System.GALILEO, System.BEIDOU, System.QZSS, System.GLONASS)
ISSUE_STEP_M = {System.GLONASS: 2.5}  # its message holds positions to 0.49 m and velocities to 1 mm/s
KEPLER_STEP_M = 0.3
SYNCHRONOUS_WANDER_DEG = 1.5

SKY = NominalConstellation(ALL, T0)


def position(name, time):
    code = satellite_from_name(name)
    return track((SKY.ephemeris(code, time),), time, np.array([EARLIER_S])).position_m[0, 0]


def test_all_systems_are_complete():
    count = {system: sum(system_of(code) is system for code in SKY.satellites) for system in ALL}
    assert count == {System.GPS: 32, System.GALILEO: 27, System.BEIDOU: 38, System.QZSS: 4, System.GLONASS: 24}


@pytest.mark.parametrize("code", SKY.satellites, ids=satellite_name)
def test_one_issue_runs_on_into_the_next(code):
    system = system_of(code)
    switch = T0 + (900.0 + 18.0 if system is System.GLONASS else 3600.0 + 14.0 * (system is System.BEIDOU))
    before, after = SKY.ephemeris(code, switch - 1.0), SKY.ephemeris(code, switch + 1.0)
    assert before.toe != after.toe
    a, b = (track((e,), switch, np.zeros(1)) for e in (before, after))
    assert np.linalg.norm(a.position_m - b.position_m) < ISSUE_STEP_M.get(system, KEPLER_STEP_M)
    assert abs(a.clock_s - b.clock_s) < 1e-9


@pytest.mark.parametrize(("name", "longitude"), [("C01", 140.0), ("C03", 110.5), ("J07", 127.0)])
@pytest.mark.parametrize("hours", [0, 5, 13])
def test_geostationary_satellites_stand_still(name, longitude, hours):
    latitude, east, height = geodetic_from_ecef(position(name, T0 + hours * 3600.0))
    assert np.degrees(east) == pytest.approx(longitude, abs=SYNCHRONOUS_WANDER_DEG)
    assert abs(np.degrees(latitude)) < SYNCHRONOUS_WANDER_DEG
    assert height == pytest.approx(35_786e3, rel=0.01)


def test_the_quasi_zenith_satellite_lingers_in_the_north():
    track_j2 = np.array([geodetic_from_ecef(position("J02", T0 + 3600.0 * h)) for h in range(24)])
    assert np.mean(track_j2[:, 0] > 0) > 0.52
    assert np.degrees(track_j2[:, 0].max()) > 39.0


@pytest.mark.parametrize("code", SKY.satellites[::7], ids=satellite_name)
def test_velocity_is_the_derivative_and_acceleration_the_next(code):
    step = 0.5
    sky = track((SKY.ephemeris(code, T0),), T0, np.array([-step, 0.0, step]))
    position_m, velocity = sky.position_m[:, 0], sky.velocity_mps[:, 0]
    np.testing.assert_allclose((position_m[2] - position_m[0]) / (2 * step), velocity[1], atol=1e-4)
    np.testing.assert_allclose((velocity[2] - velocity[0]) / (2 * step), sky.acceleration_mps2[1, 0], atol=1e-4)


def test_recorded_ephemerides_serve_by_nearest_reference_time():
    code = satellite_from_name("G07")
    sets = [SKY.ephemeris(code, T0 + 7200.0 * k) for k in range(3)]
    recorded = RecordedConstellation(sets)
    assert recorded.ephemeris(code, T0 + 7000.0) == sets[1]
    assert recorded.ephemeris(code, T0 + 86_400.0) is None
    assert recorded.ephemeris(satellite_from_name("G08"), T0) is None
