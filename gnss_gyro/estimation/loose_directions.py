"""What satellites leave open of one baseline whose length is known: its place along the sphere, and the side of a plane."""

from __future__ import annotations

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.symmetric import principal_axes


@kernel
def cross(a: Floats, b: Floats) -> tuple[float, float, float]:
    """Vector product of two (3,)."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@kernel
def across(vector: Floats) -> tuple[float, float, float]:
    """A unit vector at right angles to a vector (3,)."""
    x, y, z = vector[0], vector[1], vector[2]
    if x * x + y * y > z * z:
        level = np.sqrt(x * x + y * y)
        return -y / level, x / level, 0.0
    upright = np.sqrt(y * y + z * z)
    return 0.0, -z / upright, y / upright


@kernel
def loosest_direction(vector: Floats, normal: Floats, direction: Floats) -> float:
    """Write the direction (3,) across a vector (3,) in which normal equations (3, 3) know it worst; returns its sigma [m]."""
    length = np.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2)
    u = np.array(across(vector))
    x, y, z = cross(vector, u)
    v = (x / length, y / length, z / length)
    uu, uv, vv = 0.0, 0.0, 0.0
    for a in range(3):
        for b in range(3):
            uu += u[a] * normal[a, b] * u[b]
            uv += u[a] * normal[a, b] * v[b]
            vv += v[a] * normal[a, b] * v[b]
    angle = 0.5 * np.arctan2(2.0 * uv, uu - vv) + 0.5 * np.pi  # of the smaller eigenvalue's axis
    c, s = np.cos(angle), np.sin(angle)
    for a in range(3):
        direction[a] = c * u[a] + s * v[a]
    return 1.0 / np.sqrt(max(c * c * uu + 2.0 * c * s * uv + s * s * vv, 1e-6))


@kernel
def reflect(vector: Floats, normal: Floats, image: Floats) -> tuple[float, float]:
    """Write the mirror image (3,) of a vector (3,) in the plane across the direction that normal equations (3, 3) know worst;
    returns the chi-square and the distance [m] between the two."""
    values, axes = np.empty(3), np.empty((3, 3))
    principal_axes(normal, values, axes)
    height = axes[0, 0] * vector[0] + axes[1, 0] * vector[1] + axes[2, 0] * vector[2]
    for i in range(3):
        image[i] = vector[i] - 2.0 * height * axes[i, 0]
    return 4.0 * height * height * values[0], 2.0 * abs(height)
