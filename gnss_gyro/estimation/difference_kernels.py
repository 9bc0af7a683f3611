"""Kernels of the double differences: which rows there are, their values, covariance and weight."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Codes, Floats, Ints
from gnss_gyro.basics.satellites import SYSTEMS, System

_INDEX: Final = {system: i for i, system in enumerate(SYSTEMS)}
_GLONASS: Final = _INDEX[System.GLONASS]
SHARING: Final = (_INDEX[System.GPS], _INDEX[System.GALILEO], _INDEX[System.QZSS])
"""Systems on one carrier and one time scale as far as two receivers of one make are concerned."""
BASE, BASE_PIVOT, OWN, PIVOT = range(4)
"""Columns of a row's numbers: its satellite and pivot in the reference antenna's prefit, and in the antenna's own."""


@njit(cache=True)
def pair_rows(
    is_phase: bool, shared: bool, base_satellite: Codes, base_signal: Codes, base_wavelength_m: Floats, merit: Floats,
    base_value: Floats, satellite: Codes, signal: Codes, wavelength_m: Floats, value: Floats, preferred: Codes,
) -> Ints:  # fmt: skip
    """Numbers (m, 4) of the rows of one baseline: BASE, BASE_PIVOT, OWN, PIVOT.

    merit     : (n,) of the reference's satellites, up to pi: the best of a group becomes its pivot
    preferred : codes of satellites that come before all others as pivots
    """
    size = min(len(base_satellite), len(satellite))
    found, group, pivot = np.empty((size, 4), np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    worth = np.empty(size)
    n, j = 0, 0
    for i in range(len(base_satellite)):
        while j < len(satellite) and satellite[j] < base_satellite[i]:
            j += 1
        if j == len(satellite) or satellite[j] != base_satellite[i] or np.isnan(base_value[i]) or np.isnan(value[j]):
            continue
        system = int(base_satellite[i]) // 100
        if is_phase and (system == _GLONASS or not abs(base_wavelength_m[i] - wavelength_m[j]) < 1e-9):
            continue
        found[n, BASE], found[n, OWN] = i, j
        group[n] = _group(shared, system, int(base_signal[i]), int(signal[j]))
        worth[n] = merit[i]
        for code in preferred:
            if code == base_satellite[i]:
                worth[n] = merit[i] + np.pi
        n += 1
    for a in range(n):
        best, most = a, -np.inf
        for b in range(n):
            if group[b] == group[a] and worth[b] > most:
                best, most = b, worth[b]
        pivot[a] = best
    rows, m = np.empty((n, 4), np.int64), 0
    for a in range(n):
        if pivot[a] != a:
            rows[m, BASE], rows[m, OWN] = found[a, BASE], found[a, OWN]
            rows[m, BASE_PIVOT], rows[m, PIVOT] = found[pivot[a], BASE], found[pivot[a], OWN]
            m += 1
    return rows[:m]


@njit(cache=True)
def _group(shared: bool, system: int, base_signal: int, signal: int) -> int:
    """Number of a group, within which satellites may be differenced with one another."""
    if shared:
        together = system == SHARING[0] or system == SHARING[1] or system == SHARING[2]
        return (0 if together else system) * 1024 + (base_signal >> 5)
    return (system * 1024 + base_signal) * 1024 + signal


@njit(cache=True)
def stacked(
    baseline: Ints, rows: Ints, base_satellite: Codes, base_wavelength_m: Floats, base_direction: Floats, base_value: Floats,
    base_variance: Floats, value: Floats, variance: Floats,
) -> tuple[Codes, Codes, Floats, Floats, Floats, Floats, Floats]:  # fmt: skip
    """The fields of Rows from `satellite` on, of rows (M, 4) of all baselines.

    base_* : (n,) of the reference antenna, base_direction (n, 3);  value, variance : (k, n) of the other antennas
    """
    m = len(rows)
    difference, design = np.empty(m), np.empty((m, 3))
    for r in range(m):
        i, ip, own = rows[r, BASE], rows[r, BASE_PIVOT], value[baseline[r]]
        difference[r] = (own[rows[r, OWN]] - base_value[i]) - (own[rows[r, PIVOT]] - base_value[ip])
        for a in range(3):
            design[r, a] = base_direction[ip, a] - base_direction[i, a]
    return (
        base_satellite[rows[:, BASE]], base_satellite[rows[:, BASE_PIVOT]], base_wavelength_m[rows[:, BASE]], difference, design,
        dd_covariance(baseline, rows, base_variance, variance), dd_weight(baseline, rows, base_variance, variance),
    )  # fmt: skip


@njit(cache=True)
def dd_covariance(baseline: Ints, rows: Ints, base_variance: Floats, variance: Floats) -> Floats:
    """Covariance (M, M) [m^2] of double differences, from variances of the observations they are made of.

    baseline      : (M,) which antenna (row of `variance`);  rows : (M, 4)
    base_variance : (n,) [m^2];  variance : (k, n) [m^2]
    """
    m = baseline.shape[0]
    satellite, pivot = rows[:, BASE].copy(), rows[:, BASE_PIVOT].copy()
    own, own_pivot = np.empty(m), np.empty(m)
    for r in range(m):
        own[r], own_pivot[r] = variance[baseline[r], rows[r, OWN]], variance[baseline[r], rows[r, PIVOT]]
    out = np.zeros((m, m))
    for r in range(m):
        i, ip, b = satellite[r], pivot[r], baseline[r]
        for c in range(r + 1):
            total = 0.0
            if ip == pivot[c]:
                total += base_variance[ip] + (own_pivot[r] if b == baseline[c] else 0.0)
            if i == satellite[c]:
                total += base_variance[i] + (own[r] if b == baseline[c] else 0.0)
            if i == pivot[c]:
                total -= base_variance[i]
            if ip == satellite[c]:
                total -= base_variance[ip]
            out[r, c] = total
        for c in range(r):
            out[c, r] = out[r, c]
    return out


@njit(cache=True)
def dd_weight(baseline: Ints, rows: Ints, base_variance: Floats, variance: Floats) -> Floats:
    """Inverse (M, M) [1/m^2] of dd_covariance, without inverting it.

    Double differences say what single differences say once a clock of every baseline and group is eliminated (Teunissen 1997,
    J. Geodesy 71: the pivot does not matter). Of single differences each satellite's are correlated among themselves only, by
    the reference antenna, a matrix that is inverted by hand (Sherman and Morrison 1950); the clocks are few.
    """
    m, k, n = len(rows), variance.shape[0], len(base_variance)
    precision, clock = np.zeros((k, n)), np.full((k, n), -1, np.int64)
    clocks = 0
    for r in range(m):
        b, i, ip = baseline[r], rows[r, BASE], rows[r, BASE_PIVOT]
        if clock[b, ip] < 0:
            clock[b, ip] = clocks
            precision[b, ip] = 1.0 / variance[b, rows[r, PIVOT]]
            clocks += 1
        clock[b, i] = clock[b, ip]
        precision[b, i] = 1.0 / variance[b, rows[r, OWN]]
    common = np.empty(n)
    for i in range(n):
        common[i] = base_variance[i] / (1.0 + base_variance[i] * np.sum(precision[:, i]))
    normal, cross = np.zeros((clocks, clocks)), np.zeros((m, clocks))
    for i in range(n):
        for b in range(k):
            for c in range(k):
                if clock[b, i] >= 0 and clock[c, i] >= 0:
                    normal[clock[b, i], clock[c, i]] += _single_weight(precision, common, b, c, i)
    for r in range(m):
        for c in range(k):
            if clock[c, rows[r, BASE]] >= 0:
                cross[r, clock[c, rows[r, BASE]]] += _single_weight(precision, common, baseline[r], c, rows[r, BASE])
    out = -(cross @ np.linalg.inv(normal)) @ cross.T
    satellite = rows[:, BASE].copy()
    for r in range(m):
        i = satellite[r]
        for c in range(m):
            if satellite[c] == i:
                out[r, c] += _single_weight(precision, common, baseline[r], baseline[c], i)
    return out


@njit(cache=True)
def _single_weight(precision: Floats, common: Floats, b: int, c: int, i: int) -> float:
    """Weight of the single differences of one satellite on two baselines."""
    own = precision[b, i] if b == c else 0.0
    return own - common[i] * precision[b, i] * precision[c, i]
