"""Positive definite matrices of a few unknowns, in loops: quicker to run than LAPACK up to a dozen, and quicker to compile."""

from __future__ import annotations

import math
from typing import Any, Final

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel

_SINGULAR: Final = 1e-10
"""A pivot of normal equations that lost so much of its diagonal element is zero."""


@kernel
def invert_normal(normal: Floats, out: Floats) -> bool:
    """Inverse (p, p) of normal equations; False if they are singular to ten digits. Rows of zeros stay without effect.

    Reads the lower triangle only; out may be the matrix itself.
    """
    for i in range(len(normal)):
        for j in range(i):
            out[i, j] = normal[i, j]
        out[i, i] = normal[i, i] if normal[i, i] != 0.0 else 1.0
    if not inverse_factor(out, _SINGULAR, out):
        return False
    _square(out)
    return True


@kernel
def inverted(matrix: Floats, out: Floats) -> bool:
    """Inverse (n, n) of a positive definite matrix, of which the lower triangle is read; False if it is none."""
    if not inverse_factor(matrix, 0.0, out):
        return False
    _square(out)
    return True


@kernel
def inverse_factor(matrix: Floats, singular: float, out: Floats) -> bool:
    """L^-1, in the lower triangle of out (n, n), of a positive definite matrix L L^T, by Cholesky; False if it is none.

    Reads the lower triangle only; out may be the matrix itself, and keeps what it has above the diagonal.

    singular : share of its diagonal element that a pivot must keep
    """
    n = len(matrix)
    for j in range(n):
        pivot, least = matrix[j, j], singular * matrix[j, j]
        for k in range(j):
            pivot -= out[j, k] * out[j, k]
        if not least < pivot < math.inf:
            return False
        root = math.sqrt(pivot)
        out[j, j] = root
        for i in range(j + 1, n):
            value = matrix[i, j]
            for k in range(j):
                value -= out[i, k] * out[j, k]
            out[i, j] = value / root
    _invert(out)
    return True


@kernel
def _invert(out_lower: Floats) -> Any:
    """L^-1 in place of L, row by row."""
    for i in range(len(out_lower)):
        for k in range(i):
            share, out_lower[i, k] = out_lower[i, k], 0.0
            for j in range(k + 1):
                out_lower[i, j] -= share * out_lower[k, j]
        scale = 1.0 / out_lower[i, i]
        for j in range(i):
            out_lower[i, j] *= scale
        out_lower[i, i] = scale


@kernel
def _square(out: Floats) -> Any:
    """The symmetric M^T M in place of M, a lower triangle."""
    n = len(out)
    for i in range(n):
        for j in range(i + 1):
            value = 0.0
            for k in range(i, n):
                value += out[k, i] * out[k, j]
            out[i, j] = out[j, i] = value
