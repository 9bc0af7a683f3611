"""Where is forward, where is up? Body axes for an array whose shape is known.

Nothing in the distances of antennas tells how the vehicle sits under them. Up is the array's plane if that is nearly level,
else gravity, averaged over the log; forward is told by the user as a pair of antennas, by positions measured roughly, or by the
course of a vehicle that drives straight.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats

_LEVEL_ENOUGH: Final = float(np.radians(20.0))
"""An array plane tilted by more than this is not taken as level."""
_FLAT_M: Final = 0.02
"""Extent below which an array is a line or a plane [m]."""
SLOWEST_MPS: Final = 0.7
_STRAIGHT_RADPS: Final = float(np.radians(3.0))
_ASTRAY: Final = float(np.radians(25.0))
"""Courses farther than this from the usual are slips, turns on the spot or faults."""
_FEWEST_COURSES: Final = 20


def up_in_shape(position_m: Floats, enu_from_shape: Floats) -> tuple[Floats, str]:
    """Body up (3,) in the axes of the shape (n, 3), and a word on it; enu_from_shape (t, 3, 3) are the epochs' rotations."""
    gravity = enu_from_shape[:, 2, :].mean(axis=0)
    gravity /= np.linalg.norm(gravity)
    centred = position_m - position_m.mean(axis=0)
    _, extents, axes = np.linalg.svd(centred)
    extents = np.pad(extents, (0, 3 - len(extents)))
    if extents[1] < _FLAT_M:
        return gravity, "z up against gravity, the vehicle being level on average"
    normal = axes[2] * np.sign(axes[2] @ gravity)
    if np.arccos(np.clip(normal @ gravity, -1.0, 1.0)) > _LEVEL_ENOUGH:
        return gravity, "z up against gravity, the vehicle being level on average (the array's plane is not level)"
    return normal, "z up from the plane of the antennas"


def axes_by_pair(position_m: Floats, up: Floats, first: int, second: int) -> Floats:
    """Rotation body_from_shape (3, 3) with x from one antenna to another and z as near to up as that allows."""
    forward = position_m[second] - position_m[first]
    forward = forward / np.linalg.norm(forward)
    across = up - (up @ forward) * forward
    if np.linalg.norm(across) < 1e-6:
        across = np.eye(3)[int(np.argmin(np.abs(forward)))]
        across = across - (across @ forward) * forward
    return _rows(forward, across)


def axes_by_direction(forward: Floats, up: Floats) -> Floats:
    """Rotation body_from_shape (3, 3) with z up and x as near to a direction as that allows."""
    return _rows(forward - (forward @ up) * up, up)


def axes_by_positions(position_m: Floats, wanted_m: Floats) -> tuple[Floats, Floats]:
    """Rotation body_from_shape (3, 3) and shift (3,) that bring a shape (n, 3) nearest to positions (n, 3) (Kabsch 1976)."""
    centre, wanted_centre = position_m.mean(axis=0), wanted_m.mean(axis=0)
    u, _, vt = np.linalg.svd((wanted_m - wanted_centre).T @ (position_m - centre))
    rotation = u @ np.diag([1.0, 1.0, float(np.sign(np.linalg.det(u @ vt)))]) @ vt
    return rotation, wanted_centre - rotation @ centre


def course_angles(enu_from_shape: Floats, velocity_enu_mps: Floats, time_s: Floats, up: Floats) -> tuple[Floats, Bools]:
    """Direction (t,) of travel about up, from x of `reference_axes(up)` [rad], and at which epochs it is the vehicle's forward.

    Forward is told by epochs that are fast enough, straight, and agree with the others; driving backwards is taken as such
    where it is the rarer.
    """
    axes = reference_axes(up)
    direction = np.einsum("tji,tj->ti", enu_from_shape, velocity_enu_mps) @ axes.T
    angle = np.arctan2(direction[:, 1], direction[:, 0])
    fast = np.linalg.norm(velocity_enu_mps, axis=1) > SLOWEST_MPS
    usable = np.isfinite(angle) & fast & _straight(enu_from_shape, axes, time_s)
    if np.count_nonzero(usable) < _FEWEST_COURSES:
        return angle, np.zeros(len(angle), bool)
    axis = 0.5 * np.angle(np.exp(2j * angle[usable]).sum())
    if np.cos(angle[usable] - axis).sum() < 0.0:
        axis += np.pi
    near = usable & (np.abs(_wrapped(angle - axis)) < _ASTRAY)
    angle = axis + _wrapped(angle - axis)
    if np.count_nonzero(near) < _FEWEST_COURSES:
        return angle, np.zeros(len(angle), bool)
    middle = np.median(angle[near])
    usual = 1.4826 * np.median(np.abs(angle[near] - middle))
    return angle, near & (np.abs(angle - middle) <= max(3.0 * usual, float(np.radians(0.1))))


def reference_axes(up: Floats) -> Floats:
    """Some right-handed axes (3, 3), as rows, with z up."""
    start = np.eye(3)[int(np.argmin(np.abs(up)))]
    return _rows(start - (start @ up) * up, up)


def _straight(enu_from_shape: Floats, axes: Floats, time_s: Floats) -> Bools:
    """Mask (t,): the body does not turn about its up."""
    ahead = enu_from_shape @ axes[0]
    heading = np.unwrap(np.arctan2(ahead[:, 0], ahead[:, 1]))
    if len(heading) < 3:
        return np.ones(len(heading), bool)
    return np.asarray(np.abs(np.gradient(heading, time_s)) < _STRAIGHT_RADPS)


def _rows(forward: Floats, up: Floats) -> Floats:
    forward, up = forward / np.linalg.norm(forward), up / np.linalg.norm(up)
    return np.array([forward, np.cross(up, forward), up])


def _wrapped(angle: Floats) -> Floats:
    return np.asarray((angle + np.pi) % (2.0 * np.pi) - np.pi)
