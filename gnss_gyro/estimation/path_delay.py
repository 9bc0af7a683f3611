"""Delay of the pseudoranges in the atmosphere, and how far it may be wrong, as a single point solution needs them."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
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
_MIN_SINE: Final = 0.02


def path_delay(
    epoch: Epoch,
    place: Floats,
    elevation: Floats,
    azimuth: Floats,
    klobuchar: Klobuchar | None,
    known: SlantDelays | None = None,
) -> tuple[Floats, Floats]:
    """Troposphere and ionosphere of an epoch's pseudoranges (n,) [m], and its standard deviation (n,) [m].

    place              : latitude [rad], longitude [rad], height [m]
    elevation, azimuth : (n,) [rad]
    klobuchar          : None = not known, an average ionosphere
    known              : delays that take the place of the models where they are told, of the epoch's satellites
    """
    latitude, longitude, height_m = map(float, place)
    zenith_m = zenith_delay_m(epoch.time, latitude, height_m)
    ionosphere_m, relative = ionosphere(epoch, latitude, longitude, elevation, azimuth, klobuchar)
    if known is None:
        delay_m, sigma_m = slanted(zenith_m, elevation, ionosphere_m, relative)
        return delay_m, sigma_m
    mapping = troposphere_mapping(elevation)
    troposphere_m, troposphere_m2 = zenith_m * mapping, (_ZENITH_TROPOSPHERE_SIGMA_M * mapping) ** 2
    troposphere_m, troposphere_m2 = _told(known.troposphere_m, known.troposphere_variance_m2, troposphere_m, troposphere_m2)
    ionosphere_m, ionosphere_m2 = _told(
        known.ionosphere_m, known.ionosphere_variance_m2, ionosphere_m, (relative * ionosphere_m) ** 2
    )
    return troposphere_m + ionosphere_m, np.sqrt(troposphere_m2 + ionosphere_m2)


def _told(delay_m: Floats, variance_m2: Floats, model_m: Floats, model_m2: Floats) -> tuple[Floats, Floats]:
    """Delay and variance (n,), (n,) where both are told, the model's elsewhere."""
    told = np.isfinite(delay_m) & np.isfinite(variance_m2)
    return np.where(told, delay_m, model_m), np.where(told, variance_m2, model_m2)


@njit(cache=True)
def troposphere_mapping(elevation: Floats) -> Floats:
    """Slant over zenith delay (n,) of the troposphere at elevations (n,) [rad] (RTCA DO-229, A.4.2.4)."""
    sine = np.sin(np.maximum(elevation, _MIN_SINE))
    return np.asarray(1.001 / np.sqrt(0.002001 + sine**2))


@njit(cache=True)
def slanted(zenith_m: float, elevation: Floats, ionosphere_m: Floats, relative: float) -> tuple[Floats, Floats]:
    """Delays (n,) of both and their standard deviations (n,) [m], from a zenith troposphere and an ionosphere on the slant."""
    mapping = troposphere_mapping(elevation)
    sigma_m = np.sqrt((_ZENITH_TROPOSPHERE_SIGMA_M * mapping) ** 2 + (relative * ionosphere_m) ** 2)
    return zenith_m * mapping + ionosphere_m, sigma_m


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
    carrier_hz = carriers_hz(epoch.wavelength_m)
    model, relative = believed(klobuchar)
    return klobuchar_delay_m(model, epoch.time, latitude, longitude, elevation, azimuth, carrier_hz), relative


def believed(klobuchar: Klobuchar | None) -> tuple[Klobuchar, float]:
    """The model to use where this one was heard (None = none was), and the relative standard deviation of its delays."""
    return (AVERAGE_IONOSPHERE, _AVERAGE_RELATIVE) if klobuchar is None else (klobuchar, _KLOBUCHAR_RELATIVE)


@njit(cache=True)
def carriers_hz(wavelength_m: Floats) -> Floats:
    """Carrier frequencies (n,); GLONASS's middle one where the channel is unknown."""
    out = np.empty(len(wavelength_m))
    for i in range(len(out)):
        out[i] = GLONASS_L1_HZ if np.isnan(wavelength_m[i]) else SPEED_OF_LIGHT / wavelength_m[i]
    return out
