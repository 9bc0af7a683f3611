"""Earth-centred (ECEF) and local (ENU) frames, and the WGS 84 ellipsoid (by pyproj)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from pyproj import Transformer

from gnss_gyro.basics.arrays import Floats


@lru_cache(maxsize=2)
def _transformer(to_geodetic: bool) -> Transformer:
    ends = ("EPSG:4978", "EPSG:4979") if to_geodetic else ("EPSG:4979", "EPSG:4978")
    return Transformer.from_crs(*ends, always_xy=True)


def geodetic_from_ecef(position_ecef_m: Floats) -> Floats:
    """Latitude [rad], longitude [rad], ellipsoidal height [m] of ECEF positions; (..., 3) -> (..., 3)."""
    position = np.asarray(position_ecef_m, float)
    longitude, latitude, height = _transformer(True).transform(position[..., 0], position[..., 1], position[..., 2])
    return np.stack([np.radians(latitude), np.radians(longitude), height], axis=-1)


def ecef_from_geodetic(geodetic: Floats) -> Floats:
    """ECEF position [m] of latitude [rad], longitude [rad], height [m]; (..., 3) -> (..., 3)."""
    latitude, longitude, height = np.moveaxis(np.asarray(geodetic, float), -1, 0)
    xyz = _transformer(False).transform(np.degrees(longitude), np.degrees(latitude), height)
    return np.stack(xyz, axis=-1)


def enu_from_ecef(latitude: float, longitude: float) -> Floats:
    """Rotation (3, 3) that turns an ECEF vector into east, north, up at a place [rad]."""
    sin_lat, cos_lat = np.sin(latitude), np.cos(latitude)
    sin_lon, cos_lon = np.sin(longitude), np.cos(longitude)
    return np.array([
        [-sin_lon, cos_lon, 0.0],
        [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
        [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
    ])  # fmt: skip


def enu_from_ecef_at(position_ecef_m: Floats) -> Floats:
    """Rotation (3, 3) into east, north, up at an ECEF position (3,) [m]."""
    latitude, longitude, _ = geodetic_from_ecef(position_ecef_m)
    return enu_from_ecef(float(latitude), float(longitude))
