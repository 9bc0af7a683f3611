"""Heading, pitch and roll of a rotation, with covariance; and the orientation as ROS has it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.rotations import heading_pitch_roll, quaternion_from_rotation, wrap_angle
from gnss_gyro.basics.symmetric import congruent, eigen

FREE_VARIANCE_RAD2: Final = np.pi**2 / 3.0
"""Variance of an angle of which nothing is known: even over the circle [rad^2]."""
OBSERVABLE_VARIANCE_RAD2: Final = FREE_VARIANCE_RAD2 / 4.0
"""An angle with a larger variance counts as unknown [rad^2]."""
_MAST: Final = math.cos(math.radians(45.0))
"""Cosine of the angle to the body's z within which a line of antennas is a mast."""
_UPRIGHT_RAD: Final = 1e-9
LEVEL_SIGMA_RAD: Final = math.radians(10.0)
"""How level a body stands about an axis nobody measures [rad]: else a pair across a vehicle would give no heading."""


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


@kernel
def angles_jacobian(enu_from_body: Floats) -> Floats:
    """d(heading, pitch, roll) / d(delta), (3, 3), for R_true = exp(delta) R and delta in ENU [rad].

    At pitch +-90 degrees heading and roll are one angle; the derivatives there are huge but finite.
    """
    angles = heading_pitch_roll(enu_from_body)
    sine, cosine = math.sin(angles[0]), math.cos(angles[0])
    cos_pitch = max(math.cos(angles[1]), 1e-9)
    tan_pitch = math.sin(angles[1]) / cos_pitch
    out = np.zeros((3, 3))
    out[0, 0], out[0, 1], out[0, 2] = tan_pitch * sine, tan_pitch * cosine, -1.0
    out[1, 0], out[1, 1] = cosine, -sine
    out[2, 0], out[2, 1] = sine / cos_pitch, cosine / cos_pitch
    return out


@kernel
def angles_covariance(enu_from_body: Floats, covariance_rad2: Floats) -> Floats:
    """Covariance (3, 3) of heading, pitch, roll [rad^2] from that of the small rotation in ENU."""
    return congruent(angles_jacobian(enu_from_body), covariance_rad2)


def observable_angles(enu_from_body: Floats, covariance_rad2: Floats) -> Bools:
    """Mask (3,): is something known of heading, pitch and roll?"""
    return np.diag(angles_covariance(enu_from_body, covariance_rad2)) < OBSERVABLE_VARIANCE_RAD2


@kernel
def levelled_covariance(covariance_rad2: Floats, level_sigma_rad: float) -> Floats:
    """Covariance (3, 3) in which an angle that nothing was known of is trusted to be level within a sigma [rad].

    A pair of antennas across the body measures heading and roll; tilted by the roll, its heading also depends on the
    unknown pitch. The rotation has pitch 0 there (`most_upright`); for a land vehicle this is nearly so.
    """
    values, axes = eigen(covariance_rad2)
    spread = np.zeros((3, 3))
    for i in range(3):
        spread[i, i] = values[i] if values[i] < OBSERVABLE_VARIANCE_RAD2 else min(values[i], level_sigma_rad * level_sigma_rad)
    return congruent(axes, spread)


@kernel
def free_direction(covariance_rad2: Floats) -> tuple[float, Floats]:
    """Variance of the angle about the one axis (3,) about which a covariance (3, 3) has it unknown; zeros where there is none, or
    where there are more."""
    values, axes = eigen(covariance_rad2)
    axis, free, count = np.zeros(3), 0.0, 0
    for i in range(3):
        if values[i] >= OBSERVABLE_VARIANCE_RAD2:
            free, count = values[i], count + 1
            for j in range(3):
                axis[j] = axes[j, i]
    return (free, axis) if count == 1 else (0.0, np.zeros(3))


@kernel
def leaning(enu_from_body: Floats, covariance_rad2: Floats) -> float:
    """By how much an axis about which nothing is known, where it is a mast of the body, leans from the vertical and from the
    body's z together [rad]; 0 where there is no such axis."""
    _, axis = free_direction(covariance_rad2)
    along = axis[0] * enu_from_body[0, 2] + axis[1] * enu_from_body[1, 2] + axis[2] * enu_from_body[2, 2]
    if abs(along) < _MAST:
        return 0.0
    return max(math.acos(min(abs(axis[2]), 1.0)) + math.acos(min(abs(along), 1.0)), _UPRIGHT_RAD)


@kernel
def known_angles(enu_from_body: Floats, covariance_rad2: Floats, level_sigma_rad: float) -> Floats:
    """Heading, pitch, roll (3,) [rad] and their covariance (3, 3) [rad^2], packed one after the other; NaN = not observable.

    level_sigma_rad : how level the body usually stands about an unmeasured axis (`levelled_covariance`); it narrows the
                      variances of the measured angles only, the unmeasured one stays NaN

    About the axis of a mast it is the heading that is unknown: pitch and roll then are whatever the tilts of the mast and of the
    body on it add up to.
    """
    angles = heading_pitch_roll(enu_from_body)
    variance = angles_covariance(enu_from_body, covariance_rad2)
    lean = leaning(enu_from_body, covariance_rad2)
    covariance = angles_covariance(enu_from_body, levelled_covariance(covariance_rad2, 0.0 if lean > 0.0 else level_sigma_rad))
    if lean > 0.0:
        for i in range(1, 3):
            covariance[i, i] += 2.0 * lean * lean
            variance[i, i] = covariance[i, i]
    out = np.empty(12)
    for i in range(3):
        known = variance[i, i] < OBSERVABLE_VARIANCE_RAD2
        out[i] = angles[i] if known else np.nan
        for j in range(3):
            out[3 + 3 * i + j] = covariance[i, j] if known and variance[j, j] < OBSERVABLE_VARIANCE_RAD2 else np.nan
    return out


def attitude_angles(enu_from_body: Floats, covariance_rad2: Floats, level_sigma_rad: float = math.inf) -> AttitudeAngles:
    """Angles and sigmas of a rotation (3, 3) with the covariance (3, 3) of its small rotation in ENU.

    level_sigma_rad : as for `known_angles`; by default nobody knows
    """
    packed = known_angles(enu_from_body, np.ascontiguousarray(covariance_rad2), level_sigma_rad)
    return AttitudeAngles(*packed[:3].tolist(), *np.sqrt(packed[3::4]).tolist())


def yaw_from_heading(heading: float) -> float:
    """ROS yaw [rad] in [-pi, pi): 0 = east, counter-clockwise (REP-103), of a heading clockwise from north."""
    return float(wrap_angle(np.pi / 2.0 - heading))


def ros_orientation(enu_from_body: Floats) -> tuple[float, float, float, float]:
    """Quaternion (x, y, z, w) of base_link (FLU) in ENU, as ROS messages carry it."""
    x, y, z, w = (float(value) for value in quaternion_from_rotation(enu_from_body))
    return x, y, z, w
