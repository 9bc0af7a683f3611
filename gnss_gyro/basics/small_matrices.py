"""Linear algebra of small positive definite matrices, in loops: quicker than LAPACK up to a dozen unknowns."""

from __future__ import annotations

import math
from typing import Any, Final

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel

_SINGULAR: Final = 1e-10
"""A pivot that lost so much of its diagonal element is zero."""


@kernel
def invert_normal(normal: Floats, out_inverse: Floats) -> bool:
    """Inverse (p, p) of a positive definite matrix by Cholesky; False if it is singular. Rows of zeros stay without effect.

    Reads the lower triangle only; out_inverse may be the matrix itself.
    """
    if not factorise(normal, out_inverse):
        return False
    invert_factor(out_inverse)
    square_factor(out_inverse)
    return True


@kernel(inline="always")
def factorise(normal: Floats, out_lower: Floats) -> bool:
    """L of normal = L L^T, in the lower triangle; False if the matrix is singular."""
    for j in range(len(normal)):
        diagonal = pivot = normal[j, j]
        for k in range(j):
            pivot -= out_lower[j, k] * out_lower[j, k]
        if diagonal == 0.0:
            pivot = 1.0
        elif not pivot > _SINGULAR * diagonal:
            return False
        root = math.sqrt(pivot)
        out_lower[j, j] = root
        for i in range(j + 1, len(normal)):
            value = normal[i, j]
            for k in range(j):
                value -= out_lower[i, k] * out_lower[j, k]
            out_lower[i, j] = value / root
    return True


@kernel(inline="always")
def invert_factor(out_lower: Floats) -> Any:
    """L^-1 in place of L, column by column."""
    p = len(out_lower)
    for j in range(p):
        out_lower[j, j] = 1.0 / out_lower[j, j]
        for i in range(j + 1, p):
            value = 0.0
            for k in range(j, i):
                value -= out_lower[i, k] * out_lower[k, j]
            out_lower[i, j] = value / out_lower[i, i]


@kernel(inline="always")
def square_factor(out_matrix: Floats) -> Any:
    """The symmetric M^T M in place of M, a lower triangle."""
    p = len(out_matrix)
    for i in range(p):
        for j in range(i + 1):
            value = 0.0
            for k in range(i, p):
                value += out_matrix[k, i] * out_matrix[k, j]
            out_matrix[i, j] = out_matrix[j, i] = value
