"""The rotation that turns body vectors into measured ones: bare arrays, fast enough for an integer search.

All matrices are C-contiguous float64. Small rotations act on the left: R_true = exp(delta) R, delta in the frame
of the measured vectors.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Floats

MAX_ITERATIONS: Final = 30
MAX_STEP: Final = 1.0
"""Longest step of one iteration [rad]."""
STEP_TOLERANCE: Final = 1e-10
"""Steps shorter than this [rad] end the iteration."""
RIDGE: Final = 1e-10
"""Share of the trace added to the diagonal, so that unobservable directions get a step of zero, not of noise."""
ROUNDING: Final = 1e-9
"""A rise of chi-square by this share is rounding, not a bad step."""


@njit(cache=True)
def exponential(vector: Floats) -> Floats:
    """Rotation (3, 3) by the vector (3,) [rad] (Rodrigues)."""
    x, y, z = vector[0], vector[1], vector[2]
    angle2 = x * x + y * y + z * z
    if angle2 < 1e-8:
        a, b = 1.0 - angle2 / 6.0, 0.5 - angle2 / 24.0
    else:
        angle = np.sqrt(angle2)
        a, b = np.sin(angle) / angle, (1.0 - np.cos(angle)) / angle2
    out = np.empty((3, 3))
    out[0, 0], out[0, 1], out[0, 2] = 1.0 - b * (y * y + z * z), b * x * y - a * z, b * x * z + a * y
    out[1, 0], out[1, 1], out[1, 2] = b * x * y + a * z, 1.0 - b * (x * x + z * z), b * y * z - a * x
    out[2, 0], out[2, 1], out[2, 2] = b * x * z - a * y, b * y * z + a * x, 1.0 - b * (x * x + y * y)
    return out


@njit(cache=True)
def product(a: Floats, b: Floats) -> Floats:
    """Matrix product of two (3, 3)."""
    out = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j]
    return out


@njit(cache=True)
def rotated_rows(rotation: Floats, body: Floats) -> Floats:
    """The vectors (k, 3) of `body`, each turned by the rotation (3, 3)."""
    out = np.empty(body.shape)
    for i in range(body.shape[0]):
        for j in range(3):
            out[i, j] = rotation[j, 0] * body[i, 0] + rotation[j, 1] * body[i, 1] + rotation[j, 2] * body[i, 2]
    return out


@njit(cache=True)
def chi_square(rotation: Floats, body: Floats, weight: Floats, vectors: Floats) -> float:
    """Weighted square of vectors (3k,) - rotation @ body (k, 3), under the weight (3k, 3k)."""
    turned = rotated_rows(rotation, body)
    n = vectors.shape[0]
    residual = np.empty(n)
    for i in range(n):
        residual[i] = vectors[i] - turned[i // 3, i % 3]
    total = 0.0
    for i in range(n):
        row = 0.0
        for j in range(n):
            row += weight[i, j] * residual[j]
        total += residual[i] * row
    return total


@njit(cache=True)
def normal_equations(rotation: Floats, body: Floats, weight: Floats, vectors: Floats) -> tuple[Floats, Floats]:
    """Information (3, 3) and gradient (3,) of the small rotation: minimise by solving information @ delta = gradient."""
    turned = rotated_rows(rotation, body)
    n = vectors.shape[0]
    design = np.zeros((n, 3))  # d(rotation @ body) / d(delta) = -skew(rotation @ body)
    residual = np.empty(n)
    for i in range(body.shape[0]):
        x, y, z = turned[i, 0], turned[i, 1], turned[i, 2]
        design[3 * i, 1], design[3 * i, 2] = z, -y
        design[3 * i + 1, 0], design[3 * i + 1, 2] = -z, x
        design[3 * i + 2, 0], design[3 * i + 2, 1] = y, -x
        for j in range(3):
            residual[3 * i + j] = vectors[3 * i + j] - turned[i, j]
    information, gradient = np.zeros((3, 3)), np.zeros(3)
    for i in range(n):
        w0, w1, w2, wr = 0.0, 0.0, 0.0, 0.0
        for j in range(n):
            w0 += weight[i, j] * design[j, 0]
            w1 += weight[i, j] * design[j, 1]
            w2 += weight[i, j] * design[j, 2]
            wr += weight[i, j] * residual[j]
        for a in range(3):
            information[a, 0] += design[i, a] * w0
            information[a, 1] += design[i, a] * w1
            information[a, 2] += design[i, a] * w2
            gradient[a] += design[i, a] * wr
    return information, gradient


@njit(cache=True)
def solve_ridged(matrix: Floats, right: Floats) -> Floats:
    """Solution (3,) of a symmetric positive semi-definite (3, 3) system, by Cholesky with a tiny ridge; 0 for the matrix 0."""
    solution = np.zeros(3)
    ridge = RIDGE * (matrix[0, 0] + matrix[1, 1] + matrix[2, 2])
    if not ridge > 0.0:
        return solution
    l00 = np.sqrt(matrix[0, 0] + ridge)
    l10, l20 = matrix[1, 0] / l00, matrix[2, 0] / l00
    l11 = np.sqrt(max(matrix[1, 1] + ridge - l10 * l10, ridge))
    l21 = (matrix[2, 1] - l20 * l10) / l11
    l22 = np.sqrt(max(matrix[2, 2] + ridge - l20 * l20 - l21 * l21, ridge))
    y0 = right[0] / l00
    y1 = (right[1] - l10 * y0) / l11
    y2 = (right[2] - l20 * y0 - l21 * y1) / l22
    solution[2] = y2 / l22
    solution[1] = (y1 - l21 * solution[2]) / l11
    solution[0] = (y0 - l10 * solution[1] - l20 * solution[2]) / l00
    return solution


@njit(cache=True)
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
    chi2 = chi_square(rotation, body, weight, vectors)
    information, gradient = normal_equations(rotation, body, weight, vectors)
    for _ in range(MAX_ITERATIONS):
        step = solve_ridged(information, gradient)
        length = np.sqrt(step[0] * step[0] + step[1] * step[1] + step[2] * step[2])
        if length > MAX_STEP:
            step *= MAX_STEP / length
            length = MAX_STEP
        if not length > STEP_TOLERANCE:
            break
        trial = product(exponential(step), rotation)
        trial_chi2 = chi_square(trial, body, weight, vectors)
        allowed = chi2 + ROUNDING * (1.0 + chi2)
        while trial_chi2 > allowed and length > STEP_TOLERANCE:
            step *= 0.5
            length *= 0.5
            trial = product(exponential(step), rotation)
            trial_chi2 = chi_square(trial, body, weight, vectors)
        if trial_chi2 > allowed:
            break
        rotation, chi2 = trial, trial_chi2
        information, gradient = normal_equations(rotation, body, weight, vectors)
    return rotation, chi2, information


@njit(cache=True)
def aligned_rotation(body: Floats, vectors: Floats, weights: Floats) -> Floats:
    """Rotation (3, 3) that maximises sum(weight v . R b): a start for `gauss_newton_rotation`.

    body (k, 3) and vectors (k, 3) [m], weights (k,) [1/m^2]. Markley, "Attitude determination using vector
    observations and the singular value decomposition", J. Astronautical Sciences 36 (1988). Where the vectors are
    collinear the rotation about them is arbitrary.
    """
    moment = np.zeros((3, 3))
    for i in range(body.shape[0]):
        for a in range(3):
            for b in range(3):
                moment[a, b] += weights[i] * vectors[i, a] * body[i, b]
    u, _, vt = np.linalg.svd(moment)
    if np.linalg.det(u) * np.linalg.det(vt) < 0.0:
        u[:, 2] *= -1.0
    return product(u, vt)


@njit(cache=True)
def fitted(vector_m: Floats, covariance_m2: Floats, body_m: Floats, body_covariance_m2: Floats) -> tuple[Floats, float, Floats]:
    """Rotation (3, 3), chi-square and information (3, 3) of vectors (k, 3) = R @ body (k, 3), both with covariances (3k, 3k),
    that of the body in its own axes."""
    k = len(vector_m)
    scalar = np.empty(k)  # for the start: the inverse of a vector's mean variance
    for i in range(k):
        at = 3 * i
        scalar[i] = 3.0 / (covariance_m2[at, at] + covariance_m2[at + 1, at + 1] + covariance_m2[at + 2, at + 2])
    start = aligned_rotation(body_m, vector_m, scalar)
    total = covariance_m2.copy()
    for i in range(k):
        for j in range(k):
            block = np.ascontiguousarray(body_covariance_m2[3 * i : 3 * i + 3, 3 * j : 3 * j + 3])
            total[3 * i : 3 * i + 3, 3 * j : 3 * j + 3] += product(product(start, block), np.ascontiguousarray(start.T))
    weight = np.linalg.inv(total)
    return gauss_newton_rotation(start, body_m, 0.5 * (weight + weight.T), vector_m.ravel())


@njit(cache=True)
def pseudo_inverse(information: Floats, share: float) -> Floats:
    """Inverse (3, 3) in the directions whose information exceeds a share of the largest, zero in the others."""
    values, axes = np.linalg.eigh(information)
    known = np.where(values > share * values[2], 1.0 / np.where(values > 0.0, values, 1.0), 0.0)
    return (axes * known) @ axes.T
