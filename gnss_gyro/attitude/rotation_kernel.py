"""The rotation that turns body vectors into measured ones: bare arrays, fast enough for an integer search.

All matrices are C-contiguous float64. Small rotations act on the left: R_true = exp(delta) R, delta in the frame
of the measured vectors.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.rotations import rotation_from_vector as exponential
from gnss_gyro.basics.symmetric import eigen

__all__ = [
    "aligned_rotation", "exponential", "gauss_newton_rotation", "most_upright", "normal_equations", "product", "rotated_rows",
    "scaled",
]  # fmt: skip

MAX_ITERATIONS: Final = 30
MAX_STEP: Final = 1.0
"""Longest step of one iteration [rad]."""
STEP_TOLERANCE: Final = 1e-10
"""Steps shorter than this [rad] end the iteration."""
RIDGE: Final = 1e-10
"""Share of the trace added to the diagonal, so that unobservable directions get a step of zero, not of noise."""
ROUNDING: Final = 1e-9
"""A rise of chi-square by this share is rounding, not a bad step."""


@kernel
def scaled(factor: float, vector: Floats) -> Floats:
    """Three numbers times a factor."""
    out = np.empty(3)
    out[0], out[1], out[2] = factor * vector[0], factor * vector[1], factor * vector[2]
    return out


@kernel
def product(a: Floats, b: Floats) -> Floats:
    """Matrix product of two (3, 3)."""
    out = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j]
    return out


@kernel
def rotated_rows(rotation: Floats, body: Floats) -> Floats:
    """The vectors (k, 3) of `body`, each turned by the rotation (3, 3)."""
    out = np.empty(body.shape)
    for i in range(body.shape[0]):
        for j in range(3):
            out[i, j] = rotation[j, 0] * body[i, 0] + rotation[j, 1] * body[i, 1] + rotation[j, 2] * body[i, 2]
    return out


@kernel
def normal_equations(rotation: Floats, body: Floats, weight: Floats, vectors: Floats) -> tuple[Floats, Floats, float]:
    """Information (3, 3) and gradient (3,) of the small rotation, and chi-square, the weighted square of the residuals.

    Minimise by solving information @ delta = gradient. Arguments as in `gauss_newton_rotation`.
    """
    n = vectors.shape[0]
    rows = np.zeros((n, 4))  # d(rotation @ body) / d(delta) = -skew(rotation @ body), and the residual
    for i in range(n // 3):
        x, y, z = body[i, 0], body[i, 1], body[i, 2]
        at = 3 * i
        for j in range(3):
            rows[at + j, 3] = rotation[j, 0] * x + rotation[j, 1] * y + rotation[j, 2] * z
        x, y, z = rows[at, 3], rows[at + 1, 3], rows[at + 2, 3]
        rows[at, 1], rows[at, 2] = z, -y
        rows[at + 1, 0], rows[at + 1, 2] = -z, x
        rows[at + 2, 0], rows[at + 2, 1] = y, -x
        for j in range(3):
            rows[at + j, 3] = vectors[at + j] - rows[at + j, 3]
    information, gradient, chi2 = np.zeros((3, 3)), np.zeros(3), 0.0
    for i in range(n):
        for b in range(4):
            weighted = 0.0
            for j in range(n):
                weighted += weight[i, j] * rows[j, b]
            for a in range(3):
                if b < 3:
                    information[a, b] += rows[i, a] * weighted
                else:
                    gradient[a] += rows[i, a] * weighted
            if b == 3:
                chi2 += rows[i, 3] * weighted
    return information, gradient, chi2


@kernel
def solve_ridged(matrix: Floats, right: Floats) -> Floats:
    """Solution (3,) of a symmetric positive semi-definite (3, 3) system, by Cholesky with a tiny ridge; 0 for the matrix 0."""
    solution = np.zeros(3)
    ridge = RIDGE * (matrix[0, 0] + matrix[1, 1] + matrix[2, 2])
    if not ridge > 0.0:
        return solution
    l00 = math.sqrt(matrix[0, 0] + ridge)
    l10, l20 = matrix[1, 0] / l00, matrix[2, 0] / l00
    l11 = math.sqrt(max(matrix[1, 1] + ridge - l10 * l10, ridge))
    l21 = (matrix[2, 1] - l20 * l10) / l11
    l22 = math.sqrt(max(matrix[2, 2] + ridge - l20 * l20 - l21 * l21, ridge))
    y0 = right[0] / l00
    y1 = (right[1] - l10 * y0) / l11
    y2 = (right[2] - l20 * y0 - l21 * y1) / l22
    solution[2] = y2 / l22
    solution[1] = (y1 - l21 * solution[2]) / l11
    solution[0] = (y0 - l10 * solution[1] - l20 * solution[2]) / l00
    return solution


@kernel
def gauss_newton_rotation(rotation0: Floats, body: Floats, weight: Floats, vectors: Floats) -> tuple[Floats, float, Floats]:
    """Rotation R that minimises the weighted square of vectors - R @ body, from a start in its basin.

    rotation0 : (3, 3) start
    body      : (k, 3) vectors in the body frame [m]
    weight    : (3k, 3k) inverse covariance of `vectors` [1/m^2]
    vectors   : (3k,) measured vectors, one after the other [m]

    Returns the rotation (3, 3), chi-square [-] and the information (3, 3) [1/rad^2] of the small rotation on its
    left. A step that would raise chi-square is halved. Directions that are not observable are left as they were.
    """
    rotation = rotation0.copy()
    information, gradient, chi2 = normal_equations(rotation, body, weight, vectors)
    for _ in range(MAX_ITERATIONS):
        step = solve_ridged(information, gradient)
        length = math.sqrt(step[0] * step[0] + step[1] * step[1] + step[2] * step[2])
        if not length > STEP_TOLERANCE:
            break
        share = min(1.0, MAX_STEP / length)
        allowed = chi2 + ROUNDING * (1.0 + chi2)
        while True:
            trial = product(exponential(scaled(share, step)), rotation)
            trial_information, trial_gradient, trial_chi2 = normal_equations(trial, body, weight, vectors)
            if trial_chi2 <= allowed or not share * length > STEP_TOLERANCE:
                break
            share *= 0.5
        if trial_chi2 > allowed:
            break
        rotation, information, gradient, chi2 = trial, trial_information, trial_gradient, trial_chi2
    return rotation, chi2, information


@kernel
def aligned_rotation(body: Floats, vectors: Floats, weights: Floats) -> Floats:
    """Rotation (3, 3) that maximises sum(weight v . R b): a start for `gauss_newton_rotation`.

    body (k, 3) and vectors (3k,) [m], weights (k,) [1/m^2]. Davenport's q method: the quaternion is the axis of the largest
    eigenvalue of a symmetric matrix (Wertz, Spacecraft attitude determination and control, 1978, 12.2.4). Where the vectors are
    collinear the rotation about them is arbitrary.
    """
    moment = np.zeros((3, 3))
    for i in range(body.shape[0]):
        for a in range(3):
            for b in range(3):
                moment[a, b] += weights[i] * vectors[3 * i + a] * body[i, b]
    trace = moment[0, 0] + moment[1, 1] + moment[2, 2]
    quality = np.empty((4, 4))
    for a in range(3):
        b, c = (a + 1) % 3, (a + 2) % 3
        quality[a, a] = 2.0 * moment[a, a] - trace
        quality[a, b] = quality[b, a] = moment[a, b] + moment[b, a]
        quality[a, 3] = quality[3, a] = moment[c, b] - moment[b, c]
    quality[3, 3] = trace
    values, axes = eigen(quality)
    best = 0
    for i in range(1, 4):
        if values[i] > values[best]:
            best = i
    x, y, z, w = axes[0, best], axes[1, best], axes[2, best], axes[3, best]
    sine = math.sqrt(x * x + y * y + z * z)
    angle = 2.0 * math.atan2(sine, w) / sine if sine > 0.0 else 0.0
    return exponential(scaled(angle, axes[:, best]))


@kernel
def most_upright(enu_from_body: Floats, axis_enu: Floats) -> Floats:
    """The rotation (3, 3), turned about an axis (3,) until the body's z points up as far as it can.

    About a forward line this makes roll 0, about a lateral line pitch 0. Where all are alike (a vertical line, or
    one along the body's z) the rotation is returned as it is.
    """
    x, y, z = enu_from_body[0, 2], enu_from_body[1, 2], enu_from_body[2, 2]
    along = x * axis_enu[0] + y * axis_enu[1] + z * axis_enu[2]
    sine = axis_enu[0] * (y - along * axis_enu[1]) - axis_enu[1] * (x - along * axis_enu[0])
    cosine = z - along * axis_enu[2]
    if math.hypot(sine, cosine) < 1e-9:
        return enu_from_body.copy()
    return product(exponential(scaled(math.atan2(sine, cosine), axis_enu)), enu_from_body)
