"""Covariances by their triangular factors: the linear algebra of an update, in rows that BLAS likes."""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.kernels import kernel

_STRIP: Final = 48
"""Rows of a covariance that are updated at a time."""


@kernel
def product(left: Floats, right: Floats, out: Floats) -> None:
    """A B (m, n) out of A (m, k) and B (k, n), all of them in rows: every kind of arrays would compile for itself."""
    np.dot(left, right, out)


@kernel
def transposed(matrix: Floats) -> Floats:
    """A matrix (m, n) as (n, m), in rows."""
    m, n = matrix.shape
    out = np.empty((n, m))
    for i in range(m):
        for j in range(n):
            out[j, i] = matrix[i, j]
    return out


@kernel
def observe(rows: Floats, common: Floats, own: Ints) -> Floats:
    """A H^T (k, m) of rows A (k, N) and H (m, N), which is common (m, C) in its first columns and 1 at own (b, m)."""
    wide, (m, columns) = len(rows), common.shape
    front = np.empty((wide, columns))
    for i in range(wide):
        for j in range(columns):
            front[i, j] = rows[i, j]
    out = np.empty((wide, m))
    product(front, transposed(common), out)
    for index in own:
        for i in range(wide):
            for j in range(m):
                out[i, j] += rows[i, index[j]]
    return out


@kernel
def whiten(factor: Floats, cross: Floats, innovation: Floats, mean: Floats, white: Floats) -> float:
    """W = L^-1 H P (m, N) out, and the mean (N,) with the innovations (m,), in place; returns their chi-square.

    factor : (m, m) L^-1;  cross : (m, N) H P
    """
    product(factor, cross, white)
    chi2 = 0.0
    for i in range(len(innovation)):
        size = 0.0
        for k in range(i + 1):
            size += factor[i, k] * innovation[k]
        chi2 += size * size
        for j in range(len(mean)):
            mean[j] += size * white[i, j]
    return chi2


@kernel
def less(cov: Floats, white: Floats, out: Floats) -> None:
    """P - W^T W (N, N) of P and W (k, N), symmetric to the last digit: the lower half in strips of rows, mirrored."""
    columns = transposed(white)
    for start in range(0, len(cov), _STRIP):
        stop = min(start + _STRIP, len(cov))
        gained = np.dot(columns[start:stop], columns[:stop].T)
        for i in range(start, stop):
            for j in range(i + 1):
                out[i, j] = cov[i, j] - gained[i - start, j]
    for i in range(len(cov)):
        for j in range(i):
            out[j, i] = out[i, j]
