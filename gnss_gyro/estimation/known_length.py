"""The configured distance between two antennas, as a sphere on which one lies round the other."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from gnss_gyro.attitude.array import AntennaArray

_SMALLEST_SIGMA_M: Final = 1e-4
"""No distance is known better: a sphere has to have a skin."""


@lru_cache(maxsize=256)
def known_length(array: AntennaArray, reference: str, other: str) -> tuple[float, float]:
    """Distance between two antennas and its sigma [m]."""
    return array.length_m(reference, other), max(array.length_sigma_m(reference, other), _SMALLEST_SIGMA_M)
