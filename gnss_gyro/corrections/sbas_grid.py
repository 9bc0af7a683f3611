"""The ionospheric grid of SBAS: where a signal pierces it, and from which points its delay there is interpolated.

Source: RTCA DO-229, A.4.4.10. Grid points are named in whole degrees, and so is the pierce point among them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.models import thin_shell
from gnss_gyro.protocols.sbas.messages import GridPoint

EARTH_RADIUS_M: Final = 6_378_136.3
SHELL_HEIGHT_M: Final = 350_000.0
_RATIO: Final = EARTH_RADIUS_M / (EARTH_RADIUS_M + SHELL_HEIGHT_M)

Weights: TypeAlias = dict[GridPoint, float]
Corner: TypeAlias = tuple[GridPoint, float, float]
"""A grid point with its place (0 or 1, 0 or 1) in its cell, east and towards the pole or north."""


def obliquity(elevation: Floats) -> Floats:
    """Slant over vertical delay (n,) at elevations (n,) [rad] (A.4.4.10.4)."""
    return thin_shell.slant_factor(elevation, _RATIO)


def pierce_points(latitude: float, longitude: float, elevation: Floats, azimuth: Floats) -> tuple[Floats, Floats]:
    """Latitude and longitude (n,), (n,) [rad] where lines of sight pierce the shell (A.4.4.10.1)."""
    return thin_shell.pierce_points(latitude, longitude, elevation, azimuth, _RATIO)


def weights_at(
    latitude_deg: float,
    longitude_deg: float,
    in_mask: Callable[[GridPoint], bool],
    monitored: Callable[[GridPoint], bool],
) -> Weights | None:
    """Grid points and their weights, which add up to 1; None = no interpolation is allowed.

    The mask alone selects the cell (A.4.4.10.2). If one of its four points is not monitored, the other three serve where
    their triangle contains the pierce point.
    """
    longitude_deg = (longitude_deg + 180.0) % 360.0 - 180.0
    if abs(latitude_deg) > 85.0:
        return _around_the_pole(latitude_deg, longitude_deg, in_mask, monitored)
    if abs(latitude_deg) >= 75.0:
        return _below_the_cap(latitude_deg, longitude_deg, in_mask, monitored)
    for candidates in _cells(latitude_deg, longitude_deg):
        for needed in (4, 3):
            for south, west, height, width in candidates:
                x, y = (longitude_deg - west) / width, (latitude_deg - south) / height
                found = [corner for corner in _corners(south, west, height, width) if in_mask(corner[0])]
                if len(found) >= needed and _interpolated(found, x, y) is not None:
                    return _interpolated([corner for corner in found if monitored(corner[0])], x, y)
    return None


def _cells(latitude_deg: float, longitude_deg: float) -> Iterator[list[tuple[int, int, int, int]]]:
    """Cells (south, west, height, width) around a place, the small ones first, then all the large ones."""
    south, west = _floor(latitude_deg, 5), _floor(longitude_deg, 5)
    if abs(latitude_deg) <= 60.0:
        yield [(south, west, 5, 5)]
        yield [(south - down, west - left, 10, 10) for down in (0, 5) for left in (0, 5)]
    else:
        west = _floor(longitude_deg, 10)
        yield [(south, west, 5, 10)]
        yield [(south - down, west, 10, 10) for down in (0, 5)]


def _floor(degrees: float, step: int) -> int:
    return math.floor(degrees / step) * step


def _corners(south: int, west: int, height: int, width: int) -> list[Corner]:
    return [(_point(south + dy * height, west + dx * width), float(dx), float(dy)) for dx in (0, 1) for dy in (0, 1)]


def _point(latitude: int, longitude: int) -> GridPoint:
    return latitude, (longitude + 180) % 360 - 180


def _interpolated(corners: list[Corner], x: float, y: float) -> Weights | None:
    """Bilinear weights of four corners, linear ones of three (A.4.4.10.3); None for fewer, or outside of the triangle."""
    if len(corners) == 4:
        return {point: (1.0 - abs(x - cx)) * (1.0 - abs(y - cy)) for point, cx, cy in corners}
    if len(corners) < 3:
        return None
    right = _right_angle(corners)
    away_x, away_y = abs(x - right[0]), abs(y - right[1])
    if away_x + away_y > 1.0:
        return None
    shares = {right: 1.0 - away_x - away_y, (1.0 - right[0], right[1]): away_x, (right[0], 1.0 - right[1]): away_y}
    return {point: shares[cx, cy] for point, cx, cy in corners}


def _right_angle(corners: list[Corner]) -> tuple[float, float]:
    """Place of the corner opposite to the missing one."""
    missing_x = 2.0 - sum(corner[1] for corner in corners)
    missing_y = 2.0 - sum(corner[2] for corner in corners)
    return 1.0 - missing_x, 1.0 - missing_y


def _below_the_cap(
    latitude_deg: float, longitude_deg: float, in_mask: Callable[[GridPoint], bool], monitored: Callable[[GridPoint], bool]
) -> Weights | None:
    """Between 75 and 85 degrees: two points at 75, and two at 85 that stand further apart."""
    side = 1 if latitude_deg > 0.0 else -1
    y = (abs(latitude_deg) - 75.0) / 10.0
    low = _neighbours(75 * side, longitude_deg, 10, -180)
    for step, start in ((30, -180 if side > 0 else -170), (90, -180 if side > 0 else -140)):
        high = _neighbours(85 * side, longitude_deg, step, start)
        weights = {point: (1.0 - y) * w for point, w in low.items()} | {point: y * w for point, w in high.items()}
        if all(map(in_mask, weights)):
            return weights if all(map(monitored, weights)) else None
    return None


def _neighbours(latitude: int, longitude_deg: float, step: int, start: int) -> Weights:
    """The points of a parallel to the west and to the east, with linear weights."""
    west = _floor(longitude_deg - start, step) + start
    x = (longitude_deg - west) / step
    return {_point(latitude, west): 1.0 - x, _point(latitude, west + step): x}


def _around_the_pole(
    latitude_deg: float, longitude_deg: float, in_mask: Callable[[GridPoint], bool], monitored: Callable[[GridPoint], bool]
) -> Weights | None:
    """Beyond 85 degrees: the four points at 85, 90 degrees apart, the pole in their middle."""
    side = 1 if latitude_deg > 0.0 else -1
    start = -180 if side > 0 else -140
    west = _floor(longitude_deg - start, 90) + start
    y = (abs(latitude_deg) - 85.0) / 10.0
    x = (longitude_deg - west) / 90.0 * (1.0 - 2.0 * y) + y
    shares = ((west, (1.0 - x) * (1.0 - y)), (west + 90, x * (1.0 - y)), (west + 180, x * y), (west + 270, (1.0 - x) * y))
    weights = {_point(85 * side, longitude): share for longitude, share in shares}
    return weights if all(map(in_mask, weights)) and all(map(monitored, weights)) else None
