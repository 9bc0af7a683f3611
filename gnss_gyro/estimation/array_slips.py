"""Cycle slips across antennas: from epoch to epoch all double-difference phases must be explained by one rotation.

Between two epochs the vectors of a rigid array change by (R2 - R1) f_k, which is linear in the few columns of R2 - R1 that the
array spans. What does not fit such a change has lost count of cycles, whatever its receiver says.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.estimation.differences import ArrayDifferences, Rows
from gnss_gyro.estimation.screening import CHI2_LIMITS
from gnss_gyro.estimation.screening_kernels import screen

_LEAST_CYCLES: Final = 0.4
"""Smaller disagreements are noise or multipath; half a cycle is the smallest slip there is."""
_LONGEST_GAP_S: Final = 60.0
_SPAN: Final = 1e-3
"""Directions of the array shorter than this share of its size do not count."""


class ArraySlipDetector:
    """Compares each epoch's phase rows with those of the epoch before."""

    def __init__(self) -> None:
        self._last: ArrayDifferences | None = None
        self._last_s = float("-inf")

    def update(self, time_s: float, differences: ArrayDifferences, array: AntennaArray) -> Bools:
        """Mask (M,) of phase rows that slipped since the last epoch.

        array : the antennas taking part, reference first
        """
        rows, last = differences.phase, self._last
        fresh = time_s - self._last_s > _LONGEST_GAP_S
        self._last, self._last_s = differences, time_s
        if fresh or last is None or last.reference != differences.reference or len(rows) == 0:
            return np.zeros(len(rows), bool)
        was = np.array([last.antennas.index(name) if name in last.antennas else -1 for name in differences.antennas], np.int64)
        before = last.phase
        change = changes(
            rows.baseline, rows.satellite, rows.pivot, rows.value_m, was,
            before.baseline, before.satellite, before.pivot, before.value_m,
        )  # fmt: skip
        return changed_count(rows, change, array)


def changed_count(rows: Rows, change_m: Floats, array: AntennaArray) -> Bools:
    """Mask (M,) of rows whose change (M,) [m] is not explained by a change of rotation; NaN changes are passed over."""
    candidates, span = np.isfinite(change_m), _span(array)
    unknowns = 3 * span.shape[1]
    if np.count_nonzero(candidates) <= unknowns + 1:
        return np.zeros(len(rows), bool)
    design, observed = whitened(rows.baseline, rows.design, rows.part_m2, change_m, span)
    used, x = np.empty(len(rows), bool), np.empty(unknowns)
    solved, consistent, _, _ = screen(design, observed, candidates, CHI2_LIMITS, used, x, np.empty((unknowns, unknowns)))
    rejected = candidates != used
    if not (solved and consistent and rejected.any()):
        return np.zeros(len(rows), bool)
    off = np.abs(observed - design @ x) * np.sqrt(2.0 * rows.variance_m2) / rows.wavelength_m
    return np.asarray(rejected & (off > _LEAST_CYCLES))


@kernel
def changes(
    baseline: Ints, satellite: Codes, pivot: Codes, value: Floats, was: Ints,
    old_baseline: Ints, old_satellite: Codes, old_pivot: Codes, old_value: Floats,
) -> Floats:  # fmt: skip
    """Change (M,) of rows since an old epoch; NaN where they are new or have another pivot.

    was : (k,) the old number of each baseline, -1 = not there
    """
    out = np.full(len(value), np.nan)
    j = 0
    for i in range(len(value)):
        if i == 0 or baseline[i] != baseline[i - 1]:
            j = 0
        b, s = was[baseline[i]], satellite[i]
        while j < len(old_value) and (old_baseline[j] < b or (old_baseline[j] == b and old_satellite[j] < s)):
            j += 1
        if j < len(old_value) and old_baseline[j] == b and old_satellite[j] == s and old_pivot[j] == pivot[i]:
            out[i] = value[i] - old_value[j]
    return out


@kernel
def whitened(baseline: Ints, design: Floats, part_m2: Floats, change: Floats, span: Floats) -> tuple[Floats, Floats]:
    """Design (M, 3r) of a change of rotation and changes (M,), 0 where unknown, both over the sigmas of changes.

    span : (k, r) coordinates of the baselines in the directions that they span
    """
    m, r = len(change), span.shape[1]
    out, observed = np.empty((m, 3 * r)), np.zeros(m)
    for i in range(m):
        weight = 1.0 / np.sqrt(2.0 * (part_m2[i, 0] + part_m2[i, 1] + part_m2[i, 2] + part_m2[i, 3]))
        for s in range(r):
            for a in range(3):
                out[i, 3 * s + a] = weight * span[baseline[i], s] * design[i, a]
        if not np.isnan(change[i]):
            observed[i] = weight * change[i]
    return out, observed


@lru_cache(maxsize=64)
def _span(array: AntennaArray) -> Floats:
    """Coordinates (k, r) of the baselines in the r directions that they span; a point gets one, to move at all."""
    body_m = array.baselines_body_m()
    u, size, _ = np.linalg.svd(body_m, full_matrices=False)
    rank = max(int(np.count_nonzero(size > _SPAN * max(size[0], 1e-9))), 1)
    if size[0] < 1e-9:
        return np.ones((len(body_m), 1))
    return np.ascontiguousarray(u[:, :rank] * size[:rank])
