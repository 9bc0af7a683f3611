"""Kernels of the single point solution: satellites, pseudoranges and clocks as bare arrays."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.estimation.screening_kernels import invert_normal, screen, solve_weighted, unknowns
from gnss_gyro.models.geometry import turned_satellite

CLOCKS: Final = 6
"""Receiver clocks: GPS with QZSS, GLONASS, Galileo, BeiDou, SBAS, NavIC."""
UNKNOWNS: Final = 3 + CLOCKS
_SCREENINGS: Final = 8
SOLVED, INCONSISTENT, TOO_FEW, SINGULAR, DIVERGED = range(5)


@njit(cache=True)
def unweighted_cofactor(unit: Floats, group: Ints, used: Bools, cofactor: Floats) -> bool:
    """Inverse (9, 9) of the normal matrix of position and clocks with equal weights."""
    design = np.zeros((len(unit), UNKNOWNS))
    for i in range(len(unit)):
        if used[i]:
            design[i, :3] = -unit[i]
            design[i, 3 + group[i]] = 1.0
    return bool(invert_normal(design.T @ design, cofactor))


@njit(cache=True)
def linearise(
    satellite_m: Floats, observed_m: Floats, sigma_m: Floats, group: Ints, rows: Bools, x: Floats, design: Floats, y: Floats
) -> Any:
    """Whitened design (n, 9) and misclosure (n,) at x; rows not asked for are zero."""
    for i in range(len(rows)):
        design[i] = 0.0
        y[i] = 0.0
        if rows[i]:
            sx, sy, sz, distance = turned_satellite(x[:3], satellite_m[i])
            scale = 1.0 / sigma_m[i]
            design[i, 0] = (x[0] - sx) / distance * scale
            design[i, 1] = (x[1] - sy) / distance * scale
            design[i, 2] = (x[2] - sz) / distance * scale
            design[i, 3 + group[i]] = scale
            y[i] = (observed_m[i] - distance - x[3 + group[i]]) * scale


@njit(cache=True)
def converge(
    satellite_m: Floats, observed_m: Floats, sigma_m: Floats, group: Ints, used: Bools, x: Floats, inverse: Floats,
    design: Floats, y: Floats,
) -> int:  # fmt: skip
    """Gauss-Newton on the used rows; refines x, returns a status."""
    weight = used.astype(np.float64)
    step = np.zeros(len(x))
    for _ in range(20):
        linearise(satellite_m, observed_m, sigma_m, group, used, x, design, y)
        if int(weight.sum()) < unknowns(design, used):
            return TOO_FEW
        if not solve_weighted(design, y, weight, step, inverse):
            return SINGULAR
        x += step
        if np.abs(step).max() < 1e-3:
            return SOLVED
    return DIVERGED


@njit(cache=True)
def locate(
    satellite_m: Floats, observed_m: Floats, sigma_m: Floats, group: Ints, candidates: Bools, limits: Floats, used: Bools,
    x: Floats, inverse: Floats,
) -> tuple[int, float, int]:  # fmt: skip
    """Converge, then screen again and again from the place found, until it stays; writes used, x, inverse.

    Outliers of many kilometres put the first place so far off that the problem is not linear; the next one is better.

    Returns a status, chi-square and degrees of freedom.
    """
    n = len(candidates)
    design, y = np.zeros((n, len(x))), np.zeros(n)
    step = np.zeros(len(x))
    consistent, chi2, dof = False, np.nan, 0
    if candidates.sum() < 4:
        return TOO_FEW, chi2, dof
    status = converge(satellite_m, observed_m, sigma_m, group, used, x, inverse, design, y)
    if status != SOLVED:
        return status, chi2, dof
    for _ in range(_SCREENINGS):
        linearise(satellite_m, observed_m, sigma_m, group, candidates, x, design, y)
        solved, consistent, chi2, dof = screen(design, y, candidates, limits, used, step, inverse)
        if not solved:
            return SINGULAR, np.nan, 0
        x += step
        if np.abs(step).max() < 1e-2:
            break
    return SOLVED if consistent else INCONSISTENT, chi2, dof
