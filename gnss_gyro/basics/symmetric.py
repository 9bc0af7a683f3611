"""Small symmetric matrices in plain loops: for three or four rows LAPACK takes longer to call than to compute."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel

_MOST_SWEEPS: Final = 20
_DIAGONAL: Final = 1e-34
"""Share of a matrix's square that its off-diagonal may keep: none of it shows in double precision."""


@kernel
def congruent(transform: Floats, symmetric: Floats) -> Floats:
    """T S T^T (n, n) of two (n, n), exactly symmetric: a covariance S seen through a linear map T."""
    n = len(symmetric)
    half = np.zeros((n, n))
    for i in range(n):
        for k in range(n):
            for j in range(n):
                half[i, j] += transform[i, k] * symmetric[k, j]
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            for k in range(n):
                out[i, j] += half[i, k] * transform[j, k]
            out[j, i] = out[i, j]
    return out


@kernel
def eigen(symmetric: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues (n,), in no special order, and their axes, the columns of (n, n).

    Cyclic Jacobi rotations: Golub and Van Loan, Matrix computations, 4th edition, 8.5.3.
    """
    n = len(symmetric)
    a, axes = symmetric.copy(), np.zeros((n, n))
    for i in range(n):
        axes[i, i] = 1.0
    for _ in range(_MOST_SWEEPS):
        square, beside = 0.0, 0.0
        for i in range(n):
            square += a[i, i] * a[i, i]
            for j in range(i):
                beside += 2.0 * a[i, j] * a[i, j]
        if not beside > _DIAGONAL * (square + beside):
            break
        for p in range(n - 1):
            for q in range(p + 1, n):
                if a[p, q] != 0.0:
                    _annihilate(a, axes, p, q)
    values = np.empty(n)
    for i in range(n):
        values[i] = a[i, i]
    return values, axes


@kernel
def _annihilate(a: Floats, axes: Floats, p: int, q: int) -> Any:
    """Turn the axes p and q so that a[p, q] becomes zero."""
    tau = (a[q, q] - a[p, p]) / (2.0 * a[p, q])
    tangent = 1.0 / (abs(tau) + math.sqrt(1.0 + tau * tau))
    if tau < 0.0:
        tangent = -tangent
    c = 1.0 / math.sqrt(1.0 + tangent * tangent)
    s = tangent * c
    for k in range(len(a)):
        a[k, p], a[k, q] = c * a[k, p] - s * a[k, q], s * a[k, p] + c * a[k, q]
        axes[k, p], axes[k, q] = c * axes[k, p] - s * axes[k, q], s * axes[k, p] + c * axes[k, q]
    for k in range(len(a)):
        a[p, k], a[q, k] = c * a[p, k] - s * a[q, k], s * a[p, k] + c * a[q, k]


@kernel
def principal_axes(symmetric: Floats, values: Floats, axes: Floats) -> None:
    """Write the eigenvalues (n,), ascending, and their axes, the columns of (n, n)."""
    found, turned = eigen(symmetric)
    for i in range(len(found)):
        place = i
        while place > 0 and values[place - 1] > found[i]:
            values[place] = values[place - 1]
            for k in range(len(found)):
                axes[k, place] = axes[k, place - 1]
            place -= 1
        values[place] = found[i]
        for k in range(len(found)):
            axes[k, place] = turned[k, i]
