"""Ionosphere and troposphere on the way to each satellite, without steps that millimetre phases would feel.

The broadcast ionosphere is computed at knots half a minute apart, ahead of time (satellites are moved on by their velocity),
and interpolated between them as a vertical delay; only the slant factor is that of the moment. New parameters and costly
models come in smoothly that way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Codes, Floats
from gnss_gyro.basics.frames import enu_from_ecef, geodetic_from_ecef
from gnss_gyro.basics.satellites import SYSTEMS
from gnss_gyro.basics.signals import L1_HZ
from gnss_gyro.basics.time import NS, GpsTime
from gnss_gyro.estimation.path_delay import AVERAGE_IONOSPHERE
from gnss_gyro.models.broadcast_ionosphere import HeardIonosphere, IonosphereModel, SightLines, ionosphere_delay_m
from gnss_gyro.models.geometry import elevation_azimuth, lines_of_sight
from gnss_gyro.models.ionosphere import klobuchar_delay_m
from gnss_gyro.models.troposphere import niell_mapping, seasonal_atmosphere, zenith_delays
from gnss_gyro.vppp.ionosphere_field import FieldPrior, slant_factor

KNOT_NS: Final = 30 * NS
_CODES: Final = 100 * len(SYSTEMS)
_UNHEARD: Final = FieldPrior((0.7, 0.5), (0.5, 0.2), (0.3, 0.1))
"""Prior of the field about an average ionosphere, where nothing was broadcast yet."""
_LOWEST_M, _HIGHEST_M = -500.0, 10_000.0


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """n satellites as a receiver sees them.

    time          : of reception
    place_ecef_m  : (3,) of the receiver
    satellite     : (n,) codes
    position_m, velocity_mps : (n, 3), (n, 3) ECEF at transmission
    elevation, azimuth : (n,) [rad]
    carrier_hz    : (n,)
    """

    time: GpsTime
    place_ecef_m: Floats
    satellite: Codes
    position_m: Floats
    velocity_mps: Floats
    elevation: Floats
    azimuth: Floats
    carrier_hz: Floats


@dataclass(frozen=True, slots=True, eq=False)
class SkyDelays:
    """Delays of code (n,) [m], slant per zenith wet delay (n,), prior (6,) of what the ionosphere model leaves."""

    ionosphere_m: Floats
    troposphere_m: Floats
    wet_mapping: Floats
    field_variance: Floats


class DelayTrack:
    """Delays from epoch to epoch by the wanted ionosphere model.

    model : that was used last; None = none was heard
    """

    def __init__(self, wanted: IonosphereModel = IonosphereModel.AUTO, prior: FieldPrior | None = None) -> None:
        self._wanted = wanted
        self._prior = prior or FieldPrior()
        self._knots: dict[int, Floats] = {}  # vertical delays by satellite code, NaN = not computed yet
        self._models: tuple[IonosphereModel | None, IonosphereModel | None] = (None, None)
        self.model: IonosphereModel | None = None

    def reset(self) -> None:
        """Forget all knots."""
        self._knots.clear()

    def changes_with(self, heard: HeardIonosphere) -> bool:
        """Is another model, or mean of models, to be used from now on? Then all that was derived from the old one is void."""
        models = heard.resolve(self._wanted), heard.second(self._wanted)
        if models == self._models:
            return False
        self._models = models
        self._knots.clear()
        return True

    def at(self, sky: Sky, heard: HeardIonosphere) -> SkyDelays:
        """Delays of an epoch."""
        vertical = self._vertical(sky, heard)
        latitude, _, height_m = geodetic_from_ecef(sky.place_ecef_m).tolist()
        height_m = min(max(height_m, _LOWEST_M), _HIGHEST_M)
        dry, wet = zenith_delays(seasonal_atmosphere(sky.time, latitude, height_m), latitude, height_m)
        dry_mapping, wet_mapping = niell_mapping(sky.time, latitude, height_m, sky.elevation)
        prior = self._prior if self.model is not None else _UNHEARD
        overhead = _median(vertical) if len(vertical) else 0.0
        ionosphere_m = _slanted(vertical, sky.elevation, sky.carrier_hz)
        return SkyDelays(ionosphere_m, dry * dry_mapping + wet * wet_mapping, wet_mapping, prior.variance(overhead))

    def _vertical(self, sky: Sky, heard: HeardIonosphere) -> Floats:
        """Vertical delays on L1 (n,) [m], between the knots before and after."""
        number, past_ns = divmod(sky.time.ns, KNOT_NS)
        before, after = (self._at_knot(knot, sky, heard) for knot in (number, number + 1))
        if len(self._knots) > 2:
            self._knots = {knot: self._knots[knot] for knot in (number, number + 1)}
        return np.asarray(before + (after - before) * (past_ns / KNOT_NS))

    def _at_knot(self, knot: int, sky: Sky, heard: HeardIonosphere) -> Floats:
        """Vertical delays (n,) at a knot; those that it does not hold yet are computed."""
        known = self._knots.setdefault(knot, np.full(_CODES, np.nan))
        values = known[sky.satellite]
        new = np.flatnonzero(np.isnan(values))
        if len(new):
            values[new] = self._model_vertical(GpsTime(knot * KNOT_NS), sky, new, heard)
            known[sky.satellite] = values
        return values

    def _model_vertical(self, time: GpsTime, sky: Sky, rows: np.ndarray, heard: HeardIonosphere) -> Floats:
        moved = sky.position_m[rows] + sky.velocity_mps[rows] * (time - sky.time)
        place = geodetic_from_ecef(sky.place_ecef_m)
        latitude, longitude = float(place[0]), float(place[1])
        _, unit, turned = lines_of_sight(sky.place_ecef_m, moved)
        elevation, azimuth = elevation_azimuth(unit, enu_from_ecef(latitude, longitude))
        carrier = np.full(len(rows), L1_HZ)
        rays = SightLines(time, sky.place_ecef_m, latitude, longitude, elevation, azimuth, turned, carrier)
        found = ionosphere_delay_m(self._wanted, heard, rays)
        self.model = found[1] if found else None
        delay = found[0] if found else klobuchar_delay_m(AVERAGE_IONOSPHERE, time, latitude, longitude, elevation, azimuth)
        return np.asarray(np.maximum(delay, 0.0) / slant_factor(elevation))


@njit(cache=True)
def _slanted(vertical_m: Floats, elevation: Floats, carrier_hz: Floats) -> Floats:
    """Vertical delays on L1 (n,) brought to the slant and to each carrier."""
    return vertical_m * slant_factor(elevation) * (L1_HZ / carrier_hz) ** 2


@njit(cache=True)
def _median(values: Floats) -> float:
    return float(np.median(values))
