"""The array's position in the engine: antennas placed on the body, combined, and followed over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.corrections.applying import issues_of
from gnss_gyro.corrections.source import CorrectionSource, Viewpoint
from gnss_gyro.engine.config import EngineConfig, Mode
from gnss_gyro.engine.levers import levers_of
from gnss_gyro.engine.positioning import Located
from gnss_gyro.estimation.array_fix import ArrayFix
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
from gnss_gyro.vppp.sky_delays import DelayTrack, Sky, states_near
from gnss_gyro.vppp.smoothing import FilterRecord
from gnss_gyro.vppp.surroundings import surroundings
from gnss_gyro.vppp.views import Combined, combined

_UNKNOWN_MPS: Final = np.full(3, np.nan)


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
        self._slips.hear(located[reference].epoch)
        if reference != self._base:
            self._slips.hear_nothing()
        if not any(len(each.satellite) for each in prefits.values()):
            self.miss()
            return None
        names = [reference, *(name for name in prefits if name != reference)]
        seen = combined([prefits[name] for name in names], *levers_of(self._array, names, fix))
        epoch = self._epoch(located, reference, seen, heard)
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

    def _epoch(self, located: Mapping[str, Located], reference: str, seen: Combined, heard: HeardIonosphere) -> ArrayEpoch:
        base, satellite, n = located[reference], seen.satellite, len(seen.satellite)
        time, place, velocity = base.epoch.time, base.place.position_ecef_m, base.velocity
        table = self._store.table_at(next(iter(located.values())).epoch.time)
        # another antenna than the body point's moves otherwise while the body turns
        velocity_mps = velocity.velocity_ecef_mps if reference == self._array.names[0] else _UNKNOWN_MPS
        around = surroundings(place, seen.direction, seen.wavelength_m, velocity_mps, velocity.covariance_m2ps2)
        calm_place = self._last.position_ecef_m if self._last else place  # single points jump by metres, which phases feel
        sky = Sky(time, calm_place, satellite, seen.elevation, around.carrier_hz, partial(states_near, table, time))
        delays = self._delays.at(sky, heard)
        broadcast = ArrayEpoch(
            time, place, around.enu_from_ecef, satellite, around.direction, seen.elevation, around.azimuth, around.carrier_hz,
            seen.code_m, seen.code_cov_m2, seen.phase_m, seen.phase_cov_m2, seen.slip | self._slips.due(satellite),
            self._renewals.steps_m(table, time, place, satellite), table.variance_m2[table.row_of[satellite]],
            np.zeros(n, bool), delays.ionosphere_m, np.full(n, np.nan), delays.field_variance, delays.troposphere_m,
            delays.wet_mapping, around.velocity_enu_mps, around.velocity_cov,
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
