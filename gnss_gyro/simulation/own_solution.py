"""UBX-NAV-PVT as a receiver would send it: its own position, velocity and time (u-blox F9 HPG interface description, 3.15.11)."""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import enu_from_ecef, geodetic_from_ecef
from gnss_gyro.basics.time import GpsTime

POSITION_SIGMA_M: Final = 1.0
VELOCITY_SIGMA_MPS: Final = 0.05
_PAYLOAD: Final = struct.Struct("<IHBBBBBBIiBBBBiiiiIIiiiiiIIHH4xihH")
_VALID, _FIX_OK, _THREE_D = 0b0111, 1, 3


def encode_nav_pvt(time: GpsTime, position_ecef_m: Floats, velocity_ecef_mps: Floats, satellites: int) -> bytes:
    """Payload (92 bytes) of a solution; the claimed sigmas are those of this module."""
    latitude, longitude, height = (float(v) for v in geodetic_from_ecef(position_ecef_m))
    east, north, up = enu_from_ecef(latitude, longitude) @ velocity_ecef_mps * 1e3
    utc = time.utc()
    speed = np.hypot(east, north)
    return _PAYLOAD.pack(
        round(time.tow_s * 1e3), utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, _VALID, 30,
        utc.microsecond * 1000,
        _THREE_D if satellites >= 4 else 0, _FIX_OK if satellites >= 4 else 0, 0, satellites,
        round(np.degrees(longitude) * 1e7), round(np.degrees(latitude) * 1e7), round(height * 1e3), round(height * 1e3),
        round(POSITION_SIGMA_M * 1e3), round(1.5 * POSITION_SIGMA_M * 1e3), round(north), round(east), round(-up),
        round(speed), round(np.degrees(np.arctan2(east, north)) % 360.0 * 1e5), round(VELOCITY_SIGMA_MPS * 1e3), 1_000_000,
        150, 0, 0, 0, 0,
    )  # fmt: skip
