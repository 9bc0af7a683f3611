"""Kernels of weighing: double differences as single differences with clocks, which are eliminated.

Double differences say what single differences say once a clock of every baseline and group is eliminated (Teunissen 1997,
J. Geodesy 71: the pivot does not matter). Single differences of a satellite are correlated by the reference antenna alone, a
matrix that is inverted by hand (Sherman and Morrison 1950); the clocks are few. No (M, M) matrix is ever formed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.small_matrices import inverse_factor, inverted
from gnss_gyro.estimation.difference_kernels import BASE, BASE_PIVOT, CODES, GLONASS, OWN, PIVOT

SLOT, CLOCK = range(2)
"""Columns of what numbers a single difference: its satellite, and the clock of its baseline and group."""
ALONE: Final = 17
NORMAL, RHS, CONSTANT, ROWS, DISTANCE, CHI2, CHI2_ROWS = 0, 9, 12, 13, 14, 15, 16
"""Where what each_alone says of a baseline begins: NORMAL (3, 3), RHS (3,), single numbers."""


@kernel
def weigh(
    baseline: Ints, satellite: Codes, pivot: Codes, design: Floats, value: Floats, part_m2: Floats, vectors: int
) -> tuple[Ints, Floats, Floats, Floats, Floats, Floats, Floats, float]:
    """The fields of Weighed, of rows (M,) of so many vectors."""
    k3 = 3 * vectors
    entry, precision, base = _single_differences(baseline, satellite, pivot, part_m2, vectors)
    normal, common = _with_clocks(baseline, design, entry, precision, base, k3)
    clocks = len(normal) - k3
    own, cofactor, response = np.empty((clocks, clocks)), np.empty((clocks, clocks)), np.zeros((clocks, k3))
    rest, rhs = np.empty((k3, k3)), np.empty(k3)
    for c in range(clocks):
        for d in range(c + 1):
            own[c, d] = normal[k3 + c, k3 + d]
    inverted(own, cofactor)
    for c in range(clocks):
        for d in range(clocks):
            for p in range(k3):
                response[c, p] += cofactor[c, d] * normal[k3 + d, p]
    for p in range(k3):
        for q in range(p + 1):
            total = normal[p, q]
            for c in range(clocks):
                total -= normal[k3 + c, p] * response[c, q]
            rest[p, q] = rest[q, p] = total
    constant = gathered(baseline, design, value, entry, precision, common, cofactor, response, rhs)
    return entry, precision, common, cofactor, response, rest, rhs, constant


@kernel
def _with_clocks(
    baseline: Ints, design: Floats, entry: Ints, precision: Floats, base: Floats, k3: int
) -> tuple[Floats, Floats]:
    """Normal equations of vectors (3k,) and clocks together, lower triangle, and by satellite how strongly the reference antenna
    ties its single differences to their sum."""
    n, m = len(base), len(baseline)
    size = k3 + len(entry) - m
    normal, sums, spread, common = np.zeros((size, size)), np.zeros((n, size)), np.zeros(n), np.empty(n)
    for j in range(len(entry)):
        slot, clock, p = entry[j, SLOT], k3 + entry[j, CLOCK], precision[j]
        spread[slot] += p
        sums[slot, clock] += p
        normal[clock, clock] += p
        for a in range(3 if j < m else 0):
            at, slope = 3 * baseline[j], p * design[j, a]
            sums[slot, at + a] += slope
            normal[clock, at + a] += slope
            for b in range(a + 1):
                normal[at + a, at + b] += slope * design[j, b]
    for s in range(n):
        common[s] = base[s] / (1.0 + base[s] * spread[s])
        for p in range(size):
            part = common[s] * sums[s, p]
            for q in range(p + 1):
                normal[p, q] -= part * sums[s, q]
    return normal, common


@kernel
def _single_differences(
    baseline: Ints, satellite: Codes, pivot: Codes, part_m2: Floats, vectors: int
) -> tuple[Ints, Floats, Floats]:
    """The single differences that rows (M,) are made of, those of the rows first, then the pivots, clock by clock.

    Returns SLOT and CLOCK (M + clocks, 2), their precision without the reference antenna's noise, and that noise by satellite.
    """
    m = len(baseline)
    slot_of, clock_of = np.zeros(CODES, np.int64), np.zeros((vectors, CODES), np.int64)  # numbers from 1 on
    entry, precision, base = np.empty((2 * m, 2), np.int64), np.empty(2 * m), np.empty(2 * m)
    slots, clocks = 0, 0
    for r in range(m):
        b = baseline[r]
        for code, noise in ((satellite[r], part_m2[r, BASE]), (pivot[r], part_m2[r, BASE_PIVOT])):
            if slot_of[code] == 0:
                base[slots] = noise
                slots += 1
                slot_of[code] = slots
        if clock_of[b, pivot[r]] == 0:
            entry[m + clocks, SLOT], entry[m + clocks, CLOCK] = slot_of[pivot[r]] - 1, clocks
            precision[m + clocks] = 1.0 / part_m2[r, PIVOT]
            clocks += 1
            clock_of[b, pivot[r]] = clocks
        entry[r, SLOT], entry[r, CLOCK] = slot_of[satellite[r]] - 1, clock_of[b, pivot[r]] - 1
        precision[r] = 1.0 / part_m2[r, OWN]
    return entry[: m + clocks], precision[: m + clocks], base[:slots]


@kernel
def gathered(
    baseline: Ints, design: Floats, value: Floats, entry: Ints, precision: Floats, common: Floats, cofactor: Floats,
    response: Floats, out_rhs: Floats,
) -> float:  # fmt: skip
    """value^T W value of M values; writes A^T W value (3k,)."""
    m, clocks = len(value), len(cofactor)
    seen, drift, constant = np.zeros(len(common)), np.zeros(clocks), 0.0
    for r in range(m):
        seen[entry[r, SLOT]] += precision[r] * value[r]
    for p in range(len(out_rhs)):
        out_rhs[p] = 0.0
    for j in range(len(entry)):
        slot, own = entry[j, SLOT], value[j] if j < m else 0.0
        weighted = precision[j] * (own - common[slot] * seen[slot])
        drift[entry[j, CLOCK]] += weighted
        if j < m:
            constant += own * weighted
            for a in range(3):
                out_rhs[3 * baseline[j] + a] += design[j, a] * weighted
    for c in range(clocks):
        for d in range(clocks):
            constant -= drift[c] * cofactor[c, d] * drift[d]
        for p in range(len(out_rhs)):
            out_rhs[p] -= response[c, p] * drift[c]
    return constant


@kernel
def loosened(normal: Floats, root: Floats) -> tuple[Floats, Floats, Floats]:
    """Normal equations (3k, 3k) once the vectors have a covariance root @ root^T (3k, 3k) of their own (Woodbury).

    Returns X, Z and the looser normal equations: h = A^T W value becomes h - Z X h, and a chi-square loses |X h|^2.
    """
    n = len(normal)
    lent, slack, factor = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
    x, z, rest = np.zeros((n, n)), np.zeros((n, n)), normal.copy()
    for p in range(n):
        for q in range(n):
            for r in range(n):
                lent[p, q] += normal[p, r] * root[r, q]
    for p in range(n):
        slack[p, p] = 1.0
        for q in range(n):
            for r in range(n):
                slack[p, q] += root[r, p] * lent[r, q]
    inverse_factor(slack, 0.0, factor)
    for p in range(n):
        for q in range(n):
            for r in range(p + 1):
                x[p, q] += factor[p, r] * root[q, r]
                z[q, p] += lent[q, r] * factor[p, r]
    for p in range(n):
        for q in range(n):
            for r in range(n):
                rest[p, q] -= z[p, r] * z[q, r]
    return x, z, rest


@kernel
def each_alone(
    baseline: Ints, satellite: Codes, pivot: Codes, design: Floats, value: Floats, part_m2: Floats, vectors: int
) -> Floats:
    """Table (vectors, ALONE): what the rows of each baseline say of it by themselves, whatever the others say.

    DISTANCE is the length [m] of the vector that suits them best, NaN where they determine none. CHI2 is that of the rows without
    GLONASS, whose inter-channel biases are no noise, about the vector that suits those best.
    """
    out, clean, first = np.zeros((vectors, ALONE)), np.zeros((vectors, ALONE)), 0
    for b in range(vectors):
        last = first
        while last < len(baseline) and baseline[last] == b:
            last += 1
        for r in range(first, last):
            if not _group_began(pivot, first, r):
                _add_group(pivot, design, value, part_m2, r, last, out[b])
                if satellite[r] // 100 != GLONASS:
                    _add_group(pivot, design, value, part_m2, r, last, clean[b])
        out[b, DISTANCE] = _best_vector(out[b])[0]
        out[b, CHI2_ROWS], out[b, CHI2] = clean[b, ROWS], _best_vector(clean[b])[1]
        first = last
    return out


@kernel
def _best_vector(alone: Floats) -> tuple[float, float]:
    """Length [m] of the vector that suits NORMAL, RHS and CONSTANT best, and chi-square there; NaN where there is no such."""
    normal, cofactor, square, chi2 = np.empty((3, 3)), np.empty((3, 3)), 0.0, alone[CONSTANT]
    for a in range(3):
        for b in range(3):
            normal[a, b] = alone[NORMAL + 3 * a + b]
    if not inverted(normal, cofactor):
        return np.nan, np.nan
    for a in range(3):
        x = 0.0
        for b in range(3):
            x += cofactor[a, b] * alone[RHS + b]
        square += x * x
        chi2 -= x * alone[RHS + a]
    return np.sqrt(square), chi2


@kernel
def _group_began(pivot: Codes, first: int, r: int) -> bool:
    """Does a row from `first` on, before r, have the pivot of r?"""
    i = first
    while pivot[i] != pivot[r]:
        i += 1
    return i < r


@kernel
def _add_group(pivot: Codes, design: Floats, value: Floats, part_m2: Floats, first: int, last: int, out: Floats) -> None:
    """Add to NORMAL, RHS, CONSTANT and ROWS what rows with the pivot of row `first` say, its variance being theirs in common."""
    mean, total = np.zeros(4), 1.0 / (part_m2[first, BASE_PIVOT] + part_m2[first, PIVOT])
    for i in range(first, last):
        if pivot[i] == pivot[first]:
            weight = 1.0 / (part_m2[i, BASE] + part_m2[i, OWN])
            total += weight
            for a in range(3):
                mean[a] += weight * design[i, a]
            mean[3] += weight * value[i]
            _add_square(design[i, 0], design[i, 1], design[i, 2], value[i], weight, out)
            out[ROWS] += 1.0
    _add_square(mean[0], mean[1], mean[2], mean[3], -1.0 / total, out)


@kernel
def _add_square(x: float, y: float, z: float, value: float, weight: float, out: Floats) -> None:
    """Add to NORMAL, RHS and CONSTANT a row of design (x, y, z)."""
    row = (x, y, z)
    for a in range(3):
        for b in range(3):
            out[NORMAL + 3 * a + b] += weight * row[a] * row[b]
        out[RHS + a] += weight * row[a] * value
    out[CONSTANT] += weight * value * value

