"""The array's position in the engine: antennas placed on the body, combined, and followed over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Codes, Floats, Ints
from gnss_gyro.basics.frames import enu_from_ecef_at
from gnss_gyro.corrections.applying import issues_of
from gnss_gyro.corrections.source import CorrectionSource, Viewpoint
from gnss_gyro.engine.config import EngineConfig, Mode
from gnss_gyro.engine.positioning import Located
from gnss_gyro.estimation.array_fix import ArrayFix
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.estimation.path_delay import carriers_hz
from gnss_gyro.estimation.prefit import Prefit
from gnss_gyro.models.broadcast_ionosphere import HeardIonosphere
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.orbits.table import EphemerisTable
from gnss_gyro.vppp.array_epoch import ArrayEpoch
from gnss_gyro.vppp.array_filter import ArrayFilter, VpppSettings
from gnss_gyro.vppp.corrected import corrected_array_epoch
from gnss_gyro.vppp.motion import MANOEUVRES
from gnss_gyro.vppp.pending_slips import PendingSlips
from gnss_gyro.vppp.position import ArrayPosition
from gnss_gyro.vppp.renewals import EphemerisRenewals
from gnss_gyro.vppp.sky_delays import DelayTrack, Sky
from gnss_gyro.vppp.smoothing import FilterRecord
from gnss_gyro.vppp.views import AntennaView, combined

_EXACT: Final = 1e-8
"""Variance [m^2] of the lever of the body point's own antenna."""
_LEAST_M: Final = 1e-3
"""No lever is known better than this."""


class ArrayPositioner:
    """Follows the position of the rig's first antenna with the observations of all."""

    def __init__(
        self, config: EngineConfig, array: AntennaArray, store: EphemerisStore, corrections: Sequence[CorrectionSource] = ()
    ) -> None:
        self._array = array
        self._store = store
        self._corrections = corrections
        self._renewals = EphemerisRenewals()
        self._slips = PendingSlips()
        self._base = ""
        self._last: ArrayPosition | None = None
        self._carry = config.mode is Mode.FILTER
        self._settings = VpppSettings(config.position.motion, MANOEUVRES[str(config.filter.vehicle)])
        self._filter = ArrayFilter(self._settings)
        self._delays = DelayTrack(config.position.ionosphere)

    @property
    def record(self) -> FilterRecord | None:
        """What a smoother needs to know of the last epoch; None where it has no position."""
        return self._filter.record

    def reset(self) -> None:
        """Forget everything."""
        self._filter = ArrayFilter(self._settings)
        self._slips = PendingSlips()
        self._delays.reset()
        self._renewals.reset()
        self._base, self._last = "", None

    def process(
        self, now_s: float, located: Mapping[str, Located], reference: str, prefits: Mapping[str, Prefit], fix: ArrayFix
    ) -> ArrayPosition | None:
        """Position of an epoch; None where there is none.

        prefits : computed at the reference antenna's place, which all but a body point nearby share
        """
        heard = HeardIonosphere(self._store.klobuchar, self._store.nequick, self._store.bdgim)
        if self._delays.changes_with(heard) or not self._carry:
            self._filter.reset()
        names = [reference, *(name for name in prefits if name != reference)]
        views = [AntennaView(prefits[name], *lever) for name, *lever in zip(names, *self._levers(names, fix), strict=True)]
        self._slips.hear(located[reference].epoch)
        if reference != self._base:
            self._slips.hear_nothing()
        if not any(len(each.satellite) for each in prefits.values()):
            self.miss()
            return None
        epoch = self._epoch(located, reference, views, heard)
        position = self._filter.process(now_s, epoch) if len(epoch) else None
        if position is None:
            self.miss()
            return None
        self._slips.told(epoch.satellite[~np.isnan(epoch.phase_m)])
        self._base, self._last = reference, position
        return position

    def miss(self) -> None:
        """An epoch had no position, and whatever slipped in it was not told: ambiguities begin anew."""
        self._slips.hear_nothing()

    def _levers(self, names: list[str], fix: ArrayFix) -> tuple[Floats, Floats]:
        """From the rig's first antenna to some (k,): (k, 3) ENU [m] and covariances (k, 3, 3), by attitude, else by length."""
        rows = np.array([self._array.index(name) for name in names])
        body_m, sigma_m = self._array.position_body_m, self._array.sigma_m
        rotation = fix.baselines.rotation if fix.outcome is Outcome.FIXED and fix.baselines is not None else None
        if rotation is None:
            return _unknown_levers(body_m, sigma_m, rows)
        return _turned_levers(body_m, sigma_m, rows, rotation.enu_from_body, rotation.covariance_rad2)

    def _epoch(
        self, located: Mapping[str, Located], reference: str, views: list[AntennaView], heard: HeardIonosphere
    ) -> ArrayEpoch:
        base, seen = located[reference], combined(views)
        time, place = base.epoch.time, base.place.position_ecef_m
        enu = enu_from_ecef_at(place)
        position, velocity, variance = _states_of(located, seen.satellite)
        azimuth = np.arctan2(seen.direction[:, 0], seen.direction[:, 1])
        carrier_hz = carriers_hz(seen.wavelength_m)
        calm_place = self._last.position_ecef_m if self._last else place  # single points jump by metres, which phases feel
        sky = Sky(time, calm_place, seen.satellite, position, velocity, seen.elevation, azimuth, carrier_hz)
        delays = self._delays.at(sky, heard)
        speed, speed_cov = self._doppler(base, reference, enu)
        n = len(seen.satellite)
        slip = seen.slip | self._slips.due(seen.satellite)
        table = self._store.table_at(next(iter(located.values())).epoch.time)
        broadcast = ArrayEpoch(
            time, place, enu, seen.satellite, seen.direction @ enu, seen.elevation, azimuth, carrier_hz,
            seen.code_m, seen.code_cov_m2, seen.phase_m, seen.phase_cov_m2, slip,
            self._renewals.steps_m(table, time, place, seen.satellite), variance, np.zeros(n, bool), delays.ionosphere_m,
            np.full(n, np.nan), delays.field_variance, delays.troposphere_m, delays.wet_mapping, speed, speed_cov,
        )  # fmt: skip
        return self._corrected(broadcast, table)

    def _corrected(self, epoch: ArrayEpoch, table: EphemerisTable) -> ArrayEpoch:
        """The epoch with what the first service that speaks has to say of it."""
        if not self._corrections:
            return epoch
        issues, viewpoint = issues_of(table, epoch.satellite), Viewpoint(epoch.place_ecef_m, epoch.elevation, epoch.azimuth)
        for source in self._corrections:
            corrections = source.at(epoch.time, epoch.satellite, issues, viewpoint)
            if corrections is not None:
                return corrected_array_epoch(epoch, corrections)
        return epoch

    def _doppler(self, base: Located, reference: str, enu_from_ecef: Floats) -> tuple[Floats, Floats]:
        """Velocity of the body point (3,) ENU and its covariance, by the Doppler of its own antenna; NaN without."""
        if reference != self._array.names[0]:  # another antenna moves otherwise while the body turns
            return np.full(3, np.nan), np.full((3, 3), np.nan)
        cov = enu_from_ecef @ base.velocity.covariance_m2ps2[:3, :3] @ enu_from_ecef.T
        return enu_from_ecef @ base.velocity.velocity_ecef_mps, cov


@njit(cache=True)
def _turned_levers(
    body_m: Floats, sigma_m: Floats, rows: Ints, enu_from_body: Floats, rotation_cov_rad2: Floats
) -> tuple[Floats, Floats]:
    """Levers (k, 3) and covariances (k, 3, 3) from the first antenna to some rows of a rig (n, 3) of known attitude."""
    lever, cov = np.empty((len(rows), 3)), np.empty((len(rows), 3, 3))
    for k, row in enumerate(rows):
        lever[k] = np.dot(enu_from_body, body_m[row] - body_m[0])
        x, y, z = lever[k]
        turning = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
        cov[k] = np.dot(np.dot(turning, rotation_cov_rad2), turning.T) + np.eye(3) * _spread_m2(sigma_m, row)
    return lever, cov


@njit(cache=True)
def _unknown_levers(body_m: Floats, sigma_m: Floats, rows: Ints) -> tuple[Floats, Floats]:
    """The same without attitude: anywhere on the sphere of the lever's length."""
    cov = np.empty((len(rows), 3, 3))
    for k, row in enumerate(rows):
        length_m2 = np.sum((body_m[row] - body_m[0]) ** 2)
        cov[k] = np.eye(3) * (length_m2 / 3.0 + _spread_m2(sigma_m, row))
    return np.zeros((len(rows), 3)), cov


@njit(cache=True)
def _spread_m2(sigma_m: Floats, row: int) -> float:
    """Variance of the lever as the rig knows it."""
    return _EXACT if row == 0 else max(sigma_m[0] ** 2 + sigma_m[row] ** 2, _LEAST_M**2)


def _states_of(located: Mapping[str, Located], satellite: Codes) -> tuple[Floats, Floats, Floats]:
    """Positions (n, 3), velocities (n, 3) and variances (n,) of satellites as some antenna has them."""
    n = len(satellite)
    position, velocity, variance = np.full((n, 3), np.nan), np.full((n, 3), np.nan), np.full(n, np.nan)
    for antenna in located.values():
        states = antenna.states
        told = states.position_m, states.velocity_mps, states.variance_m2
        _copy_states(satellite, position, velocity, variance, antenna.epoch.satellite, *told)
    return position, velocity, variance


@njit(cache=True)
def _copy_states(
    wanted: Codes, out_position: Floats, out_velocity: Floats, out_variance: Floats,
    satellite: Codes, position_m: Floats, velocity_mps: Floats, variance_m2: Floats,
) -> None:  # fmt: skip
    """Lay the known states of satellites (m,) where those wanted (n,) stand in the out arrays; both increase."""
    place = 0
    for i in range(len(satellite)):
        while place < len(wanted) and wanted[place] < satellite[i]:
            place += 1
        if place < len(wanted) and wanted[place] == satellite[i] and not np.isnan(position_m[i, 0]):
            out_position[place], out_velocity[place], out_variance[place] = position_m[i], velocity_mps[i], variance_m2[i]
