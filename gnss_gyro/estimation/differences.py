"""Double differences of all antennas of an array at one epoch, with their full covariance.

A row is (phase of antenna k - phase of the reference) at a satellite minus the same at a pivot satellite. Clocks and nearly all
errors of the signal path cancel; the shared pivot and the shared reference antenna correlate the rows (Leick, Rapoport,
Tatarnikov 2015, chapter 7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Codes, Floats, Ints
from gnss_gyro.basics.satellites import SYSTEMS, System, system_index
from gnss_gyro.estimation.prefit import Prefit

_INDEX: Final = {system: i for i, system in enumerate(SYSTEMS)}
SHARING: Final = (_INDEX[System.GPS], _INDEX[System.GALILEO], _INDEX[System.QZSS])
"""Systems on one carrier and one time scale as far as two receivers of one make are concerned."""


@dataclass(frozen=True, slots=True)
class Rows:
    """M double differences of one kind, code or phase, of all baselines, baseline by baseline.

    baseline     : (M,)   index of the baseline
    satellite    : (M,)   codes of basics.satellites
    pivot        : (M,)   codes of basics.satellites
    wavelength_m : (M,)   [m]
    value_m      : (M,)   prefit double difference [m]
    design       : (M, 3) d(value) / d(own baseline vector, ENU) [-]
    cov_m2       : (M, M) covariance [m^2]
    """

    baseline: Ints
    satellite: Codes
    pivot: Codes
    wavelength_m: Floats
    value_m: Floats
    design: Floats
    cov_m2: Floats

    def __len__(self) -> int:
        return len(self.value_m)

    def take(self, rows: Ints) -> Rows:
        """Some of the rows (k,)."""
        return Rows(
            self.baseline[rows], self.satellite[rows], self.pivot[rows], self.wavelength_m[rows], self.value_m[rows],
            self.design[rows], self.cov_m2[np.ix_(rows, rows)],
        )  # fmt: skip

    def of(self, baseline: int) -> Ints:
        """Row numbers of one baseline."""
        return np.flatnonzero(self.baseline == baseline)


@dataclass(frozen=True, slots=True)
class ArrayDifferences:
    """The double differences of one epoch.

    reference : name of the antenna that all baselines start from
    antennas  : names of the other antennas, in the order of the rows' `baseline`
    phase     : rows whose ambiguities are integers
    code      : rows of pseudoranges, GLONASS included
    """

    reference: str
    antennas: tuple[str, ...]
    phase: Rows
    code: Rows

    def phases(self, baseline: int) -> int:
        """Number of phase rows of a baseline."""
        return int(np.count_nonzero(self.phase.baseline == baseline))


def array_differences(
    prefits: Mapping[str, Prefit], reference: str, shared_pivot: Mapping[str, bool],
    preferred: Mapping[str, Codes] | None = None,
) -> ArrayDifferences:  # fmt: skip
    """Difference every antenna against the reference antenna.

    prefits      : by antenna name, all computed at the same place
    shared_pivot : by antenna name: may GPS, Galileo and QZSS share one pivot on this baseline? (receivers of one make)
    preferred    : by antenna name: satellites to take pivots from where there is a choice, e.g. those with known integers
    """
    antennas = tuple(name for name in prefits if name != reference)
    base = prefits[reference]
    pairs = [_common(base, prefits[name]) for name in antennas]
    kinds = []
    for kind in ("phase", "code"):
        blocks = [
            _block(base, prefits[name], common, kind, index, shared_pivot.get(name, False), (preferred or {}).get(name))
            for index, (name, common) in enumerate(zip(antennas, pairs, strict=True))
        ]
        kinds.append(_stack(blocks, base, [prefits[name] for name in antennas], kind))
    return ArrayDifferences(reference, antennas, kinds[0], kinds[1])


@dataclass(frozen=True, slots=True)
class _Block:
    """Row numbers into the reference's and the antenna's prefit, of satellites and pivots."""

    baseline: int
    base_row: Ints
    base_pivot: Ints
    row: Ints
    pivot: Ints


def _common(base: Prefit, other: Prefit) -> tuple[Ints, Ints]:
    _, rows_base, rows_other = np.intersect1d(base.satellite, other.satellite, assume_unique=True, return_indices=True)
    return rows_base, rows_other


def _groups(base: Prefit, other: Prefit, i: Ints, j: Ints, shared: bool) -> Ints:
    """Group number (n,) of common satellites: rows of one group may be differenced with one another."""
    system = system_index(base.satellite[i]).astype(np.int64)
    if shared:
        return np.where(np.isin(system, SHARING), 0, system) * 1024 + (base.signal[i] >> 5)
    return (system * 1024 + base.signal[i]) * 1024 + other.signal[j]


def _block(
    base: Prefit, other: Prefit, common: tuple[Ints, Ints], kind: str, index: int, shared: bool, preferred: Codes | None
) -> _Block:
    i, j = common
    if kind == "phase":
        usable = np.isfinite(base.phase_m[i]) & np.isfinite(other.phase_m[j])
        usable &= system_index(base.satellite[i]) != _INDEX[System.GLONASS]
        usable &= np.abs(base.wavelength_m[i] - other.wavelength_m[j]) < 1e-9
    else:
        usable = np.isfinite(base.code_m[i]) & np.isfinite(other.code_m[j])
    i, j = i[usable], j[usable]
    groups = _groups(base, other, i, j, shared)
    merit = base.elevation[i]
    if preferred is not None:
        merit = merit + np.pi * np.isin(base.satellite[i], preferred)
    keep, pivots = _pivots(groups, merit)
    return _Block(index, i[keep], i[pivots], j[keep], j[pivots])


def _pivots(groups: Ints, merit: Floats) -> tuple[Ints, Ints]:
    """Rows that are no pivots, and the pivot row of each: the satellite of most merit in its group."""
    rows = np.arange(len(groups))
    pivot_of = np.empty(len(groups), np.int64)
    for group in np.unique(groups):
        members = rows[groups == group]
        pivot_of[members] = members[np.argmax(merit[members])]
    keep = pivot_of != rows
    return rows[keep], pivot_of[keep]


def _stack(blocks: list[_Block], base: Prefit, others: list[Prefit], kind: str) -> Rows:
    if not blocks:
        return _empty_rows()
    value, design = [], []
    name = f"{kind}_m"
    for block, other in zip(blocks, others, strict=True):
        single = getattr(other, name)[block.row] - getattr(base, name)[block.base_row]
        single_pivot = getattr(other, name)[block.pivot] - getattr(base, name)[block.base_pivot]
        value.append(single - single_pivot)
        design.append(base.direction[block.base_pivot] - base.direction[block.base_row])
    base_row, base_pivot = _joined(blocks, "base_row"), _joined(blocks, "base_pivot")
    row, pivot = _joined(blocks, "row"), _joined(blocks, "pivot")
    baseline = np.concatenate([np.full(len(b.row), b.baseline, np.int64) for b in blocks])
    variance = _padded([getattr(other, f"{kind}_var_m2") for other in others])
    cov = dd_covariance(baseline, base_row, base_pivot, row, pivot, getattr(base, f"{kind}_var_m2"), variance)
    return Rows(
        baseline, base.satellite[base_row], base.satellite[base_pivot], base.wavelength_m[base_row],
        np.concatenate(value), np.concatenate(design), cov,
    )  # fmt: skip


def free_code_misfit(differences: ArrayDifferences) -> tuple[float, int]:
    """Chi-square and degrees of freedom of the codes round free baselines: their noise, whatever the integers.

    GLONASS is left out, whose inter-channel biases are no noise.
    """
    chi2, dof = 0.0, 0
    for index in range(len(differences.antennas)):
        rows = differences.code.of(index)
        rows = rows[system_index(differences.code.satellite[rows]) != _INDEX[System.GLONASS]]
        if len(rows) <= 3:
            continue
        code = differences.code.take(rows)
        weight = np.linalg.inv(code.cov_m2)
        at_w = code.design.T @ weight
        residual = code.value_m - code.design @ np.linalg.solve(at_w @ code.design, at_w @ code.value_m)
        chi2 += float(residual @ weight @ residual)
        dof += len(rows) - 3
    return chi2, dof


def _empty_rows() -> Rows:
    codes = np.zeros(0, np.int16)
    return Rows(np.zeros(0, np.int64), codes, codes, np.zeros(0), np.zeros(0), np.zeros((0, 3)), np.zeros((0, 0)))


def _joined(blocks: list[_Block], name: str) -> Ints:
    return np.concatenate([getattr(block, name) for block in blocks])


def _padded(rows: list[Floats]) -> Floats:
    out = np.zeros((len(rows), max(len(row) for row in rows)))
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out


@njit(cache=True)
def dd_covariance(
    baseline: Ints, base_row: Ints, base_pivot: Ints, row: Ints, pivot: Ints, base_variance: Floats, variance: Floats
) -> Floats:
    """Covariance (M, M) [m^2] of double differences, from variances of the observations they are made of.

    baseline            : (M,) which antenna (row of `variance`)
    base_row, base_pivot: (M,) satellite and pivot as rows of the reference antenna
    row, pivot          : (M,) the same as rows of the antenna itself
    base_variance       : (n,) [m^2];  variance : (k, n) [m^2]
    """
    m = baseline.shape[0]
    out = np.zeros((m, m))
    for i in range(m):
        for j in range(i + 1):
            total = 0.0
            if base_row[i] == base_row[j]:
                total += base_variance[base_row[i]]
            if base_pivot[i] == base_pivot[j]:
                total += base_variance[base_pivot[i]]
            if base_row[i] == base_pivot[j]:
                total -= base_variance[base_row[i]]
            if base_pivot[i] == base_row[j]:
                total -= base_variance[base_pivot[i]]
            if baseline[i] == baseline[j]:
                own = variance[baseline[i]]
                if row[i] == row[j]:
                    total += own[row[i]]
                if pivot[i] == pivot[j]:
                    total += own[pivot[i]]
                if row[i] == pivot[j]:
                    total -= own[row[i]]
                if pivot[i] == row[j]:
                    total -= own[pivot[i]]
            out[i, j] = total
            out[j, i] = total
    return out
