"""Do the codes allow the configured distances at all? A wrong file, a wrong antenna or a clock astray shows in metres."""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.estimation.differences import ArrayDifferences
from gnss_gyro.estimation.known_length import known_length
from gnss_gyro.estimation.sphere import nearest_on_sphere
from gnss_gyro.estimation.weighing import Alone, free_distances_m, weighed_alone

_CHI2: Final = 100.0
"""Ten sigmas: far beyond what multipath does to a codes-only vector."""
_METRES: Final = 3.0
_KNOWN: Final = 1e-6
"""Information [1/m^2] below which codes determine no vector."""


def impossible_distance(differences: ArrayDifferences, array: AntennaArray) -> str:
    """A sentence that names the first pair of antennas which the codes put at an impossible distance; "" if none.

    array : the antennas taking part, reference first
    """
    k = len(differences.antennas)
    distances_m = free_distances_m(differences.code, k)
    for index, (name, distance) in enumerate(zip(differences.antennas, distances_m, strict=True)):
        length, sigma = known_length(array, differences.reference, name)
        if abs(distance - length) > _METRES and _length_misfit(weighed_alone(differences.code, index, k), length, sigma) > _CHI2:
            return f"codes put {differences.reference}-{name} {distance:.0f} m apart, not {length:.2f} m"
    return ""


def _length_misfit(code: Alone, length_m: float, sigma_m: float) -> float:
    """By how much a known length raises the chi-square of codes; 0 where they determine no vector."""
    values, axes = np.linalg.eigh(code.normal)
    if values[0] < _KNOWN:
        return 0.0
    cost = nearest_on_sphere(values, np.ascontiguousarray(axes), code.rhs, length_m, sigma_m, np.zeros(3))
    return float(cost + code.rhs @ np.linalg.solve(code.normal, code.rhs))
