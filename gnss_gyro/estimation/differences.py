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
from gnss_gyro.estimation.difference_kernels import CODES, SHARING, add_rows, dd_covariance
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
    phase, code = (_rows(base, others, is_phase, shared, wanted) for is_phase in (True, False))
    return ArrayDifferences(reference, antennas, phase, code)


def _rows(base: Prefit, others: list[Prefit], is_phase: bool, shared: list[bool], preferred: list[Bools]) -> Rows:
    """All baselines' rows of one kind."""
    room, end = _room(len(others) * len(base.satellite)), 0
    base_value, base_variance = _observed(base, is_phase)
    for number, other in enumerate(others):
        end = add_rows(
            end, number, is_phase, shared[number], preferred[number], base.satellite, base.signal, base.wavelength_m,
            base.direction, base.elevation, base_value, base_variance, other.satellite, other.signal, other.wavelength_m,
            *_observed(other, is_phase), room.baseline, room.satellite, room.pivot, room.wavelength_m, room.value_m,
            room.design, room.part_m2,
        )  # fmt: skip
    return room.take(slice(end))


def _observed(prefit: Prefit, is_phase: bool) -> tuple[Floats, Floats]:
    """Values (n,) [m] of one kind and their variances (n,) [m^2]."""
    return (prefit.phase_m, prefit.phase_var_m2) if is_phase else (prefit.code_m, prefit.code_var_m2)


def _room(size: int) -> Rows:
    """Rows to be written."""
    satellite = np.empty((2, size), np.int16)
    wavelength_and_value = np.empty((2, size))
    return Rows(
        np.empty(size, np.int64), satellite[0], satellite[1], wavelength_and_value[0], wavelength_and_value[1],
        np.empty((size, 3)), np.empty((size, 4)),
    )  # fmt: skip
