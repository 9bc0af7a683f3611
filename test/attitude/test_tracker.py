"""Laws of the attitude tracker: honest covariances over seeds, one line never yields roll, resets when it must."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from gnss_gyro.attitude.motion import MOTIONS, Motion
from gnss_gyro.attitude.rotation_fit import fit_rotation
from gnss_gyro.attitude.tracker import AttitudeTracker, TrackerOutcome
from gnss_gyro.attitude.tracker_kernels import left_jacobian
from gnss_gyro.attitude.tracker_state import TrackerState, initial_state, predicted
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.rotations import enu_from_body, rotation_from_vector, vector_from_rotation, wrap_angle

BODY = np.array([[1.0, 0.0, 0.0], [0.0, 0.6, 0.0], [1.0, 0.6, 0.0]])
NOISE_M2 = np.kron(np.full((3, 3), 0.5) + 0.5 * np.eye(3), np.diag([0.003, 0.003, 0.006]) ** 2)
"""Of baselines that share their reference antenna."""
SEEDS = 40
EPOCHS = 40
CONFIDENCE = 1e-4


def truth_of(motion: Motion, rng: np.random.Generator, dt_s: float, start: Floats) -> list[tuple[Floats, Floats]]:
    """Rotations and body rates of a body that turns as the motion model says, in fine steps."""
    rotation, rate, out = start, rng.normal(size=3) * motion.rate_sigma_radps, []
    fine = dt_s / 20.0
    decay, (_, _, kick) = motion.rate_decay(fine), motion.process_noise(fine)
    for _ in range(EPOCHS):
        out.append((rotation, rate))
        for _ in range(20):
            following = decay * rate + rng.normal(size=3) * np.sqrt(kick)
            rotation, rate = rotation @ rotation_from_vector(0.5 * (rate + following) * fine), following
    return out


def measured(rng: np.random.Generator, rotation: Floats, body: Floats = BODY) -> Floats:
    covariance = NOISE_M2[: body.size, : body.size]
    return body @ rotation.T + rng.multivariate_normal(np.zeros(body.size), covariance).reshape(-1, 3)


def error_of(state: TrackerState, rotation: Floats, rate: Floats) -> Floats:
    return np.concatenate([vector_from_rotation(rotation @ state.enu_from_body.T), rate - state.rate_body_radps])


@pytest.mark.parametrize("name", ["vehicle", "tractor", "ship", "drone"])
def test_errors_are_as_large_as_the_covariance_says(name: str) -> None:
    motion, dt_s = MOTIONS[name], 0.1
    nees, last = np.zeros(EPOCHS), []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        tracker = AttitudeTracker(motion, gate_probability=0.0)
        start = enu_from_body(rng.uniform(0, 6.28), *rng.normal(size=2) * 0.1)
        for epoch, (rotation, rate) in enumerate(truth_of(motion, rng, dt_s, start)):
            step = tracker.update(epoch * dt_s, fit_rotation(measured(rng, rotation), NOISE_M2, BODY))
            assert step.state is not None
            error = error_of(step.state, rotation, rate)
            nees[epoch] += error @ np.linalg.solve(step.state.covariance, error)
            last.append(step.innovation.chi2 / step.innovation.dof if step.innovation else 1.0)
    low, high = chi2.ppf([CONFIDENCE / EPOCHS, 1 - CONFIDENCE / EPOCHS], 6 * SEEDS)
    assert np.all((nees > low) & (nees < high)), nees / SEEDS
    assert np.mean(last) == pytest.approx(1.0, abs=0.08)


def test_filter_is_smoother_than_the_single_fits() -> None:
    motion, rng = MOTIONS["ship"], np.random.default_rng(2)
    tracker, filtered, single = AttitudeTracker(motion), [], []
    for epoch, (rotation, _) in enumerate(truth_of(motion, rng, 0.1, enu_from_body(1.0, 0.0, 0.0))):
        fit = fit_rotation(measured(rng, rotation), NOISE_M2, BODY)
        step = tracker.update(0.1 * epoch, fit)
        assert step.state is not None
        filtered.append(vector_from_rotation(rotation @ step.state.enu_from_body.T))
        single.append(vector_from_rotation(rotation @ fit.enu_from_body.T))
    assert np.std(filtered[5:]) < 0.8 * np.std(single[5:])


def line_errors(name: str, dt_s: float, gate: float) -> tuple[Floats, Floats, Floats]:
    """Of a body with one baseline: errors of heading and pitch (n, 2) by the tracker and by the fits, the tracker's sigmas."""
    motion, body, covariance = MOTIONS[name], BODY[:1], NOISE_M2[:3, :3]
    tracked, single, sigma = [], [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        tracker = AttitudeTracker(motion, gate_probability=gate)
        for epoch, (rotation, _) in enumerate(truth_of(motion, rng, dt_s, enu_from_body(seed, 0.1, 0.2))):
            fit = fit_rotation(measured(rng, rotation, body), covariance, body)
            step = tracker.update(dt_s * epoch, fit)
            assert step.state is not None
            angles = step.state.angles
            assert np.isnan(angles.roll)
            tracked.append(line_error(step.state.enu_from_body, rotation))
            single.append(line_error(fit.enu_from_body, rotation))
            sigma.append((angles.sigma_heading, angles.sigma_pitch))
    return np.array(tracked), np.array(single), np.array(sigma)


def line_error(found: Floats, rotation: Floats) -> tuple[float, float]:
    (east, north, up), (east_true, north_true, up_true) = found[:, 0], rotation[:, 0]
    heading = wrap_angle(np.arctan2(east, north) - np.arctan2(east_true, north_true))
    return float(heading), float(np.arcsin(up) - np.arcsin(up_true))


@pytest.mark.parametrize(
    ("name", "dt_s"), [("tractor", 0.1), ("vehicle", 0.1), ("ship", 0.1), ("drone", 0.1), ("vehicle", 1.0), ("ship", 1.0)]
)
def test_one_line_follows_heading_and_pitch_and_never_learns_roll(name: str, dt_s: float) -> None:
    """However it turns, the unknown angle about the line gets into neither the angles nor their sigmas."""
    tracked, single, sigma = line_errors(name, dt_s, gate=0.0)
    assert np.mean(np.square(tracked / sigma), axis=0) == pytest.approx([1.0, 1.0], abs=0.3)
    assert np.all(np.sqrt(np.mean(np.square(tracked), axis=0)) < 1.1 * np.sqrt(np.mean(np.square(single), axis=0)))


def test_turns_too_large_for_a_linear_update_begin_again_from_the_fit() -> None:
    """A drone that turns by a radian and more from one second to the next."""
    tracked, single, sigma = line_errors("drone", 1.0, gate=1e-5)
    assert np.abs(tracked / sigma).max() < 6.0
    assert np.sqrt(np.mean(np.square(tracked), axis=0)) == pytest.approx(np.sqrt(np.mean(np.square(single), axis=0)), rel=0.5)


def test_roll_survives_the_loss_of_an_antenna_for_a_while() -> None:
    motion, rng = MOTIONS["ship"], np.random.default_rng(3)
    rotation = enu_from_body(2.0, 0.1, 0.3)
    tracker = AttitudeTracker(motion)
    for epoch in range(10):
        tracker.update(0.1 * epoch, fit_rotation(measured(rng, rotation), NOISE_M2, BODY))
    for epoch in range(10, 20):
        step = tracker.update(0.1 * epoch, fit_rotation(measured(rng, rotation, BODY[:1]), NOISE_M2[:3, :3], BODY[:1]))
    assert step.state is not None
    assert abs(step.state.angles.roll - 0.3) < 4.0 * step.state.angles.sigma_roll
    assert 0.005 < step.state.angles.sigma_roll < 0.2


def test_wrong_fix_is_reported_and_not_taken_in_and_a_lasting_change_resets() -> None:
    motion, tracker = MOTIONS["vehicle"], AttitudeTracker(MOTIONS["vehicle"], max_rejections=3)
    right, wrong = enu_from_body(1.0, 0.0, 0.0), enu_from_body(2.0, 0.3, 0.0)
    good, bad = (fit_rotation(BODY @ r.T, NOISE_M2, BODY) for r in (right, wrong))
    outcomes = [tracker.update(0.1 * i, good).outcome for i in range(5)]
    assert outcomes == [TrackerOutcome.STARTED] + 4 * [TrackerOutcome.UPDATED]
    step = tracker.update(0.5, bad)
    assert step.outcome is TrackerOutcome.REJECTED
    assert step.innovation is not None
    assert step.innovation.probability < 1e-5
    assert tracker.state is not None
    assert np.linalg.norm(vector_from_rotation(tracker.state.enu_from_body @ right.T)) < 1e-3
    assert tracker.update(0.6, good).outcome is TrackerOutcome.UPDATED
    assert [tracker.update(0.7 + 0.1 * i, bad).outcome.value for i in range(3)] == ["rejected", "rejected", "reset"]
    assert np.allclose(tracker.state.enu_from_body, wrong)
    assert motion is MOTIONS["vehicle"]


def test_a_fit_that_knows_one_direction_only_tells_that_one() -> None:
    """A line whose vector is precise across and unknown along: of its two angles one is known."""
    rng, tried = np.random.default_rng(1), 0
    while tried < 50:
        body = rng.normal(size=(1, 3))
        body /= np.linalg.norm(body)
        vector = body + 0.02 * rng.normal(size=(1, 3))
        across = np.cross(vector[0], rng.normal(size=3))
        across /= np.linalg.norm(across)
        known = fit_rotation(vector, 1e-4 * np.eye(3), body)
        vague = fit_rotation(vector, 1e-6 * np.eye(3) + 9.0 * np.outer(across, across), body)
        if vague.rank != 1:  # another direction than the vague one fits as well
            continue
        tried += 1
        tracker = AttitudeTracker(MOTIONS["vehicle"])
        tracker.update(0.0, known)
        step = tracker.update(0.1, vague)
        assert np.isfinite(step.state.enu_from_body).all()
        assert np.linalg.eigvalsh(step.state.covariance)[0] > 0.0
        assert np.linalg.matrix_rank(vague.information_inverse(), 1e-9) == 1


def test_long_gap_begins_again_and_time_never_runs_back() -> None:
    tracker, fit = AttitudeTracker(MOTIONS["vehicle"]), fit_rotation(BODY, NOISE_M2, BODY)
    assert tracker.at(0.0) is None
    tracker.update(0.0, fit)
    assert tracker.at(5.0) is not None
    assert tracker.at(11.0) is None
    assert tracker.update(30.0, fit).outcome is TrackerOutcome.STARTED
    with pytest.raises(ValueError, match="runs back"):
        tracker.update(29.0, fit)
    nothing = fit_rotation(np.full((1, 3), 1e-3), np.eye(3) * 1e-6, np.zeros((1, 3)))
    assert tracker.update(31.0, nothing).outcome is TrackerOutcome.NOTHING_MEASURED


def test_two_short_predictions_make_one_long() -> None:
    motion = MOTIONS["ship"]
    state = initial_state(0.0, fit_rotation(BODY, NOISE_M2, BODY), motion)
    once, twice = predicted(state, 0.5, motion), predicted(predicted(state, 0.2, motion), 0.3, motion)
    assert np.allclose(once.covariance, twice.covariance, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("x", [0.005, 0.009999, 0.010001, 0.02])
def test_process_noise_series_meets_the_closed_form(x: float) -> None:
    motion = Motion.correlated((1.0, 1.0, 1.0), 1.0)
    s = np.linspace(0.0, x, 20001)
    angle, rate = 1.0 - np.exp(-s), np.exp(-s)
    expected = [2.0 * np.trapezoid(y, s) for y in (angle * angle, angle * rate, rate * rate)]
    assert np.allclose([term[0] for term in motion.process_noise(x)], expected, rtol=1e-5)


def test_left_jacobian_equals_finite_differences() -> None:
    rng = np.random.default_rng(7)
    for vector in [np.zeros(3), *rng.normal(size=(20, 3))]:
        columns = []
        for e in 1e-6 * np.eye(3):
            ahead, behind = rotation_from_vector(vector + e), rotation_from_vector(vector - e)
            columns.append(vector_from_rotation(ahead @ behind.T) / 2e-6)
        assert np.allclose(left_jacobian(vector), np.column_stack(columns), atol=1e-8)


def test_prediction_jacobian_equals_finite_differences() -> None:
    motion = MOTIONS["drone"]
    rotation, rate, dt_s = enu_from_body(1.0, 0.4, -0.2), np.array([1.0, -2.0, 0.5]), 0.3
    quiet = Motion(motion.rate_sigma_radps, (0.0, 0.0, 0.0), motion.time_constant_s)
    base = TrackerState(0.0, rotation, rate, np.eye(6))
    end = predicted(base, dt_s, quiet)
    columns = []
    for e in 1e-6 * np.eye(6):
        moved = predicted(TrackerState(0.0, rotation_from_vector(e[:3]) @ rotation, rate + e[3:], np.eye(6)), dt_s, quiet)
        columns.append(error_of(end, moved.enu_from_body, moved.rate_body_radps) / 1e-6)
    jacobian = np.column_stack(columns)
    assert np.allclose(end.covariance, jacobian @ jacobian.T, atol=1e-4)
