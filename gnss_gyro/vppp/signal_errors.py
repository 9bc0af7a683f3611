"""How wrong ranges to the satellites may be when all that is broadcast has been applied.

Orbits and clocks: signal-in-space range errors of the systems as monitored over years (Montenbruck, Steigenberger, Hauschild,
Multi-GNSS signal-in-space range error assessment, Adv. Space Res. 61, 2018), with the group delay of a single
frequency (some decimetres) added; a worse URA or SISA in the message than the system's usual one scales them.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.satellites import SYSTEMS, System

CLOCK_GROUPS: Final = 7
"""GPS, GLONASS, Galileo, BeiDou-3, BeiDou-2, QZSS, and all others: codes of one group share a receiver clock."""
_GPS, _GLONASS, _GALILEO, _BEIDOU_3, _BEIDOU_2, _QZSS, _OTHER = range(CLOCK_GROUPS)
GLONASS_GROUP: Final = _GLONASS
_OF_SYSTEM: Final = {
    System.GPS: _GPS, System.GLONASS: _GLONASS, System.GALILEO: _GALILEO, System.BEIDOU: _BEIDOU_3, System.QZSS: _QZSS,
}  # fmt: skip
_LAST_BEIDOU_2: Final = 18
"""BeiDou-2 satellites have numbers up to this; their B1I codes stand metres apart from those of BeiDou-3."""


def _group_of(code: int) -> int:
    group = _OF_SYSTEM.get(SYSTEMS[code // 100], _OTHER)
    return _BEIDOU_2 if group == _BEIDOU_3 and code % 100 <= _LAST_BEIDOU_2 else group


_GROUP: Final[Ints] = np.array([_group_of(code) for code in range(100 * len(SYSTEMS))], np.int64)

_SIGMA_M: Final = np.array([0.7, 3.0, 0.4, 0.9, 1.6, 0.9, 2.0])
_USUAL_ACCURACY_M: Final = np.array([2.0, 4.0, 3.12, 2.0, 2.0, 2.8, 3.0])
"""Accuracy that the messages of a healthy satellite usually state (URA, SISA)."""
BIAS_VARIANCE_M2: Final = np.array([30.0, 30.0, 30.0, 30.0, 30.0, 2.0, 30.0]) ** 2
"""Of a group's clock against that of GPS, about a guess by the median of its codes where nothing better is known. QZSS keeps
GPS time and codes."""
IS_FREE: Final = BIAS_VARIANCE_M2 > 100.0


@kernel
def clock_group(satellite: Codes) -> Ints:
    """Clock group (n,) of satellites (n,)."""
    group = np.empty(len(satellite), np.int64)
    for i in range(len(group)):
        group[i] = _GROUP[satellite[i]]
    return group


@kernel
def signal_in_space_sigma_m(group: Ints, stated_variance_m2: Floats) -> Floats:
    """Standard deviation (n,) of orbit, clock and group delay along the line of sight [m].

    stated_variance_m2 : (n,) by the navigation message; NaN = not stated
    """
    sigma_m = np.empty(len(group))
    for i in range(len(group)):
        stated = math.sqrt(stated_variance_m2[i]) / _USUAL_ACCURACY_M[group[i]]
        sigma_m[i] = _SIGMA_M[group[i]] * (stated if stated > 1.0 else 1.0)
    return sigma_m
