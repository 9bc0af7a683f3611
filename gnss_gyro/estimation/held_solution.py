"""An epoch solved with integers that are known from before, and the test whether they still hold."""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.estimation.acceptance import is_likely
from gnss_gyro.estimation.differences import ArrayDifferences, Rows
from gnss_gyro.estimation.fixed_solution import FixedBaselines, normalised_residuals, solve_fixed
from gnss_gyro.estimation.held_integers import HeldIntegers
from gnss_gyro.estimation.integer_fix import IntegerFix, rotation_unknowns
from gnss_gyro.estimation.outcome import Outcome

_PROBABILITY: Final = 1e-4
"""Held integers whose phases are less probable than this have a slip or an outlier among them."""
_ENOUGH_PHASES: Final = 3
"""Phases with which a baseline is determined by itself."""
_MOST_DROPPED: Final = 4
"""Rows that may be dropped as outliers before the whole hold is doubted."""


def solve_held(
    held: HeldIntegers, differences: ArrayDifferences, integers: Floats, array: AntennaArray
) -> tuple[Rows, FixedBaselines] | None:
    """Solve with the held rows, forgetting outliers one by one; None if too few are left, or the rest disagrees still.

    integers : (M,) of the phase rows, NaN = not held; those of outliers become NaN in it (an out argument)
    In the second case all that was held is forgotten.
    """
    for _ in range(_MOST_DROPPED + 1):
        known = np.flatnonzero(np.isfinite(integers))
        rows = differences.phase if len(known) == len(integers) else differences.phase.take(known)
        if len(known) < rotation_unknowns(array) + 1 or not _spans(rows, array):
            return None
        baselines = solve_fixed(differences, rows, integers[known], array)
        if is_likely(baselines.phase_chi2, baselines.phase_dof, _PROBABILITY):
            return rows, baselines
        worst = known[int(np.argmax(np.abs(normalised_residuals(rows, array, baselines.residual_m))))]
        held.forget(differences.antennas[differences.phase.baseline[worst]], differences.phase.satellite[[worst]])
        integers[worst] = np.nan
    held.clear()
    return None


def _spans(rows: Rows, array: AntennaArray) -> bool:
    """Do the antennas with enough phases of their own span as much of the body as all do?"""
    counts = rows.counts(len(array) - 1)
    if min(counts) >= _ENOUGH_PHASES:
        return True
    seen = [name for name, count in zip(array.names[1:], counts, strict=True) if count >= _ENOUGH_PHASES]
    return bool(seen) and array.subset((array.names[0], *seen)).rank == array.rank


def contradicts(alone: IntegerFix, held: Floats) -> bool:
    """Does an epoch's own accepted fix differ from the held integers (M,) it shares?"""
    if alone.outcome is not Outcome.FIXED:
        return False
    differs = alone.integers != held
    return bool(differs.any() and np.isfinite(held[differs]).any())
