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

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.estimation.difference_kernels import CODE, CODES, PHASE, SHARING, add_rows, dd_covariance
from gnss_gyro.estimation.prefit import Prefit

__all__ = ["CODES", "SHARING", "ArrayDifferences", "Rows", "array_differences"]

_NONE_PREFERRED: Final = np.zeros(CODES, np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """M double differences of one kind, code or phase, of all baselines, baseline by baseline, satellites increasing.

    baseline     : (M,)   index of the baseline
    satellite    : (M,)   codes of basics.satellites
    pivot        : (M,)   codes of basics.satellites
    wavelength_m : (M,)   [m]
    value_m      : (M,)   prefit double difference [m]
    design       : (M, 3) d(value) / d(own baseline vector, ENU) [-]
    part_m2      : (M, 4) variances [m^2] of the observations a row is made of, columns as in difference_kernels
    """

    baseline: Ints
    satellite: Codes
    pivot: Codes
    wavelength_m: Floats
    value_m: Floats
    design: Floats
    part_m2: Floats

    def __len__(self) -> int:
        return len(self.value_m)

    @property
    def variance_m2(self) -> Floats:
        """Variances (M,) [m^2]."""
        return np.asarray(self.part_m2.sum(axis=1))

    @property
    def cov_m2(self) -> Floats:
        """Covariance (M, M) [m^2], which weighing does without."""
        return dd_covariance(self.baseline, self.satellite, self.pivot, self.part_m2)

    def take(self, rows: Ints | slice) -> Rows:
        """Some of the rows (k,)."""
        return Rows(
            self.baseline[rows], self.satellite[rows], self.pivot[rows], self.wavelength_m[rows], self.value_m[rows],
            self.design[rows], self.part_m2[rows],
        )  # fmt: skip

    def of(self, baseline: int) -> Ints:
        """Row numbers of one baseline."""
        return np.flatnonzero(self.baseline == baseline)

    def counts(self, baselines: int) -> list[int]:
        """Number of rows of each of so many baselines."""
        counts: list[int] = np.bincount(self.baseline, minlength=baselines).tolist()
        return counts


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
    preferred: Mapping[str, Bools] | None = None,
) -> ArrayDifferences:  # fmt: skip
    """Difference every antenna against the reference antenna.

    prefits      : by antenna name, all computed at the same place
    shared_pivot : by antenna name: may GPS, Galileo and QZSS share one pivot on this baseline? (receivers of one make)
    preferred    : by antenna name: mask (CODES,) of satellites to take pivots from where there is a choice, e.g. those with
                   known integers
    """
    antennas = tuple(name for name in prefits if name != reference)
    base, others = prefits[reference], [prefits[name] for name in antennas]
    shared = [bool(shared_pivot.get(name, False)) for name in antennas]
    wanted = [(preferred or {}).get(name, _NONE_PREFERRED) for name in antennas]
    return ArrayDifferences(reference, antennas, *_rows(base, others, shared, wanted))


def _rows(base: Prefit, others: list[Prefit], shared: list[bool], preferred: list[Bools]) -> tuple[Rows, Rows]:
    """All baselines' rows of phases and of codes."""
    size, ends = len(others) * len(base.satellite), np.zeros(2, np.int64)
    baseline, codes, floats = np.empty((2, size), np.int64), np.empty((2, 2, size), np.int16), np.empty((2, 2, size))
    design, part_m2 = np.empty((2, size, 3)), np.empty((2, size, 4))
    for number, other in enumerate(others):
        add_rows(
            ends, number, shared[number], preferred[number], base.satellite, base.signal, base.wavelength_m,
            base.direction, base.elevation, base.code_m, base.phase_m, base.code_var_m2, base.phase_var_m2,
            other.satellite, other.signal, other.wavelength_m, other.code_m, other.phase_m, other.code_var_m2, other.phase_var_m2,
            baseline, codes, floats, design, part_m2,
        )  # fmt: skip
    written = [
        Rows(
            baseline[kind, :end], codes[kind, 0, :end], codes[kind, 1, :end], floats[kind, 0, :end], floats[kind, 1, :end],
            design[kind, :end], part_m2[kind, :end],
        )
        for kind, end in enumerate(ends.tolist())
    ]  # fmt: skip
    return written[PHASE], written[CODE]
