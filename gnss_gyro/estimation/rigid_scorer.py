"""Hypotheses on the whole array from a candidate of its first baseline, each with its exact cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.estimation.differences import ArrayDifferences
from gnss_gyro.estimation.loose_directions import loosest_direction, reflect
from gnss_gyro.estimation.rigid_search import refine_rotations, scan_circle
from gnss_gyro.estimation.weighing import weighed, weighed_alone, weighed_with_rig

_MOST_MINIMA: Final = 8
"""Minima on a circle that are followed up."""
_SURE_M: Final = 0.025
"""A first baseline known better than this (1 sigma) predicts the others well enough for rounding."""
_STEP_M: Final = 0.03
"""Distance of the places tried along a direction in which it is known worse: a sixth of a wavelength."""
_REACH_SIGMAS: Final = 3.0
_FARTHEST_M: Final = 12 * _STEP_M
_MIRROR_CHI2: Final = 50.0
"""A candidate's mirror image that fits the first baseline worse than this is not followed."""
_POINT_M: Final = 0.02
"""A circle of this radius is a point."""


@dataclass(frozen=True, slots=True, eq=False)
class Hypotheses:
    """Rotations (j, 3, 3) ENU from body with their integers (j, M), chi-square of phases and codes (j, 2).

    The sum of both is a cost, differences of which are -2 log likelihood ratios.
    """

    rotations: Floats
    integers: Floats
    chi2: Floats

    def __len__(self) -> int:
        return len(self.chi2)

    @property
    def cost(self) -> Floats:
        """(j,) of phases and codes together."""
        return self.chi2[:, 0] + self.chi2[:, 1]


def distinct(found: Sequence[Hypotheses]) -> Hypotheses:
    """All hypotheses with different integers; of equal ones the first that was found."""
    if len(found) == 1:
        return found[0]
    every = [np.concatenate([getattr(each, field.name) for each in found]) for field in fields(Hypotheses)]
    first: dict[bytes, int] = {}
    for number, integers in enumerate(every[1]):
        first.setdefault(integers.tobytes(), number)
    rows = np.array(list(first.values()))
    return Hypotheses(*(each[rows] for each in every))


class RigidScorer:
    """Scores rotations of the array against one epoch: what all hypotheses share is computed once.

    body : (k, 3) baselines of the array in the body [m]
    """

    def __init__(self, differences: ArrayDifferences, array: AntennaArray, first: int) -> None:
        self.body = array.baselines_body_m()
        self._phase, self._first, k = differences.phase, first, len(self.body)
        self._by_phase, self._loose = weighed(self._phase, k), weighed_with_rig(self._phase, array)
        self._by_code = weighed(differences.code, k)
        self._spread_m2, self._circle_m, self._lever = _rig_spread_m2(array), _circle_m(array, first), _lever(array, first)
        phase, code = weighed_alone(differences.phase, first, k), weighed_alone(differences.code, first, k)
        self._first_normal = phase.normal + code.normal

    def hypotheses(self, vector_enu_m: Floats) -> Iterator[Hypotheses]:
        """All that a candidate (3,) of the first baseline can mean for the array, place by place."""
        phase, by_phase, by_code, loose = self._phase, self._by_phase, self._by_code, self._loose
        for place in self._places(vector_enu_m):
            starts, _ = scan_circle(
                place, self._first, self.body, phase.baseline, phase.design, phase.value_m, phase.wavelength_m, phase.part_m2,
                self._spread_m2, self._circle_m, _MOST_MINIMA,
            )  # fmt: skip
            refined = refine_rotations(
                starts, self.body, phase.baseline, phase.design, phase.value_m, phase.wavelength_m, *by_phase.operator,
                loose.x, loose.z, loose.normal, by_code.normal, by_code.rhs, by_code.constant,
            )  # fmt: skip
            yield Hypotheses(*refined)

    def _places(self, vector_enu_m: Floats) -> Iterator[Floats]:
        """Places about the candidate, and about its mirror image where satellites do not tell the two apart."""
        yield from self._places_about(vector_enu_m)
        image = np.empty(3)
        chi2, apart_m = reflect(vector_enu_m, self._first_normal, image)
        if chi2 < _MIRROR_CHI2 and apart_m * self._lever > _STEP_M:
            yield from self._places_about(image)

    def _places_about(self, vector_enu_m: Floats) -> Iterator[Floats]:
        """The candidate itself, and where satellites leave it uncertain on its sphere, places along that direction.

        An antenna farther out than the first baseline's end moves by more than that does.
        """
        yield vector_enu_m
        direction = np.empty(3)
        sigma = loosest_direction(vector_enu_m, self._first_normal, direction)
        if sigma * self._lever <= _SURE_M:
            return
        length, step_m = float(np.linalg.norm(vector_enu_m)), _STEP_M / self._lever
        for step in range(1, int(min(_REACH_SIGMAS * sigma, _FARTHEST_M) / step_m) + 1):
            for side in (step_m * step, -step_m * step):
                moved = vector_enu_m + side * direction
                yield moved * (length / np.linalg.norm(moved))


@lru_cache(maxsize=64)
def _rig_spread_m2(array: AntennaArray) -> Floats:
    """Variance (k,) [m^2] of each coordinate of the baselines, by the antennas' position sigmas."""
    variance = array.sigma_m**2
    return np.asarray(variance[1:] + variance[0])


@lru_cache(maxsize=64)
def _lever(array: AntennaArray, first: int) -> float:
    """By how much more than the end of a baseline the farthest antenna moves as that baseline turns."""
    lengths = np.linalg.norm(array.baselines_body_m(), axis=1)
    return float(lengths.max() / lengths[first])


@lru_cache(maxsize=64)
def _circle_m(array: AntennaArray, first: int) -> float:
    """Length [m] of the widest circle that an antenna describes as the body turns about a baseline; 0 where that is a point."""
    body = array.baselines_body_m()
    axis = body[first] / np.linalg.norm(body[first])
    radius = float(np.linalg.norm(body - np.outer(body @ axis, axis), axis=1).max())
    return 2.0 * np.pi * radius if radius > _POINT_M else 0.0
