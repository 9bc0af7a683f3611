"""Electrons per volume at a height of a profile."""

from __future__ import annotations

import math
from typing import Final

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.models.nequick.blending import epstein
from gnss_gyro.models.nequick.layers import E_HEIGHT_KM, E_THICKNESS_BELOW_KM

_FLOOR_KM: Final = 100.0
"""Below, the density of 100 km fades away."""
_FLOOR_SCALE_KM: Final = 10.0
_FARTHEST: Final = 25.0
"""Thicknesses from its peak at which a layer ends (algorithm document, equation 114)."""
_GRADIENT, _RADIUS = 0.125, 100.0
_OVERFLOW: Final = 1e11


@kernel
def density(profile: Floats, height_km: float) -> float:
    """Electron density [1e11/m^3] at a height [km]; profile (11,) of models.nequick.layers (algorithm document, 2.5.6)."""
    return _top_side(profile, height_km) if height_km > profile[1] else _bottom_side(profile, height_km)


@kernel
def _top_side(profile: Floats, height_km: float) -> float:
    """An Epstein layer whose thickness grows with the height (algorithm document, 2.5.6)."""
    above, scale = height_km - profile[1], profile[9]
    grown = scale * (1.0 + _RADIUS * _GRADIENT * above / (_RADIUS * scale + _GRADIENT * above))
    rise = math.exp(min(above / grown, 80.0))
    share = 1.0 / rise if rise > _OVERFLOW else rise / ((1.0 + rise) * (1.0 + rise))
    return 4.0 * profile[10] * share


@kernel
def _bottom_side(profile: Floats, height_km: float) -> float:
    """The sum of three Epstein layers, E and F1 narrowed near the F2 peak (algorithm document, 2.5.6)."""
    height = max(height_km, _FLOOR_KM)
    narrowing = math.exp(10.0 / (1.0 + abs(height - profile[1])))
    thick_f2 = profile[2]
    thick_f1 = profile[5] if height > profile[4] else profile[6]
    thick_e = profile[8] if height > E_HEIGHT_KM else E_THICKNESS_BELOW_KM
    x_f2 = (height - profile[1]) / thick_f2
    x_f1, x_e = (height - profile[4]) / thick_f1 * narrowing, (height - E_HEIGHT_KM) / thick_e * narrowing
    f2, f1, e = _layer(profile[0], x_f2), _layer(profile[3], x_f1), _layer(profile[7], x_e)
    total = f2 + f1 + e
    if height_km >= _FLOOR_KM:
        return total
    slope = f2 * _slope(x_f2) / thick_f2 + f1 * _slope(x_f1) / thick_f1 + e * _slope(x_e) / thick_e
    z = (height_km - _FLOOR_KM) / _FLOOR_SCALE_KM
    return total * math.exp(1.0 - (1.0 - _FLOOR_SCALE_KM * slope / total) * z - math.exp(-z))


@kernel
def _layer(amplitude: float, x: float) -> float:
    return 0.0 if abs(x) > _FARTHEST else epstein(amplitude, x)


@kernel
def _slope(x: float) -> float:
    """Logarithmic derivative of an Epstein layer at x thicknesses from its peak."""
    return -math.tanh(0.5 * x)
