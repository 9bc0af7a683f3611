"""Rotations in three dimensions: SO(3) and the angles people read.

Matrices are named target_from_source. Body axes: x forward, y left, z up (REP-103); local axes: east, north, up.
Heading is clockwise from true north, pitch positive nose up, roll positive right side down.
"""

from __future__ import annotations

import math

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel


@kernel
def skew(v: Floats) -> Floats:
    """Matrix (3, 3) with skew(v) @ w = v x w."""
    return np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])


@kernel
def skew_polynomial(vector: Floats, a: float, b: float) -> Floats:
    """I + a K + b K^2 (3, 3) with K = skew(vector)."""
    x, y, z = vector[0], vector[1], vector[2]
    out = np.empty((3, 3))
    out[0, 0], out[0, 1], out[0, 2] = 1.0 - b * (y * y + z * z), b * x * y - a * z, b * x * z + a * y
    out[1, 0], out[1, 1], out[1, 2] = b * x * y + a * z, 1.0 - b * (x * x + z * z), b * y * z - a * x
    out[2, 0], out[2, 1], out[2, 2] = b * x * z - a * y, b * y * z + a * x, 1.0 - b * (x * x + y * y)
    return out


@kernel
def rotation_from_vector(vector: Floats) -> Floats:
    """Exponential map: rotation (3, 3) by |vector| [rad] about its direction (Rodrigues)."""
    angle2 = vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]
    if angle2 < 1e-8:  # series: the quotients below lose their digits
        a, b = 1.0 - angle2 / 6.0, 0.5 - angle2 / 24.0
    else:
        angle = math.sqrt(angle2)
        a, b = math.sin(angle) / angle, (1.0 - math.cos(angle)) / angle2
    return skew_polynomial(vector, a, b)


@kernel
def vector_from_rotation(rotation: Floats) -> Floats:
    """Logarithm: rotation vector (3,) [rad], of length at most pi."""
    q = quaternion_from_rotation(rotation)
    sine = math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2])
    scale = 2.0 if sine < 1e-9 else 2.0 * math.atan2(sine, q[3]) / sine
    vector = np.empty(3)
    for i in range(3):
        vector[i] = scale * q[i]
    return vector


@kernel
def quaternion_from_rotation(rotation: Floats) -> Floats:
    """Unit quaternion (x, y, z, w), w >= 0, of a rotation matrix (Shepperd's choice of the largest element)."""
    r = rotation
    trace = r[0, 0] + r[1, 1] + r[2, 2]
    i, largest = 3, trace
    for axis in range(2, -1, -1):
        if r[axis, axis] >= largest:
            i, largest = axis, r[axis, axis]
    q = np.empty(4)
    if i == 3:
        q[0], q[1], q[2], q[3] = r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], 1.0 + trace
    else:
        j, k = (i + 1) % 3, (i + 2) % 3
        q[i], q[j] = 1.0 - trace + 2.0 * r[i, i], r[j, i] + r[i, j]
        q[k], q[3] = r[k, i] + r[i, k], r[k, j] - r[j, k]
    norm = math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
    if q[3] < 0.0:
        norm = -norm
    for element in range(4):
        q[element] /= norm
    return q


def rotation_from_quaternion(quaternion: Floats) -> Floats:
    """Rotation (3, 3) of a quaternion (x, y, z, w), which need not be normalised."""
    x, y, z, w = np.asarray(quaternion, float) / np.linalg.norm(quaternion)
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip


def enu_from_body(heading: float, pitch: float, roll: float) -> Floats:
    """Rotation (3, 3) from body (FLU) to ENU axes, of heading, pitch and roll [rad]."""
    sh, ch = np.sin(heading), np.cos(heading)
    sp, cp = np.sin(pitch), np.cos(pitch)
    sr, cr = np.sin(roll), np.cos(roll)
    forward = np.array([sh * cp, ch * cp, sp])
    level_left = np.array([-ch, sh, 0.0])
    level_up = np.array([-sh * sp, -ch * sp, cp])
    return np.column_stack([forward, cr * level_left + sr * level_up, cr * level_up - sr * level_left])


@kernel
def heading_pitch_roll(enu_from_body: Floats) -> Floats:
    """Heading in [0, 2 pi), pitch, roll [rad] of a rotation (3, 3); at pitch +-90 degrees roll is taken as 0."""
    r = enu_from_body  # columns: forward, left, up
    level = math.hypot(r[0, 0], r[1, 0])
    if level < 1e-9:
        heading, roll = math.atan2(r[1, 1], -r[0, 1]), 0.0
    else:
        heading, roll = math.atan2(r[0, 0], r[1, 0]), math.atan2(r[2, 1], r[2, 2])
    angles = np.empty(3)
    angles[0], angles[1], angles[2] = heading % (2.0 * math.pi) % (2.0 * math.pi), math.atan2(r[2, 0], level), roll
    return angles


def wrap_angle(angle: Floats | float) -> Floats | float:
    """The same angle in [-pi, pi) [rad]."""
    return _within_turn(np.asarray(angle) + np.pi) - np.pi


def _within_turn(angle: Floats | float) -> Floats | float:
    """The same angle in [0, 2 pi); twice, since a tiny negative angle rounds to the full turn at first."""
    return angle % (2.0 * np.pi) % (2.0 * np.pi)
