"""Cycle slips across antennas: from epoch to epoch all double-difference phases must be explained by one rotation.

Between two epochs the vectors of a rigid array change by (R2 - R1) f_k, which is linear in the few columns of R2 - R1 that the
array spans. What does not fit such a change has lost count of cycles, whatever its receiver says.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.satellites import SYSTEMS
from gnss_gyro.estimation.differences import ArrayDifferences, Rows
from gnss_gyro.estimation.screening import screened_least_squares

_LEAST_CYCLES: Final = 0.4
"""Smaller disagreements are noise or multipath; half a cycle is the smallest slip there is."""
_LONGEST_GAP_S: Final = 60.0
_CODES: Final = 100 * len(SYSTEMS)
_NOTHING: Final = np.full((_CODES, 2), np.nan)
_SPAN: Final = 1e-3
"""Directions of the array shorter than this share of its size do not count."""


class ArraySlipDetector:
    """Compares each epoch's phase rows with those of the epoch before."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[str, Floats]] = {}
        self._last_s = float("-inf")

    def update(self, time_s: float, differences: ArrayDifferences, array: AntennaArray) -> Bools:
        """Mask (M,) of phase rows that slipped since the last epoch.

        array : the antennas taking part, reference first
        """
        rows = differences.phase
        before = np.full(len(rows), np.nan)
        now = {}
        for index, name in enumerate(differences.antennas):
            reference, last = self._last.get(name, ("", _NOTHING))
            table = np.full((_CODES, 2), np.nan)  # pivot and value by satellite
            mine = slice(*np.searchsorted(rows.baseline, (index, index + 1)).tolist())
            satellite, pivot = rows.satellite[mine], rows.pivot[mine]
            table[satellite, 0], table[satellite, 1] = pivot, rows.value_m[mine]
            if reference == differences.reference:
                before[mine] = np.where(last[satellite, 0] == pivot, last[satellite, 1], np.nan)
            now[name] = (differences.reference, table)
        fresh = time_s - self._last_s > _LONGEST_GAP_S
        self._last = now
        self._last_s = time_s
        if fresh or len(rows) == 0:
            return np.zeros(len(rows), bool)
        return changed_count(rows, rows.value_m - before, array)


def changed_count(rows: Rows, change_m: Floats, array: AntennaArray) -> Bools:
    """Mask (M,) of rows whose change (M,) [m] is not explained by a change of rotation; NaN changes are passed over."""
    candidates = np.isfinite(change_m)
    coordinates = _span(array)
    design = (coordinates[rows.baseline][:, :, None] * rows.design[:, None, :]).reshape(len(rows), -1)
    if np.count_nonzero(candidates) <= design.shape[1] + 1:
        return np.zeros(len(rows), bool)
    sigma = np.sqrt(2.0 * np.diag(rows.cov_m2))
    result = screened_least_squares(design / sigma[:, None], np.where(candidates, change_m, 0.0) / sigma, candidates)
    if not (result.solved and result.consistent):
        return np.zeros(len(rows), bool)
    off = np.abs(result.residual) * sigma / rows.wavelength_m
    return np.asarray(candidates & ~result.used & (off > _LEAST_CYCLES))


@lru_cache(maxsize=64)
def _span(array: AntennaArray) -> Floats:
    """Coordinates (k, r) of the baselines in the r directions that they span; a point gets one, to move at all."""
    body_m = array.baselines_body_m()
    u, size, _ = np.linalg.svd(body_m, full_matrices=False)
    rank = max(int(np.count_nonzero(size > _SPAN * max(size[0], 1e-9))), 1)
    if size[0] < 1e-9:
        return np.ones((len(body_m), 1))
    return np.asarray(u[:, :rank] * size[:rank])
