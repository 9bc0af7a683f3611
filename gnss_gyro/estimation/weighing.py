"""Double differences as normal equations of the vectors they are linear in.

Several steps of an epoch need the same; what was computed for some rows is remembered as long as these rows are in use.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Codes, Floats, Ints, inverse
from gnss_gyro.basics.satellites import System, in_system
from gnss_gyro.estimation.differences import ArrayDifferences, Rows

_ROUNDING: Final = 1e-12


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
    weight = single_baseline_weight(own.pivot, own.cov_m2)
    return Weighed(weight, *compressed(own.baseline, own.design, own.value_m, weight, 1))


@lru_cache(maxsize=8)
def weighed_with_rig(rows: Rows, array: AntennaArray) -> Weighed:
    """Phases about the rigid body: their own noise and the antennas' position sigmas, which move the vectors."""
    free = weighed(rows, len(array) - 1)
    rig = array.baselines_covariance_m2()
    return Weighed(*loosened(free.weight, free.at_w, free.normal, free.rhs, free.constant, rig))


@njit(cache=True)
def loosened(
    weight: Floats, at_w: Floats, normal: Floats, rhs: Floats, constant: float, vectors_cov_m2: Floats
) -> tuple[Floats, Floats, Floats, Floats, float]:
    """The fields of Weighed once the vectors have a covariance (3k, 3k) of their own (Woodbury)."""
    gain = vectors_cov_m2 @ np.linalg.inv(np.eye(len(rhs)) + normal @ vectors_cov_m2)
    gain = 0.5 * (gain + gain.T)
    left, rest = gain @ at_w, normal @ gain
    return (
        weight - np.ascontiguousarray(at_w.T) @ left, at_w - normal @ left, normal - rest @ normal, rhs - rest @ rhs,
        constant - float(rhs @ (gain @ rhs)),
    )  # fmt: skip


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
            chi2 += free_chi2(own.normal, own.rhs, own.constant)
            dof += own.rows - 3
    return chi2, dof


@njit(cache=True)
def compressed(
    baseline: Ints, design: Floats, value: Floats, weight: Floats, vectors: int
) -> tuple[Floats, Floats, Floats, float]:
    """at_w, normal, rhs and constant of Weighed."""
    m, n = value.shape[0], 3 * vectors
    at_w = np.zeros((n, m))
    constant = float(value @ (weight @ value))
    for i in range(m):
        row = weight[i]
        for a in range(3):
            target, slope = at_w[3 * baseline[i] + a], design[i, a]
            for j in range(m):
                target[j] += slope * row[j]
    normal, rhs = np.zeros((n, n)), np.zeros(n)
    for p in range(n):
        for i in range(m):
            part = at_w[p, i]
            rhs[p] += part * value[i]
            for a in range(3):
                normal[p, 3 * baseline[i] + a] += part * design[i, a]
    return at_w, normal, rhs, constant


@njit(cache=True)
def free_chi2(normal: Floats, rhs: Floats, constant: float) -> float:
    """Chi-square left by the vectors that fit best."""
    return float(constant - rhs @ np.linalg.solve(normal, rhs))


@njit(cache=True)
def single_baseline_weight(pivot: Codes, cov_m2: Floats) -> Floats:
    """Inverse (m, m) [1/m^2] of the covariance of one baseline's rows.

    Rows of one pivot share its variance, others share nothing: a diagonal matrix and one vector for each pivot (Sherman and
    Morrison 1950). A covariance that is not of this kind is inverted as any other.
    """
    m = len(pivot)
    shared, own, total = np.zeros(m), np.empty(m), np.zeros(m)
    for i in range(m):
        for j in range(m):
            if i != j and pivot[i] == pivot[j]:
                shared[i] = cov_m2[i, j]
        own[i] = cov_m2[i, i] - shared[i]
    for i in range(m):
        for j in range(m):
            expected = shared[i] if pivot[i] == pivot[j] else 0.0
            if not own[i] > 0.0 or (i != j and not abs(cov_m2[i, j] - expected) <= _ROUNDING * cov_m2[i, i]):
                return np.asarray(np.linalg.inv(cov_m2), np.float64)
            if pivot[i] == pivot[j]:
                total[i] += 1.0 / own[j]
    out = np.zeros((m, m))
    for i in range(m):
        out[i, i] = 1.0 / own[i]
        for j in range(m):
            if pivot[i] == pivot[j]:
                out[i, j] -= shared[i] / (1.0 + shared[i] * total[i]) / (own[i] * own[j])
    return out
