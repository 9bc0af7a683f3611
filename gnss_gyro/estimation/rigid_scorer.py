"""Hypotheses on the whole array from a candidate of its first baseline, each with its exact cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.estimation.differences import ArrayDifferences, Rows
from gnss_gyro.estimation.rigid_search import FINENESS, loosest_direction, refine_rotations, scan_circle
from gnss_gyro.estimation.weighing import weighed, weighed_alone, weighed_with_rig

_MOST_MINIMA: Final = 8
"""Minima on a circle that are followed up."""
_SURE_M: Final = 0.025
"""A first baseline known better than this (1 sigma) predicts the others well enough for rounding."""
_STEP_M: Final = 0.03
"""Distance of the places tried along a direction in which it is known worse: a sixth of a wavelength."""
_REACH_SIGMAS: Final = 3.0
_MOST_STEPS: Final = 12


@dataclass(frozen=True, slots=True, eq=False)
class Hypothesis:
    """A rotation (3, 3) ENU from body with its integers (M,) and its cost."""

    rotation: Floats
    integers: Floats
    phase_chi2: float
    code_chi2: float

    @property
    def cost(self) -> float:
        """Of phases and codes together; differences are -2 log likelihood ratios."""
        return self.phase_chi2 + self.code_chi2


class RigidScorer:
    """Scores rotations of the array against one epoch: what all hypotheses share is computed once.

    body : (k, 3) baselines of the array in the body [m]
    """

    def __init__(self, differences: ArrayDifferences, array: AntennaArray, first: int) -> None:
        self.body = np.ascontiguousarray(array.baselines_body_m())
        self._phase, self._code = differences.phase, differences.code
        self._first = self.body[first]
        self._by_phase = weighed_with_rig(self._phase, array)
        self._by_code = weighed(self._code, len(self.body))
        variance = np.diag(self._phase.cov_m2) + _rig_variance(self._phase, array)
        self._single_weight = np.where(self._phase.baseline == first, 0.0, 1.0 / variance)
        self._steps = self._circle_steps()
        self._first_normal = weighed_alone(self._phase, first).normal + weighed_alone(self._code, first).normal

    def hypotheses(self, vector_enu_m: Floats) -> Iterator[Hypothesis]:
        """All that a candidate (3,) of the first baseline can mean for the array."""
        for place in self._places(vector_enu_m):
            yield from self._refined(self._starts(place))

    def _refined(self, starts: Floats) -> Iterator[Hypothesis]:
        """The hypotheses at the minima near rotations (j, 3, 3)."""
        phase, code = self._phase, self._code
        rotations, integers, chi2 = refine_rotations(
            starts, self.body,
            phase.baseline, phase.design, phase.value_m, phase.wavelength_m,
            self._by_phase.weight, self._by_phase.at_w, self._by_phase.normal,
            code.baseline, code.design, code.value_m, self._by_code.weight, self._by_code.normal, self._by_code.rhs,
        )  # fmt: skip
        for rotation, whole, (phase_chi2, code_chi2) in zip(rotations, integers, chi2.tolist(), strict=True):
            yield Hypothesis(rotation, whole, phase_chi2, code_chi2)

    def _circle_steps(self) -> int:
        axis = self._first / np.linalg.norm(self._first)
        radius = np.linalg.norm(self.body - np.outer(self.body @ axis, axis), axis=1).max()
        wave = self._phase.wavelength_m.min(initial=0.19)
        return int(np.ceil(2.0 * np.pi * radius / wave * FINENESS)) if radius > 0.02 else 1

    def _starts(self, vector_enu_m: Floats) -> Floats:
        """Rotations (j, 3, 3) worth refining, the first baseline (3,) being given."""
        rotations, _ = scan_circle(
            vector_enu_m, self._first, self.body, self._phase.baseline, self._phase.design, self._phase.value_m,
            self._phase.wavelength_m, self._single_weight, self._steps, _MOST_MINIMA,
        )  # fmt: skip
        return rotations

    def _places(self, vector_enu_m: Floats) -> Iterator[Floats]:
        """The candidate itself, and where satellites leave it uncertain on its sphere, places along that direction."""
        yield vector_enu_m
        direction, sigma = loosest_direction(vector_enu_m, self._first_normal)
        if sigma <= _SURE_M:
            return
        length = float(np.linalg.norm(vector_enu_m))
        for step in range(1, min(int(_REACH_SIGMAS * sigma / _STEP_M), _MOST_STEPS) + 1):
            for side in (_STEP_M * step, -_STEP_M * step):
                moved = vector_enu_m + side * direction
                yield moved * (length / np.linalg.norm(moved))


def _rig_variance(phase: Rows, array: AntennaArray) -> Floats:
    """Variance (M,) [m^2] of phases by the antennas' position sigmas."""
    variance = array.sigma_m**2
    return np.asarray((variance[1:] + variance[0])[phase.baseline] * (phase.design**2).sum(axis=1))
