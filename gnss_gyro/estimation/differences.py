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

from gnss_gyro.basics.arrays import Codes, Floats, Ints
from gnss_gyro.estimation.difference_kernels import SHARING, pair_rows, stacked
from gnss_gyro.estimation.prefit import Prefit

__all__ = ["SHARING", "ArrayDifferences", "Rows", "array_differences"]

_NO_CODES: Final = np.zeros(0, np.int16)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """M double differences of one kind, code or phase, of all baselines, baseline by baseline.

    baseline     : (M,)   index of the baseline
    satellite    : (M,)   codes of basics.satellites
    pivot        : (M,)   codes of basics.satellites
    wavelength_m : (M,)   [m]
    value_m      : (M,)   prefit double difference [m]
    design       : (M, 3) d(value) / d(own baseline vector, ENU) [-]
    cov_m2       : (M, M) covariance [m^2]
    weight       : (M, M) its inverse [1/m^2], where it is known; None = ask weighing.weighed
    """

    baseline: Ints
    satellite: Codes
    pivot: Codes
    wavelength_m: Floats
    value_m: Floats
    design: Floats
    cov_m2: Floats
    weight: Floats | None = None

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
    base, others = prefits[reference], [prefits[name] for name in antennas]
    shared = [shared_pivot.get(name, False) for name in antennas]
    wanted = [(preferred or {}).get(name, _NO_CODES) for name in antennas]
    phase, code = (_rows(base, others, kind, shared, wanted) for kind in ("phase", "code"))
    return ArrayDifferences(reference, antennas, phase, code)


def _rows(base: Prefit, others: list[Prefit], kind: str, shared: list[bool], preferred: list[Codes]) -> Rows:
    """All baselines' rows of one kind."""
    if not others:
        return _empty_rows()
    values, variances = (_padded([getattr(other, f"{kind}_{what}") for other in others]) for what in ("m", "var_m2"))
    base_value, base_variance = getattr(base, f"{kind}_m"), getattr(base, f"{kind}_var_m2")
    paired = [
        pair_rows(
            kind == "phase", shared[b], base.satellite, base.signal, base.wavelength_m, base.elevation, base_value,
            other.satellite, other.signal, other.wavelength_m, values[b], preferred[b],
        )
        for b, other in enumerate(others)
    ]  # fmt: skip
    baseline = np.repeat(np.arange(len(others)), [len(found) for found in paired])
    return Rows(baseline, *stacked(
        baseline, np.concatenate(paired), base.satellite, base.wavelength_m, base.direction, base_value, base_variance, values,
        variances,
    ))  # fmt: skip


def _empty_rows() -> Rows:
    return Rows(np.zeros(0, np.int64), _NO_CODES, _NO_CODES, np.zeros(0), np.zeros(0), np.zeros((0, 3)), np.zeros((0, 0)))


def _padded(rows: list[Floats]) -> Floats:
    out = np.zeros((len(rows), max(len(row) for row in rows)))
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out
