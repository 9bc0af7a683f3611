"""Kernels of screening: arrays only, whitened observations, masks of rows."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.ordering import count_of, in_order, median
from gnss_gyro.basics.small_matrices import invert_normal

_INLIER_SIGMAS: Final = 4.0
_STANDS_OUT: Final = 5.0
"""Normalised residuals beyond so many times their spread are outliers."""
_SPREAD_FLOOR: Final = 0.2
_SPREAD_DOF: Final = 5
"""With fewer degrees of freedom the spread cannot be told; then only the chi-square test judges."""
_RETURN_SIGMAS: Final = 3.3
_ROBUST_STEPS: Final = 20
_SUBSETS: Final = 100


@kernel
def solve_weighted(design: Floats, observed: Floats, weight: Floats, x: Floats, inverse: Floats) -> bool:
    """Weighted least squares: writes x (p,) and inverse (p, p); weight 0 = not used. False if singular."""
    n, p = design.shape
    right = np.zeros(p)
    for j in range(p):
        for k in range(j + 1):
            inverse[j, k] = 0.0
    for i in range(n):
        for j in range(p):
            if weight[i] > 0.0 and design[i, j] != 0.0:
                weighted = weight[i] * design[i, j]
                right[j] += weighted * observed[i]
                for k in range(j + 1):
                    inverse[j, k] += weighted * design[i, k]
    if not invert_normal(inverse, inverse):
        return False
    for j in range(p):
        x[j] = 0.0
        for k in range(p):
            x[j] += inverse[j, k] * right[k]
    return True


@kernel
def residuals(design: Floats, observed: Floats, x: Floats, out: Floats) -> Any:
    """Observed minus computed (n,)."""
    n, p = design.shape
    for i in range(n):
        computed = 0.0
        for j in range(p):
            computed += design[i, j] * x[j]
        out[i] = observed[i] - computed


@kernel
def leverage(design: Floats, row: int, inverse: Floats) -> float:
    """Variance of an observation as the solution with an inverse (p, p) computes it."""
    p = len(inverse)
    total = 0.0
    for j in range(p):
        if design[row, j] != 0.0:
            seen = 0.0
            for k in range(p):
                seen += inverse[j, k] * design[row, k]
            total += design[row, j] * seen
    return total


@kernel
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


@kernel(inline="always")
def solve_used(
    design: Floats, observed: Floats, used: Bools, x: Floats, inverse: Floats, residual: Floats
) -> tuple[bool, float, int]:
    """Solution, residuals of all rows, chi-square and degrees of freedom of the used ones."""
    weight = np.empty(len(used))
    for i in range(len(used)):
        weight[i] = 1.0 if used[i] else 0.0
    dof = count_of(used) - unknowns(design, used)
    if dof < 0 or not solve_weighted(design, observed, weight, x, inverse):
        return False, np.nan, dof
    residuals(design, observed, x, residual)
    chi2 = 0.0
    for i in range(len(used)):
        if used[i]:
            chi2 += residual[i] ** 2
    return True, chi2, dof


@kernel(inline="always")
def normalise(design: Floats, used: Bools, inverse: Floats, residual: Floats) -> int:
    """Put the used residuals' sizes over their own standard deviations, 0 where nothing checks the observation, in their place.

    Returns the row of the largest.
    """
    worst = 0
    for i in range(len(used)):
        if not used[i]:
            residual[i] = 0.0
            continue
        spare = 1.0 - leverage(design, i, inverse)
        residual[i] = abs(residual[i]) / math.sqrt(spare) if spare > 1e-6 else 0.0
        if residual[i] > residual[worst]:
            worst = i
    return worst


@kernel(inline="always")
def spread(normalised: Floats, used: Bools) -> float:
    """Standard deviation of normalised residuals by their median, at most what the model says."""
    return min(max(1.4826 * median(normalised, used), _SPREAD_FLOOR), 1.0)


@kernel
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
        worst = normalise(design, used, inverse, residual)
        if passes and residual[worst] <= _STANDS_OUT * spread(residual, used):
            return True, True, chi2, dof
        if residual[worst] == 0.0:
            return True, False, chi2, dof
        used[worst] = False


@kernel(inline="always")
def robust_inliers(design: Floats, observed: Floats, candidates: Bools, inliers: Bools, x: Floats, inverse: Floats) -> Any:
    """Choose the rows near the solution of least absolute values, by iterated weights."""
    residual, weight = np.empty(len(candidates)), np.empty(len(candidates))
    for i in range(len(candidates)):
        inliers[i], weight[i] = candidates[i], 1.0 if candidates[i] else 0.0
    for _ in range(_ROBUST_STEPS):
        if not solve_weighted(design, observed, weight, x, inverse):
            return
        residuals(design, observed, x, residual)
        for i in range(len(weight)):
            weight[i] = 1.0 / max(abs(residual[i]), 0.5) if candidates[i] else 0.0
    for i in range(len(candidates)):
        inliers[i] = candidates[i] and abs(residual[i]) < _INLIER_SIGMAS


@kernel(inline="always")
def readmit(design: Floats, observed: Floats, candidates: Bools, used: Bools, x: Floats, inverse: Floats) -> Any:
    """Put back into used what the solution predicts well."""
    residual = np.empty(len(used))
    residuals(design, observed, x, residual)
    for i in range(len(used)):
        if candidates[i] and not used[i]:
            deviation = math.sqrt(1.0 + leverage(design, i, inverse))
            used[i] = abs(residual[i]) < _RETURN_SIGMAS * deviation


@kernel(inline="always")
def consensus_inliers(design: Floats, observed: Floats, candidates: Bools, inliers: Bools, x: Floats, inverse: Floats) -> Any:
    """Choose the rows near the subset solution of least median residual (Rousseeuw 1984), over many small, arbitrary subsets."""
    n = len(candidates)
    rows, residual, weight = np.empty(n, np.int64), np.empty(n), np.empty(n)
    count = 0
    for i in range(n):
        inliers[i] = candidates[i]
        if candidates[i]:
            rows[count] = i
            count += 1
    size = min(unknowns(design, candidates) + 1, count)
    middle = min((count + size) // 2, count - 1)
    least = np.inf
    state = 12345
    for _ in range(_SUBSETS):
        state = draw_subset(rows, count, size, state, weight)
        if solve_weighted(design, observed, weight, x, inverse):
            residuals(design, observed, x, residual)
            for i in range(n):
                residual[i] = abs(residual[i])
            typical = in_order(residual, candidates)[middle]
            if typical < least:
                least = typical
                for i in range(n):
                    inliers[i] = candidates[i] and residual[i] < max(2.0 * _INLIER_SIGMAS, 3.0 * typical)


@kernel(inline="always")
def draw_subset(rows: Any, count: int, size: int, state: int, weight: Floats) -> int:
    """Weight 1 for some of the first rows, shuffled by a linear congruential generator, which chooses the same every time.

    Returns the generator's next state.
    """
    for i in range(len(weight)):
        weight[i] = 0.0
    for k in range(size):
        state = (1103515245 * state + 12345) % 2147483648
        other = k + (state >> 8) % (count - k)
        rows[k], rows[other] = rows[other], rows[k]
        weight[rows[k]] = 1.0
    return state


@kernel(inline="always")
def refined(
    design: Floats, observed: Floats, candidates: Bools, limits: Floats, inliers: Bools, x: Floats, inverse: Floats
) -> tuple[bool, bool, float, int]:
    """Screen a guess at the inliers and put back what fits; writes inliers, x, inverse."""
    solved, consistent, chi2, dof = False, False, np.nan, 0
    for attempt in range(2):
        solved, consistent, chi2, dof = drop_outliers(design, observed, limits, inliers, x, inverse)
        if not (solved and consistent and dof >= 1):
            break
        if attempt == 0:
            readmit(design, observed, candidates, inliers, x, inverse)
    return solved, consistent, chi2, dof


@kernel(inline="always")
def adopt(other: Bools, x_other: Floats, inverse_other: Floats, used: Bools, x: Floats, inverse: Floats) -> Any:
    """Write one solution over another."""
    for i in range(len(used)):
        used[i] = other[i]
    for j in range(len(x)):
        x[j] = x_other[j]
        for k in range(len(x)):
            inverse[j, k] = inverse_other[j, k]


@kernel
def screen(
    design: Floats, observed: Floats, candidates: Bools, limits: Floats, used: Bools, x: Floats, inverse: Floats
) -> tuple[bool, bool, float, int]:
    """Kernel of screened_least_squares: writes used, x, inverse; returns solved, consistent, chi-square, dof.

    A solution on which less than half of the observations agree is not consistent.
    """
    for i in range(len(used)):
        used[i] = candidates[i]
    solved, consistent, chi2, dof = drop_outliers(design, observed, limits, used, x, inverse)
    if not solved or (consistent and count_of(used) >= count_of(candidates) - 1):
        return solved, consistent, chi2, dof
    return screen_harder(design, observed, candidates, limits, used, x, inverse, consistent, chi2, dof)


@kernel(inline="always")
def screen_harder(
    design: Floats, observed: Floats, candidates: Bools, limits: Floats, used: Bools, x: Floats, inverse: Floats,
    consistent: bool, chi2: float, dof: int,
) -> tuple[bool, bool, float, int]:  # fmt: skip
    """Where several observations had to go: other starts, against the solution found so far."""
    n, p, every = len(used), len(x), count_of(candidates)
    inliers, other = np.empty(n, np.bool_), np.empty(n, np.bool_)
    x_other, inverse_other = np.empty(p), np.empty((p, p))
    for attempt in range(2):
        if attempt == 0:
            robust_inliers(design, observed, candidates, inliers, x_other, inverse_other)
        else:
            consensus_inliers(design, observed, candidates, inliers, x_other, inverse_other)
        for i in range(n):
            other[i] = inliers[i]
        solved, agrees, chi2_other, dof_other = refined(design, observed, candidates, limits, other, x_other, inverse_other)
        if solved and agrees and dof_other >= 1 and (not consistent or count_of(other) > count_of(used)):
            adopt(other, x_other, inverse_other, used, x, inverse)
            consistent, chi2, dof = True, chi2_other, dof_other
        if consistent and 2 * count_of(used) > every:
            return True, True, chi2, dof
    if not consistent:
        solved, chi2_other, dof_other = solve_used(design, observed, inliers, x_other, inverse_other, np.empty(n))
        if solved:
            adopt(inliers, x_other, inverse_other, used, x, inverse)
            return True, False, chi2_other, dof_other
    return True, False, chi2, dof
