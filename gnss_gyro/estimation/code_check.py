"""Do the codes allow the configured distances at all? A wrong file, a wrong antenna or a clock astray shows in metres."""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.estimation.differences import ArrayDifferences
from gnss_gyro.estimation.sphere import nearest_on_sphere
from gnss_gyro.estimation.weighing import own_rows, weighed_alone

_CHI2: Final = 100.0
"""Ten sigmas: far beyond what multipath does to a codes-only vector."""
_METRES: Final = 3.0


def impossible_distance(differences: ArrayDifferences, array: AntennaArray) -> str:
    """A sentence that names the first pair of antennas which the codes put at an impossible distance; "" if none.

    array : the antennas taking part, reference first
    """
    for index, name in enumerate(differences.antennas):
        if len(own_rows(differences.code, index)) < 3:
            continue
        code = weighed_alone(differences.code, index)
        normal, gradient = code.normal, code.rhs
        values, axes = np.linalg.eigh(normal)
        if values[0] < 1e-6:
            continue
        free = np.linalg.solve(normal, gradient)
        pair = (differences.reference, name)
        length, sigma = array.length_m(*pair), max(array.length_sigma_m(*pair), 1e-4)
        cost = nearest_on_sphere(values, axes, gradient, length, sigma, np.zeros(3))
        apart = float(np.linalg.norm(free))
        if cost + float(gradient @ free) > _CHI2 and abs(apart - length) > _METRES:
            return f"codes put {differences.reference}-{name} {apart:.0f} m apart, not {length:.2f} m"
    return ""
