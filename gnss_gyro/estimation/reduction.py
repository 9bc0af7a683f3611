"""Decorrelation of ambiguities: the reduction step of LAMBDA.

Teunissen (1995), "The least-squares ambiguity decorrelation adjustment"; the order of the integer Gauss
transformations and permutations follows Chang, Yang and Zhou (2005), "MLAMBDA". Kernels see bare arrays only.
"""

from __future__ import annotations

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel


@kernel
def ltdl(covariance: Floats) -> tuple[Floats, Floats, bool]:
    """Factors of Q = L^T diag(d) L with L unit lower triangular; False if Q is not positive definite."""
    n = covariance.shape[0]
    work = covariance.copy()
    lower = np.zeros((n, n))
    d = np.zeros(n)
    for i in range(n - 1, -1, -1):
        d[i] = work[i, i]
        if not d[i] > 0.0:
            return lower, d, False
        root = np.sqrt(d[i])
        for j in range(i + 1):
            lower[i, j] = work[i, j] / root
        for j in range(i):
            for k in range(j + 1):
                work[j, k] -= lower[i, k] * lower[i, j]
        for j in range(i + 1):
            lower[i, j] /= lower[i, i]
    return lower, d, True


@kernel
def _integer_gauss(lower: Floats, z_t: Floats, z_inverse_t: Floats, i: int, j: int) -> None:
    """Subtract a multiple of column i from column j (i > j) so that |lower[i, j]| <= 1/2."""
    mu = np.rint(lower[i, j])
    if mu == 0.0:
        return
    n = lower.shape[0]
    for k in range(i, n):
        lower[k, j] -= mu * lower[k, i]
    for k in range(n):
        z_t[j, k] -= mu * z_t[i, k]
        z_inverse_t[i, k] += mu * z_inverse_t[j, k]


@kernel
def _swap_rows(matrix: Floats, j: int) -> None:
    for k in range(matrix.shape[1]):
        matrix[j, k], matrix[j + 1, k] = matrix[j + 1, k], matrix[j, k]


@kernel
def _permute(lower: Floats, d: Floats, j: int, swapped: float) -> None:
    """Exchange ambiguities j and j + 1; `swapped` is the new d[j + 1]."""
    n = lower.shape[0]
    eta = d[j] / swapped
    lam = d[j + 1] * lower[j + 1, j] / swapped
    d[j] = eta * d[j + 1]
    d[j + 1] = swapped
    for k in range(j):
        a0, a1 = lower[j, k], lower[j + 1, k]
        lower[j, k] = -lower[j + 1, j] * a0 + a1
        lower[j + 1, k] = eta * a0 + lam * a1
    lower[j + 1, j] = lam
    for k in range(j + 2, n):
        lower[k, j], lower[k, j + 1] = lower[k, j + 1], lower[k, j]


@kernel
def decorrelate(covariance: Floats) -> tuple[Floats, Floats, Floats, Floats, bool]:
    """Integer transformation that makes ambiguities nearly uncorrelated.

    covariance : (n, n) of the float ambiguities [cycles^2]

    Returns lower (n, n), d (n,) with Z^T Q Z = L^T diag(d) L, z_t = Z^T (n, n), a_from_z = (Z^T)^-1 (n, n), both
    integers held as floats, so that z = z_t @ a and a = a_from_z @ z; and False if Q is not positive definite.
    """
    n = covariance.shape[0]
    z_t, z_inverse_t, a_from_z = np.zeros((n, n)), np.zeros((n, n)), np.empty((n, n))
    lower, d, ok = ltdl(covariance)
    if not ok:
        return lower, d, z_t, a_from_z, False
    for i in range(n):
        z_t[i, i] = z_inverse_t[i, i] = 1.0  # the second is the transpose of (Z^T)^-1: row operations only
    j = n - 2
    while j >= 0:
        for i in range(j + 1, n):  # all of the column: its other elements would grow until their digits are lost
            _integer_gauss(lower, z_t, z_inverse_t, i, j)
        swapped = d[j] + lower[j + 1, j] * lower[j + 1, j] * d[j + 1]
        if swapped + 1e-10 < d[j + 1]:
            _permute(lower, d, j, swapped)
            _swap_rows(z_t, j)
            _swap_rows(z_inverse_t, j)
            j = min(j + 1, n - 2)
        else:
            j -= 1
    for i in range(n):
        for k in range(n):
            a_from_z[i, k] = z_inverse_t[k, i]
    return lower, d, z_t, a_from_z, True
