"""Linear algebra of a few unknowns, in loops: quicker than LAPACK up to about a dozen."""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel

_SWEEPS: Final = 12
"""Jacobi's method converges quadratically: a (3, 3) matrix needs four or five sweeps."""
_DIAGONAL: Final = 1e-32
"""Squared share of the trace below which what is beside the diagonal counts as nothing."""


@kernel
def inverse_factor(matrix: Floats, out: Floats) -> bool:
    """The inverse of L, in the lower triangle of `out` (n, n), of a positive definite matrix L L^T; False if it is none.

    Of the matrix only the lower triangle is read.
    """
    n = len(matrix)
    for j in range(n):
        for i in range(j, n):
            total = matrix[i, j]
            for k in range(j):
                total -= out[i, k] * out[j, k]
            if i > j:
                out[i, j] = total / out[j, j]
            elif total > 0.0:
                out[j, j] = np.sqrt(total)
            else:
                return False
    for j in range(n):  # the factor becomes its own inverse, column by column
        out[j, j] = 1.0 / out[j, j]
        for i in range(j + 1, n):
            total = 0.0
            for k in range(j, i):
                total -= out[i, k] * out[k, j]
            out[i, j] = total / out[i, i]
    return True


@kernel
def inverted(matrix: Floats, out: Floats) -> bool:
    """Inverse `out` (n, n) of a positive definite matrix (n, n); False if it is none."""
    n = len(matrix)
    lower = np.empty((n, n))
    if not inverse_factor(matrix, lower):
        return False
    for i in range(n):
        for j in range(i + 1):
            total = 0.0
            for k in range(i, n):
                total += lower[k, i] * lower[k, j]
            out[i, j] = out[j, i] = total
    return True


@kernel
def principal_axes(matrix: Floats, values: Floats, axes: Floats) -> None:
    """Eigenvalues (3,), ascending, and eigenvectors (3, 3), in columns, of a symmetric (3, 3) matrix (Jacobi 1846)."""
    work = matrix.copy()
    for i in range(3):
        for j in range(3):
            axes[i, j] = 1.0 if i == j else 0.0
    for _ in range(_SWEEPS):
        trace = work[0, 0] + work[1, 1] + work[2, 2]
        if not work[0, 1] ** 2 + work[0, 2] ** 2 + work[1, 2] ** 2 > _DIAGONAL * trace * trace:
            break
        for p in range(2):
            for q in range(p + 1, 3):
                _zero_beside_diagonal(work, axes, p, q)
    for i in range(3):
        values[i] = work[i, i]
    for a, b in ((0, 1), (1, 2), (0, 1)):
        if values[a] > values[b]:
            values[a], values[b] = values[b], values[a]
            for i in range(3):
                axes[i, a], axes[i, b] = axes[i, b], axes[i, a]


@kernel
def _zero_beside_diagonal(work: Floats, axes: Floats, p: int, q: int) -> None:
    """Turn a symmetric (3, 3) matrix in the plane of two axes until its element (p, q) is 0."""
    if work[p, q] == 0.0:
        return
    theta = 0.5 * (work[q, q] - work[p, p]) / work[p, q]
    tangent = np.copysign(1.0, theta) / (abs(theta) + np.sqrt(theta * theta + 1.0))
    cosine = 1.0 / np.sqrt(tangent * tangent + 1.0)
    sine = tangent * cosine
    shift, r = tangent * work[p, q], 3 - p - q
    work[p, p] -= shift
    work[q, q] += shift
    work[p, q] = work[q, p] = 0.0
    rp, rq = work[r, p], work[r, q]
    work[r, p] = work[p, r] = cosine * rp - sine * rq
    work[r, q] = work[q, r] = sine * rp + cosine * rq
    for i in range(3):
        ip, iq = axes[i, p], axes[i, q]
        axes[i, p], axes[i, q] = cosine * ip - sine * iq, sine * ip + cosine * iq
