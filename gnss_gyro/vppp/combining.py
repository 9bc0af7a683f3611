"""All antennas' codes and phases as those of one receiver at the body point, by weighted least squares.

Antenna k sees y_k = x - U b_k + c_k + noise: x is what the body point would see (n), U the directions to the satellites, b_k the
lever from the body point to the antenna (known, or known within a covariance: on the sphere of its length), c_k its own clocks.
With the levers' means taken out and clocks and levers eliminated, antenna k adds the information

    M_k = W_k - W_k A_k (A_k^T W_k A_k + Q_k^-1)^-1 A_k^T W_k,   A_k = [clocks, -U],  Q_k the prior covariance,

on x, exactly as a joint estimation of all unknowns would. The base antenna's clock is that of the filter and is not eliminated.
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
        columns = value_m[:, seen], variance_m2[:, seen], group[:, seen], direction[seen]
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
    antennas, n = value_m.shape
    information, right = np.zeros((n, n)), np.zeros(n)
    reference = value_m[0] + direction @ lever_m[0]
    for k in range(antennas):
        own = value_m[k] + direction @ lever_m[k]
        seen = np.flatnonzero(~np.isnan(own) & ~np.isnan(variance_m2[k]))
        if len(seen) == 0:
            continue
        offset = _common_offset(own, reference) if k > 0 else 0.0
        _add(information, right, own - offset, variance_m2[k], seen, group[k], direction, lever_cov_m2[k], k > 0)
    cov = np.linalg.inv(information)
    return cov @ right, 0.5 * (cov + cov.T)


@njit(cache=True)
def _common_offset(own: Floats, reference: Floats) -> float:
    """Median difference of two antennas; 0 where they have no satellite in common."""
    difference = own - reference
    difference = difference[~np.isnan(difference)]
    return float(np.median(difference)) if len(difference) else float(np.nanmedian(own))


@njit(cache=True)
def _add(
    information: Floats, right: Floats, own: Floats, variance: Floats, seen: Ints, group: Ints, direction: Floats,
    lever_cov: Floats, free_clock: bool,
) -> Any:  # fmt: skip
    """Add M_k and M_k y_k of one antenna."""
    names = np.unique(group[seen]) if free_clock else group[:0]
    groups = len(names)
    size = groups + 3
    design = np.zeros((len(seen), size))
    prior = np.zeros((size, size))
    for g in range(groups):
        prior[g, g] = _CLOCK_PRIOR
    prior[groups:, groups:] = np.linalg.inv(lever_cov + 1e-8 * np.eye(3))
    weight, value = np.empty(len(seen)), np.empty(len(seen))
    for i in range(len(seen)):
        s = seen[i]
        weight[i], value[i] = 1.0 / variance[s], own[s]
        if free_clock:
            design[i, np.searchsorted(names, group[s])] = 1.0
        design[i, groups:] = -direction[s]
    weighted = design * weight.reshape(-1, 1)
    taken = weighted @ np.linalg.solve(design.T @ weighted + prior, weighted.T)
    for i in range(len(seen)):
        information[seen[i], seen[i]] += weight[i]
        right[seen[i]] += weight[i] * value[i]
        for j in range(len(seen)):
            information[seen[i], seen[j]] -= taken[i, j]
            right[seen[i]] -= taken[i, j] * value[j]
