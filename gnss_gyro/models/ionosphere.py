"""Ionospheric delay by the eight broadcast parameters of GPS (and QZSS) and of BeiDou."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.signals import B1I_HZ, L1_HZ
from gnss_gyro.basics.time import BEIDOU_MINUS_GPS_S, DAY_S, GpsTime
from gnss_gyro.protocols.messages import Klobuchar

_NIGHT_S: Final = 5e-9
_PEAK_S: Final = 50_400.0
"""The delay is largest at 14 h local time."""
_POLE_LATITUDE_RAD: Final = 0.064 * math.pi
_POLE_LONGITUDE_RAD: Final = 1.617 * math.pi
_MAX_PIERCE_LATITUDE_RAD: Final = 0.416 * math.pi
_SHELL: Final = 6378.0 / (6378.0 + 375.0)
"""Radius of the Earth over that of the ionosphere in BeiDou's model (BDS-SIS-ICD B1I, 5.2.4.7)."""


def klobuchar_delay_m(
    klobuchar: Klobuchar,
    time: GpsTime,
    latitude: float,
    longitude: float,
    elevation: Floats,
    azimuth: Floats,
    carrier_hz: Floats | float = L1_HZ,
) -> Floats:
    """Slant delay of the code (advance of the phase) (n,) [m] at carrier_hz; angles [rad].

    Parameters broadcast by BeiDou use BeiDou's own variant and refer to B1I, all others to L1.
    """
    is_beidou = is_of_beidou(klobuchar)
    seconds = klobuchar_s(is_beidou, klobuchar.alpha, klobuchar.beta, time.tow_s, latitude, longitude, elevation, azimuth)
    delay: Floats = SPEED_OF_LIGHT * seconds * (reference_hz(is_beidou) / np.asarray(carrier_hz)) ** 2
    return delay


def is_of_beidou(klobuchar: Klobuchar) -> bool:
    """Are these parameters of BeiDou's variant?"""
    return klobuchar.system == System.BEIDOU.value


@kernel
def reference_hz(is_beidou: bool) -> float:
    """Carrier that the delays of a variant belong to."""
    return B1I_HZ if is_beidou else L1_HZ


@kernel
def klobuchar_s(
    is_beidou: bool, alpha: Floats, beta: Floats, tow_s: float, latitude: float, longitude: float, elevation: Floats,
    azimuth: Floats,
) -> Floats:  # fmt: skip
    """Kernel of klobuchar_delay_m: delay (n,) [s] on the reference carrier of the variant."""
    seconds = np.empty(len(elevation))
    for i in range(len(seconds)):
        if is_beidou:
            seconds[i] = _beidou_s(alpha, beta, tow_s, latitude, longitude, elevation[i], azimuth[i])
        else:
            seconds[i] = _gps_s(alpha, beta, tow_s, latitude, longitude, elevation[i], azimuth[i])
    return seconds


@kernel
def _gps_s(
    alpha: Floats, beta: Floats, tow_s: float, latitude: float, longitude: float, elevation: float, azimuth: float
) -> float:
    """Delay of a ray on L1 [s] (IS-GPS-200, 20.3.3.5.2.5, figure 20-4), there in semicircles."""
    central = (0.0137 / (elevation / math.pi + 0.11) - 0.022) * math.pi
    pierce_latitude = latitude + central * math.cos(azimuth)
    pierce_latitude = min(max(pierce_latitude, -_MAX_PIERCE_LATITUDE_RAD), _MAX_PIERCE_LATITUDE_RAD)
    pierce_longitude = longitude + central * math.sin(azimuth) / math.cos(pierce_latitude)
    geomagnetic = pierce_latitude + _POLE_LATITUDE_RAD * math.cos(pierce_longitude - _POLE_LONGITUDE_RAD)
    period = max(_cubic(beta, geomagnetic / math.pi), 72_000.0)
    phase = 2.0 * math.pi * (_local_time_s(tow_s, pierce_longitude) - _PEAK_S) / period
    day = 0.0
    if abs(phase) < 1.57:
        day = max(_cubic(alpha, geomagnetic / math.pi), 0.0) * (1.0 - phase**2 / 2.0 + phase**4 / 24.0)
    slant = 1.0 + 16.0 * (0.53 - elevation / math.pi) ** 3
    return slant * (_NIGHT_S + day)


@kernel
def _beidou_s(
    alpha: Floats, beta: Floats, tow_s: float, latitude: float, longitude: float, elevation: float, azimuth: float
) -> float:
    """Delay of a ray on B1I [s] (BDS-SIS-ICD B1I, 5.2.4.7): geographic latitude, full cosine, thin-shell slant."""
    zenith_at_shell = math.asin(_SHELL * math.cos(elevation))
    central = math.pi / 2.0 - elevation - zenith_at_shell
    sin_latitude = math.sin(latitude) * math.cos(central) + math.cos(latitude) * math.sin(central) * math.cos(azimuth)
    pierce_latitude = math.asin(min(max(sin_latitude, -1.0), 1.0))
    sin_longitude = math.sin(central) * math.sin(azimuth) / math.cos(pierce_latitude)
    pierce_longitude = longitude + math.asin(min(max(sin_longitude, -1.0), 1.0))
    semicircles = abs(pierce_latitude) / math.pi
    period = min(max(_cubic(beta, semicircles), 72_000.0), 172_800.0)
    since_peak_s = _local_time_s(tow_s + BEIDOU_MINUS_GPS_S, pierce_longitude) - _PEAK_S
    day = 0.0
    if abs(since_peak_s) < period / 4.0:
        day = max(_cubic(alpha, semicircles), 0.0) * math.cos(2.0 * math.pi * since_peak_s / period)
    return (_NIGHT_S + day) / math.cos(zenith_at_shell)


@kernel
def _local_time_s(tow_s: float, longitude: float) -> float:
    """Solar time of day [s] at a longitude [rad], in 0..86400."""
    return (tow_s + longitude * (DAY_S / 2.0 / math.pi)) % DAY_S


@kernel
def _cubic(coefficients: Floats, x: float) -> float:
    """c0 + c1 x + c2 x^2 + c3 x^3."""
    return coefficients[0] + x * (coefficients[1] + x * (coefficients[2] + x * coefficients[3]))
