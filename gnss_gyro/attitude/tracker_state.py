"""Error-state (multiplicative) Kalman filter of attitude and angular rate: its equations, without any policy.

Sola, "Quaternion kinematics for the error-state Kalman filter", arXiv:1711.02508, with the error on the left:
R_true = exp(delta) R, delta in ENU; rate_true = rate + error, in body axes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnss_gyro.attitude.angles import AttitudeAngles, attitude_angles
from gnss_gyro.attitude.motion import Motion
from gnss_gyro.attitude.rotation_fit import RotationFit
from gnss_gyro.attitude.tracker_kernels import predict, update
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.chi_square import probability_beyond


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
    """How well a measurement agrees with the prediction.

    chi2 : of the measurement about the prediction
    left : of the measurement about the updated state; larger than chi2 where the step was too large for a linear update
    """

    chi2: float
    left: float
    dof: int

    @property
    def probability(self) -> float:
        """Probability of a chi-square as large as this, or larger, if all is well."""
        return probability_beyond(self.chi2, self.dof) if self.dof else 1.0

    @property
    def probability_left(self) -> float:
        """Probability of a chi-square as large as `left`, or larger, if the update has brought the state there."""
        return probability_beyond(self.left, self.dof) if self.dof else 1.0


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
        return state, Innovation(0.0, 0.0, 0)
    packed = update(
        state.enu_from_body, state.rate_body_radps, state.covariance, fit.enu_from_body, fit.information, fit.rank,
        fit.free_axis_enu,
    )  # fmt: skip
    return _unpacked(state.time_s, packed), Innovation(float(packed[48]), float(packed[49]), fit.rank)


def _unpacked(time_s: float, packed: Floats) -> TrackerState:
    return TrackerState(time_s, packed[:9].reshape(3, 3), packed[9:12], packed[12:48].reshape(6, 6))
