"""Rotations in three dimensions: SO(3) and the angles people read.

Matrices are named target_from_source. Body axes: x forward, y left, z up (REP-103); local axes: east, north, up.
Heading is clockwise from true north, pitch positive nose up, roll positive right side down.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Floats


@njit(cache=True)
def skew(v: Floats) -> Floats:
    """Matrix (3, 3) with skew(v) @ w = v x w."""
    return np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])


@njit(cache=True)
def rotation_from_vector(vector: Floats) -> Floats:
    """Exponential map: rotation (3, 3) by |vector| [rad] about its direction (Rodrigues)."""
    angle2 = float(vector @ vector)
    angle = np.sqrt(angle2)
    k = skew(vector)
    if angle < 1e-4:  # series: the quotients below lose their digits
        return np.eye(3) + (1.0 - angle2 / 6.0) * k + (0.5 - angle2 / 24.0) * (k @ k)
    return np.eye(3) + np.sin(angle) / angle * k + (1.0 - np.cos(angle)) / angle2 * (k @ k)


@njit(cache=True)
def vector_from_rotation(rotation: Floats) -> Floats:
    """Logarithm: rotation vector (3,) [rad], of length at most pi."""
    quaternion = quaternion_from_rotation(rotation)
    vector = quaternion[:3].copy()
    sine = float(np.sqrt(vector @ vector))
    if sine < 1e-9:
        return 2.0 * vector
    return 2.0 * np.arctan2(sine, quaternion[3]) / sine * vector


@njit(cache=True)
def quaternion_from_rotation(rotation: Floats) -> Floats:
    """Unit quaternion (x, y, z, w), w >= 0, of a rotation matrix (Shepperd's choice of the largest element)."""
    r = rotation
    trace = r[0, 0] + r[1, 1] + r[2, 2]
    squares = np.array([r[0, 0], r[1, 1], r[2, 2], trace])
    i = int(np.argmax(squares))
    q = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], 1.0 + trace])
    if i != 3:
        j, k = (i + 1) % 3, (i + 2) % 3
        q[i] = 1.0 - trace + 2.0 * r[i, i]
        q[j] = r[j, i] + r[i, j]
        q[k] = r[k, i] + r[i, k]
        q[3] = r[k, j] - r[j, k]
    q /= np.sqrt(q @ q)
    return q if q[3] >= 0.0 else -q


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


@njit(cache=True)
def heading_pitch_roll(enu_from_body: Floats) -> Floats:
    """Heading in [0, 2 pi), pitch, roll [rad] of a rotation (3, 3); at pitch +-90 degrees roll is taken as 0."""
    r = enu_from_body  # columns: forward, left, up
    level = np.hypot(r[0, 0], r[1, 0])
    if level < 1e-9:
        heading, roll = np.arctan2(r[1, 1], -r[0, 1]), 0.0
    else:
        heading, roll = np.arctan2(r[0, 0], r[1, 0]), np.arctan2(r[2, 1], r[2, 2])
    return np.array([heading % (2.0 * np.pi) % (2.0 * np.pi), np.arctan2(r[2, 0], level), roll])


def wrap_angle(angle: Floats | float) -> Floats | float:
    """The same angle in [-pi, pi) [rad]."""
    return _within_turn(np.asarray(angle) + np.pi) - np.pi


def _within_turn(angle: Floats | float) -> Floats | float:
    """The same angle in [0, 2 pi); twice, since a tiny negative angle rounds to the full turn at first."""
    return angle % (2.0 * np.pi) % (2.0 * np.pi)
