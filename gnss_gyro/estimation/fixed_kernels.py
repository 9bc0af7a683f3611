"""Kernels of the solution with known integers."""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.small_matrices import inverted
from gnss_gyro.basics.symmetric import principal_axes
from gnss_gyro.estimation.weighing_kernels import gathered

_RIDGE: Final = 1e-2
"""Information [1/m^2] that keeps the vectors of antennas with too few satellites finite: 10 m."""


@kernel
def free_solution(
    baseline: Ints, design: Floats, phase_m: Floats, entry: Ints, precision: Floats, common: Floats, cofactor: Floats,
    response: Floats, phase_normal: Floats, code_normal: Floats, code_rhs: Floats,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Kernel of free_vectors: the phases' W and normal equations as in Weighed, those of the codes, (3k, 3k) and (3k,)."""
    n = len(code_rhs)
    rhs, normal, covariance, vectors = np.empty(n), np.empty((n, n)), np.empty((n, n)), np.empty((n // 3, 3))
    gathered(baseline, design, phase_m, entry, precision, common, cofactor, response, rhs)
    for p in range(n):
        for q in range(n):
            normal[p, q] = phase_normal[p, q] + code_normal[p, q]
        normal[p, p] += _RIDGE
    inverted(normal, covariance)
    for p in range(n):
        total = 0.0
        for q in range(n):
            total += covariance[p, q] * (rhs[q] + code_rhs[q])
        vectors[p // 3, p % 3] = total
    return vectors, covariance


@kernel
def phase_misfit(
    baseline: Ints, design: Floats, phase_m: Floats, vectors_m: Floats, entry: Ints, precision: Floats, common: Floats,
    cofactor: Floats, response: Floats, x: Floats,
) -> tuple[Floats, float]:  # fmt: skip
    """Residuals (M,) [m] of phases at vectors (k, 3), and their chi-square on a rig whose antennas are loose, x of LooseRig."""
    residual, rhs = np.empty(len(phase_m)), np.empty(len(x))
    for i in range(len(phase_m)):
        e, v = design[i], vectors_m[baseline[i]]
        residual[i] = phase_m[i] - (e[0] * v[0] + e[1] * v[1] + e[2] * v[2])
    chi2 = gathered(baseline, design, residual, entry, precision, common, cofactor, response, rhs)
    for p in range(len(x)):
        lent = 0.0
        for q in range(len(x)):
            lent += x[p, q] * rhs[q]
        chi2 -= lent * lent
    return residual, chi2


@kernel
def largest_end_variance(vectors_m: Floats, turn_cov_rad2: Floats) -> float:
    """Largest variance [m^2], in any direction, of the ends of vectors (k, 3) that turn with a covariance (3, 3)."""
    moved, values, axes, largest = np.empty((3, 3)), np.empty(3), np.empty((3, 3)), 0.0
    for v in vectors_m:
        skew = ((0.0, -v[2], v[1]), (v[2], 0.0, -v[0]), (-v[1], v[0], 0.0))
        for a in range(3):
            for b in range(3):
                moved[a, b] = 0.0
                for c in range(3):
                    for d in range(3):
                        moved[a, b] += skew[a][c] * turn_cov_rad2[c, d] * skew[b][d]
        principal_axes(moved, values, axes)
        largest = max(largest, values[2])
    return largest
