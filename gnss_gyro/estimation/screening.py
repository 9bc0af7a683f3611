"""Least squares that finds out which of its observations do not belong.

Observations are whitened: divided by their standard deviations, so that residuals are of the order of one. A column of
zeros in the design (a clock that no observation sees) is harmless: its unknown stays zero.

The largest normalised residual goes, again and again, until the chi-square test passes and it does not stand out among
the others (Baarda's data snooping, against the spread that the data show, because standard deviations have to cover
errors that satellites share and that residuals hardly contain). Where that takes more than one step, a start by least
absolute values, which several outliers at once do not pull along, is tried too, then small subsets; the solution that
keeps more observations wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.chi_square import limit_of
from gnss_gyro.estimation.screening_kernels import screen

FALSE_ALARM: Final = 1e-4
CHI2_LIMITS: Final[Floats] = np.array([0.0, *(limit_of(FALSE_ALARM, dof) for dof in range(1, 200))])
"""Limit of the chi-square test by degrees of freedom; 0 observations to spare test nothing."""


@dataclass(frozen=True, slots=True)
class Screened:
    """A least squares solution without its outliers.

    solution   : (p,)   unknowns
    cofactor   : (p, p) inverse of the normal matrix: covariance, if the standard deviations were right
    residual   : (n,)   whitened, of all observations
    used       : (n,)
    chi2, dof  : of the used observations
    solved     : False = the geometry does not determine the unknowns; then all else is not to be read
    consistent : the chi-square test passes
    """

    solution: Floats
    cofactor: Floats
    residual: Floats
    used: Bools
    chi2: float
    dof: int
    solved: bool
    consistent: bool


def screened_least_squares(design: Floats, observed: Floats, candidates: Bools) -> Screened:
    """Solve design (n, p) @ x = observed (n,), both whitened, with the candidates (n,) that agree."""
    n, p = design.shape
    used, x, inverse = candidates.copy(), np.full(p, np.nan), np.full((p, p), np.nan)
    solved, consistent, chi2, dof = screen(
        np.ascontiguousarray(design), np.ascontiguousarray(observed), candidates, CHI2_LIMITS, used, x, inverse
    )
    residual = observed - design @ x if solved else np.full(n, np.nan)
    return Screened(x, inverse, residual, used, chi2, dof, solved, consistent)
