"""A new ephemeris puts its satellite elsewhere, by decimetres: how much, so that the filter can follow exactly."""

from __future__ import annotations

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.models.geometry import lines_of_sight
from gnss_gyro.orbits.propagation import states_by
from gnss_gyro.orbits.table import NO_ROW, EphemerisTable

_FLIGHT_S = 0.075
"""Both ephemerides are compared at one instant; which one, to some tens of milliseconds, does not matter."""


class EphemerisRenewals:
    """Remembers the ephemerides of the epoch before."""

    def __init__(self) -> None:
        self._last: EphemerisTable | None = None

    def reset(self) -> None:
        """Forget them."""
        self._last = None

    def steps_m(self, table: EphemerisTable, time: GpsTime, place_ecef_m: Floats, satellite: Codes) -> Floats:
        """How much longer (n,) [m] computed ranges, satellite clocks taken off, became with this table; 0 = no change known."""
        last, self._last = self._last, table
        steps = np.zeros(len(satellite))
        if last is None or last is table:
            return steps
        before, now = last.row_of[satellite], table.row_of[satellite]
        both = np.flatnonzero((before != NO_ROW) & (now != NO_ROW))
        changed = both[(last.elements[before[both]] != table.elements[now[both]]).any(axis=1)]
        if len(changed):
            old, new = (_reduced_range_m(each, time, place_ecef_m, satellite[changed]) for each in (last, table))
            steps[changed] = np.nan_to_num(new - old)
        return steps


def _reduced_range_m(table: EphemerisTable, time: GpsTime, place_ecef_m: Floats, satellite: Codes) -> Floats:
    states = states_by(table, time, satellite, np.full(len(satellite), _FLIGHT_S))
    return np.asarray(lines_of_sight(place_ecef_m, states.position_m)[0] - SPEED_OF_LIGHT * states.clock_s)
