"""Ionospheric delay of the rays of an epoch by NeQuick G."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import geodetic_from_ecef
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.nequick.conditions import conditions_at, ionisation_level, month_and_hour, sunspot_number
from gnss_gyro.models.nequick.maps import maps_at
from gnss_gyro.models.nequick.modip import modified_dip_deg
from gnss_gyro.models.nequick.ray import EARTH_RADIUS_KM, SCRATCH_WIDTH, fill_tec
from gnss_gyro.models.nequick.tables import tables

DELAY_M_HZ2_PER_TECU: Final = 40.3e16
"""Delay [m] of 1 TECU = 1e16 electrons/m^2 times the square of the carrier frequency."""
_TECU: Final = 1e-2
"""Of 1e14 electrons/m^2: 1e11/m^3 over 1 km."""


def nequick_delay_m(
    ai: Floats, time: GpsTime, receiver_ecef_m: Floats, satellite_ecef_m: Floats, carrier_hz: Floats | float
) -> Floats:
    """Slant delay of the code (advance of the phase) (n,) [m]; NaN where a satellite is unknown.

    ai               : (3,) effective ionisation level as broadcast by Galileo
    receiver_ecef_m  : (3,)
    satellite_ecef_m : (n, 3) in the same frame
    carrier_hz       : (n,), or one for all
    """
    receiver, satellites = geodetic_from_ecef(receiver_ecef_m), geodetic_from_ecef(np.reshape(satellite_ecef_m, (-1, 3)))
    month, ut_h = month_and_hour(time)
    return DELAY_M_HZ2_PER_TECU * slant_tec_tecu(ai, month, ut_h, receiver, satellites) / np.asarray(carrier_hz) ** 2


def slant_tec_tecu(ai: Floats, month: int, ut_h: float, receiver: Floats, satellites: Floats) -> Floats:
    """Electrons between a receiver and satellites (n,) [TECU = 1e16/m^2].

    ai         : (3,) as broadcast
    month      : 1..12
    ut_h       : universal time [h]
    receiver   : (3,) latitude [rad], longitude [rad], height [m]
    satellites : (n, 3) likewise
    """
    modip = tables()[2]
    dip_deg = modified_dip_deg(modip, math.degrees(receiver[0]), math.remainder(math.degrees(receiver[1]), 360.0))
    ionisation = ionisation_level(ai, dip_deg)
    f2, m3 = maps_at(month, ut_h, sunspot_number(ionisation))
    sky = f2, m3, modip, conditions_at(ionisation, month, ut_h), np.empty((4, SCRATCH_WIDTH))
    tec = np.empty(len(satellites))
    fill_tec(_on_sphere(receiver), _on_sphere(satellites), sky, tec)
    return _TECU * tec


def _on_sphere(geodetic: Floats) -> Floats:
    """Latitude, longitude [rad] and height [m] (..., 3) as if they were of a sphere -> (..., 3) [km]."""
    latitude, longitude, height_m = np.moveaxis(np.asarray(geodetic, np.float64), -1, 0)
    across = np.cos(latitude)
    direction = np.stack([across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)], axis=-1)
    return np.asarray((EARTH_RADIUS_KM + height_m[..., None] * 1e-3) * direction)
