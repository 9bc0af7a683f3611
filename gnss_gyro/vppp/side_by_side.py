"""Columns of several antennas laid side by side: a row for each antenna, a column for each satellite that any of them has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.estimation.prefit import Prefit

CODE: Final = 0
PHASE: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class SideBySide:
    """The n satellites that any of k antennas has.

    satellite : (n,) increasing
    direction : (n, 3) ENU [-];  elevation : (n,) [rad];  wavelength_m : (n,); by the first antenna that has the satellite
    value_m, variance_m2 : (2, k, n) codes and phases, brought to the body point; NaN = none
    signal    : (k, n); 0 = none
    slip      : (n,) of the first antenna, True where it does not have the satellite
    """

    satellite: Codes
    direction: Floats
    elevation: Floats
    wavelength_m: Floats
    value_m: Floats
    variance_m2: Floats
    signal: Ints
    slip: Bools


def side_by_side(prefits: Sequence[Prefit], lever_enu_m: Floats) -> SideBySide:
    """Prefits of antennas at levers (k, 3) from the body point [m]."""
    satellite: Codes = reduce(merged, [each.satellite for each in prefits])
    k, n = len(prefits), len(satellite)
    sight = np.empty((n, 3)), np.empty(n), np.empty(n)
    value, variance = np.empty((2, k, n)), np.empty((2, k, n))
    out = SideBySide(satellite, *sight, value, variance, np.empty((k, n), np.int64), np.empty(n, np.bool_))
    for antenna in range(k - 1, -1, -1):  # the first one has the last word
        own = prefits[antenna]
        lay_out(
            antenna, lever_enu_m, own.satellite, own.signal, own.wavelength_m, own.direction, own.elevation, own.code_m,
            own.code_var_m2, own.phase_m, own.phase_var_m2, own.slip, satellite, *sight, value, variance,
            out.signal, out.slip,
        )  # fmt: skip
    return out


@kernel
def merged(first: Codes, second: Codes) -> Codes:
    """Satellites, increasing, that any of two antennas (a,), (b,) has."""
    out = np.empty(len(first) + len(second), first.dtype)
    i, j, count = 0, 0, 0
    while i < len(first) or j < len(second):
        if j == len(second) or (i < len(first) and first[i] <= second[j]):
            out[count] = first[i]
            if j < len(second) and second[j] == first[i]:
                j += 1
            i += 1
        else:
            out[count] = second[j]
            j += 1
        count += 1
    return out[:count].copy()


@kernel
def lay_out(
    antenna: int, lever_enu_m: Floats, satellite: Codes, signal: Codes, wavelength_m: Floats, direction: Floats,
    elevation: Floats, code_m: Floats, code_var_m2: Floats, phase_m: Floats, phase_var_m2: Floats, slip: Bools,
    wanted: Codes, out_direction: Floats, out_elevation: Floats, out_wavelength_m: Floats, out_m: Floats,
    out_m2: Floats, out_signal: Ints, out_slip: Bools,
) -> Any:  # fmt: skip
    """Lay the columns (m,) of an antenna's prefit where the satellites wanted (n,) stand; levers (k, 3) of all antennas."""
    i, east, north, up = 0, lever_enu_m[antenna, 0], lever_enu_m[antenna, 1], lever_enu_m[antenna, 2]
    for s in range(len(wanted)):
        there = i < len(satellite) and satellite[i] == wanted[s]
        if antenna == 0:
            out_slip[s] = slip[i] if there else True
        if not there:
            out_signal[antenna, s] = 0
            out_m[CODE, antenna, s] = out_m[PHASE, antenna, s] = math.nan
            out_m2[CODE, antenna, s] = out_m2[PHASE, antenna, s] = math.nan
            continue
        nearer = direction[i, 0] * east + direction[i, 1] * north + direction[i, 2] * up
        out_signal[antenna, s], out_elevation[s], out_wavelength_m[s] = signal[i], elevation[i], wavelength_m[i]
        for axis in range(3):
            out_direction[s, axis] = direction[i, axis]
        out_m[CODE, antenna, s], out_m2[CODE, antenna, s] = code_m[i] + nearer, code_var_m2[i]
        out_m[PHASE, antenna, s], out_m2[PHASE, antenna, s] = phase_m[i] + nearer, phase_var_m2[i]
        i += 1
