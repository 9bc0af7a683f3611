"""Double differences as normal equations of the vectors they are linear in.

Several steps of an epoch need the same; what was computed for some rows is remembered as long as these rows are in use.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.estimation.differences import ArrayDifferences, Rows
from gnss_gyro.estimation.weighing_kernels import (
    CHI2,
    CHI2_ROWS,
    CONSTANT,
    DISTANCE,
    NORMAL,
    RHS,
    each_alone,
    gathered,
    loosened,
    weigh,
)


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """What M rows say of k vectors together. A (M, 3k) is their design spread over all vectors, W their inverse covariance.

    entry, precision, common, cofactor, response : W, as `gathered` applies it: by single differences, satellites and clocks
    normal   : (3k, 3k) A^T W A [1/m^2]
    rhs      : (3k,) A^T W value [1/m]
    constant : value^T W value [-]
    """

    entry: Ints
    precision: Floats
    common: Floats
    cofactor: Floats
    response: Floats
    normal: Floats
    rhs: Floats
    constant: float

    @property
    def operator(self) -> tuple[Ints, Floats, Floats, Floats, Floats]:
        """W as kernels take it."""
        return self.entry, self.precision, self.common, self.cofactor, self.response


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """What the rows of one baseline say of its vector by themselves, whatever the others say.

    normal, rhs, constant : (3, 3), (3,) and a number, as in Weighed
    """

    normal: Floats
    rhs: Floats
    constant: float


@dataclass(frozen=True, slots=True, eq=False)
class LooseRig:
    """Phases about a body whose antennas are not exactly where they should be.

    x, z   : (3k, 3k) by which A^T W value, h, becomes h - z x h, and a chi-square loses |x h|^2
    normal : (3k, 3k) [1/m^2]
    """

    x: Floats
    z: Floats
    normal: Floats


@lru_cache(maxsize=8)
def weighed(rows: Rows, vectors: int) -> Weighed:
    """Rows of all baselines, as many as there are vectors."""
    return Weighed(*weigh(rows.baseline, rows.satellite, rows.pivot, rows.design, rows.value_m, rows.part_m2, vectors))


def weighed_square(rows: Rows, by: Weighed, value: Floats) -> float:
    """value^T W value of other values (M,) [m] of rows."""
    return float(gathered(rows.baseline, rows.design, value, *by.operator, np.empty(len(by.rhs))))


def weighed_alone(rows: Rows, baseline: int, vectors: int) -> Alone:
    """Rows of one baseline of so many."""
    told = _each_alone(rows, vectors)[baseline]
    return Alone(told[NORMAL:RHS].reshape(3, 3), told[RHS:CONSTANT], float(told[CONSTANT]))


def free_code_misfit(differences: ArrayDifferences) -> tuple[float, int]:
    """Chi-square and degrees of freedom of the codes round free baselines: their noise, whatever the integers.

    GLONASS is left out, whose inter-channel biases are no noise.
    """
    chi2, dof = 0.0, 0
    for told in _each_alone(differences.code, len(differences.antennas)).tolist():
        if told[CHI2_ROWS] > 3:
            chi2 += told[CHI2]
            dof += int(told[CHI2_ROWS]) - 3
    return chi2, dof


def free_distances_m(rows: Rows, vectors: int) -> list[float]:
    """Length [m] of the vector that suits the rows of each baseline best by themselves; NaN where they determine none."""
    distances: list[float] = _each_alone(rows, vectors)[:, DISTANCE].tolist()
    return distances


@lru_cache(maxsize=8)
def _each_alone(rows: Rows, vectors: int) -> Floats:
    return each_alone(rows.baseline, rows.satellite, rows.pivot, rows.design, rows.value_m, rows.part_m2, vectors)


@lru_cache(maxsize=8)
def weighed_with_rig(rows: Rows, array: AntennaArray) -> LooseRig:
    """Phases about the rigid body: their own noise and the antennas' position sigmas, which move the vectors."""
    return LooseRig(*loosened(weighed(rows, len(array) - 1).normal, _rig_root(array)))


@lru_cache(maxsize=64)
def _rig_root(array: AntennaArray) -> Floats:
    """A matrix (3k, 3k) whose square, times its transpose, is the covariance of the baselines in the body."""
    values, axes = np.linalg.eigh(array.baselines_covariance_m2())
    return np.ascontiguousarray(axes * np.sqrt(np.maximum(values, 0.0)))
