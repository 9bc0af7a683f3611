"""Chi-square variables of whole degrees of freedom: sums of a few terms, without the import and the calls of scipy.special."""

from __future__ import annotations

import math
from typing import Final

_STEPS: Final = 50
_TOLERANCE: Final = 1e-14


def probability_beyond(chi2: float, dof: int) -> float:
    """Probability that a variable of `dof` > 0 degrees of freedom exceeds chi2 (Abramowitz and Stegun, 26.4.4 and 26.4.5)."""
    half, terms, odd = 0.5 * chi2, dof // 2, 0.5 * (dof % 2)
    if half <= 0.0 or half == math.inf:
        return float(half <= 0.0)
    total = math.erfc(math.sqrt(half)) if odd else 0.0
    if not terms:
        return total
    peak = int(min(terms - 1, half))  # from the largest term downwards and upwards: none overflows, and none that counts is lost
    largest = term = math.exp((peak + odd) * math.log(half) - half - math.lgamma(peak + odd + 1.0))
    for i in range(peak, -1, -1):
        total += term
        term *= (i + odd) / half
    for i in range(peak + 1, terms):
        largest *= half / (i + odd)
        total += largest
    return total


def limit_of(probability: float, dof: int) -> float:
    """What a variable of `dof` > 0 degrees of freedom exceeds with this probability.

    Newton's method on the logarithm of the probability. From two degrees of freedom on it is concave, so that every start will
    do; of one, steps may lead below zero, and are cut.
    """
    chi2 = float(dof)
    for _ in range(_STEPS):
        beyond = probability_beyond(chi2, dof)
        density = 0.5 * math.exp((0.5 * dof - 1.0) * math.log(0.5 * chi2) - 0.5 * chi2 - math.lgamma(0.5 * dof))
        step = math.log(beyond / probability) * beyond / density
        chi2 = max(chi2 + step, 0.1 * chi2)
        if abs(step) < _TOLERANCE * chi2:
            break
    return chi2
