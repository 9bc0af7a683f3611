"""Do measured baselines have the lengths of the array? A wrong integer fix, or a wrong geometry, rarely does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats

MAX_SIGMAS: Final = 4.0
"""A length further off than this is not the array's."""


@dataclass(frozen=True, slots=True)
class LengthTest:
    """The distance between two antennas, measured and as the array has it.

    pair       : names of the antennas
    measured_m : from the baselines, freed of the bias that noise across them adds [m]
    expected_m : of the array [m]
    sigma_m    : of measured - expected [m]
    """

    pair: tuple[str, str]
    measured_m: float
    expected_m: float
    sigma_m: float

    @property
    def deviation(self) -> float:
        """Measured - expected in sigmas."""
        return (self.measured_m - self.expected_m) / self.sigma_m

    def passes(self, max_sigmas: float = MAX_SIGMAS) -> bool:
        """Is the length right? False for NaN."""
        return abs(self.deviation) <= max_sigmas


def length_tests(
    array: AntennaArray, vector_m: Floats, covariance_m2: Floats, reference: str | None = None
) -> tuple[LengthTest, ...]:
    """Tests of all n (n - 1) / 2 lengths of an array.

    vector_m      : (n - 1, 3) baselines from the reference to the other antennas, in their order, in any frame [m]
    covariance_m2 : (3 (n - 1), 3 (n - 1)) of them
    """
    origin = array.index(reference) if reference is not None else 0
    n = len(array)
    spread = np.zeros((3 * n, 3 * n))  # of all antennas relative to the reference
    rows = (3 * array.rovers(reference)[:, None] + np.arange(3)).ravel()
    spread[np.ix_(rows, rows)] = covariance_m2
    position = np.insert(vector_m, origin, 0.0, axis=0)
    return tuple(_length_test(array, a, b, position, spread) for a, b in array.pairs)


def all_pass(tests: Iterable[LengthTest], max_sigmas: float = MAX_SIGMAS) -> bool:
    """Are all lengths right?"""
    return all(test.passes(max_sigmas) for test in tests)


def suspects(tests: Iterable[LengthTest], max_sigmas: float = MAX_SIGMAS) -> tuple[str, ...]:
    """Antennas that every wrong length has in common, in alphabetical order; empty if nothing is wrong, or too much."""
    wrong = [set(test.pair) for test in tests if not test.passes(max_sigmas)]
    return tuple(sorted(set.intersection(*wrong))) if wrong else ()


def _length_test(array: AntennaArray, a: str, b: str, position: Floats, spread: Floats) -> LengthTest:
    i, j = array.index(a), array.index(b)
    pick = np.zeros((3, 3 * len(array)))
    pick[:, 3 * j : 3 * j + 3], pick[:, 3 * i : 3 * i + 3] = np.eye(3), -np.eye(3)
    measured, variance = length_and_variance(position[j] - position[i], pick @ spread @ pick.T, array.length_m(a, b))
    return LengthTest((a, b), measured, array.length_m(a, b), float(np.sqrt(variance + array.length_sigma_m(a, b) ** 2)))


def length_and_variance(vector_m: Floats, covariance_m2: Floats, expected_m: float) -> tuple[float, float]:
    """Length [m] of a measured vector (3,) and its variance [m^2], for a covariance (3, 3) small against the length.

    Noise across a vector makes it longer, by half its variance over the length: that is taken off. A vector no
    longer than its noise (a zero baseline) has no direction: its variance is that of its worst coordinate, times 3.
    """
    length = float(np.linalg.norm(vector_m))
    total = float(np.trace(covariance_m2))
    if expected_m**2 < 9.0 * total:
        return length, 3.0 * float(np.linalg.eigvalsh(covariance_m2)[-1])
    direction = vector_m / length if length > 0.0 else np.zeros(3)
    along = float(direction @ covariance_m2 @ direction)
    return length - (total - along) / (2.0 * expected_m), along
