"""Do the codes allow the configured distances at all? A wrong file, a wrong antenna or a clock astray shows in metres."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.estimation.differences import ArrayDifferences
from gnss_gyro.estimation.sphere import nearest_on_sphere
from gnss_gyro.estimation.weighing import weighed_alone

_CHI2: Final = 100.0
"""Ten sigmas: far beyond what multipath does to a codes-only vector."""
_METRES: Final = 3.0


def impossible_distance(differences: ArrayDifferences, array: AntennaArray) -> str:
    """A sentence that names the first pair of antennas which the codes put at an impossible distance; "" if none.

    array : the antennas taking part, reference first
    """
    for index, name in enumerate(differences.antennas):
        code = weighed_alone(differences.code, index)
        if code.rows < 3:
            continue
        pair = (differences.reference, name)
        length, sigma = array.length_m(*pair), max(array.length_sigma_m(*pair), 1e-4)
        misfit, apart = length_misfit(code.normal, code.rhs, length, sigma)
        if misfit > _CHI2 and abs(apart - length) > _METRES:
            return f"codes put {differences.reference}-{name} {apart:.0f} m apart, not {length:.2f} m"
    return ""


@njit(cache=True)
def length_misfit(normal: Floats, rhs: Floats, length_m: float, sigma_m: float) -> tuple[float, float]:
    """By how much a known length raises the chi-square of codes with these normal equations (3, 3), (3,), and the length [m]
    that they have without it; zeros where they determine no vector."""
    values, axes = np.linalg.eigh(normal)
    if values[0] < 1e-6:
        return 0.0, 0.0
    free = np.linalg.solve(normal, rhs)
    cost = nearest_on_sphere(values, axes, rhs, length_m, sigma_m, np.zeros(3))
    return float(cost + rhs @ free), float(np.sqrt(free @ free))
