"""Motion models against their differential equations, and the bounds that vehicles set."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from gnss_gyro.vppp.motion import MANOEUVRES, Manoeuvres, MotionModel, motion_step, track_direction

CLOSED_TOLERANCE = 1e-4  # of each number's own size: the closed form loses digits where a step is short
SERIES_TOLERANCE = 1e-2  # the series that replaces it has one term
SEMIGROUP_TOLERANCE = 1e-4
PSD_TOLERANCE = 1e-12  # of the largest eigenvalue, after scaling to unit diagonal
STEPS_S = (0.05, 0.1, 0.2, 0.5, 1.0, 3.0, 10.0, 30.0)
EAST = np.array([10.0, 0.0, 0.0])
SHARE = (1.0 + 4.0 * 0.1 - 0.4) / 3.0  # Singer 1970: often at the limit 0.1, often none 0.4
ROUNDING = 1e-20  # [m^2/s^4]
UP_TO_VAN_LOAN = 8.0  # steps in time constants; beyond, exp(+x) in van Loan's matrix loses the digits


def van_loan(drift: np.ndarray, density: np.ndarray, dt_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Transition and noise of dx = A x dt + dw over a time (C. F. van Loan 1978)."""
    n = len(drift)
    big = expm(np.block([[-drift, density], [np.zeros((n, n)), drift.T]]) * dt_s)
    transition = big[n:, n:].T
    return transition, transition @ big[:n, n:]


def scaled(matrix: np.ndarray) -> np.ndarray:
    """A covariance with unit diagonal, where that is not zero."""
    size = np.sqrt(np.diag(matrix))
    size = np.where(size > 0.0, size, 1.0)
    return matrix / np.outer(size, size)


def axis_of(matrix: np.ndarray, axis: int) -> np.ndarray:
    """Position, velocity, acceleration of one axis."""
    return matrix[np.ix_(np.arange(axis, 9, 3), np.arange(axis, 9, 3))]


@pytest.mark.parametrize("name", MANOEUVRES)
@pytest.mark.parametrize("dt_s", STEPS_S)
def test_singer_solves_its_differential_equation(name, dt_s):
    manoeuvres = MANOEUVRES[name]
    tau = manoeuvres.time_constant_s
    if dt_s / tau > UP_TO_VAN_LOAN:
        dt_s = UP_TO_VAN_LOAN * tau
    step = motion_step(MotionModel.SINGER, manoeuvres, dt_s, EAST, np.zeros(3))
    drift = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0 / tau]])
    for axis, limit in enumerate((manoeuvres.largest_mps2, manoeuvres.largest_mps2, manoeuvres.vertical_mps2)):
        transition, noise = van_loan(drift, np.diag([0.0, 0.0, 2.0 * SHARE * limit**2 / tau]), dt_s)
        np.testing.assert_allclose(axis_of(step.transition, axis), transition, rtol=1e-9, atol=1e-9)
        tolerance = SERIES_TOLERANCE if dt_s / tau < 0.01 else CLOSED_TOLERANCE
        np.testing.assert_allclose(axis_of(step.noise, axis), noise, rtol=tolerance, atol=0.0)


@pytest.mark.parametrize("x", [1e-4, 5e-3, 9.9e-3])
def test_short_steps_of_singer_solve_it_too(x):
    step = motion_step(MotionModel.SINGER, Manoeuvres(1.0, 1.0, 1.0, 1.0, 1.0), x, EAST, np.zeros(3))
    drift = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    _, noise = van_loan(drift, np.diag([0.0, 0.0, 2.0 * SHARE]), x)
    np.testing.assert_allclose(axis_of(step.noise, 0), noise, rtol=SERIES_TOLERANCE)


@pytest.mark.parametrize("dt_s", STEPS_S)
def test_white_acceleration_has_its_closed_form_and_forgets_the_acceleration(dt_s):
    manoeuvres = MANOEUVRES["vehicle"]
    step = motion_step(MotionModel.WHITE, manoeuvres, dt_s, EAST, np.ones(3))
    density = 2.0 * manoeuvres.time_constant_s * SHARE * manoeuvres.largest_mps2**2  # Singer's spectrum at zero frequency
    transition, noise = van_loan(np.array([[0.0, 1.0], [0.0, 0.0]]), np.diag([0.0, density]), dt_s)
    np.testing.assert_allclose(axis_of(step.transition, 0)[:2, :2], transition, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(axis_of(step.noise, 0)[:2, :2], noise, rtol=1e-9)
    assert not step.transition[:, 6:].any()
    assert not step.transition[6:].any()


@pytest.mark.parametrize("model", [MotionModel.WHITE, MotionModel.SINGER])
@pytest.mark.parametrize("name", MANOEUVRES)
@pytest.mark.parametrize("dt_s", [0.1, 1.0, 15.0])
def test_two_steps_are_one_of_twice_the_time(model, name, dt_s):
    one, two = (motion_step(model, MANOEUVRES[name], t, EAST, np.zeros(3)) for t in (dt_s, 2.0 * dt_s))
    np.testing.assert_allclose(one.transition @ one.transition, two.transition, rtol=1e-9, atol=1e-12)
    twice = one.transition @ one.noise @ one.transition.T + one.noise
    size = np.sqrt(np.outer(np.diag(two.noise), np.diag(two.noise)))
    assert (np.abs(twice - two.noise) <= SEMIGROUP_TOLERANCE * size).all()


@pytest.mark.parametrize("model", MotionModel)
@pytest.mark.parametrize("name", MANOEUVRES)
def test_noise_is_symmetric_and_never_negative(model, name):
    rng = np.random.default_rng(3)
    for dt_s in STEPS_S:
        for speed in (0.0, 0.4, 0.6, 30.0):
            velocity, acceleration = speed * rng.normal(size=3), 5.0 * rng.normal(size=3)
            noise = motion_step(model, MANOEUVRES[name], dt_s, velocity, acceleration).noise
            np.testing.assert_allclose(scaled(noise), scaled(noise).T, rtol=0.0, atol=PSD_TOLERANCE)
            values = np.linalg.eigvalsh(scaled(noise))
            assert values[0] >= -PSD_TOLERANCE * max(values[-1], 1.0)


def track_axes(velocity: np.ndarray) -> np.ndarray:
    """Axes (3, 3) along the track, across it and up, as columns in ENU."""
    east, north = track_direction(velocity[0], velocity[1])
    return np.array([[east, -north, 0.0], [north, east, 0.0], [0.0, 0.0, 1.0]])


def spread_along(velocity: np.ndarray, acceleration: np.ndarray, manoeuvres: Manoeuvres) -> np.ndarray:
    """Variance (3, 3) of the acceleration in track axes, which many time constants leave of the noise."""
    long_s = 20.0 * manoeuvres.time_constant_s
    noise = motion_step(MotionModel.EXTENDED, manoeuvres, long_s, velocity, acceleration).noise[6:, 6:]
    axes = track_axes(velocity)
    return axes.T @ noise @ axes


def test_track_axes_are_a_rotation_along_the_velocity():
    rng = np.random.default_rng(4)
    for velocity in rng.normal(0.0, 10.0, (50, 3)):
        axes = track_axes(velocity)
        np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)
        assert np.linalg.det(axes) > 0.0
        level = axes.T @ (velocity * [1.0, 1.0, 0.0])
        np.testing.assert_allclose(level, [np.hypot(*velocity[:2]), 0.0, 0.0], atol=1e-9)
    np.testing.assert_array_equal(track_axes(np.array([0.3, 0.3, 9.0])), np.eye(3))


@pytest.mark.parametrize("name", MANOEUVRES)
@pytest.mark.parametrize("speed", [0.6, 2.0, 5.0, 20.0])
def test_speed_and_turn_bound_the_acceleration_across_the_track(name, speed):
    manoeuvres, velocity = MANOEUVRES[name], speed * np.array([0.6, 0.8, 0.0])
    spread = spread_along(velocity, np.zeros(3), manoeuvres)
    bound = min(manoeuvres.cross_mps2, speed * manoeuvres.turn_radps)
    assert 0.0 <= spread[1, 1] <= bound**2 + ROUNDING
    np.testing.assert_allclose(spread, np.diag(np.diag(spread)), atol=1e-9)


@pytest.mark.parametrize("name", MANOEUVRES)
def test_variance_shrinks_towards_the_limit_and_is_never_lost(name):
    """Zhou and Kumar 1984: what is left of the acceleration's range decides; a floor keeps the filter awake."""
    manoeuvres = MANOEUVRES[name]
    shares = np.linspace(0.0, 2.0, 21)
    along = [spread_along(EAST, np.array([s * manoeuvres.along_mps2, 0.0, 0.0]), manoeuvres)[0, 0] for s in shares]
    assert (np.diff(along) <= 1e-15).all()
    assert along[0] == pytest.approx((4.0 - np.pi) / np.pi * manoeuvres.along_mps2**2)
    assert 0.0 < along[-1] < 0.1 * along[0]
