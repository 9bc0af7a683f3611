"""Ionospheric delay by BDGIM, the nine harmonics that BeiDou's third generation broadcasts.

Source: BDS-SIS-ICD B1C 1.0, 7.8; equations and tables are numbered as in its reprint, GB/T 39414.1-2020, 8.8.2.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.signals import L1_HZ
from gnss_gyro.basics.time import BEIDOU_MINUS_GPS_S, DAY_S, GpsTime
from gnss_gyro.models import thin_shell
from gnss_gyro.models.bdgim_table import AMPLITUDES_TECU, PERIODS_DAYS, SEVENTEEN_DEGREES, SEVENTEEN_ORDERS
from gnss_gyro.protocols.messages import BdgimCoefficients

_M_HZ2_PER_TECU: Final = 40.28e16
_SHELL: Final = 6378.0 / (6378.0 + 400.0)
"""Radius of the Earth over that of the ionosphere."""
_POLE_LATITUDE, _POLE_LONGITUDE = math.radians(80.27), math.radians(-72.58)
_GPS_EPOCH_MJD: Final = 44_244.0
_GROUP_DAYS: Final = 2.0 / 24.0
"""The terms that are not broadcast are those of the odd hours, held for two hours."""
_NINE_DEGREES: Final = (0, 1, 1, 1, 2, 2, 2, 2, 2)
_NINE_ORDERS: Final = (0, 0, 1, -1, 0, 1, -1, 2, -2)
_LEAST: Final = ((35.0, 10.0), (20.0, 8.0), (12.0, 6.0), (-math.inf, 4.0))
"""First parameter above which the content is at least that parameter over a divisor, as the authors' program has it (Li, Wang,
Chinese Academy of Sciences, 2021); the ICD lets the sum of harmonics fall below zero."""


def bdgim_delay_m(
    bdgim: BdgimCoefficients,
    time: GpsTime,
    latitude: float,
    longitude: float,
    elevation: Floats,
    azimuth: Floats,
    carrier_hz: Floats | float = L1_HZ,
) -> Floats:
    """Slant delay of the code (advance of the phase) (n,) [m] at carrier_hz; angles [rad] (equation 24)."""
    at = thin_shell.pierce_points(latitude, longitude, elevation, azimuth, _SHELL)  # equations 25, 26
    vertical_tecu = vertical_tec_tecu(bdgim, time, *at)
    return np.asarray(slant_factor(elevation) * _M_HZ2_PER_TECU * vertical_tecu / np.asarray(carrier_hz) ** 2)


def slant_factor(elevation: Floats) -> Floats:
    """Slant over vertical content (n,), 1 in the zenith (equation 35)."""
    return thin_shell.slant_factor(elevation, _SHELL)


def vertical_tec_tecu(bdgim: BdgimCoefficients, time: GpsTime, latitude: Floats, longitude: Floats) -> Floats:
    """Vertical content (n,) [TECU] above places (n,), (n,) [rad]."""
    days = _GPS_EPOCH_MJD + (time.ns * 1e-9 + BEIDOU_MINUS_GPS_S) / DAY_S
    place = _sun_fixed(days, latitude, longitude)
    content = bdgim.alpha @ _harmonics(_NINE_DEGREES, _NINE_ORDERS, *place)
    content += _not_broadcast_tecu(days) @ _harmonics(SEVENTEEN_DEGREES, SEVENTEEN_ORDERS, *place)
    first = float(bdgim.alpha[0])
    divisor = next(divisor for above, divisor in _LEAST if first > above)
    return np.asarray(np.maximum(content, max(first / divisor, 0.0)))


def _sun_fixed(days: float, latitude: Floats, longitude: Floats) -> tuple[Floats, Floats]:
    """Geomagnetic latitude, and geomagnetic longitude counted from the mean sun (equations 27, 28); days: MJD."""
    sin_pole, cos_pole = math.sin(_POLE_LATITUDE), math.cos(_POLE_LATITUDE)
    east = longitude - _POLE_LONGITUDE
    sine = sin_pole * np.sin(latitude) + cos_pole * np.cos(latitude) * np.cos(east)
    magnetic = np.arctan2(np.cos(latitude) * np.sin(east) * cos_pole, sin_pole * sine - np.sin(latitude))
    sun = np.pi * (1.0 - 2.0 * (days % 1.0)) - _POLE_LONGITUDE
    return np.arcsin(np.clip(sine, -1.0, 1.0)), magnetic - math.atan2(math.sin(sun), sin_pole * math.cos(sun))


def _not_broadcast_tecu(days: float) -> Floats:
    """Coefficients (17,) [TECU] of the middle of the two hours (equation 33)."""
    middle = (math.floor(days / _GROUP_DAYS) + 0.5) * _GROUP_DAYS
    angles = 2.0 * np.pi / PERIODS_DAYS * middle
    series = np.concatenate([[1.0], np.stack([np.cos(angles), np.sin(angles)], axis=1).ravel()])
    return np.asarray(series @ AMPLITUDES_TECU)


def _harmonics(degrees: tuple[int, ...], orders: tuple[int, ...], latitude: Floats, longitude: Floats) -> Floats:
    """Normalised surface harmonics (terms, n) at places (n,), (n,) [rad]; negative orders are sines (equation 29)."""
    sine = np.sin(latitude)
    return np.array([
        _norm(n, abs(m)) * _legendre(n, abs(m), sine) * (np.cos(m * longitude) if m >= 0 else np.sin(-m * longitude))
        for n, m in zip(degrees, orders, strict=True)
    ])  # fmt: skip


def _norm(degree: int, order: int) -> float:
    """Factor that makes the square of a harmonic 1 in the mean of the sphere (equation 30)."""
    doubled = 1.0 if order == 0 else 2.0
    return math.sqrt(doubled * (2 * degree + 1) * math.factorial(degree - order) / math.factorial(degree + order))


def _legendre(degree: int, order: int, sine: Floats) -> Floats:
    """Associated Legendre function (n,), without the sign of Condon and Shortley (equation 31)."""
    last, value = np.zeros_like(sine), math.prod(range(1, 2 * order, 2)) * (1.0 - sine**2) ** (order / 2.0)
    for n in range(order + 1, degree + 1):
        last, value = value, ((2 * n - 1) * sine * value - (n + order - 1) * last) / (n - order)
    return np.asarray(value)
