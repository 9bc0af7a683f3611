"""The errors of a simulation have the sizes, colours and relations that its ErrorModel promises."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.satellites import System, in_system
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.ionosphere import klobuchar_delay_m
from gnss_gyro.models.troposphere import slant_delay_m
from gnss_gyro.protocols.messages import HALF_CYCLE, SLIP
from gnss_gyro.simulation.atmosphere import klobuchar_delay, tropospheric_delay
from gnss_gyro.simulation.errors import KLOBUCHAR, ErrorModel, Obstacle, Outage
from gnss_gyro.simulation.processes import GaussMarkov, PhaseLock, SmoothGaussMarkov
from gnss_gyro.simulation.scenario import Scenario, simulate

NONE = ErrorModel.none()
SIGMA_TOLERANCE = 0.1
CORRELATION_TOLERANCE = 0.06
TROPOSPHERE_TOLERANCE = 0.1  # another mapping function, and a standard instead of a seasonal atmosphere
BASE = Scenario(vehicle="static", systems=(System.GPS,), duration_s=600.0, errors=NONE, seed=2)
TWO = AntennaArray.from_positions({"a": (0.0, 0.0, 0.0), "b": (1.0, 0.0, 0.0)}, 0.002)
ONE_POINT = AntennaArray.from_positions({"a": (0.0, 0.0, 0.0), "b": (0.0, 0.0, 0.0)}, 0.002)


def first_block(scenario):
    return next(simulate(scenario).blocks())


def double_differences(block, name):
    """Between two antennas and against the first satellite; constants taken off. (t, s - 1)."""
    a, b = (getattr(antenna, name) for antenna in block.antennas)
    single = b - a
    return (single - single[:, :1])[:, 1:]


def test_common_errors_and_clocks_cancel_in_double_differences():
    noisy = replace(NONE, ionosphere=1.0, ionosphere_residual_m=1.0, troposphere=1.0, orbit_clock_m=1.0,
                    clock_offset_s=1e-8, clock_drift=1e-12)  # fmt: skip
    block = first_block(replace(BASE, antennas=ONE_POINT, errors=noisy))
    assert np.abs(double_differences(block, "code_m")).max() < 1e-4
    plain = first_block(replace(BASE, antennas=ONE_POINT))
    assert np.abs(block.antennas[0].code_m - plain.antennas[0].code_m).max() > 5.0


def test_white_noise_grows_as_cn0_falls():
    errors = replace(NONE, code_m=0.5, phase_m=0.002)
    noisy, plain = (first_block(replace(BASE, errors=e)).antennas[0] for e in (errors, NONE))
    scale = 10.0 ** ((50.0 - plain.cn0_dbhz) / 20.0)
    code = (noisy.code_m - plain.code_m) / scale
    phase = (noisy.phase_cycles - plain.phase_cycles) * plain.wavelength_m / scale
    assert code[plain.present].std() == pytest.approx(0.5, rel=SIGMA_TOLERANCE)
    offset = np.round(phase / plain.wavelength_m) * plain.wavelength_m  # another stream draws other integers
    assert (phase - offset)[plain.present].std() == pytest.approx(0.002, rel=SIGMA_TOLERANCE)
    high, low = np.argmax(plain.cn0_dbhz[0]), np.argmin(plain.cn0_dbhz[0])
    assert noisy.code_std_m[0, low] > 1.5 * noisy.code_std_m[0, high]


def test_gauss_markov_has_unit_variance_and_its_time_over_blocks():
    process = GaussMarkov(50, 20.0, 1.0, np.random.default_rng(1))
    values = np.vstack([process.next(500, np.arange(50)) for _ in range(4)])
    assert values.std() == pytest.approx(1.0, rel=SIGMA_TOLERANCE)
    lagged = np.mean(values[20:] * values[:-20]) / np.mean(values**2)
    assert lagged == pytest.approx(np.exp(-1.0), abs=CORRELATION_TOLERANCE)


def test_smooth_gauss_markov_has_unit_variance_its_time_and_a_rate_of_its_own():
    time_s = 20.0
    process = SmoothGaussMarkov(50, time_s, 1.0, np.random.default_rng(1))
    values = np.vstack([process.next(500, np.arange(50)) for _ in range(4)])
    assert values.std() == pytest.approx(1.0, rel=SIGMA_TOLERANCE)
    lagged = np.mean(values[20:] * values[:-20]) / np.mean(values**2)
    assert lagged == pytest.approx(2.0 * np.exp(-1.0), abs=CORRELATION_TOLERANCE)
    assert np.diff(values, axis=0).std() == pytest.approx(1.0 / time_s, rel=SIGMA_TOLERANCE)


def test_multipath_is_the_antennas_own_and_correlated():
    errors = replace(NONE, code_multipath_m=1.0)
    block = first_block(replace(BASE, antennas=ONE_POINT, errors=errors))
    plain = first_block(replace(BASE, antennas=ONE_POINT))
    a, b = (m.code_m - p.code_m for m, p in zip(block.antennas, plain.antennas, strict=True))
    assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.2
    assert np.corrcoef(a[1:].ravel(), a[:-1].ravel())[0, 1] > 0.85
    assert 0.3 < a.std() < 1.0


def test_slips_come_at_their_rate_and_are_told():
    lock = PhaseLock(200, replace(NONE, slip_rate_hz=0.01), 1.0, np.random.default_rng(1))
    track = lock.next(np.arange(500.0), np.arange(200), np.ones((500, 200), bool))
    told = (track.flags & SLIP) != 0
    assert told.mean() == pytest.approx(0.01, rel=SIGMA_TOLERANCE)
    np.testing.assert_array_equal(told[1:], np.diff(track.ambiguity, axis=0) != 0.0)
    assert np.all(track.lock_time_s[told] == 0.0)


def test_silent_slips_are_not_told():
    lock = PhaseLock(50, replace(NONE, slip_rate_hz=0.01, silent_slips=1.0), 1.0, np.random.default_rng(1))
    track = lock.next(np.arange(500.0), np.arange(50), np.ones((500, 50), bool))
    assert np.any(np.diff(track.ambiguity, axis=0))
    assert not track.flags.any()


def test_half_cycles_are_flagged_until_they_are_resolved():
    lock = PhaseLock(300, replace(NONE, half_cycle_s=10.0), 1.0, np.random.default_rng(1))
    present = np.ones((30, 300), bool)
    present[:5] = False
    track = lock.next(np.arange(30.0), np.arange(300), present)
    unresolved = (track.flags & HALF_CYCLE) != 0
    half = track.ambiguity % 1.0 != 0.0
    assert not np.any(half & ~unresolved)
    assert half[5].mean() == pytest.approx(0.5, abs=0.1)
    assert not unresolved[16:].any()
    assert np.all(track.flags[5] & SLIP)


def test_losing_sight_restarts_the_phase():
    lock = PhaseLock(1, NONE, 1.0, np.random.default_rng(1))
    present = np.ones((10, 1), bool)
    present[4:6] = False
    first = lock.next(np.arange(10.0), np.zeros(1, int), present)
    assert first.flags[6, 0] == SLIP
    assert first.ambiguity[6, 0] != first.ambiguity[3, 0]
    np.testing.assert_array_equal(first.lock_time_s[6:, 0], np.arange(4.0))
    second = lock.next(np.arange(10.0, 15.0), np.zeros(1, int), np.ones((5, 1), bool))
    assert not second.flags.any()
    assert second.lock_time_s[0, 0] == 4.0


def test_only_so_many_satellites_and_the_highest():
    block = first_block(replace(BASE, limits={System.GPS: 5}, systems=(System.GPS, System.GALILEO)))
    gps = in_system(block.sky.sky.satellite, System.GPS)
    assert np.all(block.antennas[0].present[:, gps].sum(axis=1) == 5)
    assert np.all(block.antennas[0].present[:, ~gps].sum(axis=1) > 5)
    elevation, present = block.sky.elevation[:, gps], block.antennas[0].present[:, gps]
    assert np.where(present, elevation, np.inf).min() >= np.where(present, -np.inf, elevation).max()


@pytest.mark.parametrize("in_body", [False, True])
def test_an_obstacle_hides_its_sector_for_its_antennas_and_time(in_body):
    wall = Obstacle(azimuth=(np.radians(300.0), np.radians(60.0)), elevation=np.radians(70.0), start_s=100.0, end_s=200.0,
                    antennas=("b",), in_body=in_body)  # fmt: skip
    block = first_block(replace(BASE, antennas=TWO, obstacles=(wall,)))
    a, b = block.antennas
    np.testing.assert_array_equal(a.present[:100], b.present[:100])
    np.testing.assert_array_equal(a.present[200:], b.present[200:])
    hidden = a.present[150] & ~b.present[150]
    frame = np.swapaxes(block.truth.ecef_from_body, 1, 2) if in_body else block.truth.enu_from_ecef
    local = block.sky.direction[150] @ frame[150].T
    ahead = local[:, 0] if in_body else local[:, 1]
    assert hidden.any()
    assert np.all(ahead[hidden] > 0.0)


def test_an_antenna_that_is_out_has_no_epochs():
    simulation = simulate(replace(BASE, antennas=TWO, duration_s=10.0, outages=(Outage("b", 3.0, 6.0),)))
    assert [len(e.epochs) for e in simulation.epochs()] == [2, 2, 2, 1, 1, 1, 2, 2, 2, 2]


def test_a_drone_upside_down_loses_the_sky():
    errors = replace(NONE, cn0_threshold_dbhz=28.0)
    block = first_block(replace(BASE, vehicle="drone", errors=errors))
    up = block.truth.enu_from_body[:, 2, 2]
    seen = block.antennas[0].present.sum(axis=1)
    assert seen[up > 0.8].mean() > 2.0 * seen[up < -0.8].mean()


def test_atmosphere_agrees_with_the_engines_models():
    elevation, azimuth = np.radians(np.array([[10.0, 25.0, 50.0, 85.0]])), np.radians(np.array([[20.0, 110.0, 200.0, 300.0]]))
    time = GpsTime.from_calendar(2026, 6, 10, 5)
    place = np.array([0.6565, 2.4594])
    ours = klobuchar_delay(KLOBUCHAR, place[:1], place[1:], azimuth, elevation, np.array([time.tow_s]))[0]
    theirs = klobuchar_delay_m(KLOBUCHAR, time, place[0], place[1], elevation[0], azimuth[0])
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    dry_and_wet = slant_delay_m(time, place[0], 60.0, elevation[0])
    np.testing.assert_allclose(tropospheric_delay(elevation, np.array([60.0]))[0], dry_and_wet, rtol=TROPOSPHERE_TOLERANCE)


def test_patch_antennas_track_enough_and_not_everything():
    scenario = Scenario(duration_s=600.0, limits={System.GPS: 8})
    counts = np.concatenate([antenna.present.sum(axis=1) for block in simulate(scenario).blocks() for antenna in block.antennas])
    assert counts.max() == 8
    assert np.mean(counts == 8) > 0.95


@pytest.mark.parametrize("wrong", [
    {"vehicle": "submarine"}, {"systems": (System.NAVIC,)},
    {"duration_s": 0.0}, {"rate_hz": -1.0}, {"outages": (Outage("nobody", 0.0),)},
    {"obstacles": (Obstacle(antennas=("nobody",)),)}, {"receiver_errors": {"nobody": NONE}},
])  # fmt: skip
def test_impossible_scenarios_are_refused(wrong):
    with pytest.raises(ConfigError):
        replace(BASE, **wrong)


def test_phases_run_on_from_block_to_block():
    """Up to the Doppler's noise and what moves all satellites alike."""
    scenario = replace(BASE, duration_s=3000.0, errors=ErrorModel.patch_antenna(), antennas=TWO, vehicle="tractor")
    last = None
    for block in simulate(scenario).blocks():
        antenna = block.antennas[0]
        if last is not None:
            both = np.intersect1d(
                last.satellite[last.present[-1]], antenna.satellite[antenna.present[0] & (antenna.flags[0] == 0)]
            )
            before = (last.phase_cycles * last.wavelength_m)[-1, np.searchsorted(last.satellite, both)]
            row = np.searchsorted(antenna.satellite, both)
            step = antenna.phase_cycles[0, row] * antenna.wavelength_m[row] - before
            expected = -antenna.doppler_hz[0, row] * antenna.wavelength_m[row]
            assert np.abs(step - expected - np.median(step - expected)).max() < 3.0
        last = antenna
