"""The best vector of known length: a quadratic form minimised near a sphere, exactly.

Minimise over b:  b^T N b - 2 g^T b + (|b| - l)^2 / sigma^2.
Setting the gradient to zero gives b(kappa) = (N + kappa I)^-1 g with kappa = (1 - l / |b|) / sigma^2, and
|b(kappa)| (1 - kappa sigma^2) = l falls monotonically for kappa > -(smallest eigenvalue of N): one root, the
global minimum. Compare the secular equation of trust-region methods (Conn, Gould, Toint 2000, chapter 7).
"""

from __future__ import annotations

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel

_ITERATIONS = 60
_RELATIVE_PRECISION = 1e-12
_HARD = 1e-6
"""Where the gradient has no part along the weakest axis the sphere may be reached by a free part along it (the hard case)."""


@kernel
def _norm_and_slope(eigenvalues: Floats, rotated: Floats, kappa: float) -> tuple[float, float]:
    """|b(kappa)| and its derivative."""
    square, slope = 0.0, 0.0
    for i in range(3):
        term = rotated[i] / (eigenvalues[i] + kappa)
        square += term * term
        slope -= term * term / (eigenvalues[i] + kappa)
    norm = np.sqrt(square)
    return norm, slope / max(norm, 1e-300)


@kernel
def secular_root(eigenvalues: Floats, rotated: Floats, length: float, sigma: float) -> float:
    """Root kappa of |b(kappa)| (1 - kappa sigma^2) = length, by Newton steps kept inside a shrinking bracket.

    eigenvalues : (3,) of N, ascending, positive; rotated : (3,) V^T g in N's eigenvectors V
    """
    variance = sigma * sigma
    low, high = -eigenvalues[0], 1.0 / variance
    kappa = 0.0
    for _ in range(_ITERATIONS):
        norm, slope = _norm_and_slope(eigenvalues, rotated, kappa)
        excess = norm * (1.0 - kappa * variance) - length
        if excess > 0.0:
            low = kappa
        else:
            high = kappa
        step = excess / (slope * (1.0 - kappa * variance) - norm * variance - 1e-300)
        following = kappa - step
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - kappa) <= _RELATIVE_PRECISION * (abs(kappa) + eigenvalues[0]):
            return following
        kappa = following
    return kappa


@kernel
def nearest_on_sphere(
    eigenvalues: Floats, eigenvectors: Floats, gradient: Floats, length: float, sigma: float, out: Floats
) -> float:
    """Minimiser `out` (3,) of b^T N b - 2 g^T b + (|b| - l)^2 / sigma^2; returns the minimum.

    eigenvalues, eigenvectors : of N, as numpy.linalg.eigh gives them; gradient : (3,) g; length, sigma : [m]
    """
    for i in range(3):
        out[i] = eigenvectors[0, i] * gradient[0] + eigenvectors[1, i] * gradient[1] + eigenvectors[2, i] * gradient[2]
    kappa = secular_root(eigenvalues, out, length, sigma)
    first, second, third = out[0] / (eigenvalues[0] + kappa), out[1] / (eigenvalues[1] + kappa), out[2] / (eigenvalues[2] + kappa)
    across = second * second + third * third
    share = 1.0 - kappa * sigma * sigma  # of the radius; 0 for a sphere of no radius
    if share > 0.0 and share * share * (first * first + across) < (1.0 - _HARD) * length * length:
        first = np.copysign(np.sqrt((length / share) ** 2 - across), first)
    cost = _part_cost(eigenvalues[0], out[0], first)
    cost += _part_cost(eigenvalues[1], out[1], second)
    cost += _part_cost(eigenvalues[2], out[2], third)
    for k in range(3):
        out[k] = eigenvectors[k, 0] * first + eigenvectors[k, 1] * second + eigenvectors[k, 2] * third
    excess = np.sqrt(first * first + across) - length
    return cost + excess * excess / (sigma * sigma)


@kernel
def _part_cost(eigenvalue: float, rotated: float, part: float) -> float:
    return part * (eigenvalue * part - 2.0 * rotated)
