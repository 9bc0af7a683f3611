"""Heading, pitch and roll of a rotation, with covariance; and the orientation as ROS has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.rotations import heading_pitch_roll, quaternion_from_rotation, wrap_angle

FREE_VARIANCE_RAD2: Final = np.pi**2 / 3.0
"""Variance of an angle of which nothing is known: even over the circle [rad^2]."""
OBSERVABLE_VARIANCE_RAD2: Final = FREE_VARIANCE_RAD2 / 4.0
"""An angle with a larger variance counts as unknown [rad^2]."""


@dataclass(frozen=True, slots=True)
class AttitudeAngles:
    """Heading clockwise from true north in [0, 2 pi), pitch nose up, roll right side down [rad]; NaN = not observable.

    The sigmas [rad] are NaN with their angles.
    """

    heading: float
    pitch: float
    roll: float
    sigma_heading: float
    sigma_pitch: float
    sigma_roll: float


@njit(cache=True)
def angles_jacobian(enu_from_body: Floats) -> Floats:
    """d(heading, pitch, roll) / d(delta), (3, 3), for R_true = exp(delta) R and delta in ENU [rad].

    At pitch +-90 degrees heading and roll are one angle; the derivatives there are huge but finite.
    """
    angles = heading_pitch_roll(enu_from_body)
    heading, pitch = angles[0], angles[1]
    sin_heading, cos_heading = np.sin(heading), np.cos(heading)
    cos_pitch = max(float(np.cos(pitch)), 1e-9)
    tan_pitch = np.sin(pitch) / cos_pitch
    return np.array([
        [tan_pitch * sin_heading, tan_pitch * cos_heading, -1.0],
        [cos_heading, -sin_heading, 0.0],
        [sin_heading / cos_pitch, cos_heading / cos_pitch, 0.0],
    ])  # fmt: skip


@njit(cache=True)
def angles_covariance(enu_from_body: Floats, covariance_rad2: Floats) -> Floats:
    """Covariance (3, 3) of heading, pitch, roll [rad^2] from that of the small rotation in ENU."""
    jacobian = angles_jacobian(enu_from_body)
    return jacobian @ np.ascontiguousarray(covariance_rad2) @ jacobian.T


def observable_angles(enu_from_body: Floats, covariance_rad2: Floats) -> Bools:
    """Mask (3,): is something known of heading, pitch and roll?"""
    return np.diag(angles_covariance(enu_from_body, covariance_rad2)) < OBSERVABLE_VARIANCE_RAD2


@njit(cache=True)
def levelled_covariance(covariance_rad2: Floats, level_sigma_rad: float) -> Floats:
    """Covariance (3, 3) in which an angle that nothing was known of is trusted to be level within a sigma [rad].

    A pair of antennas across the body measures heading and roll; tilted by the roll, its heading also depends on the
    unknown pitch. The rotation has pitch 0 there (`most_upright`); for a land vehicle this is nearly so.
    """
    values, axes = np.linalg.eigh(np.ascontiguousarray(covariance_rad2))
    return (axes * np.where(values < OBSERVABLE_VARIANCE_RAD2, values, level_sigma_rad**2)) @ axes.T


def attitude_angles(enu_from_body: Floats, covariance_rad2: Floats, level_sigma_rad: float | None = None) -> AttitudeAngles:
    """Angles and sigmas of a rotation (3, 3) with the covariance (3, 3) of its small rotation in ENU.

    level_sigma_rad : how level the body usually stands about an unmeasured axis (`levelled_covariance`); it narrows the
                      sigmas of the measured angles only, the unmeasured one stays NaN
    """
    known = observable_angles(enu_from_body, covariance_rad2)
    used = covariance_rad2 if level_sigma_rad is None else levelled_covariance(covariance_rad2, level_sigma_rad)
    variance = np.diag(angles_covariance(enu_from_body, used))
    angles = np.where(known, heading_pitch_roll(enu_from_body), np.nan)
    sigmas = np.sqrt(np.where(known, variance, np.nan))
    return AttitudeAngles(*(float(value) for value in (*angles, *sigmas)))


def yaw_from_heading(heading: float) -> float:
    """ROS yaw [rad] in [-pi, pi): 0 = east, counter-clockwise (REP-103), of a heading clockwise from north."""
    return float(wrap_angle(np.pi / 2.0 - heading))


def ros_orientation(enu_from_body: Floats) -> tuple[float, float, float, float]:
    """Quaternion (x, y, z, w) of base_link (FLU) in ENU, as ROS messages carry it."""
    x, y, z, w = (float(value) for value in quaternion_from_rotation(enu_from_body))
    return x, y, z, w
