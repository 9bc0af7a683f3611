"""Carrier phases of one antenna at two of its epochs, with everything removed that is known before its motion is.

Phase minus geometry is computed at both ends: from p1 at the first, from p1 + d at the second, each with the satellites
where they were for that reception. What is left of the difference over time is the correction of d, one clock change,
noise, and what the models leave of drifting satellite clocks and air; ambiguities fall out. An error e of p1 itself
enters by (u2 - u1) . e, since the satellites moved on: it belongs to the covariance.

One clock change serves all systems: the offsets between their times, and a receiver's delays between their signals
(those of GLONASS channels included), do not change by a millimetre within half a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.frames import enu_from_ecef_at, geodetic_from_ecef
from gnss_gyro.estimation.noise import NoiseModel, standard_deviations
from gnss_gyro.estimation.path_delay import ionosphere, troposphere_mapping, zenith_delay_m
from gnss_gyro.estimation.single_point import SinglePoint, Usage
from gnss_gyro.models.geometry import elevation_azimuth, lines_of_sight
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.orbits.states import OrbitOutcome, SatelliteStates
from gnss_gyro.protocols.messages import Klobuchar

CLOCK_WALK_M: Final = 0.0008
"""Random walk of a satellite clock over one second [m]: Allan deviation 2.7e-12 at 1 s. Most are better, old GPS worse."""
DRIFT_MPS: Final = 0.0005
"""Rate that broadcast orbits, clocks and models of the air leave in a range, in the zenith [m/s]."""
_SCALE_HEIGHT_M: Final = 7_500.0
"""Height in which the delay of the troposphere falls to a third (hydrostatic part, nine tenths of it: R T / g)."""


@dataclass(frozen=True, slots=True)
class PhaseEnd:
    """One end of an interval: an epoch with its satellites and its single point solution, row by row."""

    epoch: Epoch
    states: SatelliteStates
    point: SinglePoint


def sampling_interval_s(first: PhaseEnd, second: PhaseEnd) -> float:
    """True time between two samplings [s]: tags less the receiver clocks, where both are known."""
    clocks = second.point.receiver_clock_s - first.point.receiver_clock_s
    return (second.epoch.time - first.epoch.time) - (clocks if np.isfinite(clocks) else 0.0)


def common_rows(first: PhaseEnd, second: PhaseEnd) -> tuple[Ints, Ints]:
    """Rows (k,), (k,) of the satellites whose phase can be followed from one end to the other."""
    _, a, b = np.intersect1d(first.epoch.satellite, second.epoch.satellite, assume_unique=True, return_indices=True)
    old, new = first.epoch, second.epoch
    follows = _usable(first)[a] & _usable(second)[b] & ~new.slip[b]
    follows &= (old.signal[a] == new.signal[b]) & (old.half_cycle[a] == new.half_cycle[b])
    return a[follows], b[follows]


def _usable(end: PhaseEnd) -> Bools:
    usage = end.point.usage
    known = ~np.isnan(end.epoch.phase_m) & (end.states.outcome == OrbitOutcome.OK)
    usable: Bools = known & ((usage == Usage.USED) | (usage == Usage.OUTLIER))
    return usable


@dataclass(frozen=True, slots=True)
class _End:
    """One end's common satellites (k,): phase less satellite clock and ionosphere [m], and where they were (k, 3) [m]."""

    epoch: Epoch
    phase_m: Floats
    satellite_ecef_m: Floats

    @classmethod
    def of(cls, end: PhaseEnd, rows: Ints, klobuchar: Klobuchar | None) -> _End:
        epoch = end.epoch.take(rows)
        latitude, longitude, _ = map(float, geodetic_from_ecef(end.point.position_ecef_m))
        elevation, azimuth = end.point.elevation[rows], end.point.azimuth[rows]
        advance_m, _ = ionosphere(epoch, latitude, longitude, elevation, azimuth, klobuchar)
        phase_m = epoch.phase_m + SPEED_OF_LIGHT * end.states.clock_s[rows] + advance_m
        return cls(epoch, phase_m, end.states.position_m[rows])

    def seen_from(self, place_ecef_m: Floats, zenith_m: float) -> PhaseView:
        """The same from a place (3,) [m] below so much troposphere [m]."""
        range_m, unit, _ = lines_of_sight(place_ecef_m, self.satellite_ecef_m)
        elevation, _ = elevation_azimuth(unit, enu_from_ecef_at(place_ecef_m))
        return PhaseView(self.phase_m - range_m - zenith_m * troposphere_mapping(elevation), unit, elevation)


@dataclass(frozen=True, slots=True)
class PhaseView:
    """Phases (k,) less range and all that is modelled [m], unit vectors (k, 3) to the satellites, elevations (k,) [rad]."""

    phase_m: Floats
    unit: Floats
    elevation: Floats


@dataclass(frozen=True, slots=True)
class PhasePair:
    """Both ends with their common satellites (k,), the first seen from its place (3,) [m], covariance (3, 3) [m^2].

    start_m      : (3,) first guess at the displacement [m]
    noise_var_m2 : (k,) of the changes of phase [m^2]
    """

    first: PhaseView
    second: _End
    place_ecef_m: Floats
    place_cov_m2: Floats
    zenith_m: float
    up: Floats
    start_m: Floats
    noise_var_m2: Floats

    def second_from(self, displacement_m: Floats) -> PhaseView:
        """The second end from so far away (3,) [m]; the troposphere gets thinner with height."""
        thinner = 1.0 - float(self.up @ displacement_m) / _SCALE_HEIGHT_M
        return self.second.seen_from(self.place_ecef_m + displacement_m, self.zenith_m * thinner)


def phase_pair(
    first: PhaseEnd, second: PhaseEnd, rows: tuple[Ints, Ints], interval_s: float, klobuchar: Klobuchar | None, noise: NoiseModel
) -> PhasePair:
    """Both ends of an interval, by their common rows (k,), (k,), ready to be solved for the displacement."""
    old, new = _End.of(first, rows[0], klobuchar), _End.of(second, rows[1], klobuchar)
    place = first.point.position_ecef_m
    latitude, _, height_m = map(float, geodetic_from_ecef(place))
    zenith_m = zenith_delay_m(old.epoch.time, latitude, height_m)
    view = old.seen_from(place, zenith_m)
    variance = _noise_variance(old.epoch, new.epoch, view.elevation, interval_s, noise)
    up, start = enu_from_ecef_at(place)[2], second.point.position_ecef_m - place
    return PhasePair(view, new, place, first.point.covariance_m2[:3, :3], zenith_m, up, start, variance)


def _noise_variance(old: Epoch, new: Epoch, elevation: Floats, interval_s: float, noise: NoiseModel) -> Floats:
    """Variance (k,) [m^2] of changes of phase: noise of both ends, satellite clocks, and what drifts."""
    both = sum(standard_deviations(noise, epoch, elevation)[1] ** 2 for epoch in (old, new))
    drift = DRIFT_MPS * interval_s * troposphere_mapping(elevation)
    return np.asarray(both + CLOCK_WALK_M**2 * interval_s + drift**2)
