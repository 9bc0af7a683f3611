"""Kernel of the fit of a rotation: the best one, what it leaves unknown, and how much better it is than its mirror image."""

from __future__ import annotations

import math

import numpy as np

from gnss_gyro.attitude.angles import FREE_VARIANCE_RAD2, OBSERVABLE_VARIANCE_RAD2
from gnss_gyro.attitude.mirror_image import is_another, mirror_image
from gnss_gyro.attitude.rotation_kernel import aligned_rotation, exponential, gauss_newton_rotation, most_upright, rotated_rows
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.small_matrices import inverted
from gnss_gyro.basics.symmetric import eigen


@kernel
def fitted(vectors_m: Floats, covariance_m2: Floats, body_m: Floats, body_covariance_m2: Floats) -> Floats:
    """Kernel of rotation_fit.fit_rotation: vectors (3k,) = R @ body (k, 3), both with covariances (3k, 3k), that of the body
    in its own axes.

    Returns one after the other: rotation (3, 3), information (3, 3), covariance (3, 3), free axis (3,), chi-square, rank, by how
    much the chi-square of the mirror image is larger (`mirror_image`), and residuals (k, 3).
    """
    k = len(body_m)
    weights = np.empty(k)  # for the start: the inverse of a vector's mean variance
    for i in range(k):
        at = 3 * i
        weights[i] = 3.0 / (covariance_m2[at, at] + covariance_m2[at + 1, at + 1] + covariance_m2[at + 2, at + 2])
    start = aligned_rotation(body_m, vectors_m, weights)
    weight = _total(covariance_m2, body_covariance_m2, start)
    if not inverted(weight, weight):
        weight.fill(np.nan)
    rotation, chi2, information = gauss_newton_rotation(start, body_m, weight, vectors_m)
    other, other_chi2, other_information = mirror_image(rotation, body_m, weight, vectors_m, covariance_m2)
    if other_chi2 < chi2:
        rotation, other, chi2, other_chi2, information = other, rotation, other_chi2, chi2, other_information
    out = np.zeros(33 + 3 * k)
    out[30] = chi2
    rotation = _separated(rotation, information, out)
    out[32] = other_chi2 - chi2 if is_another(rotation, other, body_m, out[18:27].reshape(3, 3)) else math.inf
    for i in range(3):
        for j in range(3):
            out[3 * i + j] = rotation[i, j]
    modelled = rotated_rows(rotation, body_m)
    for i in range(k):
        for j in range(3):
            out[33 + 3 * i + j] = vectors_m[3 * i + j] - modelled[i, j]
    return out


@kernel
def _total(covariance_m2: Floats, body_covariance_m2: Floats, rotation: Floats) -> Floats:
    """Covariance (3k, 3k) of vectors less the rotated body."""
    total = covariance_m2.copy()
    n = len(total)
    half = np.zeros((n, n))  # rotation @ body covariance, block by block
    for i in range(n):
        for j in range(n):
            for c in range(3):
                half[i, j] += rotation[i % 3, c] * body_covariance_m2[i - i % 3 + c, j]
    for i in range(n):
        for j in range(n):
            for c in range(3):
                total[i, j] += half[i, j - j % 3 + c] * rotation[j % 3, c]
    return total


@kernel
def _separated(rotation: Floats, information: Floats, out: Floats) -> Floats:
    """What is observable apart from what is not: fills information, covariance, free axis and rank; returns the rotation (3, 3),
    most upright about the free axis."""
    values, axes = eigen(information)
    rank, free = 0, -1
    for i in range(3):
        if values[i] >= 1.0 / OBSERVABLE_VARIANCE_RAD2:
            rank += 1
        else:
            values[i], free = 0.0, i
    for a in range(3):
        for b in range(3):
            for i in range(3):
                outer = axes[a, i] * axes[b, i]
                out[9 + 3 * a + b] += outer * values[i]
                out[18 + 3 * a + b] += outer * (1.0 / values[i] if values[i] > 0.0 else FREE_VARIANCE_RAD2)
        out[27 + a] = axes[a, free] if rank == 2 else math.nan
    out[31] = rank
    if rank == 2:
        return most_upright(rotation, out[27:30])
    return rotation if rank > 0 else exponential(np.zeros(3))
