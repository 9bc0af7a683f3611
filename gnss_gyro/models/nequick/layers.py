"""The layers E, F1 and F2 above a place: how dense, how high, how thick.

A profile is an array (11,): for F2 amplitude [1e11/m^3], height [km], thickness below [km]; for F1 amplitude, height, thickness
above, thickness below; for E amplitude, thickness above; scale height of the top side [km]; density of the F2 peak [1e11/m^3].
"""

from __future__ import annotations

import math
from typing import Final

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.models.nequick.blending import blend, epstein
from gnss_gyro.models.nequick.sun import effective_zenith

E_HEIGHT_KM: Final = 120.0
E_THICKNESS_BELOW_KM: Final = 5.0
_DENSITY_OF_MHZ: Final = 0.124
"""[1e11/m^3] of a critical frequency of 1 MHz, growing with its square."""
_F1_IS_THERE_MHZ: Final = 0.5
_ROUNDS: Final = 5
"""In which the amplitudes of E and F1, which overlap, are found."""


@kernel
def fill_layers(conditions: Floats, critical_e: float, critical_f2: float, m3000: float, profile: Floats) -> None:
    """Profile of layers with critical frequencies [MHz] and the transmission factor M(3000)F2 (algorithm document, 2.5.5).

    conditions : (6,) of models.nequick.conditions
    profile    : (11,) written
    """
    critical_f1 = _critical_f1(critical_e, critical_f2)
    density_f2 = _DENSITY_OF_MHZ * critical_f2 * critical_f2
    height_f2 = _height_f2_km(critical_e, critical_f2, m3000)
    height_f1 = 0.5 * (height_f2 + E_HEIGHT_KM)
    below_f2 = 38.5 * density_f2 * math.exp(3.467 - 1.714 * math.log(critical_f2) - 2.02 * math.log(m3000))
    above_f1, below_f1 = 0.3 * (height_f2 - height_f1), 0.5 * (height_f1 - E_HEIGHT_KM)
    above_e = max(below_f1, 7.0)
    profile[0], profile[1], profile[2] = 4.0 * density_f2, height_f2, below_f2
    profile[4], profile[5], profile[6], profile[8] = height_f1, above_f1, below_f1, above_e
    _fill_amplitudes(critical_e, critical_f1, profile)
    profile[9] = _top_scale_km(conditions, density_f2, height_f2, below_f2)
    profile[10] = density_f2


@kernel
def critical_e_mhz(conditions: Floats, sin_latitude: float, cos_latitude: float, longitude: float) -> float:
    """Critical frequency of the E layer [MHz] (algorithm document, 2.5.5.1)."""
    zenith = effective_zenith(conditions[3], conditions[2], sin_latitude, cos_latitude, longitude)
    latitude_deg = math.degrees(math.atan2(sin_latitude, cos_latitude))
    season = conditions[4] * math.tanh(0.15 * latitude_deg)
    return math.sqrt((1.112 - 0.019 * season) ** 2 * math.sqrt(conditions[0]) * math.cos(zenith) ** 0.6 + 0.49)


@kernel
def _critical_f1(critical_e: float, critical_f2: float) -> float:
    """Critical frequency of the F1 layer [MHz], there by day only (algorithm document, F.2.9.1)."""
    by_day = blend(1.4 * critical_e, 0.0, 1000.0, critical_e - 2.0)
    by_day = blend(0.0, by_day, 1000.0, critical_e - by_day)
    value = blend(by_day, 0.85 * by_day, 60.0, 0.85 * critical_f2 - by_day)
    return 0.0 if value < 1e-6 else value


@kernel
def _height_f2_km(critical_e: float, critical_f2: float, m3000: float) -> float:
    """Height of the F2 peak [km] (algorithm document, 2.5.5.6, after Dudeney, J. Atmos. Terr. Phys. 45, 1983)."""
    ratio = critical_f2 / critical_e
    ratio = blend(ratio, 1.75, 20.0, ratio - 1.75)
    corrected = m3000 + 0.253 / (ratio - 1.215) - 0.012
    square = m3000 * m3000
    return 1490.0 * m3000 * math.sqrt((0.0196 * square + 1.0) / (1.2967 * square - 1.0)) / corrected - 176.0


@kernel
def _fill_amplitudes(critical_e: float, critical_f1: float, profile: Floats) -> None:
    """Amplitudes of F1 and E with which all layers together are as dense as the peaks (algorithm document, 2.5.5.8 on)."""
    height_f2, below_f2, height_f1 = profile[1], profile[2], profile[4]
    density_e = _DENSITY_OF_MHZ * critical_e * critical_e
    density_f1 = _DENSITY_OF_MHZ * critical_f1 * critical_f1
    lack_e = 4.0 * (density_e - epstein(profile[0], (E_HEIGHT_KM - height_f2) / below_f2))
    amplitude_f1, amplitude_e = 0.0, lack_e
    if critical_f1 >= _F1_IS_THERE_MHZ:
        lack_f1 = 4.0 * (density_f1 - epstein(profile[0], (height_f1 - height_f2) / below_f2))
        e_at_f1, f1_at_e = (height_f1 - E_HEIGHT_KM) / profile[8], (E_HEIGHT_KM - height_f1) / profile[6]
        amplitude_e = 4.0 * density_e
        for _ in range(_ROUNDS):
            amplitude_f1 = lack_f1 - 4.0 * epstein(amplitude_e, e_at_f1)
            amplitude_f1 = blend(amplitude_f1, 0.8 * density_f1, 1.0, amplitude_f1 - 0.8 * density_f1)
            amplitude_e = lack_e - 4.0 * epstein(amplitude_f1, f1_at_e)
    profile[3], profile[7] = amplitude_f1, blend(amplitude_e, 0.05, 60.0, amplitude_e - 0.005)


@kernel
def _top_scale_km(conditions: Floats, density_f2: float, height_f2: float, below_f2: float) -> float:
    """Scale height of the top side [km] (algorithm document, 2.5.5.11)."""
    if conditions[5] > 0.0:
        shape = 6.705 - 0.014 * conditions[1] - 0.008 * height_f2
    else:
        shape = -7.77 + 0.097 * (height_f2 / below_f2) ** 2 + 0.153 * density_f2
    shape = blend(shape, 2.0, 1.0, shape - 2.0)
    shape = blend(8.0, shape, 1.0, shape - 8.0)
    scale = shape * below_f2
    x = (scale - 150.0) / 100.0
    return scale / ((0.041163 * x - 0.183981) * x + 1.424472)
