"""Displacement and mean velocity from changes of carrier phase."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
from observations import T0, epoch_at
from recordings import recording
from replays import observations_in, orbits_in

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef_at
from gnss_gyro.basics.satellites import System
from gnss_gyro.estimation.noise import DEFAULT_NOISE, NoiseClass
from gnss_gyro.estimation.path_delay import troposphere_mapping, zenith_troposphere_m
from gnss_gyro.estimation.phase_velocity import PhaseEnd, PhaseVelocityOutcome, phase_velocity
from gnss_gyro.estimation.single_point import SinglePoint, SinglePointOutcome, SinglePointSettings, single_point
from gnss_gyro.models.geometry import elevation_azimuth, lines_of_sight
from gnss_gyro.observation.selection import select_l1
from gnss_gyro.observation.slips import SlipDetector
from gnss_gyro.orbits.propagation import states_at
from gnss_gyro.orbits.states import SatelliteStates
from gnss_gyro.protocols.messages import Klobuchar

CLOSURE_M = 2e-5
"""Atmosphere seen from 0 or some metres apart, rounding of ranges."""
STATIC_MPS = 2.5e-3
GLONASS_MPS = 8e-3
"""Six satellites with clocks of caesium, which wander by millimetres in a second."""
SIMULATOR_M = 1e-3
"""Phases written to 1e-3 cycles, truth to 0.1 mm."""
NAMES = tuple(f"G{n:02d}" for n in range(1, 11))
PLACE = ecef_from_geodetic(np.array([np.radians(35.1), np.radians(136.9), 120.0]))
NO_IONOSPHERE = Klobuchar("G", np.zeros(4), np.zeros(4))
GEODETIC = DEFAULT_NOISE[NoiseClass.GEODETIC]


class Sky:
    """Satellites on straight lines at 3.9 km/s; a receiver whose phases follow from where it is."""

    def __init__(self, n: int = 10) -> None:
        rng = np.random.default_rng(4)
        self.names, elevation = NAMES[:n], np.radians(np.linspace(18.0, 80.0, n))
        azimuth = np.arange(n) * 2.4
        enu = np.column_stack([np.cos(elevation) * np.sin(azimuth), np.cos(elevation) * np.cos(azimuth), np.sin(elevation)])
        self.start = PLACE + 2.2e7 * enu @ enu_from_ecef_at(PLACE)
        self.speed = np.cross(enu @ enu_from_ecef_at(PLACE), rng.normal(size=(n, 3)))
        self.speed *= 3900.0 / np.linalg.norm(self.speed, axis=1)[:, None]
        self.clock, self.ambiguity = rng.uniform(-5e-4, 5e-4, n), rng.uniform(-1e7, 1e7, n)

    def end(self, seconds: float, place, clock_s: float = 3e-4, place_error=0.0, slip_m=0.0, phase_noise=0.0) -> PhaseEnd:
        """The receiver at T0 + seconds of its own clock."""
        n = len(self.names)
        satellites = self.start + self.speed * (seconds - clock_s)
        range_m, unit, _ = lines_of_sight(place, satellites)
        elevation, azimuth = elevation_azimuth(unit, enu_from_ecef_at(place))
        night = SPEED_OF_LIGHT * 5e-9 * (1.0 + 16.0 * (0.53 - elevation / np.pi) ** 3)
        air = zenith_m(place) * troposphere_mapping(elevation)
        phase = range_m + air - night + SPEED_OF_LIGHT * (clock_s - self.clock) + self.ambiguity + slip_m + phase_noise
        epoch = replace(epoch_at(seconds, satellites=self.names), phase_m=phase)
        ones = np.ones(n)
        states = SatelliteStates(satellites, self.speed, self.clock, 0.0 * ones, ones, np.zeros(n, np.int64))
        covariance = np.diag([9.0] * 3 + [1.0] * 6)
        point = SinglePoint(
            SinglePointOutcome.OK, place + place_error, np.full(7, clock_s), covariance, 0.0 * ones, np.zeros(n, np.int64),
            elevation, azimuth,
        )  # fmt: skip
        return PhaseEnd(epoch, states, point)


def zenith_m(place) -> float:
    """The model's delay at PLACE, thinner above it."""
    zenith = zenith_troposphere_m(T0.ns // 3_600_000_000_000, round(np.radians(35.1), 2), 120.0)
    return zenith * (1.0 - float(enu_from_ecef_at(PLACE)[2] @ (place - PLACE)) / 7500.0)


def motion(sky: Sky, interval_s: float, move, **second):
    return phase_velocity(sky.end(0.0, PLACE), sky.end(interval_s, PLACE + move, **second), NO_IONOSPHERE, GEODETIC)


@pytest.mark.parametrize("interval_s", [0.05, 1.0, 30.0])
@pytest.mark.parametrize("speed", [np.zeros(3), np.array([25.0, -12.0, 3.0]), np.array([200.0, 90.0, -20.0])])
def test_the_loop_closes(interval_s, speed):
    result = motion(Sky(), interval_s, speed * interval_s)
    assert result.outcome is PhaseVelocityOutcome.OK
    assert np.abs(result.displacement_ecef_m - speed * interval_s).max() < CLOSURE_M * max(1.0, interval_s)
    np.testing.assert_allclose(result.velocity_ecef_mps * result.interval_s, result.displacement_ecef_m)
    assert result.used.all()


@pytest.mark.parametrize("jump_s", [1e-3, -1e-3, 3.3e-7])
def test_clock_jumps_change_the_clock_and_nothing_else(jump_s):
    """A jump of a millisecond moves the true time of sampling, and the phases by 300 km."""
    speed = np.array([25.0, -12.0, 3.0])
    result = motion(Sky(), 1.0, speed * (1.0 - jump_s), clock_s=3e-4 + jump_s)
    assert result.interval_s == pytest.approx(1.0 - jump_s, abs=1e-12)
    assert np.abs(result.velocity_ecef_mps - speed).max() < CLOSURE_M
    assert result.clock_drift * result.interval_s == pytest.approx(jump_s, abs=1e-12)


@pytest.mark.parametrize("cycles", [0.5, 1.0, -3.0])
def test_slips_are_found_and_named(cycles):
    rng, sky, move = np.random.default_rng(5), Sky(), np.array([1.0, 2.0, 0.5])
    slip = np.zeros(10)
    slip[[2, 7]] = cycles * 0.19029, 2 * cycles * 0.19029
    result = motion(sky, 1.0, move, slip_m=slip, phase_noise=rng.normal(0.0, 0.002, 10))
    assert result.outcome is PhaseVelocityOutcome.OK
    np.testing.assert_array_equal(np.flatnonzero(result.slip), [2, 7])
    assert not result.used[[2, 7]].any()
    assert np.linalg.norm(result.displacement_ecef_m - move) < 0.02
    np.testing.assert_allclose(result.residual_m[[2, 7]], slip[[2, 7]], atol=0.02)


def test_what_is_marked_or_changed_is_not_used():
    sky = Sky()
    first, second = sky.end(0.0, PLACE), sky.end(1.0, PLACE, slip_m=np.eye(10)[0] * 0.02 + np.eye(10)[1] * 0.02)
    marked = replace(second.epoch, slip=np.arange(10) == 0, half_cycle=np.arange(10) == 1)
    result = phase_velocity(first, replace(second, epoch=marked), NO_IONOSPHERE, GEODETIC)
    assert not result.used[:2].any()
    assert not result.slip.any()
    assert np.isnan(result.residual_m[:2]).all()
    assert np.abs(result.displacement_ecef_m).max() < CLOSURE_M


def test_satellites_are_matched_by_name():
    """One satellite sets at the first end, another rises at the second."""
    sky = Sky()
    result = phase_velocity(_take(sky.end(0.0, PLACE), range(9)), _take(sky.end(1.0, PLACE), range(1, 10)), NO_IONOSPHERE)
    np.testing.assert_array_equal(result.used, [True] * 8 + [False])
    assert np.abs(result.displacement_ecef_m).max() < CLOSURE_M


def _take(end: PhaseEnd, rows) -> PhaseEnd:
    rows = np.array(rows)
    states = SatelliteStates(*(getattr(end.states, name)[rows] for name in SatelliteStates.__slots__))
    columns = {name: getattr(end.point, name)[rows] for name in ("residual_m", "usage", "elevation", "azimuth")}
    return PhaseEnd(end.epoch.take(rows), states, replace(end.point, **columns))


def test_the_covariance_holds_noise_and_the_error_of_the_place():
    """Chi-square with three degrees of freedom on average (NEES), with noise as modelled and places 3 m wrong."""
    rng, sky, squared = np.random.default_rng(6), Sky(), []
    for _ in range(300):
        error = rng.normal(0.0, 3.0, 3)
        quiet = sky.end(0.0, PLACE)
        sigma = np.sqrt(2.0 * (0.0015 / np.sin(quiet.point.elevation)) ** 2 + 0.0008**2 * 20.0)
        drift = rng.normal(0.0, 0.0005 * 20.0, 10) * troposphere_mapping(quiet.point.elevation)
        noise = rng.normal(0.0, sigma) + drift
        first, second = sky.end(0.0, PLACE, place_error=error), sky.end(20.0, PLACE, place_error=error, phase_noise=noise)
        result = phase_velocity(first, second, NO_IONOSPHERE, GEODETIC)
        wrong = result.displacement_ecef_m
        squared.append(wrong @ np.linalg.solve(result.covariance_m2[:3, :3], wrong))
    assert 2.0 < np.mean(squared) < 3.6  # residuals above the model widen it, those below do not narrow it


def test_a_wrong_place_alone_is_within_its_own_share():
    error = np.array([4.0, -3.0, 5.0])
    first, second = (Sky().end(at, PLACE, place_error=error) for at in (0.0, 30.0))
    result = phase_velocity(first, second, NO_IONOSPHERE, GEODETIC)
    assert 1e-3 < np.linalg.norm(result.displacement_ecef_m) < 0.1
    assert result.displacement_ecef_m @ np.linalg.solve(result.covariance_m2[:3, :3], result.displacement_ecef_m) < 16.0


@pytest.mark.parametrize(
    ("n", "interval_s", "outcome"),
    [
        (10, 31.0, PhaseVelocityOutcome.BAD_INTERVAL),
        (10, 0.0, PhaseVelocityOutcome.BAD_INTERVAL),
        (10, -1.0, PhaseVelocityOutcome.BAD_INTERVAL),
        (3, 1.0, PhaseVelocityOutcome.TOO_FEW_PHASES),
        (4, 1.0, PhaseVelocityOutcome.UNCHECKED),
        (5, 1.0, PhaseVelocityOutcome.OK),
    ],
)
def test_refusals(n, interval_s, outcome):
    result = motion(Sky(n), interval_s, np.zeros(3))
    assert result.outcome is outcome
    assert np.isnan(result.velocity_ecef_mps).all() == (outcome.name not in ("OK", "UNCHECKED"))


def test_without_a_position_there_is_none():
    first, second = Sky().end(0.0, PLACE), Sky().end(1.0, PLACE)
    lost = replace(second, point=replace(second.point, position_ecef_m=np.full(3, np.nan)))
    assert phase_velocity(first, lost).outcome is PhaseVelocityOutcome.NO_POSITION


def test_one_slip_among_five_is_told_but_not_which():
    slip = np.eye(5)[2] * 0.5
    assert motion(Sky(5), 1.0, np.zeros(3), slip_m=slip).outcome is PhaseVelocityOutcome.INCONSISTENT


def pairs(obs, navs, systems=(System.GPS, System.QZSS, System.GALILEO, System.BEIDOU)):
    """Every epoch of a recording with the one before, the satellites of both by the same ephemerides."""
    store, detector, before = orbits_in(navs), SlipDetector(), None
    settings, klobuchar = SinglePointSettings(float(np.radians(10.0)), noise=GEODETIC), store.klobuchar_for(System.GPS)
    for observations in observations_in(obs):
        epoch = detector.update(select_l1("a", observations, systems))
        states = states_at(store, epoch.time, epoch.satellite, epoch.code_m)
        end = PhaseEnd(epoch, states, single_point(epoch, states, klobuchar, settings))
        if before is not None:
            then = states_at(store, before.epoch.time, before.epoch.satellite, before.epoch.code_m, 0.0, epoch.time)
            yield end, phase_velocity(replace(before, states=then), end, klobuchar, GEODETIC)
        before = end


@pytest.mark.parametrize(
    ("systems", "limit_mps"),
    [((System.GPS, System.GALILEO), STATIC_MPS), ((System.BEIDOU,), STATIC_MPS), ((System.GLONASS,), GLONASS_MPS)],
    ids=str,
)
def test_a_real_antenna_at_rest(systems, limit_mps):
    """Millimetres a second; GLONASS too, since the biases of its channels cancel in changes."""
    folder = recording("meijo")
    found = [result for _, result in pairs(folder / "static_rover.obs", [folder / "static_base.nav"], systems)]
    assert all(result.outcome is PhaseVelocityOutcome.OK for result in found)
    speeds = np.array([result.velocity_ecef_mps for result in found])
    assert (np.sqrt(np.mean(speeds**2, axis=0)) < limit_mps).all()


@pytest.mark.parametrize("cycles", [0.5, 1.0])
def test_slips_put_into_a_real_recording_are_named(cycles):
    """Two at once, unmarked, at every tenth epoch."""
    folder, rng, named = recording("meijo"), np.random.default_rng(8), []
    store = orbits_in([folder / "static_base.nav"])
    klobuchar, settings = store.klobuchar_for(System.GPS), SinglePointSettings(float(np.radians(10.0)), noise=GEODETIC)
    observations = observations_in(folder / "static_rover.obs")
    for pair in zip(observations[::10], observations[1::10], strict=False):
        epochs = [select_l1("a", each, (System.GPS, System.GALILEO)) for each in pair]
        states = [states_at(store, e.time, e.satellite, e.code_m, 0.0, epochs[1].time) for e in epochs]
        points = [single_point(e, s, klobuchar, settings) for e, s in zip(epochs, states, strict=True)]
        rows = rng.choice(np.flatnonzero(points[1].used & ~np.isnan(epochs[1].phase_m)), 2, replace=False)
        phase = epochs[1].phase_m.copy()
        phase[rows] += cycles * epochs[1].wavelength_m[rows]
        epochs[1] = replace(epochs[1], phase_m=phase)
        result = phase_velocity(*(PhaseEnd(*end) for end in zip(epochs, states, points, strict=True)), klobuchar, GEODETIC)
        named.append(set(np.flatnonzero(result.slip)) == set(rows))
        assert np.abs(result.velocity_ecef_mps).max() < 4.0 * STATIC_MPS
    assert len(named) == 30
    assert all(named)


def test_a_simulated_flight():
    folder, truth = recording("spirent"), {}
    with (folder / "Rover-dynamic_PVA_Spirent.csv").open() as file:
        for row in list(csv.reader(file))[1:]:
            truth[round(float(row[3]) * 10)] = np.array(row[4:7], float)
    navs, worst = [folder / "RINEX_EN_Spirent.23L", folder / "RINEX_GN_Spirent.23N"], 0.0
    for end, result in pairs(folder / "Rover-dynamic_MO_Spirent.obs", navs):
        tick = round(end.epoch.time.tow_s * 10)
        assert result.outcome is PhaseVelocityOutcome.OK
        worst = max(worst, np.abs(result.displacement_ecef_m - truth[tick] + truth[tick - 10]).max())
    assert worst < SIMULATOR_M
