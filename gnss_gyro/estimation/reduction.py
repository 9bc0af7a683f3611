"""Decorrelation of ambiguities: the reduction step of LAMBDA.

Teunissen (1995), "The least-squares ambiguity decorrelation adjustment"; the order of the integer Gauss
transformations and permutations follows Chang, Yang and Zhou (2005), "MLAMBDA". Kernels see bare arrays only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.kernels import kernel


@kernel(inline="always")
def ltdl(covariance: Floats, order: Ints) -> tuple[Floats, Floats, bool]:
    """Factors of Q = L^T diag(d) L with L unit lower triangular; False if Q is not positive definite.

    Q is the covariance (n, n) in an order (n,), which is written: of those that are left the one with the smallest variance comes
    last, so that few exchanges remain to be made (Chang, Yang and Zhou 2005).
    """
    n = covariance.shape[0]
    work, lower, d = covariance.copy(), np.zeros((n, n)), np.zeros(n)
    for i in range(n):
        order[i] = i
    for i in range(n - 1, -1, -1):
        best = i
        for j in range(i):
            if work[j, j] < work[best, best]:
                best = j
        _exchange(best, i, work, lower, order)
        d[i] = work[i, i]
        if not d[i] > 0.0:
            return lower, d, False
        for j in range(i + 1):
            lower[i, j] = work[i, j] / d[i]
        for j in range(i):
            for k in range(i):
                work[j, k] -= lower[i, k] * work[i, j]
    return lower, d, True


@kernel(inline="always")
def _exchange(a: int, b: int, work: Floats, lower: Floats, order: Ints) -> Any:
    """Exchange two ambiguities whose rows of L are not made yet."""
    if a == b:
        return
    order[a], order[b] = order[b], order[a]
    for k in range(len(work)):
        work[a, k], work[b, k] = work[b, k], work[a, k]
    for k in range(len(work)):
        work[k, a], work[k, b] = work[k, b], work[k, a]
        lower[k, a], lower[k, b] = lower[k, b], lower[k, a]


@kernel
def _integer_gauss(lower: Floats, a_from_z_t: Floats, floats: Floats, i: int, j: int) -> Any:
    """Subtract a multiple of column i from column j (i > j) so that |lower[i, j]| <= 1/2."""
    mu = np.rint(lower[i, j])
    if mu == 0.0:
        return
    n = lower.shape[0]
    for k in range(i, n):
        lower[k, j] -= mu * lower[k, i]
    for k in range(n):
        a_from_z_t[i, k] += mu * a_from_z_t[j, k]
    floats[j] -= mu * floats[i]


@kernel
def _permute(lower: Floats, d: Floats, a_from_z_t: Floats, floats: Floats, j: int, swapped: float) -> Any:
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
    for k in range(n):
        a_from_z_t[j, k], a_from_z_t[j + 1, k] = a_from_z_t[j + 1, k], a_from_z_t[j, k]
    floats[j], floats[j + 1] = floats[j + 1], floats[j]


@kernel
def decorrelate(covariance: Floats, floats: Floats, out: Floats) -> tuple[Floats, Floats, Floats, bool]:
    """Integer transformation z = Z^T a that makes ambiguities a nearly uncorrelated.

    covariance : (n, n) of the float ambiguities [cycles^2]
    floats     : (n,) of them [cycles]; out (n,) gets those of z

    Returns lower (n, n), d (n,) with Z^T Q Z = L^T diag(d) L, and a_from_z = (Z^T)^-1 (n, n), integers held as floats; and
    False if Q is not positive definite.
    """
    n = covariance.shape[0]
    order, a_from_z_t, a_from_z = np.empty(n, np.int64), np.zeros((n, n)), np.empty((n, n))  # transposed: row operations only
    lower, d, ok = ltdl(covariance, order)
    if not ok:
        return lower, d, a_from_z, False
    for i in range(n):
        a_from_z_t[i, order[i]] = 1.0
        out[i] = floats[order[i]]
    j = n - 2
    while j >= 0:
        for i in range(j + 1, n):  # all of the column: its other elements would grow until their digits are lost
            _integer_gauss(lower, a_from_z_t, out, i, j)
        swapped = d[j] + lower[j + 1, j] * lower[j + 1, j] * d[j + 1]
        if swapped + 1e-10 < d[j + 1]:
            _permute(lower, d, a_from_z_t, out, j, swapped)
            j = min(j + 1, n - 2)
        else:
            j -= 1
    for i in range(n):
        for k in range(n):
            a_from_z[i, k] = a_from_z_t[k, i]
    return lower, d, a_from_z, True
