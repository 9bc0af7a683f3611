"""With the errors off, the observations are geometry, clocks and integers, as the engine's own models see them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.geometry import lines_of_sight, range_rates
from gnss_gyro.observation.selection import select_l1
from gnss_gyro.orbits.propagation import states_at
from gnss_gyro.orbits.states import OrbitOutcome
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import GlonassEphemeris, KeplerEphemeris, Observations
from gnss_gyro.protocols.ubx.decoder import UbxDecoder
from gnss_gyro.simulation.errors import ErrorModel
from gnss_gyro.simulation.scenario import Scenario, simulate
from gnss_gyro.simulation.writers import ubx_streams

CODE_TOLERANCE_M = 1e-4
PHASE_TOLERANCE_M = 1e-4
RATE_TOLERANCE_MPS = 2e-3  # products of clock drift and range rate are left out
ALL = (System.GPS, System.GALILEO, System.BEIDOU, System.QZSS, System.GLONASS)
CLOCKS = replace(ErrorModel.none(), clock_offset_s=4e-4, clock_drift=5e-7, clock_walk=1e-9, clock_jump_s=1e-3)


PAIR = AntennaArray.from_positions({"a": (0.0, 0.0, 0.0), "b": (1.0, 0.0, 0.0)}, 0.002)


def scenario(**changes):
    base = Scenario(systems=ALL, errors=ErrorModel.none(), duration_s=20.0, elevation_mask=np.radians(10.0), seed=3)
    return replace(base, **changes)


def store_of(simulation):
    store = EphemerisStore()
    store.extend(simulation.ephemerides())
    return store


def residuals(simulation, store, epoch):
    """Code, phase [m] and range rate [m/s] less geometry and satellite clock at the time of the tag, and the integers."""
    satellites = states_at(store, epoch.time, epoch.satellite, epoch.code_m)
    known = satellites.outcome == OrbitOutcome.OK
    if not known.all():  # satellites that rose within the last minute may still lack their ephemeris
        assert np.count_nonzero(~known) <= 2
        return residuals(simulation, store, epoch.take(known))
    truth = simulation.truth_at(epoch.time)
    arm = simulation.scenario.antennas.position_body_m[simulation.scenario.antennas.names.index(epoch.antenna)]
    position, velocity = (v[0] for v in truth.point(arm))
    distance, _, _ = lines_of_sight(position, satellites.position_m)
    geometry = distance - SPEED_OF_LIGHT * satellites.clock_s
    rate = range_rates(position, velocity, satellites.position_m, satellites.velocity_mps)
    rate = rate - SPEED_OF_LIGHT * satellites.clock_drift
    integers = np.round((epoch.phase_m - epoch.code_m) / epoch.wavelength_m)
    phase = epoch.phase_m - integers * epoch.wavelength_m - geometry
    by_satellite = dict(zip(epoch.satellite.tolist(), integers.tolist(), strict=True))
    return epoch.code_m - geometry, phase, epoch.range_rate_mps - rate, by_satellite


@pytest.mark.parametrize("vehicle", ["static", "tractor", "car", "drone"])
def test_without_errors_the_loop_closes(vehicle):
    simulation = simulate(scenario(vehicle=vehicle))
    store = store_of(simulation)
    for block in simulation.blocks():
        for antenna in block.antennas:
            first = residuals(simulation, store, antenna.epoch(0))[3]
            for row in range(0, len(antenna), 5):
                code, phase, rate, integers = residuals(simulation, store, antenna.epoch(row))
                np.testing.assert_allclose(code, 0.0, atol=CODE_TOLERANCE_M)
                np.testing.assert_allclose(phase, 0.0, atol=PHASE_TOLERANCE_M)
                np.testing.assert_allclose(rate, 0.0, atol=RATE_TOLERANCE_MPS)
                assert integers == first


STARTS = {
    "plain": GpsTime.from_calendar(2026, 6, 10, 3, 10),
    "change of all issues": GpsTime.from_calendar(2026, 6, 10, 2, 59),
    "change of GLONASS issues": GpsTime.from_calendar(2026, 6, 10, 4, 14),
    "week roll-over": GpsTime.from_calendar(2026, 6, 13, 23, 59),
    "old": GpsTime.from_calendar(2019, 4, 6, 23, 59, 30),
    "far": GpsTime.from_calendar(2035, 12, 31, 23, 59, 30),
}


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_the_loop_closes_through_the_bytes(start):
    """Nothing but what the decoder made of the bytes: observations, and ephemerides out of the subframes."""
    simulation = simulate(scenario(start=start, duration_s=130.0, rate_hz=0.5, antennas=PAIR))
    for name, data in ubx_streams(simulation).items():
        decoder, store, integers = UbxDecoder(), EphemerisStore(), {}
        for message in decoder.feed(data) + decoder.flush():
            if isinstance(message, Observations):
                epoch = select_l1(name, message, ALL)
                code, phase, rate, found = residuals(simulation, store, epoch)
                np.testing.assert_allclose(code, 0.0, atol=CODE_TOLERANCE_M)
                np.testing.assert_allclose(phase, 0.0, atol=PHASE_TOLERANCE_M)
                np.testing.assert_allclose(rate, 0.0, atol=RATE_TOLERANCE_MPS)
                assert all(integers.get(satellite, n) == n for satellite, n in found.items())
                integers |= found
            elif isinstance(message, KeplerEphemeris | GlonassEphemeris):
                store.add(message)
        assert len(integers) > 30


def test_range_rate_is_the_derivative_of_the_phase():
    simulation = simulate(scenario(vehicle="car", rate_hz=100.0, duration_s=0.2))
    antenna = next(simulation.blocks()).antennas[1]
    phase = antenna.phase_cycles * antenna.wavelength_m
    numeric = (phase[2:] - phase[:-2]) * 50.0
    np.testing.assert_allclose(-antenna.doppler_hz[1:-1] * antenna.wavelength_m, numeric, atol=RATE_TOLERANCE_MPS)


def test_a_receiver_clock_moves_all_satellites_alike_up_to_its_time():
    """At rest, a clock offset b is c b on every satellite once geometry is taken at the true time of reception."""
    simulation = simulate(scenario(vehicle="static", errors=CLOCKS))
    store = store_of(simulation)
    for block in simulation.blocks():
        for antenna in block.antennas:
            code, phase, rate, _ = residuals(simulation, store, antenna.epoch(7))
            assert np.ptp(code) < CODE_TOLERANCE_M
            assert np.ptp(phase) < PHASE_TOLERANCE_M
            assert np.ptp(rate) < RATE_TOLERANCE_MPS
            assert 1.0 < abs(code[0]) < SPEED_OF_LIGHT * 5e-4


def test_clock_jumps_are_whole_steps_and_told():
    fast = replace(CLOCKS, clock_drift=2e-5, clock_offset_s=5e-4)
    simulation = simulate(scenario(vehicle="static", errors=fast, duration_s=200.0))
    antenna = next(simulation.blocks()).antennas[0]
    step = np.diff(antenna.code_m[:, 0])
    jumped = np.abs(step - np.median(step)) > 1e5
    np.testing.assert_array_equal(jumped, antenna.clock_reset[1:])
    assert jumped.any()


def test_equal_scenarios_give_equal_observations():
    noisy = scenario(errors=ErrorModel.patch_antenna(), duration_s=1000.0, systems=(System.GPS,))
    for a, b in zip(simulate(noisy).blocks(), simulate(noisy).blocks(), strict=True):
        for x, y in zip(a.antennas, b.antennas, strict=True):
            np.testing.assert_array_equal(x.phase_cycles, y.phase_cycles)
            np.testing.assert_array_equal(x.present, y.present)
    other = next(simulate(replace(noisy, seed=4)).blocks()).antennas[0]
    assert other.phase_cycles[0, 0] != x.phase_cycles[0, 0]
