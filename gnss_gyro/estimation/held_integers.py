"""Integers that are known and stay known until a slip: a table by antenna and satellite."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.satellites import system_index
from gnss_gyro.estimation.differences import CODES, SHARING, Rows


class HeldIntegers:
    """One integer per antenna and satellite, of which double differences are made.

    Only differences have a meaning: between two satellites of a group and between two antennas. A reference antenna may
    therefore change, and a pivot may set, without losing what is known.
    """

    def __init__(self, antennas: Iterable[str]) -> None:
        self._row = {name: i for i, name in enumerate(antennas)}
        self._table = np.full((len(self._row), CODES), np.nan)
        self._holds: bool | None = False  # None = to be looked at
        self._preferred: dict[tuple[str, str], Bools] = {}

    def __bool__(self) -> bool:
        if self._holds is None:
            self._holds = bool(np.isfinite(self._table).any())
        return self._holds

    def clear(self) -> None:
        """Forget everything."""
        self._table[:] = np.nan
        self._changed()

    def _changed(self) -> None:
        """What was derived from the table is no longer true."""
        self._holds = None
        self._preferred.clear()

    def forget(self, antenna: str, satellites: Codes) -> None:
        """Forget some satellites of one antenna: they slipped."""
        if len(satellites):
            self._table[self._row[antenna], satellites] = np.nan
            self._changed()

    def lookup(self, rows: Rows, reference: str, antennas: tuple[str, ...]) -> Floats:
        """Double-difference integers (M,) of phase rows; NaN = not known."""
        own = np.array([self._row[name] for name in antennas], np.int64)
        return told(self._table, self._row[reference], own, rows.baseline, rows.satellite, rows.pivot)

    def adopt(self, rows: Rows, reference: str, antennas: tuple[str, ...], integers: Floats) -> None:
        """Take in double-difference integers (M,); rows with NaN are passed over.

        A satellite unknown at the reference starts anew there, at all antennas, since what was known of it elsewhere
        was known against the reference.
        """
        wanted = np.isfinite(integers)
        if not wanted.any():
            return
        self._changed()
        base = self._table[self._row[reference]]
        fresh = np.unique(np.concatenate([rows.satellite[wanted], rows.pivot[wanted]]))
        fresh = fresh[np.isnan(base[fresh])]
        self._table[:, fresh] = np.nan
        base[fresh] = 0.0
        rows = rows.take(np.flatnonzero(wanted))
        integers = integers[wanted]
        owns = [self._table[self._row[name]] for name in antennas]
        groups = [
            (owns[b], pivot, np.flatnonzero((rows.baseline == b) & (rows.pivot == pivot)))
            for b, pivot in sorted(set(zip(rows.baseline.tolist(), rows.pivot.tolist(), strict=True)))
        ]
        for own, pivot, members in groups:
            _forget_unless_connected(own, np.append(rows.satellite[members], np.int16(pivot)))
        for own, pivot, members in groups:
            _anchor(own, base, pivot, rows.satellite[members], integers[members])
        for i, satellite in enumerate(rows.satellite):
            own, pivot = owns[rows.baseline[i]], rows.pivot[i]
            own[satellite] = integers[i] + own[pivot] - base[pivot] + base[satellite]

    def replace(self, rows: Rows, reference: str, antennas: tuple[str, ...], integers: Floats) -> None:
        """Forget everything and take in these integers."""
        self.clear()
        self.adopt(rows, reference, antennas, integers)

    def preferred_pivots(self, reference: str, antennas: Iterable[str]) -> dict[str, Bools]:
        """By antenna: mask (CODES,) of the satellites that would make good pivots, known there and at the reference."""
        return {name: self._shared_with(reference, name) for name in antennas}

    def _shared_with(self, reference: str, antenna: str) -> Bools:
        pair = (reference, antenna)
        if pair not in self._preferred:
            self._preferred[pair] = np.isfinite(self._table[self._row[antenna]] + self._table[self._row[reference]])
        return self._preferred[pair]


@kernel
def told(table: Floats, base: int, own: Ints, baseline: Ints, satellite: Codes, pivot: Codes) -> Floats:
    """Kernel of lookup: rows of the table of the reference, and (k,) of the other antennas."""
    out = np.empty(len(baseline))
    for i in range(len(baseline)):
        row, s, p = own[baseline[i]], satellite[i], pivot[i]
        out[i] = (table[row, s] - table[base, s]) - (table[row, p] - table[base, p])
    return out


def _forget_unless_connected(own: Floats, satellites: Codes) -> None:
    """If nothing held is among the satellites of a group it begins anew: forget the absent ones of its systems."""
    if np.isfinite(own[satellites]).any():
        return
    systems = system_index(satellites)
    if np.isin(systems, SHARING).any():
        systems = np.append(systems, SHARING)
    own[np.isin(system_index(np.arange(CODES, dtype=np.int16)), systems)] = np.nan


def _anchor(own: Floats, base: Floats, pivot: int, satellites: Codes, integers: Floats) -> None:
    """Give the pivot of a group an integer at an antenna, one that agrees with what is held of absent satellites."""
    if np.isfinite(own[pivot]):
        return
    known = np.flatnonzero(np.isfinite(own[satellites]))
    own[pivot] = base[pivot]
    if len(known):
        link = satellites[known[0]]
        own[pivot] += own[link] - base[link] - integers[known[0]]
