"""Error-state (multiplicative) Kalman filter of attitude and angular rate: its equations, without any policy.

Sola, "Quaternion kinematics for the error-state Kalman filter", arXiv:1711.02508, with the error on the left:
R_true = exp(delta) R, delta in ENU; rate_true = rate + error, in body axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.special import chdtrc

from gnss_gyro.attitude.angles import FREE_VARIANCE_RAD2, OBSERVABLE_VARIANCE_RAD2, AttitudeAngles, attitude_angles
from gnss_gyro.attitude.motion import Motion
from gnss_gyro.attitude.rotation_fit import RotationFit, free_axis_of, most_upright
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.rotations import rotation_from_vector, skew, vector_from_rotation

_ITERATIONS = 5


@dataclass(frozen=True, slots=True, eq=False)
class TrackerState:
    """Attitude and angular rate at a time.

    time_s          : in the caller's own count [s]
    enu_from_body   : (3, 3)
    rate_body_radps : (3,) angular rate about the body axes [rad/s]
    covariance      : (6, 6) of (delta in ENU [rad], rate in body [rad/s])
    """

    time_s: float
    enu_from_body: Floats
    rate_body_radps: Floats
    covariance: Floats

    @property
    def angles(self) -> AttitudeAngles:
        """Heading, pitch and roll with sigmas; NaN where nothing is known."""
        return attitude_angles(self.enu_from_body, self.covariance[:3, :3])


@dataclass(frozen=True, slots=True)
class Innovation:
    """How well a measurement agrees with the prediction."""

    chi2: float
    dof: int

    @property
    def probability(self) -> float:
        """Probability of a chi-square as large as this, or larger, if all is well."""
        return float(chdtrc(self.dof, self.chi2)) if self.dof else 1.0


def initial_state(time_s: float, fit: RotationFit, motion: Motion) -> TrackerState:
    """The state after a first fit, at rest within the motion's usual rates. Raises ValueError for a fit of rank 0."""
    if fit.rank == 0:
        raise ValueError("a fit of rank 0 says nothing about the attitude")
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = fit.covariance_rad2
    covariance[3:, 3:] = np.diag(np.square(motion.rate_sigma_radps))
    return TrackerState(time_s, fit.enu_from_body, np.zeros(3), covariance)


def predicted(state: TrackerState, dt_s: float, motion: Motion) -> TrackerState:
    """The state a time [s] later, nothing measured."""
    rotation, rate, covariance = predict(
        state.enu_from_body, state.rate_body_radps, state.covariance, motion.effective_time_s(dt_s), motion.rate_decay(dt_s),
        np.array(motion.process_noise(dt_s)),
    )  # fmt: skip
    return TrackerState(state.time_s + dt_s, rotation, rate, covariance)


@njit(cache=True)
def predict(
    enu_from_body: Floats, rate_body_radps: Floats, covariance: Floats, time_s: float, decay: float, noise: Floats
) -> tuple[Floats, Floats, Floats]:
    """Kernel of predicted: rotation (3, 3), rate (3,) and covariance (6, 6).

    time_s : by which a rate turns the body, its decay included;  noise : (3, 3) of angle, angle with rate, and rate, by axis
    """
    turn = time_s * rate_body_radps
    rotation = enu_from_body @ rotation_from_vector(turn)
    spread = rotation @ left_jacobian(-turn)  # d(delta) / d(turn)
    transition = np.eye(6)
    transition[:3, 3:] = spread * time_s
    transition[3:, 3:] *= decay
    added = transition @ covariance @ transition.T
    added[:3, :3] += (spread * noise[0]) @ spread.T
    added[:3, 3:] += spread * noise[1]
    added[3:, :3] += (spread * noise[1]).T
    for axis in range(3):
        added[3 + axis, 3 + axis] += noise[2, axis]
    return rotation, decay * rate_body_radps, added


def updated_with_fit(state: TrackerState, fit: RotationFit) -> tuple[TrackerState, Innovation]:
    """The state with a fit of its own time taken in, along the directions the fit knows."""
    if fit.rank == 0:
        return state, Innovation(0.0, 0)
    rotation, rate, covariance, chi2 = update(
        state.enu_from_body, state.rate_body_radps, state.covariance, _nearest(fit, state.enu_from_body), fit.information,
        fit.rank,
    )  # fmt: skip
    corrected = TrackerState(state.time_s, rotation, rate, covariance)
    return _regauged(state, corrected, fit.free_axis_enu), Innovation(chi2, fit.rank)


@njit(cache=True)
def update(
    enu_from_body: Floats, rate_body_radps: Floats, covariance: Floats, measured: Floats, information: Floats, rank: int
) -> tuple[Floats, Floats, Floats, float]:
    """Kernel of updated_with_fit: rotation (3, 3), rate (3,), covariance (6, 6), chi-square of the innovation.

    measured, information : (3, 3) rotation and inverse covariance of its small rotation, of this rank
    """
    difference = vector_from_rotation(measured @ enu_from_body.T)
    jacobian = left_jacobian(difference)  # error of the fit -> error of the difference
    values, axes = np.linalg.eigh(jacobian.T @ information @ jacobian)
    known = np.ascontiguousarray(axes[:, 3 - rank :].T)
    design = np.zeros((rank, 6))
    design[:, :3] = known
    step, covariance, chi2 = kalman(covariance, design, known @ difference, np.diag(1.0 / values[3 - rank :]))
    rotation, covariance = correct(enu_from_body, step, covariance)
    return rotation, rate_body_radps + step[3:], covariance, chi2


def updated_with_vectors(
    state: TrackerState, vector_enu_m: Floats, covariance_m2: Floats, body_m: Floats
) -> tuple[TrackerState, Innovation]:
    """The state with measured baselines of its own time taken in, by an iterated update.

    vector_enu_m  : (k, 3) [m]
    covariance_m2 : (3k, 3k) of them, the uncertainty of `body_m` included [m^2]
    body_m        : (k, 3) [m]
    """
    step: Floats = np.zeros(6)
    for _ in range(_ITERATIONS):
        model = body_m @ (rotation_from_vector(step[:3]) @ state.enu_from_body).T
        design = np.zeros((model.size, 6))
        design[:, :3] = _turning(model) @ left_jacobian(step[:3])
        innovation_m = (vector_enu_m - model).ravel() + design @ step
        step, covariance, chi2 = kalman(state.covariance, design, innovation_m, np.ascontiguousarray(covariance_m2))
    rotation, covariance = correct(state.enu_from_body, step, covariance)
    corrected = TrackerState(state.time_s, rotation, state.rate_body_radps + step[3:], covariance)
    turning = _turning(body_m @ corrected.enu_from_body.T)
    free_axis = free_axis_of(turning.T @ np.linalg.solve(covariance_m2, turning))
    return _regauged(state, corrected, free_axis), Innovation(chi2, vector_enu_m.size)


def _turning(vector_enu_m: Floats) -> Floats:
    """d(vectors) / d(delta), (3k, 3), of vectors (k, 3) that turn with the body."""
    return np.vstack([-skew(vector) for vector in vector_enu_m])


@njit(cache=True)
def left_jacobian(vector: Floats) -> Floats:
    """J (3, 3) of SO(3): exp(vector + e) = exp(J e) exp(vector) for small e."""
    angle2 = float(vector @ vector)
    k = skew(vector)
    if angle2 < 1e-8:
        return np.eye(3) + 0.5 * k + k @ k / 6.0
    angle = np.sqrt(angle2)
    return np.eye(3) + (1.0 - np.cos(angle)) / angle2 * k + (angle - np.sin(angle)) / (angle2 * angle) * (k @ k)


@njit(cache=True)
def kalman(covariance: Floats, design: Floats, innovation: Floats, noise: Floats) -> tuple[Floats, Floats, float]:
    """Step (6,), covariance (6, 6) after it (Joseph's form), and the chi-square of the innovation."""
    spread = design @ covariance @ design.T + noise
    gain = np.ascontiguousarray(np.linalg.solve(spread, design @ covariance).T)
    keep = np.eye(6) - gain @ design
    chi2 = float(innovation @ np.linalg.solve(spread, innovation))
    return gain @ innovation, keep @ covariance @ keep.T + gain @ noise @ gain.T, chi2


@njit(cache=True)
def correct(enu_from_body: Floats, step: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Rotation (3, 3) moved by a step (6,), orthogonal again, and the covariance (6, 6) at the new linearisation point."""
    carry = np.eye(6)
    carry[:3, :3] = left_jacobian(step[:3])
    covariance = carry @ covariance @ carry.T
    rotation = rotation_from_vector(step[:3]) @ enu_from_body
    return rotation_from_vector(vector_from_rotation(rotation)), 0.5 * (covariance + covariance.T)


def _nearest(fit: RotationFit, enu_from_body: Floats) -> Floats:
    """The rotation (3, 3) nearest to another among all that a fit of rank 2 or 3 allows."""
    if fit.rank == 3:
        return fit.enu_from_body
    axis, offset = fit.free_axis_enu, fit.enu_from_body @ enu_from_body.T
    angle = np.arctan2(np.trace(skew(axis) @ offset), np.trace(offset) - axis @ offset @ axis)
    return rotation_from_vector(float(angle) * axis) @ fit.enu_from_body


def _regauged(prior: TrackerState, state: TrackerState, free_axis_enu: Floats) -> TrackerState:
    """The state with the angle about an axis, if it was unknown before and not measured, set most upright and unknown again.

    Without this a linear filter that only ever sees one line imagines, as the line turns, that it learns the angle about it.
    """
    if np.isnan(free_axis_enu[0]) or free_axis_enu @ prior.covariance[:3, :3] @ free_axis_enu < OBSERVABLE_VARIANCE_RAD2:
        return state
    rotation, rate, covariance = regauge(state.enu_from_body, state.rate_body_radps, state.covariance, free_axis_enu)
    return TrackerState(state.time_s, rotation, rate, covariance)


@njit(cache=True)
def regauge(
    enu_from_body: Floats, rate_body_radps: Floats, covariance: Floats, free_axis_enu: Floats
) -> tuple[Floats, Floats, Floats]:
    """Rotation (3, 3) most upright about an axis (3,), rate (3,), and covariance (6, 6) that knows nothing of that angle."""
    rotation = most_upright(enu_from_body, free_axis_enu)
    outer = np.outer(free_axis_enu, free_axis_enu)
    turn = rotation.T @ enu_from_body
    keep = np.eye(6)
    keep[:3, :3] -= outer
    keep[3:, 3:] = turn
    covariance = keep @ covariance @ keep.T
    covariance[:3, :3] += FREE_VARIANCE_RAD2 * outer
    return rotation, turn @ rate_body_radps, covariance
