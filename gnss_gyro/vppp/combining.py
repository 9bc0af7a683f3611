"""All antennas' codes and phases as those of one receiver at the body point, by weighted least squares.

Antenna k sees y_k = x - U b_k + c_k + noise: x is what the body point would see (n), U the directions to the satellites, b_k the
lever from the body point to the antenna (known, or known within a covariance: on the sphere of its length), c_k its own clocks.
With the levers' means taken out, levers in units of R_k, where R_k R_k^T is their covariance, and clocks in units of their prior
deviation, antenna k's own numbers e_k are of unit prior covariance, A_k = [-U R_k, clocks] is what they do to its observations,
and the normal equations of all unknowns are

    D x + B e = sum W_k y_k,   B^T x + C e = A^T W y,   D = sum W_k,  B_k = W_k A_k,  C = A^T W A + I,

and D is diagonal: x is eliminated by hand, and what is left to solve is as large as there are clocks and levers,

    e = S^-1 (A^T W y - B^T D^-1 sum W_k y_k),   S = C - B^T D^-1 B,   cov(x) = D^-1 + D^-1 B S^-1 B^T D^-1.

The base antenna's clock is that of the filter and is not eliminated.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.ordering import median_of_known
from gnss_gyro.vppp.signal_errors import CLOCK_GROUPS

_CLOCK_M: Final = 1e3
"""Prior standard deviation of another antenna's clock, after the median is taken out."""
_LEVER_M2: Final = 1e-8
"""Variance that every lever has at least."""


@kernel
def combine(
    value_m: Floats, variance_m2: Floats, group: Ints, direction: Floats, lever_cov_m2: Floats, out_m: Floats, out_cov_m2: Floats
) -> Any:
    """Write the combined value (n,) and covariance (n, n) of what the body point would see; NaN where no antenna sees it.

    value_m, variance_m2 : (k, n) by antenna, the base first, and satellite, the levers' means taken out; NaN = none
    group        : (k, n) clock group of each satellite at each antenna, by a number below n or CLOCK_GROUPS
    direction    : (n, 3) unit vectors to the satellites, in the axes of the levers
    lever_cov_m2 : (k, 3, 3)
    """
    (antennas, n), (column, size) = value_m.shape, _clock_columns(value_m, variance_m2, group)
    weight, pull, mixed = np.zeros(n), np.zeros(n), np.zeros((n, size))  # D, sum W y, B
    own, right = np.zeros((size, size)), np.zeros(size)  # C, A^T W y; only the upper triangle is looked after
    for i in range(size):
        own[i, i] = 1.0
    for k in range(antennas):
        offset = _common_offset(value_m[k], value_m[0]) if k > 0 else 0.0
        _add(value_m[k], variance_m2[k], offset, direction, lever_cov_m2[k], 3 * k, column[k], weight, pull, mixed, own, right)
    share = np.zeros((size, n))
    _eliminate(weight, pull, mixed, own, right, share)
    _triangulate(own, right, share)
    _solve(weight, pull, right, share, out_m, out_cov_m2)


@kernel
def _clock_columns(value_m: Floats, variance_m2: Floats, group: Ints) -> tuple[Ints, int]:
    """Where the clock of each antenna and satellite (k, n) stands among the unknowns e, -1 = none, and how many they are.

    All levers come first, then the clocks, one for each group of each antenna but the base.
    """
    antennas, n = value_m.shape
    column, size, found = np.empty((antennas, n), np.int64), 3 * antennas, np.empty(max(n, CLOCK_GROUPS), np.int64)
    for k in range(antennas):
        for name in range(len(found)):
            found[name] = -1
        for s in range(n):
            column[k, s] = -1
            if k > 0 and not math.isnan(value_m[k, s] + variance_m2[k, s]):
                if found[group[k, s]] < 0:
                    found[group[k, s]] = size
                    size += 1
                column[k, s] = found[group[k, s]]
    return column, size


@kernel
def _common_offset(own: Floats, reference: Floats) -> float:
    """Median difference of two antennas; where they have no satellite in common the median of the one, and 0 without any."""
    difference = np.empty(len(own))
    for s in range(len(own)):
        difference[s] = own[s] - reference[s]
    offset = median_of_known(difference)
    if math.isnan(offset):
        offset = median_of_known(own)
    return 0.0 if math.isnan(offset) else offset


@kernel
def _add(
    value_m: Floats, variance_m2: Floats, offset_m: float, direction: Floats, lever_cov_m2: Floats, lever: int, clock: Ints,
    weight: Floats, pull: Floats, mixed: Floats, own: Floats, right: Floats,
) -> Any:  # fmt: skip
    """Add one antenna's observations (n,) to D, sum W y, B, C, A^T W y; its lever and clocks (n,) stand there in e."""
    root, slope, place = _root(lever_cov_m2), np.empty(4), np.empty(4, np.int64)
    for s in range(len(value_m)):
        if math.isnan(value_m[s] + variance_m2[s]):
            continue
        w, value, unknowns = 1.0 / variance_m2[s], value_m[s] - offset_m, 3 if clock[s] < 0 else 4
        for i in range(3):
            place[i] = lever + i
            slope[i] = -(direction[s, 0] * root[0, i] + direction[s, 1] * root[1, i] + direction[s, 2] * root[2, i])
        place[3], slope[3] = clock[s], _CLOCK_M
        weight[s] += w
        pull[s] += w * value
        for i in range(unknowns):
            mixed[s, place[i]] += w * slope[i]
            right[place[i]] += w * slope[i] * value
            for j in range(i, unknowns):
                own[place[i], place[j]] += w * slope[i] * slope[j]


@kernel
def _root(lever_cov_m2: Floats) -> Floats:
    """R (3, 3), lower triangular, of a lever's covariance R R^T."""
    root = np.zeros((3, 3))
    for i in range(3):
        for j in range(i + 1):
            left = lever_cov_m2[i, j] + (_LEVER_M2 if i == j else 0.0)
            for k in range(j):
                left -= root[i, k] * root[j, k]
            root[i, j] = math.sqrt(max(left, _LEVER_M2)) if i == j else left / root[j, j]
    return root


@kernel
def _eliminate(weight: Floats, pull: Floats, mixed: Floats, own: Floats, right: Floats, share: Floats) -> Any:
    """Take the satellites out: C becomes S, the right side (size,) what belongs to it, share (size, n) (D^-1 B)^T."""
    n, size = mixed.shape
    for s in range(n):
        for i in range(size):
            if mixed[s, i] != 0.0:
                part = mixed[s, i] / weight[s]
                share[i, s] = part
                right[i] -= part * pull[s]
                for j in range(size):
                    own[i, j] -= part * mixed[s, j]


@kernel
def _triangulate(own: Floats, right: Floats, share: Floats) -> Any:
    """S = L L^T by Cholesky: S becomes L^T, and the right side (size,) and share (size, n) are multiplied by L^-1.

    Rows are worked on from end to end, which compiles to faster code than the triangle alone; what is left of it means nothing.
    """
    size, n = share.shape
    for k in range(size):
        scale = 1.0 / math.sqrt(max(own[k, k], 1.0))  # less is rounding: the prior is 1
        right[k] *= scale
        for j in range(size):
            own[k, j] *= scale
        for s in range(n):
            share[k, s] *= scale
        for i in range(k + 1, size):
            part = own[k, i]
            if part != 0.0:
                right[i] -= part * right[k]
                for j in range(size):
                    own[i, j] -= part * own[k, j]
                for s in range(n):
                    share[i, s] -= part * share[k, s]


@kernel
def _solve(weight: Floats, pull: Floats, right: Floats, share: Floats, out_m: Floats, out_cov_m2: Floats) -> Any:
    """Values (n,) and covariance (n, n) of all satellites, of what _triangulate leaves."""
    size, n = share.shape
    for s in range(n):
        for t in range(s + 1):
            out_cov_m2[s, t] = 0.0
        out_m[s] = out_cov_m2[s, s] = math.nan
        if weight[s] > 0.0:
            out_m[s], out_cov_m2[s, s] = pull[s] / weight[s], 1.0 / weight[s]
        for i in range(size):
            part = share[i, s]
            if part != 0.0:
                out_m[s] -= part * right[i]
                for t in range(s + 1):
                    out_cov_m2[s, t] += part * share[i, t]
        for t in range(s):
            out_cov_m2[t, s] = out_cov_m2[s, t]
