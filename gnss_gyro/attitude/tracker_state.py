"""Error-state (multiplicative) Kalman filter of attitude and angular rate: its equations, without any policy.

Sola, "Quaternion kinematics for the error-state Kalman filter", arXiv:1711.02508, with the error on the left:
R_true = exp(delta) R, delta in ENU; rate_true = rate + error, in body axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnss_gyro.attitude.angles import AttitudeAngles, attitude_angles
from gnss_gyro.attitude.motion import Motion
from gnss_gyro.attitude.rotation_fit import RotationFit, free_axis_of
from gnss_gyro.attitude.tracker_kernels import correct, left_jacobian, predict, regauged, update
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.chi_square import probability_beyond
from gnss_gyro.basics.rotations import rotation_from_vector, skew

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
        return probability_beyond(self.chi2, self.dof) if self.dof else 1.0


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
    packed = predict(
        state.enu_from_body, state.rate_body_radps, state.covariance,
        motion.effective_time_s(dt_s), motion.rate_decay(dt_s), motion.noise_rad2ps3, motion.growth(dt_s),
    )  # fmt: skip
    return _unpacked(state.time_s + dt_s, packed)


def updated_with_fit(state: TrackerState, fit: RotationFit) -> tuple[TrackerState, Innovation]:
    """The state with a fit of its own time taken in, along the directions the fit knows."""
    if fit.rank == 0:
        return state, Innovation(0.0, 0)
    packed = update(
        state.enu_from_body, state.rate_body_radps, state.covariance, fit.enu_from_body, fit.information, fit.rank,
        fit.free_axis_enu,
    )  # fmt: skip
    return _unpacked(state.time_s, packed), Innovation(float(packed[48]), fit.rank)


def _unpacked(time_s: float, packed: Floats) -> TrackerState:
    return TrackerState(time_s, packed[:9].reshape(3, 3), packed[9:12], packed[12:48].reshape(6, 6))


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
        step, covariance, chi2 = _kalman(state.covariance, design, innovation_m, covariance_m2)
    rotation, covariance = correct(state.enu_from_body, step, covariance)
    turning = _turning(body_m @ rotation.T)
    free_axis = free_axis_of(turning.T @ np.linalg.solve(covariance_m2, turning))
    packed = regauged(state.covariance, rotation, state.rate_body_radps + step[3:], covariance, free_axis, chi2)
    return _unpacked(state.time_s, packed), Innovation(chi2, vector_enu_m.size)


def _turning(vector_enu_m: Floats) -> Floats:
    """d(vectors) / d(delta), (3k, 3), of vectors (k, 3) that turn with the body."""
    return np.vstack([-skew(vector) for vector in vector_enu_m])


def _kalman(covariance: Floats, design: Floats, innovation: Floats, noise: Floats) -> tuple[Floats, Floats, float]:
    """Step (6,), covariance (6, 6) after it (Joseph's form), and the chi-square of the innovation."""
    spread = design @ covariance @ design.T + noise
    gain = np.linalg.solve(spread, design @ covariance).T
    keep = np.eye(6) - gain @ design
    chi2 = float(innovation @ np.linalg.solve(spread, innovation))
    return gain @ innovation, keep @ covariance @ keep.T + gain @ noise @ gain.T, chi2
