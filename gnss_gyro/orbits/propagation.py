"""Satellite states at transmission time, all satellites of an epoch in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.orbits.glonass import glonass_clock, glonass_state
from gnss_gyro.orbits.kepler import kepler_state_by_clock
from gnss_gyro.orbits.states import OrbitOutcome, SatelliteStates
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.orbits.table import NO_ROW, EphemerisTable

_OK = int(OrbitOutcome.OK)
_NO_EPHEMERIS = int(OrbitOutcome.NO_EPHEMERIS)
_NO_CODE = int(OrbitOutcome.NO_CODE)


def states_at(
    store: EphemerisStore,
    time: GpsTime,
    satellite: Codes,
    code_m: Floats,
    clock_error_s: float = 0.0,
    choose_at: GpsTime | None = None,
) -> SatelliteStates:
    """States of satellites (n,) when they sent what a receiver measured with its tag `time`.

    The code tells when: satellite clock at transmission = tag - code / c. The receiver's clock is in both and
    falls out, so that nothing needs to be known of it.

    code_m        : (n,) pseudorange [m]; NaN gives NO_CODE
    clock_error_s : how far the tag is ahead of the clock that the pseudoranges refer to [s]; 0 for RINEX and UBX
    choose_at     : time by which ephemerides are chosen, if not `time`: the same for all antennas of an epoch
    """
    return _states(store.table_at(choose_at or time), time, satellite, code_m, SPEED_OF_LIGHT, clock_error_s)


def states_by(table: EphemerisTable, time: GpsTime, satellite: Codes, before_s: Floats) -> SatelliteStates:
    """States of satellites (n,) by given ephemerides, so long before a time by their own clocks (n,) [s]."""
    return _states(table, time, satellite, before_s, 1.0, 0.0)


def _states(
    table: EphemerisTable, time: GpsTime, satellite: Codes, before: Floats, per_second: float, offset_s: float
) -> SatelliteStates:
    n = len(satellite)
    vectors, columns, outcome = np.empty((2, n, 3)), np.empty((3, n)), np.empty(n, np.int64)
    _fill(table.row_of, table.elements, table.is_glonass, table.toe_ns, table.group_delay_s, table.variance_m2, table.outcome,
          time.ns, satellite, before, per_second, offset_s, vectors, columns, outcome)  # fmt: skip
    return SatelliteStates(vectors[0], vectors[1], columns[0], columns[1], columns[2], outcome)


@kernel
def _fill(
    row_of: Ints, elements: Floats, is_glonass: Bools, toe_ns: Ints, group_delay_s: Floats, variance_m2: Floats,
    row_outcome: Ints, time_ns: int, satellite: Codes, before: Floats, per_second: float, offset_s: float,
    out_vectors: Floats, out_columns: Floats, out_outcome: Ints,
) -> Any:  # fmt: skip
    """Writes position and velocity (2, n, 3), clock, drift and variance (3, n), outcome (n,) of SatelliteStates."""
    for i in range(len(satellite)):
        before_s = before[i] / per_second + offset_s
        row = row_of[satellite[i]] if 0 <= satellite[i] < len(row_of) else NO_ROW
        out_outcome[i] = _NO_EPHEMERIS if row == NO_ROW else row_outcome[row]
        if out_outcome[i] == _OK and not np.isfinite(before_s):
            out_outcome[i] = _NO_CODE
        if out_outcome[i] != _OK:
            for k in range(3):
                out_vectors[0, i, k] = out_vectors[1, i, k] = out_columns[k, i] = np.nan
            continue
        element, since_toe_s = elements[row], (time_ns - toe_ns[row]) / 1e9 - before_s
        if is_glonass[row]:
            state = glonass_state(element, since_toe_s - glonass_clock(element, since_toe_s)[0])
        else:
            state = kepler_state_by_clock(element, since_toe_s)
        out_vectors[0, i, 0], out_vectors[0, i, 1], out_vectors[0, i, 2] = state[0], state[1], state[2]
        out_vectors[1, i, 0], out_vectors[1, i, 1], out_vectors[1, i, 2] = state[3], state[4], state[5]
        out_columns[0, i] = state[6] - group_delay_s[row]
        out_columns[1, i], out_columns[2, i] = state[7], variance_m2[row]
