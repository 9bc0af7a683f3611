"""What one SBAS satellite has told of the ionosphere: masks and delays of the grid, and slant delays made of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import geodetic_from_ecef
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.corrections.sbas_degradation import GRID_MASK_TIMEOUT_S, GRID_TIMEOUT_S, grid_variance_m2
from gnss_gyro.corrections.sbas_grid import obliquity, pierce_points, weights_at
from gnss_gyro.corrections.source import Viewpoint
from gnss_gyro.protocols.sbas.messages import (
    GRID_NOT_MONITORED,
    DegradationParameters,
    GridPoint,
    IonosphereDelays,
    IonosphereMask,
)

_BLOCK = 15


@dataclass(frozen=True, slots=True)
class _Vertical:
    """Delay [m] at a grid point, NaN = not to be used, the index of its error, and when it was told."""

    delay_m: float
    givei: int
    time: GpsTime


class SbasIonosphere:
    """The grid as told so far. Delays that come before their mask wait for it."""

    def __init__(self) -> None:
        self._masks: dict[int, tuple[IonosphereMask, GpsTime]] = {}
        self._blocks: dict[tuple[int, int], tuple[IonosphereDelays, GpsTime]] = {}
        self._places: dict[GridPoint, tuple[tuple[int, int], ...]] = {}

    def feed_mask(self, mask: IonosphereMask, time: GpsTime) -> None:
        """Take in the mask of a band."""
        if mask.band not in self._masks or self._masks[mask.band][1] <= time:
            self._masks[mask.band] = mask, time
            self._places = _places(known for known, _ in self._masks.values())

    def feed_delays(self, delays: IonosphereDelays, time: GpsTime) -> None:
        """Take in the delays of a block."""
        key = delays.band, delays.block
        if key not in self._blocks or self._blocks[key][1] <= time:
            self._blocks[key] = delays, time

    def slant(
        self, time: GpsTime, viewpoint: Viewpoint, parameters: DegradationParameters | None
    ) -> tuple[Floats, Floats, Floats]:
        """Slant delay at L1 (n,) [m], its variance (n,) [m^2], age (n,) [s]; NaN where the grid does not reach."""
        n = len(viewpoint.elevation)
        vertical, variance, age_s = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
        visible = np.flatnonzero((viewpoint.elevation > 0.0) & np.isfinite(viewpoint.azimuth))
        if self._places and len(visible) and np.isfinite(viewpoint.position_ecef_m).all():
            latitude, longitude, _ = map(float, geodetic_from_ecef(viewpoint.position_ecef_m))
            elevation, azimuth = viewpoint.elevation[visible], viewpoint.azimuth[visible]
            pierce = np.degrees(pierce_points(latitude, longitude, elevation, azimuth))
            for row, at_latitude, at_longitude in zip(visible, *pierce, strict=True):
                found = self._interpolated(float(at_latitude), float(at_longitude), time, parameters)
                if found is not None:
                    vertical[row], variance[row], age_s[row] = found
        factor = obliquity(viewpoint.elevation)
        return vertical * factor, variance * factor**2, age_s

    def _interpolated(
        self, latitude_deg: float, longitude_deg: float, time: GpsTime, parameters: DegradationParameters | None
    ) -> tuple[float, float, float] | None:
        """Vertical delay [m], variance [m^2] and age [s] of the oldest point that counts."""
        weights = weights_at(
            latitude_deg,
            longitude_deg,
            lambda point: self._is_in_mask(point, time),
            lambda point: _is_monitored(self._vertical(point, time)),
        )
        if weights is None:
            return None
        return _mean([(weight, self._vertical(point, time)) for point, weight in weights.items()], time, parameters)

    def _is_in_mask(self, point: GridPoint, time: GpsTime) -> bool:
        return any(self._is_in_force(band, time) for band, _ in self._places.get(point, ()))

    def _is_in_force(self, band: int, time: GpsTime) -> bool:
        return 0.0 <= time - self._masks[band][1] <= GRID_MASK_TIMEOUT_S

    def _vertical(self, point: GridPoint, time: GpsTime) -> _Vertical | None:
        """What is known of a point; of one in two bands the first that tells."""
        for band, number in self._places.get(point, ()):
            delays, told = self._blocks.get((band, number // _BLOCK), (None, time))
            if delays is None or delays.issue != self._masks[band][0].issue or not self._is_in_force(band, time):
                continue
            if 0.0 <= time - told <= GRID_TIMEOUT_S:
                return _Vertical(delays.delay_m[number % _BLOCK], delays.givei[number % _BLOCK], told)
        return None


def _places(masks: Iterable[IonosphereMask]) -> dict[GridPoint, tuple[tuple[int, int], ...]]:
    """By point: in which bands it is, and as which number of their masks."""
    places: dict[GridPoint, tuple[tuple[int, int], ...]] = {}
    for mask in sorted(masks, key=lambda mask: mask.band):
        for number, point in enumerate(mask.points):
            places[point] = (*places.get(point, ()), (mask.band, number))
    return places


def _is_monitored(vertical: _Vertical | None) -> bool:
    """A point not to be used counts as monitored: it spoils the cell, other than one of which nothing is known."""
    return vertical is not None and (vertical.givei != GRID_NOT_MONITORED or math.isnan(vertical.delay_m))


def _mean(
    points: list[tuple[float, _Vertical | None]], time: GpsTime, parameters: DegradationParameters | None
) -> tuple[float, float, float] | None:
    """Weighted delay and variance, and the greatest age; None where one of the points is not to be used."""
    delay_m = variance_m2 = age_s = 0.0
    for weight, vertical in points:
        if vertical is None or math.isnan(vertical.delay_m):
            return None
        point_age_s = time - vertical.time
        delay_m += weight * vertical.delay_m
        variance_m2 += weight * grid_variance_m2(vertical.givei, point_age_s, parameters)
        age_s = max(age_s, point_age_s)
    return delay_m, variance_m2, age_s
