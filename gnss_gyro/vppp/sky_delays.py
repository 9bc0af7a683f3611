"""Ionosphere and troposphere on the way to each satellite, without steps that millimetre phases would feel.

The broadcast ionosphere is computed at knots half a minute apart, ahead of time (satellites are moved on by their velocity),
and interpolated between them as a vertical delay; only the slant factor is that of the moment. New parameters and costly
models come in smoothly that way.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats
from gnss_gyro.basics.frames import enu_from_ecef, geodetic_from_ecef, geodetic_of
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.ordering import median_of_known
from gnss_gyro.basics.satellites import SYSTEMS
from gnss_gyro.basics.signals import L1_HZ
from gnss_gyro.basics.time import NS, GpsTime
from gnss_gyro.estimation.path_delay import AVERAGE_IONOSPHERE
from gnss_gyro.models.broadcast_ionosphere import HeardIonosphere, IonosphereModel, SightLines, ionosphere_delay_m
from gnss_gyro.models.geometry import elevation_azimuth, lines_of_sight
from gnss_gyro.models.ionosphere import klobuchar_delay_m
from gnss_gyro.models.troposphere import fill_slant_delays, northern_season
from gnss_gyro.orbits.propagation import states_by
from gnss_gyro.orbits.table import EphemerisTable
from gnss_gyro.vppp.ionosphere_field import FieldPrior, slant_factor, slant_of

KNOT_NS: Final = 30 * NS
_CODES: Final = 100 * len(SYSTEMS)
_UNHEARD: Final = FieldPrior((0.7, 0.5), (0.5, 0.2), (0.3, 0.1))
"""Prior of the field about an average ionosphere, where nothing was broadcast yet."""
_FLIGHT_S: Final = 0.075
"""Of signals, to some tens of milliseconds."""
_LOWEST_M, _HIGHEST_M = -500.0, 10_000.0


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """n satellites as a receiver sees them.

    time         : of reception
    place_ecef_m : (3,) of the receiver
    satellite    : (n,) codes
    elevation    : (n,) [rad]
    carrier_hz   : (n,)
    states_of    : positions and velocities (k, 3), (k, 3) ECEF at transmission of some of the satellites (k,), asked for at knots
    """

    time: GpsTime
    place_ecef_m: Floats
    satellite: Codes
    elevation: Floats
    carrier_hz: Floats
    states_of: Callable[[Codes], tuple[Floats, Floats]]


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
        self._kinds: tuple[object, ...] = ()
        self._models: tuple[IonosphereModel | None, IonosphereModel | None] = (None, None)
        self.model: IonosphereModel | None = None

    def reset(self) -> None:
        """Forget all knots."""
        self._knots.clear()

    def changes_with(self, heard: HeardIonosphere) -> bool:
        """Is another model, or mean of models, to be used from now on? Then all that was derived from the old one is void."""
        if heard.kinds == self._kinds:
            return False
        self._kinds, models = heard.kinds, (heard.resolve(self._wanted), heard.second(self._wanted))
        if models == self._models:
            return False
        self._models = models
        self._knots.clear()
        return True

    def at(self, sky: Sky, heard: HeardIonosphere) -> SkyDelays:
        """Delays of an epoch."""
        number, past_ns = divmod(sky.time.ns, KNOT_NS)
        before, after = self._at_knot(number, sky, heard), self._at_knot(number + 1, sky, heard)
        if len(self._knots) > 2:
            self._knots = {number: before, number + 1: after}
        delays = np.empty((3, len(sky.satellite)))
        overhead_m = _fill_delays(
            before, after, past_ns / KNOT_NS, northern_season(sky.time), sky.place_ecef_m, sky.satellite, sky.elevation,
            sky.carrier_hz, delays,
        )  # fmt: skip
        prior = self._prior if self.model is not None else _UNHEARD
        return SkyDelays(delays[0], delays[1], delays[2], prior.variance(overhead_m))

    def _at_knot(self, knot: int, sky: Sky, heard: HeardIonosphere) -> Floats:
        """Vertical delays (_CODES,) at a knot; those of the sky's satellites that it does not hold yet are computed."""
        known = self._knots.get(knot)
        if known is None:
            known = self._knots[knot] = np.full(_CODES, np.nan)
        if _missing(known, sky.satellite):
            new = sky.satellite[np.isnan(known[sky.satellite])]
            known[new] = self._model_vertical(GpsTime(knot * KNOT_NS), sky, new, heard)
        return known

    def _model_vertical(self, time: GpsTime, sky: Sky, satellite: Codes, heard: HeardIonosphere) -> Floats:
        """Vertical delays of some satellites (k,) at a time by the model."""
        place = geodetic_from_ecef(sky.place_ecef_m)
        latitude, longitude = float(place[0]), float(place[1])
        position_m, velocity_mps = sky.states_of(satellite)
        _, unit, turned = lines_of_sight(sky.place_ecef_m, position_m + velocity_mps * (time - sky.time))
        elevation, azimuth = elevation_azimuth(unit, enu_from_ecef(latitude, longitude))
        carrier = np.full(len(satellite), L1_HZ)
        rays = SightLines(time, sky.place_ecef_m, latitude, longitude, elevation, azimuth, turned, carrier)
        found = ionosphere_delay_m(self._wanted, heard, rays)
        self.model = found[1] if found else None
        delay = found[0] if found else klobuchar_delay_m(AVERAGE_IONOSPHERE, time, latitude, longitude, elevation, azimuth)
        return np.asarray(np.maximum(delay, 0.0) / slant_factor(elevation))


def states_near(table: EphemerisTable, time: GpsTime, satellite: Codes) -> tuple[Floats, Floats]:
    """Sky.states_of by ephemerides: when satellites send what is received at a time, to 100 m."""
    states = states_by(table, time, satellite, np.full(len(satellite), _FLIGHT_S))
    return states.position_m, states.velocity_mps


@kernel
def _missing(known: Floats, satellite: Codes) -> int:
    """For how many of the satellites (n,) there is no number by code."""
    count = 0
    for code in satellite:
        if math.isnan(known[code]):
            count += 1
    return count


@kernel
def _fill_delays(
    before_m: Floats, after_m: Floats, share: float, season: float, place_ecef_m: Floats, satellite: Codes, elevation: Floats,
    carrier_hz: Floats, out: Floats,
) -> float:  # fmt: skip
    """Write ionosphere, troposphere [m] and wet mapping (3, n); returns the median of the vertical delays on L1 [m], 0 where none
    is known.

    before_m, after_m : vertical delays by satellite code at the knots, between which the moment lies by its share
    """
    vertical = np.empty(len(satellite))
    for i in range(len(vertical)):
        code = satellite[i]
        vertical[i] = before_m[code] + (after_m[code] - before_m[code]) * share
        out[0, i] = vertical[i] * slant_of(elevation[i]) * (L1_HZ / carrier_hz[i]) ** 2
    latitude, _, height_m = geodetic_of(place_ecef_m[0], place_ecef_m[1], place_ecef_m[2])
    height_m = min(max(height_m, _LOWEST_M), _HIGHEST_M)
    fill_slant_delays(season, latitude, height_m, elevation, out[1], out[2])
    overhead = median_of_known(vertical)
    return 0.0 if math.isnan(overhead) else overhead
