"""Double differences as normal equations of the vectors they are linear in.

Several steps of an epoch need the same; what was computed for some rows is remembered as long as these rows are in use.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numba import njit

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats, Ints, inverse
from gnss_gyro.basics.satellites import System, in_system
from gnss_gyro.estimation.differences import ArrayDifferences, Rows

@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """What M rows say of the k vectors together, A (M, 3k) being their design spread over all vectors.

    weight   : (M, M) W, the inverse covariance of the rows [1/m^2]
    at_w     : (3k, M) A^T W
    normal   : (3k, 3k) A^T W A [1/m^2]
    rhs      : (3k,) A^T W value [1/m]
    constant : value^T W value [-]
    """

    weight: Floats
    at_w: Floats
    normal: Floats
    rhs: Floats
    constant: float

    @property
    def rows(self) -> int:
        """How many they are."""
        return len(self.weight)


@lru_cache(maxsize=8)
def weighed(rows: Rows, vectors: int) -> Weighed:
    """Rows of all baselines, as many as there are vectors."""
    weight = rows.weight if rows.weight is not None else inverse(rows.cov_m2)
    return Weighed(weight, *compressed(rows.baseline, rows.design, rows.value_m, weight, vectors))


@lru_cache(maxsize=64)
def own_rows(rows: Rows, baseline: int) -> Rows:
    """Rows of one baseline as a problem of its own: their `baseline` is 0."""
    first, last = np.searchsorted(rows.baseline, (baseline, baseline + 1))  # baseline by baseline
    own = slice(first, last)
    return Rows(
        np.zeros(last - first, np.int64), rows.satellite[own], rows.pivot[own], rows.wavelength_m[own], rows.value_m[own],
        rows.design[own], np.ascontiguousarray(rows.cov_m2[own, own]),
    )  # fmt: skip


@lru_cache(maxsize=64)
def weighed_alone(rows: Rows, baseline: int) -> Weighed:
    """Rows of one baseline by themselves, whatever the others say: k = 1."""
    own = own_rows(rows, baseline)
    weight = inverse(own.cov_m2)
    return Weighed(weight, *compressed(own.baseline, own.design, own.value_m, weight, 1))


@lru_cache(maxsize=8)
def weighed_with_rig(rows: Rows, array: AntennaArray) -> Weighed:
    """Phases about the rigid body: their own noise and the antennas' position sigmas, which move the vectors (Woodbury)."""
    free = weighed(rows, len(array) - 1)
    rig = array.baselines_covariance_m2()
    gain = rig @ np.linalg.inv(np.eye(len(rig)) + free.normal @ rig)
    gain = 0.5 * (gain + gain.T)
    left = gain @ free.at_w
    rest = free.normal @ gain
    return Weighed(
        weight=free.weight - free.at_w.T @ left,
        at_w=free.at_w - free.normal @ left,
        normal=free.normal - rest @ free.normal,
        rhs=free.rhs - rest @ free.rhs,
        constant=free.constant - float(free.rhs @ gain @ free.rhs),
    )


def free_code_misfit(differences: ArrayDifferences) -> tuple[float, int]:
    """Chi-square and degrees of freedom of the codes round free baselines: their noise, whatever the integers.

    GLONASS is left out, whose inter-channel biases are no noise.
    """
    chi2, dof = 0.0, 0
    code = differences.code
    is_glonass = in_system(code.satellite, System.GLONASS)
    if is_glonass.any():
        code = code.take(np.flatnonzero(~is_glonass))
    for index in range(len(differences.antennas)):
        own = weighed_alone(code, index)
        if own.rows > 3:
            chi2 += own.constant - float(own.rhs @ np.linalg.solve(own.normal, own.rhs))
            dof += own.rows - 3
    return chi2, dof


@njit(cache=True)
def compressed(
    baseline: Ints, design: Floats, value: Floats, weight: Floats, vectors: int
) -> tuple[Floats, Floats, Floats, float]:
    """at_w, normal, rhs and constant of Weighed."""
    m, n = value.shape[0], 3 * vectors
    at_w = np.zeros((n, m))
    constant = 0.0
    for i in range(m):
        row = weight[i]
        for a in range(3):
            target, slope = at_w[3 * baseline[i] + a], design[i, a]
            for j in range(m):
                target[j] += slope * row[j]
        for j in range(m):
            constant += value[i] * row[j] * value[j]
    normal, rhs = np.zeros((n, n)), np.zeros(n)
    for p in range(n):
        for i in range(m):
            part = at_w[p, i]
            rhs[p] += part * value[i]
            for a in range(3):
                normal[p, 3 * baseline[i] + a] += part * design[i, a]
    return at_w, normal, rhs, constant
