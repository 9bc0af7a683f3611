"""Kernels of screening: arrays only, whitened observations, masks of rows."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Bools, Floats

_INLIER_SIGMAS: Final = 4.0
_STANDS_OUT: Final = 5.0
"""Normalised residuals beyond so many times their spread are outliers."""
_SPREAD_FLOOR: Final = 0.2
_SPREAD_DOF: Final = 5
"""With fewer degrees of freedom the spread cannot be told; then only the chi-square test judges."""
_RETURN_SIGMAS: Final = 3.3
_ROBUST_STEPS: Final = 20
_SUBSETS: Final = 100
_SINGULAR: Final = 1e-10
"""A pivot that lost so much of its diagonal element is zero."""


@njit(cache=True)
def invert_normal(normal: Floats, inverse: Floats) -> bool:
    """Inverse of a positive definite matrix by Cholesky; False if it is singular. Rows of zeros stay without effect."""
    p = len(normal)
    lower = np.zeros((p, p))
    for j in range(p):
        pivot = normal[j, j]
        for k in range(j):
            pivot -= lower[j, k] * lower[j, k]
        if normal[j, j] == 0.0:
            pivot = 1.0
        elif not pivot > _SINGULAR * normal[j, j]:
            return False
        lower[j, j] = math.sqrt(pivot)
        for i in range(j + 1, p):
            value = normal[i, j]
            for k in range(j):
                value -= lower[i, k] * lower[j, k]
            lower[i, j] = value / lower[j, j]
    _invert_from_factor(lower, inverse)
    return True


@njit(cache=True)
def _invert_from_factor(lower: Floats, inverse: Floats) -> Any:
    """(L L^T)^-1, column by column."""
    p = len(lower)
    for column in range(p):
        for i in range(p):
            value = 1.0 if i == column else 0.0
            for k in range(i):
                value -= lower[i, k] * inverse[k, column]
            inverse[i, column] = value / lower[i, i]
        for i in range(p - 1, -1, -1):
            value = inverse[i, column]
            for k in range(i + 1, p):
                value -= lower[k, i] * inverse[k, column]
            inverse[i, column] = value / lower[i, i]


@njit(cache=True)
def solve_weighted(design: Floats, observed: Floats, weight: Floats, x: Floats, inverse: Floats) -> bool:
    """Weighted least squares: writes x (p,) and inverse (p, p); weight 0 = not used. False if singular."""
    n, p = design.shape
    normal, right = np.zeros((p, p)), np.zeros(p)
    for i in range(n):
        if weight[i] > 0.0:
            for j in range(p):
                right[j] += weight[i] * design[i, j] * observed[i]
                for k in range(j + 1):
                    normal[j, k] += weight[i] * design[i, j] * design[i, k]
    for j in range(p):
        for k in range(j):
            normal[k, j] = normal[j, k]
    if not invert_normal(normal, inverse):
        return False
    for j in range(p):
        x[j] = 0.0
        for k in range(p):
            x[j] += inverse[j, k] * right[k]
    return True


@njit(cache=True)
def residuals(design: Floats, observed: Floats, x: Floats, out: Floats) -> Any:
    """Observed minus computed (n,)."""
    n, p = design.shape
    for i in range(n):
        value = observed[i]
        for j in range(p):
            value -= design[i, j] * x[j]
        out[i] = value


@njit(cache=True)
def leverage(row: Floats, inverse: Floats) -> float:
    """Variance (p,) @ (p, p) @ (p,) of an observation as the solution computes it."""
    p = len(row)
    total = 0.0
    for j in range(p):
        for k in range(p):
            total += row[j] * inverse[j, k] * row[k]
    return total


@njit(cache=True)
def unknowns(design: Floats, used: Bools) -> int:
    """How many columns the used rows see."""
    n, p = design.shape
    count = 0
    for j in range(p):
        for i in range(n):
            if used[i] and design[i, j] != 0.0:
                count += 1
                break
    return count


@njit(cache=True)
def solve_used(
    design: Floats, observed: Floats, used: Bools, x: Floats, inverse: Floats, residual: Floats
) -> tuple[bool, float, int]:
    """Solution, residuals of all rows, chi-square and degrees of freedom of the used ones."""
    weight = used.astype(np.float64)
    n_used = int(weight.sum())
    dof = n_used - unknowns(design, used)
    if dof < 0 or not solve_weighted(design, observed, weight, x, inverse):
        return False, np.nan, dof
    residuals(design, observed, x, residual)
    chi2 = 0.0
    for i in range(len(used)):
        if used[i]:
            chi2 += residual[i] ** 2
    return True, chi2, dof


@njit(cache=True)
def normalised_residuals(design: Floats, residual: Floats, used: Bools, inverse: Floats) -> Floats:
    """Sizes (n,) of the used residuals over their own standard deviations; 0 where nothing checks the observation."""
    sizes = np.zeros(len(used))
    for i in range(len(used)):
        if used[i]:
            spare = 1.0 - leverage(design[i], inverse)
            sizes[i] = abs(residual[i]) / math.sqrt(spare) if spare > 1e-6 else 0.0
    return sizes


@njit(cache=True)
def spread(normalised: Floats) -> float:
    """Standard deviation of normalised residuals by their median, at most what the model says."""
    return float(min(max(1.4826 * np.median(normalised), _SPREAD_FLOOR), 1.0))


@njit(cache=True)
def drop_outliers(
    design: Floats, observed: Floats, limits: Floats, used: Bools, x: Floats, inverse: Floats
) -> tuple[bool, bool, float, int]:
    """Take rows out of used until the chi-square test passes, or one more could not be told from another.

    Returns solved, consistent, chi-square, degrees of freedom.
    """
    residual = np.empty(len(used))
    while True:
        solved, chi2, dof = solve_used(design, observed, used, x, inverse, residual)
        if not solved:
            return False, False, chi2, dof
        passes = dof < 1 or chi2 <= limits[min(dof, len(limits) - 1)]
        if dof < 2 or (passes and dof < _SPREAD_DOF):
            return True, passes, chi2, dof
        normalised = normalised_residuals(design, residual, used, inverse)
        worst = int(np.argmax(normalised))
        if passes and normalised[worst] <= _STANDS_OUT * spread(normalised[used]):
            return True, True, chi2, dof
        if normalised[worst] == 0.0:
            return True, False, chi2, dof
        used[worst] = False


@njit(cache=True)
def robust_inliers(design: Floats, observed: Floats, candidates: Bools, x: Floats, inverse: Floats) -> Bools:
    """Rows near the solution of least absolute values, by iterated weights."""
    residual = np.empty(len(candidates))
    weight = candidates.astype(np.float64)
    for _ in range(_ROBUST_STEPS):
        if not solve_weighted(design, observed, weight, x, inverse):
            return candidates.copy()
        residuals(design, observed, x, residual)
        for i in range(len(weight)):
            weight[i] = 1.0 / max(abs(residual[i]), 0.5) if candidates[i] else 0.0
    return candidates & (np.abs(residual) < _INLIER_SIGMAS)


@njit(cache=True)
def readmit(design: Floats, observed: Floats, candidates: Bools, used: Bools, x: Floats, inverse: Floats) -> Any:
    """Put back into used what the solution predicts well."""
    residual = np.empty(len(used))
    residuals(design, observed, x, residual)
    for i in range(len(used)):
        if candidates[i] and not used[i]:
            deviation = math.sqrt(1.0 + leverage(design[i], inverse))
            used[i] = abs(residual[i]) < _RETURN_SIGMAS * deviation


@njit(cache=True)
def consensus_inliers(design: Floats, observed: Floats, candidates: Bools, x: Floats, inverse: Floats) -> Bools:
    """Rows near the subset solution of least median residual (Rousseeuw 1984), over many small, arbitrary subsets."""
    rows = np.flatnonzero(candidates)
    residual = np.empty(len(candidates))
    best, least = candidates.copy(), np.inf
    size = min(unknowns(design, candidates) + 1, len(rows))
    middle = min((len(rows) + size) // 2, len(rows) - 1)
    state = 12345  # the same choice every time: a linear congruential generator
    for _ in range(_SUBSETS):
        weight = np.zeros(len(candidates))
        for k in range(size):
            state = (1103515245 * state + 12345) % 2147483648
            other = k + (state >> 8) % (len(rows) - k)
            rows[k], rows[other] = rows[other], rows[k]
            weight[rows[k]] = 1.0
        if solve_weighted(design, observed, weight, x, inverse):
            residuals(design, observed, x, residual)
            median = np.sort(np.abs(residual[candidates]))[middle]
            if median < least:
                least = median
                best = candidates & (np.abs(residual) < max(2.0 * _INLIER_SIGMAS, 3.0 * median))
    return best


@njit(cache=True)
def refined(
    design: Floats, observed: Floats, candidates: Bools, limits: Floats, inliers: Bools, x: Floats, inverse: Floats
) -> tuple[bool, bool, float, int]:
    """Screen a guess at the inliers and put back what fits; writes inliers, x, inverse."""
    result = drop_outliers(design, observed, limits, inliers, x, inverse)
    if result[0] and result[1] and result[3] >= 1:
        readmit(design, observed, candidates, inliers, x, inverse)
        result = drop_outliers(design, observed, limits, inliers, x, inverse)
    return result


@njit(cache=True)
def screen(
    design: Floats, observed: Floats, candidates: Bools, limits: Floats, used: Bools, x: Floats, inverse: Floats
) -> tuple[bool, bool, float, int]:
    """Kernel of screened_least_squares: writes used, x, inverse; returns solved, consistent, chi-square, dof.

    A solution on which less than half of the observations agree is not consistent.
    """
    used[:] = candidates
    result = drop_outliers(design, observed, limits, used, x, inverse)
    if not result[0] or (result[1] and used.sum() >= candidates.sum() - 1):
        return result
    x_other, inverse_other = x.copy(), inverse.copy()
    inliers = candidates
    for attempt in range(2):
        if attempt == 0:
            inliers = robust_inliers(design, observed, candidates, x_other, inverse_other)
        else:
            inliers = consensus_inliers(design, observed, candidates, x_other, inverse_other)
        other = inliers.copy()
        second = refined(design, observed, candidates, limits, other, x_other, inverse_other)
        if second[0] and second[1] and second[3] >= 1 and (not result[1] or other.sum() > used.sum()):
            used[:], x[:], inverse[:] = other, x_other, inverse_other
            result = second
        if result[1] and 2 * used.sum() > candidates.sum():
            return result
    if not result[1]:
        solved, chi2, dof = solve_used(design, observed, inliers, x_other, inverse_other, np.empty(len(used)))
        if solved:
            used[:], x[:], inverse[:] = inliers, x_other, inverse_other
            return True, False, chi2, dof
    return result[0], bool(result[1] and 2 * used.sum() > candidates.sum()), result[2], result[3]
