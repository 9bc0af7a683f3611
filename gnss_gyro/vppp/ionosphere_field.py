"""What the broadcast model leaves of the ionosphere: a smooth field over the sky, six numbers for all satellites.

Vertical delay missing at a pierce point d_n north and d_e east of the receiver: v + g_n d_n + g_e d_e + quadratic terms; on the
slant it is multiplied by the mapping function of a thin shell. Codes of many satellites see it directly (1 m of it moves
the height by nearly 2 m), codes and phases together see it over time, because it delays the ones and advances the others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.signals import L1_HZ

TERMS: Final = 6
SHELL_M: Final = 450e3
_EARTH_M: Final = 6_371e3
_SINKING: Final = _EARTH_M / (_EARTH_M + SHELL_M)
"""Sine of the zenith angle at the shell over that at the ground."""
_UNIT_M: Final = 1e6
"""Distances in the field are in thousands of kilometres."""


@dataclass(frozen=True, slots=True)
class FieldPrior:
    """How far the broadcast model may be off, 1 sigma: a share of its own vertical delay and a floor [m].

    vertical : of the delay overhead
    gradient : of its change over 1000 km, north and east
    bend     : of the three quadratic terms over 1000 km
    """

    vertical: tuple[float, float] = (0.2, 0.3)
    gradient: tuple[float, float] = (0.2, 0.1)
    bend: tuple[float, float] = (0.08, 0.05)

    def variance(self, vertical_m: float) -> Floats:
        """Variances (6,) of the field's numbers where the model says so much vertical delay [m]."""
        v, g, b = [(share * vertical_m) ** 2 + floor**2 for share, floor in (self.vertical, self.gradient, self.bend)]
        return np.array([v, g, g, b, b, b])


@kernel
def slant_factor(elevation: Floats) -> Floats:
    """Slant over vertical delay (n,) of a thin shell at elevations (n,) [rad]."""
    factor = np.empty(len(elevation))
    for i in range(len(factor)):
        factor[i] = slant_of(elevation[i])
    return factor


@kernel
def slant_of(elevation: float) -> float:
    """Slant over vertical delay of a thin shell at one elevation [rad]."""
    return 1.0 / math.sqrt(1.0 - (_SINKING * math.cos(elevation)) ** 2)


@kernel
def field_design(elevation: Floats, azimuth: Floats, carrier_hz: Floats) -> Floats:
    """Slant delay of code [m] per unit of the field's numbers: (n, 6)."""
    out = np.empty((len(elevation), TERMS))
    for i in range(len(elevation)):
        zenith_at_shell = np.arcsin(_SINKING * np.cos(elevation[i]))
        away = (np.pi / 2.0 - elevation[i] - zenith_at_shell) * _EARTH_M / _UNIT_M
        north, east = away * np.cos(azimuth[i]), away * np.sin(azimuth[i])
        slant = (L1_HZ / carrier_hz[i]) ** 2 / np.cos(zenith_at_shell)
        terms = (1.0, north, east, north * north, north * east, east * east)
        for k in range(TERMS):
            out[i, k] = slant * terms[k]
    return out
