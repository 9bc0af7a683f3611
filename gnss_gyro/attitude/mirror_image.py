"""The other attitude that explains the same vectors: where they are uncertain along one direction, the body mirrored in the plane
across it is as long, and may fit as well.

Few satellites near one plane through the antennas leave their vectors uncertain across that plane. The lengths decide then, and
they are the same on its other side.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gnss_gyro.attitude.rotation_kernel import gauss_newton_rotation, product, rotated_rows
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.symmetric import principal_axes

_HOPELESS: Final = 200.0
"""Chi-square of a mirror image beyond which it is not refined: it would have to fall to a tenth to be likely."""
_SIGMAS: Final = 5.0
"""Attitudes nearer than this many sigmas are one: their covariance has both."""


@kernel
def mirror_image(
    rotation: Floats, body: Floats, weight: Floats, vectors: Floats, covariance: Floats
) -> tuple[Floats, float, Floats]:
    """The best rotation (3, 3) near the mirror image of another, its chi-square (infinite for one that cannot be likely) and
    information (3, 3).

    body (k, 3), vectors (3k,) [m]; weight : (3k, 3k) inverse of their common covariance; covariance : (3k, 3k) of the vectors
    """
    k = len(body)
    blocks, square = np.zeros((3, 3)), np.zeros((3, 3))
    for i in range(k):
        for a in range(3):
            for b in range(3):
                blocks[a, b] += covariance[3 * i + a, 3 * i + b]
                square[a, b] += body[i, a] * body[i, b]
    values, open_axes, body_axes = np.empty(3), np.empty((3, 3)), np.empty((3, 3))
    principal_axes(blocks, values, open_axes)
    principal_axes(square, values, body_axes)
    across, normal = open_axes[:, 2].copy(), body_axes[:, 0].copy()  # known worst; least extended
    moved, height, chi2 = rotated_rows(rotation, body), np.empty(k), 0.0
    for i in range(k):
        height[i] = -2.0 * (moved[i, 0] * across[0] + moved[i, 1] * across[1] + moved[i, 2] * across[2])
    for p in range(3 * k):
        for q in range(3 * k):
            chi2 += height[p // 3] * across[p % 3] * weight[p, q] * across[q % 3] * height[q // 3]
    if not chi2 < _HOPELESS:
        return rotation, math.inf, weight[:3, :3].copy()
    start = product(product(mirror(across), rotation), mirror(normal))
    return gauss_newton_rotation(start, body, weight, vectors)


@kernel
def mirror(normal: Floats) -> Floats:
    """Reflection (3, 3) in the plane across a unit vector (3,)."""
    out = np.empty((3, 3))
    for a in range(3):
        for b in range(3):
            out[a, b] = (1.0 if a == b else 0.0) - 2.0 * normal[a] * normal[b]
    return out


@kernel
def is_another(rotation: Floats, other: Floats, body: Floats, covariance: Floats) -> bool:
    """Whether a body (k, 3) under two rotations differs by more than the first one's covariance (3, 3) [rad^2] allows."""
    one, two = rotated_rows(rotation, body), rotated_rows(other, body)
    for i in range(len(body)):
        apart, along, size, trace = 0.0, 0.0, 0.0, 0.0
        for a in range(3):
            apart += (one[i, a] - two[i, a]) ** 2
            size += one[i, a] * one[i, a]
            trace += covariance[a, a]
            for b in range(3):
                along += one[i, a] * covariance[a, b] * one[i, b]
        if apart > _SIGMAS * _SIGMAS * max(size * trace - along, 0.0):
            return True
    return False
