"""Chi-square variables of whole degrees of freedom: sums of a few terms, without the import and the calls of scipy.special."""

from __future__ import annotations

import math
from typing import Final

_LARGEST_HALF: Final = 700.0
"""Half a chi-square beyond which its exponential is next to nothing in double precision."""
_STEPS: Final = 50
_TOLERANCE: Final = 1e-14


def probability_beyond(chi2: float, dof: int) -> float:
    """Probability that a variable of `dof` > 0 degrees of freedom exceeds chi2 (Abramowitz and Stegun, 26.4.4 and 26.4.5)."""
    half = 0.5 * chi2
    if half <= 0.0:
        return 1.0
    if half > _LARGEST_HALF:
        return 0.0
    total, term, first = 0.0, math.exp(-half), 1.0
    if dof % 2:
        total, term, first = math.erfc(math.sqrt(half)), term * math.sqrt(4.0 * half / math.pi), 1.5
    for i in range(dof // 2):
        total += term
        term *= half / (first + i)
    return total


def limit_of(probability: float, dof: int) -> float:
    """What a variable of `dof` > 0 degrees of freedom exceeds with this probability.

    Newton's method on the logarithm of the probability, which is concave, so that it converges from anywhere.
    """
    chi2 = float(dof)
    for _ in range(_STEPS):
        beyond = probability_beyond(chi2, dof)
        density = 0.5 * math.exp((0.5 * dof - 1.0) * math.log(0.5 * chi2) - 0.5 * chi2 - math.lgamma(0.5 * dof))
        step = math.log(beyond / probability) * beyond / density
        chi2 += step
        if abs(step) < _TOLERANCE * chi2:
            break
    return chi2
