"""Tropospheric delay: Saastamoinen's zenith delays from a seasonal atmosphere, brought to the slant by Niell's mapping.

Sources: Saastamoinen 1972 in the form of Davis et al. 1985; atmosphere and wet delay of RTCA DO-229 A.4.2.4 (UNB3);
Niell 1996, Global mapping functions for the atmosphere delay at radio wavelengths.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.time import DAY_S, NS, GpsTime

_DAY_NS: Final = int(DAY_S) * NS
_YEAR_DAYS: Final = 365.25
_COLDEST_DAY: Final = 28.0
_GRAVITY: Final = 9.80665  # [m/s^2]
_GRAVITY_OF_COLUMN: Final = 9.784  # [m/s^2] at the centre of mass of the air column
_GAS_CONSTANT: Final = 287.054  # [J/kg/K] of dry air
_K2: Final = 382_000.0  # [K^2/hPa] refractivity of water vapour
_MIN_ELEVATION: Final = math.radians(2.0)
"""Niell's functions are made for 3 degrees and more; below 2 degrees they are held."""

# At |latitude| 15, 30, 45, 60, 75 degrees: pressure [hPa], temperature [K], vapour pressure [hPa],
# temperature lapse [K/m], vapour lapse [-] (DO-229, tables ).
_LATITUDES: Final = np.radians([15.0, 30.0, 45.0, 60.0, 75.0])
_MEAN: Final = np.array([
    [1013.25, 299.65, 26.31, 6.30e-3, 2.77],
    [1017.25, 294.15, 21.79, 6.05e-3, 3.15],
    [1015.75, 283.15, 11.66, 5.58e-3, 2.57],
    [1011.75, 272.15, 6.78, 5.39e-3, 1.81],
    [1013.00, 263.65, 4.11, 4.53e-3, 1.55],
])  # fmt: skip
_SEASON: Final = np.array([
    [0.00, 0.00, 0.00, 0.00e-3, 0.00],
    [-3.75, 7.00, 8.85, 0.25e-3, 0.33],
    [-2.25, 11.00, 7.24, 0.32e-3, 0.46],
    [-1.75, 15.00, 5.36, 0.81e-3, 0.74],
    [-0.50, 14.50, 3.39, 0.62e-3, 0.30],
])  # fmt: skip

# Niell's coefficients a, b, c at the same latitudes (tables 3 and 4 of the paper).
_DRY_MEAN: Final = np.array([
    [1.2769934e-3, 2.9153695e-3, 62.610505e-3],
    [1.2683230e-3, 2.9152299e-3, 62.837393e-3],
    [1.2465397e-3, 2.9288445e-3, 63.721774e-3],
    [1.2196049e-3, 2.9022565e-3, 63.824265e-3],
    [1.2045996e-3, 2.9024912e-3, 64.258455e-3],
])  # fmt: skip
_DRY_SEASON: Final = np.array([
    [0.0, 0.0, 0.0],
    [1.2709626e-5, 2.1414979e-5, 9.0128400e-5],
    [2.6523662e-5, 3.0160779e-5, 4.3497037e-5],
    [3.4000452e-5, 7.2562722e-5, 84.795348e-5],
    [4.1202191e-5, 11.723375e-5, 170.37206e-5],
])  # fmt: skip
_WET: Final = np.array([
    [5.8021897e-4, 1.4275268e-3, 4.3472961e-2],
    [5.6794847e-4, 1.5138625e-3, 4.6729510e-2],
    [5.8118019e-4, 1.4572752e-3, 4.3908931e-2],
    [5.9727542e-4, 1.5007428e-3, 4.4626982e-2],
    [6.1641693e-4, 1.7599082e-3, 5.4736038e-2],
])  # fmt: skip
_WET_SEASON: Final = np.zeros((5, 3))
"""None is known."""
_HEIGHT: Final = np.array([2.53e-5, 5.49e-3, 1.14e-3])


@dataclass(frozen=True, slots=True)
class Atmosphere:
    """Air at the antenna.

    pressure_hpa, temperature_k, vapour_hpa : total pressure, temperature, partial pressure of water
    lapse_k_per_m, vapour_lapse             : decrease of temperature with height, exponent of that of water [-]
    """

    pressure_hpa: float
    temperature_k: float
    vapour_hpa: float
    lapse_k_per_m: float
    vapour_lapse: float


def seasonal_atmosphere(time: GpsTime, latitude: float, height_m: float) -> Atmosphere:
    """Average air for a latitude [rad], height [m] and day of the year."""
    return Atmosphere(*_air(northern_season(time), latitude, height_m))


def zenith_delays(atmosphere: Atmosphere, latitude: float, height_m: float) -> tuple[float, float]:
    """Hydrostatic and wet zenith delay [m] (Davis et al. 1985; DO-229 A.4.2.4)."""
    air = atmosphere
    return _zenith(
        air.pressure_hpa, air.temperature_k, air.vapour_hpa, air.lapse_k_per_m, air.vapour_lapse, latitude, height_m
    )  # fmt: skip


def niell_mapping(time: GpsTime, latitude: float, height_m: float, elevation: Floats) -> tuple[Floats, Floats]:
    """Hydrostatic and wet mapping functions (n,), (n,) at elevations (n,) [rad]."""
    dry, wet = np.empty(len(elevation)), np.empty(len(elevation))
    _fill_mapping(northern_season(time), latitude, height_m, np.asarray(elevation, float), dry, wet)
    return dry, wet


def slant_delay_m(time: GpsTime, latitude: float, height_m: float, elevation: Floats) -> Floats:
    """Whole tropospheric delay (n,) [m] at elevations (n,) [rad], without any measured weather."""
    delay_m, wet_mapping = np.empty(len(elevation)), np.empty(len(elevation))
    fill_slant_delays(northern_season(time), latitude, height_m, np.asarray(elevation, float), delay_m, wet_mapping)
    return delay_m


def northern_season(time: GpsTime) -> float:
    """Cosine of the year's phase in the north: 1 on the coldest day, 28 January."""
    number, past_ns = divmod(time.ns, _DAY_NS)
    day = _day_of_year(number) + past_ns / _DAY_NS
    return math.cos(2.0 * math.pi * (day - _COLDEST_DAY) / _YEAR_DAYS)


@lru_cache(maxsize=4)
def _day_of_year(number: int) -> int:
    """Of a day since the GPS epoch."""
    return GpsTime(number * _DAY_NS).calendar().timetuple().tm_yday


@kernel
def fill_slant_delays(
    season: float, latitude: float, height_m: float, elevation: Floats, out_delay_m: Floats, out_wet_mapping: Floats
) -> Any:
    """Kernel of slant_delay_m: writes delays and wet mapping functions (n,); season: by northern_season."""
    pressure, temperature, vapour, lapse, vapour_lapse = _air(season, latitude, height_m)
    dry, wet = _zenith(pressure, temperature, vapour, lapse, vapour_lapse, latitude, height_m)
    _fill_mapping(season, latitude, height_m, elevation, out_delay_m, out_wet_mapping)
    for i in range(len(elevation)):
        out_delay_m[i] = dry * out_delay_m[i] + wet * out_wet_mapping[i]


@kernel
def _air(season: float, latitude: float, height_m: float) -> tuple[float, float, float, float, float]:
    """The fields of Atmosphere in their order."""
    ground = _at_latitude(_MEAN, _SEASON, season, latitude)
    pressure, temperature, vapour, lapse, vapour_lapse = ground[0], ground[1], ground[2], ground[3], ground[4]
    ratio = max(1.0 - lapse * height_m / temperature, 0.1)
    exponent = _GRAVITY / (_GAS_CONSTANT * lapse)
    vapour_at_height = vapour * ratio ** (exponent * (vapour_lapse + 1.0))
    return pressure * ratio**exponent, temperature * ratio, vapour_at_height, lapse, vapour_lapse


@kernel
def _zenith(
    pressure_hpa: float, temperature_k: float, vapour_hpa: float, lapse_k_per_m: float, vapour_lapse: float, latitude: float,
    height_m: float,
) -> tuple[float, float]:  # fmt: skip
    """Kernel of zenith_delays."""
    gravity_ratio = 1.0 - 0.00266 * math.cos(2.0 * latitude) - 0.28e-6 * height_m
    dry = 0.0022768 * pressure_hpa / gravity_ratio
    weight = _GRAVITY_OF_COLUMN * (vapour_lapse + 1.0) - lapse_k_per_m * _GAS_CONSTANT
    wet = 1e-6 * _K2 * _GAS_CONSTANT / weight * vapour_hpa / temperature_k
    return dry, wet


@kernel
def _fill_mapping(
    season: float, latitude: float, height_m: float, elevation: Floats, out_dry: Floats, out_wet: Floats
) -> Any:
    """Kernel of niell_mapping: writes both (n,)."""
    dry, wet = _at_latitude(_DRY_MEAN, _DRY_SEASON, season, latitude), _at_latitude(_WET, _WET_SEASON, season, latitude)
    for i in range(len(elevation)):
        sin_e = math.sin(max(elevation[i], _MIN_ELEVATION))
        out_dry[i] = _marini(sin_e, dry) + (1.0 / sin_e - _marini(sin_e, _HEIGHT)) * height_m * 1e-3
        out_wet[i] = _marini(sin_e, wet)


@kernel
def _at_latitude(mean: Floats, amplitude: Floats, season: float, latitude: float) -> Floats:
    """Numbers (k,) of two tables (5, k) at a latitude, interpolated between theirs and held beyond them.

    season : by northern_season; in the south the year's phase is the other one
    """
    phase, row = season if latitude >= 0.0 else -season, 0
    while row < len(_LATITUDES) - 2 and _LATITUDES[row + 1] <= abs(latitude):
        row += 1
    share = min(max((abs(latitude) - _LATITUDES[row]) / (_LATITUDES[row + 1] - _LATITUDES[row]), 0.0), 1.0)
    out = np.empty(mean.shape[1])
    for k in range(len(out)):
        steady = mean[row, k] + (mean[row + 1, k] - mean[row, k]) * share
        out[k] = steady - (amplitude[row, k] + (amplitude[row + 1, k] - amplitude[row, k]) * share) * phase
    return out


@kernel
def _marini(sin_elevation: float, abc: Floats) -> float:
    """Continued fraction in 1 / sin E, equal to 1 in the zenith."""
    a, b, c = abc[0], abc[1], abc[2]
    return (1.0 + a / (1.0 + b / (1.0 + c))) / (sin_elevation + a / (sin_elevation + b / (sin_elevation + c)))
