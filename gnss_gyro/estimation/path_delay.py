"""Delay of the pseudoranges in the atmosphere, and how far it may be wrong, as a single point solution needs them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.signals import GLONASS_L1_HZ
from gnss_gyro.basics.time import NS, GpsTime
from gnss_gyro.corrections.applying import SlantDelays
from gnss_gyro.models.ionosphere import klobuchar_delay_m
from gnss_gyro.models.troposphere import seasonal_atmosphere, zenith_delays
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.protocols.messages import Klobuchar

AVERAGE_IONOSPHERE: Final = Klobuchar("G", np.array([2.0e-8, 0.0, 0.0, 0.0]), np.array([1.2e5, 0.0, 0.0, 0.0]))
"""Where nothing was broadcast yet: 1.5 m in the zenith by night, 7.5 m by day, the same everywhere."""
_AVERAGE_RELATIVE: Final = 0.7
_KLOBUCHAR_RELATIVE: Final = 0.5
"""The broadcast model removes half of the delay or more (IS-GPS-200, 20.3.3.5.2.5)."""
_ZENITH_TROPOSPHERE_SIGMA_M: Final = 0.12
"""Of the delay without measured weather (RTCA DO-229, A.4.2.4)."""
_HOUR_NS: Final = 3600 * NS
_MIN_ELEVATION: Final = 0.02
_NOTHING_TOLD: Final = np.empty((4, 0))


@kernel
def troposphere_mapping(elevation: Floats) -> Floats:
    """Slant over zenith delay (n,) of the troposphere at elevations (n,) [rad] (RTCA DO-229, A.4.2.4)."""
    out = np.empty(len(elevation))
    for i in range(len(out)):
        out[i] = mapping_at(elevation[i])
    return out


@kernel(inline="always")
def mapping_at(elevation: float) -> float:
    """troposphere_mapping of one elevation."""
    sine = math.sin(_MIN_ELEVATION if elevation < _MIN_ELEVATION else elevation)
    return 1.001 / math.sqrt(0.002001 + sine * sine)


@kernel(inline="always")
def slanted(
    zenith_m: float, elevation: Floats, ionosphere_m: Floats, relative: float, told: Floats, out_delay_m: Floats,
    out_variance_m2: Floats,
) -> Any:  # fmt: skip
    """Delays (n,) [m] of both and their variances (n,) [m^2], from a zenith troposphere and an ionosphere on the slant.

    relative : standard deviation of the ionosphere's delay over the delay
    told     : see told_delays
    """
    for i in range(len(elevation)):
        mapping = mapping_at(elevation[i])
        high_m, high_m2 = ionosphere_m[i], (relative * ionosphere_m[i]) ** 2
        low_m, low_m2 = zenith_m * mapping, (_ZENITH_TROPOSPHERE_SIGMA_M * mapping) ** 2
        if told.shape[1] and math.isfinite(told[0, i] + told[1, i]):
            high_m, high_m2 = told[0, i], told[1, i]
        if told.shape[1] and math.isfinite(told[2, i] + told[3, i]):
            low_m, low_m2 = told[2, i], told[3, i]
        out_delay_m[i], out_variance_m2[i] = low_m + high_m, low_m2 + high_m2


def told_delays(known: SlantDelays | None) -> Floats:
    """Delays that take the place of the models where they are told, as rows (4, n): ionosphere and its variance, then the
    troposphere's; (4, 0) = nothing."""
    if known is None:
        return _NOTHING_TOLD
    return np.array([known.ionosphere_m, known.ionosphere_variance_m2, known.troposphere_m, known.troposphere_variance_m2])


def zenith_delay_m(time: GpsTime, latitude: float, height_m: float) -> float:
    """Delay in the zenith [m] to what matters here: of the hour, of a place rounded to kilometres and 10 m of height."""
    return zenith_troposphere_m(time.ns // _HOUR_NS, round(latitude, 2), round(height_m, -1))


@lru_cache(maxsize=64)
def zenith_troposphere_m(hour: int, latitude: float, height_m: float) -> float:
    """Delay in the zenith [m] at an hour since the GPS epoch; heights that the model does not know are held."""
    height = min(max(height_m, -500.0), 10_000.0)
    return sum(zenith_delays(seasonal_atmosphere(GpsTime(hour * _HOUR_NS), latitude, height), latitude, height))


def ionosphere(
    epoch: Epoch, latitude: float, longitude: float, elevation: Floats, azimuth: Floats, klobuchar: Klobuchar | None
) -> tuple[Floats, float]:
    """Delay (n,) [m] and its relative standard deviation."""
    model, relative = believed(klobuchar)
    carrier = carriers_hz(epoch.wavelength_m)
    return klobuchar_delay_m(model, epoch.time, latitude, longitude, elevation, azimuth, carrier), relative


def believed(klobuchar: Klobuchar | None) -> tuple[Klobuchar, float]:
    """The model to use where this one was heard (None = none was), and the relative standard deviation of its delays."""
    return (AVERAGE_IONOSPHERE, _AVERAGE_RELATIVE) if klobuchar is None else (klobuchar, _KLOBUCHAR_RELATIVE)


@kernel
def carriers_hz(wavelength_m: Floats) -> Floats:
    """Carrier frequencies (n,); GLONASS's middle one where the channel is unknown."""
    out = np.empty(len(wavelength_m))
    for i in range(len(out)):
        out[i] = carrier_hz(wavelength_m[i])
    return out


@kernel(inline="always")
def carrier_hz(wavelength_m: float) -> float:
    """carriers_hz of one wavelength."""
    return GLONASS_L1_HZ if math.isnan(wavelength_m) else SPEED_OF_LIGHT / wavelength_m
