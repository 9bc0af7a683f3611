"""Where the ionospheric grid points of a band are, in the order of the bits of its mask (RTCA DO-229, table A-14)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from gnss_gyro.protocols.sbas.messages import GridPoint

BANDS: Final = 11
_UPRIGHT_BANDS: Final = 9
"""Bands 0 to 8 are 40 degrees of longitude each, from 180 degrees west; 9 and 10 are the caps in the north and the south."""
_COMMON: Final = tuple(range(-55, 60, 5))


@lru_cache(maxsize=BANDS)
def points_of_band(band: int) -> tuple[GridPoint, ...]:
    """All points of a band, that of the mask's first bit first. Raises ValueError for a band that does not exist."""
    if not 0 <= band < BANDS:
        raise ValueError(f"there is no ionospheric band {band}")
    return tuple(_upright(band) if band < _UPRIGHT_BANDS else _cap(1 if band == _UPRIGHT_BANDS else -1))


def _upright(band: int) -> Iterator[GridPoint]:
    west = -180 + 40 * band
    return ((latitude, longitude) for longitude in range(west, west + 40, 5) for latitude in _column(longitude))


def _column(longitude: int) -> tuple[int, ...]:
    """Latitudes of a meridian from south to north: sparser beyond 55 degrees, four points at 85 degrees on each side."""
    if longitude % 10:
        return _COMMON
    south = (-85,) if longitude % 90 == 40 else ()
    north = (85,) if longitude % 90 == 0 else ()
    return (*south, -75, -65, *_COMMON, 65, 75, *north)


def _cap(side: int) -> Iterator[GridPoint]:
    for latitude, step in ((60, 5), (65, 10), (70, 10), (75, 10), (85, 30)):
        west = -170 if side < 0 and latitude == 85 else -180
        yield from ((side * latitude, longitude) for longitude in range(west, 180, step))
