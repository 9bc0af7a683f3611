"""Satellites as small integers (for arrays) and as RINEX names (for people)."""

from __future__ import annotations

from enum import Enum
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes


class System(str, Enum):
    """A satellite system by its RINEX letter."""

    GPS = "G"
    GLONASS = "R"
    GALILEO = "E"
    BEIDOU = "C"
    QZSS = "J"
    SBAS = "S"
    NAVIC = "I"

    def __str__(self) -> str:
        return self.value


SYSTEMS: Final = tuple(System)
_BLOCK: Final = 100
_INDEX: Final = {system: index for index, system in enumerate(SYSTEMS)}


def satellite(system: System | str, number: int) -> int:
    """Code of a satellite: 100 x index of its system + number as RINEX counts it (G05 -> 5, E11 -> 211).

    Raises ValueError for a number outside 1..99 or an unknown system letter.
    """
    if not 1 <= number < _BLOCK:
        raise ValueError(f"satellite number {number} is outside 1..99")
    return _INDEX[System(system)] * _BLOCK + number


def satellite_from_name(name: str) -> int:
    """Code of a RINEX satellite name such as 'G05' or 'G 5'. Raises ValueError."""
    return satellite(name[0], int(name[1:3]))


def satellite_name(code: int) -> str:
    """RINEX name of a satellite code, e.g. 'G05'."""
    return f"{SYSTEMS[int(code) // _BLOCK].value}{int(code) % _BLOCK:02d}"


def system_of(code: int) -> System:
    """The system a satellite code belongs to."""
    return SYSTEMS[int(code) // _BLOCK]


def number_of(code: int) -> int:
    """The satellite's number within its system, as RINEX counts it."""
    return int(code) % _BLOCK


def system_index(code: Codes) -> Codes:
    """Index (n,) into SYSTEMS of an array of satellite codes (n,)."""
    return code // np.int16(_BLOCK)


def in_system(code: Codes, system: System) -> Bools:
    """Mask (n,) of the satellites that belong to a system."""
    return system_index(code) == _INDEX[system]
