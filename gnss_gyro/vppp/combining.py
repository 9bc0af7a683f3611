"""All antennas' codes and phases as those of one receiver at the body point, by weighted least squares.

Antenna k sees y_k = x - U b_k + c_k + noise: x is what the body point would see (n), U the directions to the satellites, b_k the
lever from the body point to the antenna (known, or known within a covariance: on the sphere of its length), c_k its own clocks.
With the levers' means taken out, A_k = [clocks, -U] and Q_k the prior covariance of antenna k's own numbers e_k, the normal
equations of all unknowns are

    D x + B e = sum W_k y_k,   B^T x + C e = A^T W y,   D = sum W_k,  B_k = W_k A_k,  C_k = A_k^T W_k A_k + Q_k^-1,

and D is diagonal: x is eliminated by hand, and what is left to solve is as large as there are clocks and levers,

    e = S^-1 (A^T W y - B^T D^-1 sum W_k y_k),   S = C - B^T D^-1 B,   cov(x) = D^-1 + D^-1 B S^-1 B^T D^-1.

The base antenna's clock is that of the filter and is not eliminated.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Bools, Floats, Ints

_CLOCK_PRIOR: Final = 1e-6
"""Information on another antenna's clock [1/m^2]: 1 km, after the median is taken out."""


_NEAR_INTEGER: Final = 0.2
"""Phases of two antennas further from whole cycles [cycles] have nothing to do with one another."""


@njit(cache=True)
def combine_codes(
    value_m: Floats, variance_m2: Floats, clock: Ints, direction: Floats, lever_m: Floats, lever_cov_m2: Floats
) -> tuple[Floats, Floats]:
    """combine() of codes (k, n), whose clock groups (n,) are the same at all antennas; NaN where none has the satellite."""
    group = np.empty(value_m.shape, np.int64)
    for k in range(len(group)):
        group[k] = clock
    return _combine_seen(value_m, variance_m2, group, direction, lever_m, lever_cov_m2)


@njit(cache=True)
def combine_phases(
    value_m: Floats, variance_m2: Floats, clock: Ints, direction: Floats, lever_m: Floats, lever_cov_m2: Floats,
    wavelength_m: Floats, signal: Ints, placed: Bools, alone: Bools,
) -> tuple[Floats, Floats]:  # fmt: skip
    """combine() of phases (k, n), taken in place to the cycles of the base antenna (align_phases); NaN where there is none."""
    group = align_phases(value_m, wavelength_m, direction, lever_m, clock, signal, placed, alone)
    return _combine_seen(value_m, variance_m2, group, direction, lever_m, lever_cov_m2)


@njit(cache=True)
def _combine_seen(
    value_m: Floats, variance_m2: Floats, group: Ints, direction: Floats, lever_m: Floats, lever_cov_m2: Floats
) -> tuple[Floats, Floats]:
    """combine() of the satellites that any antenna sees, laid out over all."""
    n = value_m.shape[1]
    unseen = np.ones(n, np.bool_)
    for own in value_m:
        unseen &= np.isnan(own)
    seen = np.flatnonzero(~unseen)
    if len(seen) == n:
        return combine(value_m, variance_m2, group, direction, lever_m, lever_cov_m2)
    out, cov = np.full(n, np.nan), np.diag(np.full(n, np.nan))
    if len(seen):
        columns = (
            np.ascontiguousarray(value_m[:, seen]), np.ascontiguousarray(variance_m2[:, seen]),
            np.ascontiguousarray(group[:, seen]), np.ascontiguousarray(direction[seen]),
        )  # fmt: skip
        some = combine(*columns, lever_m, lever_cov_m2)
        out[seen] = some[0]
        for i in range(len(seen)):
            cov[seen[i], seen] = some[1][i]
    return out, cov


@njit(cache=True)
def align_phases(
    value_m: Floats, wavelength_m: Floats, direction: Floats, lever_m: Floats, clock: Ints, signal: Ints, placed: Bools,
    alone: Bools,
) -> Ints:  # fmt: skip
    """Take whole cycles out of all antennas' phases (k, n), in place, so that they agree with the base antenna's, row 0.

    NaN where that cannot be: the base antenna has no phase, the antenna's lever is not known well (not placed (k,)), a satellite
    stands `alone` (n,), or the phases are not whole cycles apart.

    wavelength_m : (n,) of the base antenna's signals;  signal : (k, n);  clock : (n,) group
    Returns the clock group (k, n) of each phase: those of one group and one pair of signals agree up to one number.
    """
    antennas, n = value_m.shape
    group = np.zeros((antennas, n), np.int64)
    cycles = np.empty(n)
    for k in range(1, antennas):
        for s in range(n):
            apart = value_m[k, s] - value_m[0, s]
            for axis in range(3):
                apart += direction[s, axis] * (lever_m[k, axis] - lever_m[0, axis])
            cycles[s] = apart / wavelength_m[s] if placed[k] and not alone[s] else np.nan
            group[k, s] = _first_alike(clock, signal, k, s)
        for g in range(n):
            _align_group(value_m[k], wavelength_m, cycles, group[k], g)
    return group


@njit(cache=True)
def _first_alike(clock: Ints, signal: Ints, k: int, s: int) -> int:
    """The first satellite of the same clock and pair of signals: the name of their group."""
    for first in range(s):
        if clock[first] == clock[s] and signal[0, first] == signal[0, s] and signal[k, first] == signal[k, s]:
            return first
    return s


@njit(cache=True)
def _align_group(value_m: Floats, wavelength_m: Floats, cycles: Floats, group: Ints, name: int) -> Any:
    """Whole cycles of one group's phases (n,) about the fraction that they share; NaN where there are none."""
    real, imaginary, members = 0.0, 0.0, 0
    for s in range(len(cycles)):
        if group[s] == name and not np.isnan(cycles[s]):
            real += np.cos(2.0 * np.pi * cycles[s])
            imaginary += np.sin(2.0 * np.pi * cycles[s])
            members += 1
    fraction = np.arctan2(imaginary, real) / (2.0 * np.pi)
    for s in range(len(cycles)):
        if group[s] == name:
            whole = np.round(cycles[s] - fraction)
            if members >= 2 and abs(cycles[s] - fraction - whole) < _NEAR_INTEGER:
                value_m[s] -= wavelength_m[s] * whole
            else:
                value_m[s] = np.nan


@njit(cache=True)
def combine(
    value_m: Floats, variance_m2: Floats, group: Ints, direction: Floats, lever_m: Floats, lever_cov_m2: Floats
) -> tuple[Floats, Floats]:
    """Combined value (n,) and covariance (n, n) of what the body point would see.

    value_m, variance_m2 : (k, n) by antenna, the base first, and satellite, NaN = none; some antenna sees every satellite
    group        : (k, n) clock group of each satellite at each antenna
    direction    : (n, 3) unit vectors to the satellites, in the axes of the levers
    lever_m      : (k, 3) from the body point to the antennas;  lever_cov_m2 : (k, 3, 3)
    """
    n, (column, size) = value_m.shape[1], _clock_columns(value_m, variance_m2, group)
    weight, pull = np.zeros(n), np.zeros(n)  # D, sum W y
    mixed, own, own_pull = np.zeros((n, size)), np.zeros((size, size)), np.zeros(size)  # B, C, A^T W y
    reference = value_m[0] + direction @ lever_m[0]
    for k in range(len(value_m)):
        value = value_m[k] + direction @ lever_m[k]
        offset = _common_offset(value, reference) if k > 0 else 0.0
        _add(weight, pull, mixed, own, own_pull, value - offset, variance_m2[k], direction, 3 * k, column[k])
        own[3 * k : 3 * k + 3, 3 * k : 3 * k + 3] += np.linalg.inv(lever_cov_m2[k] + 1e-8 * np.eye(3))
    for clock in range(3 * len(value_m), size):
        own[clock, clock] += _CLOCK_PRIOR
    share = mixed / weight.reshape(-1, 1)
    right = np.empty((size, n + 1))
    right[:, :n], right[:, n] = share.T, own_pull - share.T @ pull
    solved = np.linalg.solve(own - mixed.T @ share, right)
    cov = share @ np.ascontiguousarray(solved[:, :n])
    return pull / weight - share @ np.ascontiguousarray(solved[:, n]), 0.5 * (cov + cov.T) + np.diag(1.0 / weight)


@njit(cache=True)
def _clock_columns(value_m: Floats, variance_m2: Floats, group: Ints) -> tuple[Ints, int]:
    """Where the clock of each antenna and satellite (k, n) stands among the unknowns e, -1 = none, and how many they are.

    All levers come first, then the clocks, one for each group of each antenna but the base.
    """
    antennas, n = value_m.shape
    column, size = np.full((antennas, n), -1), 3 * antennas
    for k in range(1, antennas):
        found = np.full(group[k].max() + 1, -1)
        for s in range(n):
            if not (np.isnan(value_m[k, s]) or np.isnan(variance_m2[k, s])):
                if found[group[k, s]] < 0:
                    found[group[k, s]] = size
                    size += 1
                column[k, s] = found[group[k, s]]
    return column, size


@njit(cache=True)
def _common_offset(own: Floats, reference: Floats) -> float:
    """Median difference of two antennas; where they have no satellite in common the median of the one."""
    difference = own - reference
    difference = difference[~np.isnan(difference)]
    return float(np.median(difference)) if len(difference) else float(np.nanmedian(own))


@njit(cache=True)
def _add(
    weight: Floats, pull: Floats, mixed: Floats, own: Floats, own_pull: Floats, value_m: Floats, variance_m2: Floats,
    direction: Floats, lever: int, clock: Ints,
) -> None:  # fmt: skip
    """Add one antenna's observations (n,) to D, sum W y, B, C, A^T W y; its lever and clocks (n,) stand there in e."""
    for s in range(len(value_m)):
        if np.isnan(value_m[s]) or np.isnan(variance_m2[s]):
            continue
        w = 1.0 / variance_m2[s]
        weight[s] += w
        pull[s] += w * value_m[s]
        unknowns = 4 if clock[s] >= 0 else 3
        place = (lever, lever + 1, lever + 2, clock[s])
        slope = (-direction[s, 0], -direction[s, 1], -direction[s, 2], 1.0)
        for i in range(unknowns):
            mixed[s, place[i]] += w * slope[i]
            own_pull[place[i]] += w * slope[i] * value_m[s]
            for j in range(unknowns):
                own[place[i], place[j]] += w * slope[i] * slope[j]
