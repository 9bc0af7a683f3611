"""Columns of several antennas, one after another, laid side by side: a row for each antenna, a column for each satellite."""

from __future__ import annotations

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints


@njit(cache=True)
def union(satellite: Codes, sizes: Ints) -> Codes:
    """Satellites (n,), increasing, that any antenna has; satellite (m,) of all antennas in turn, each `sizes` (k,) of them."""
    first = satellite[: sizes[0]]
    same = len(satellite) == len(sizes) * len(first)
    for i in range(len(first), len(satellite)):
        if not same:
            break
        same = satellite[i] == first[i % len(first)]
    return first.copy() if same else np.unique(satellite)


@njit(cache=True)
def places(satellite: Codes, sizes: Ints, wanted: Codes) -> tuple[Ints, Ints]:
    """Row (its antenna) and column (its place in `wanted` (n,), which has it) of each of the satellites (m,)."""
    row, column = np.empty(len(satellite), np.int64), np.empty(len(satellite), np.int64)
    i = 0
    for antenna, size in enumerate(sizes):
        place = 0
        for _ in range(size):
            while wanted[place] < satellite[i]:
                place += 1
            row[i], column[i] = antenna, place
            i += 1
    return row, column


@njit(cache=True)
def laid_out(values: Floats, row: Ints, column: Ints, antennas: int, n: int) -> Floats:
    """Values (m,) of all antennas in turn at their places (antennas, n); NaN elsewhere."""
    out = np.full((antennas, n), np.nan)
    for i in range(len(values)):
        out[row[i], column[i]] = values[i]
    return out


@njit(cache=True)
def side_by_side(
    satellite: Codes, signal: Codes, wavelength_m: Floats, direction: Floats, elevation: Floats, code_m: Floats,
    phase_m: Floats, code_var_m2: Floats, phase_var_m2: Floats, slip: Bools, sizes: Ints,
) -> tuple[Codes, Floats, Floats, Floats, Bools, Ints, Floats, Floats, Floats, Floats, Floats]:  # fmt: skip
    """Columns (m,) of prefits in turn, `sizes` (k,) of each antenna, as columns of the n satellites that any of them has.

    Returns satellite (n,); direction (n, 3), elevation (n,) and wavelength (n,) by the first antenna that has it; slip (n,) of
    the first antenna, True where it does not have the satellite; signal (k, n), 0 = none; wavelength of the first antenna
    (n,), code, its variance, phase and its variance (k, n), NaN = none.
    """
    k, wanted = len(sizes), union(satellite, sizes)
    n, (row, column) = len(wanted), places(satellite, sizes, wanted)
    of_direction, of_elevation, of_wavelength = np.empty((n, 3)), np.empty(n), np.empty(n)
    slipped, signals, base_wavelength = np.ones(n, np.bool_), np.zeros((k, n), np.int64), np.full(n, np.nan)
    for i in range(len(satellite) - 1, -1, -1):  # the first antenna has the last word
        s = column[i]
        of_direction[s], of_elevation[s], of_wavelength[s] = direction[i], elevation[i], wavelength_m[i]
        signals[row[i], s] = signal[i]
        if row[i] == 0:
            slipped[s], base_wavelength[s] = slip[i], wavelength_m[i]
    code, phase = laid_out(code_m, row, column, k, n), laid_out(phase_m, row, column, k, n)
    code_var, phase_var = laid_out(code_var_m2, row, column, k, n), laid_out(phase_var_m2, row, column, k, n)
    return wanted, of_direction, of_elevation, of_wavelength, slipped, signals, base_wavelength, code, code_var, phase, phase_var
