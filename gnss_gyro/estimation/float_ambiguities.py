"""Float ambiguities gathered over epochs while nothing is fixed.

Kept as information on the between-antenna ambiguity of each satellite, of which only differences within a group are known.
Every epoch has its own free baseline, eliminated at once, so that any motion is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats
from gnss_gyro.estimation.differences import ArrayDifferences, Rows
from gnss_gyro.estimation.integer_fix import Prior

_CORRELATION_TIME_S = 8.0
_LONG_AGO_S = 3600.0
_RIDGE = 1e-4
"""Information [1/m^2] that keeps the vector's normal matrix regular: known to 100 m. Integers, of any size, get none."""
_RANK = 1e-11
"""Share of the largest information below which a combination of integers counts as unknown."""


def independent_share(elapsed_s: float) -> float:
    """How much of an epoch is new, its code errors being correlated with those `elapsed_s` before.

    Measured correlations of code noise: 0.9 after 1 s, 0.5 after 5 to 10 s, 0.25 to 0.4 after 30 s; rho = 1 / (1 + t / 8 s)
    follows them, and n epochs of an autoregressive process are worth n (1 - rho) / (1 + rho) independent ones.
    """
    rho = 1.0 / (1.0 + max(elapsed_s, 0.0) / _CORRELATION_TIME_S)
    return (1.0 - rho) / (1.0 + rho)


class FloatAmbiguities:
    """What earlier epochs say of the ambiguities of one antenna against the reference."""

    def __init__(self) -> None:
        self._satellite: list[int] = []
        self._info: Floats = np.zeros((0, 0))  # [1/cycles^2]
        self._vector: Floats = np.zeros(0)  # info @ ambiguities [1/cycles]

    def clear(self) -> None:
        """Forget everything."""
        self.__init__()  # type: ignore[misc]

    def forget(self, satellites: Codes) -> None:
        """Eliminate satellites that slipped, keeping what they tell of the others' relations."""
        if not self._satellite or not len(satellites):
            return
        gone = np.isin(self._satellite, satellites)
        if gone.any():
            self._info, self._vector = _marginal(self._info, self._vector, ~gone)
            self._satellite = [s for s, g in zip(self._satellite, gone, strict=True) if not g]

    def add(self, phase: Rows, code: Rows, elapsed_s: float) -> None:
        """Take in one epoch of this antenna: phase rows (m) and code rows (c) of the same baseline."""
        if len(phase) == 0 or len(code) < 3:
            return
        mean, info = _epoch_float(phase, code, independent_share(elapsed_s))
        self._extend(np.concatenate([phase.satellite, phase.pivot]))
        operator = np.zeros((len(phase), len(self._satellite)))
        operator[np.arange(len(phase)), self._columns(phase.satellite)] = 1.0
        operator[np.arange(len(phase)), self._columns(phase.pivot)] = -1.0
        self._info += operator.T @ info @ operator
        self._vector += operator.T @ (info @ mean)

    def prior(self, phase: Rows) -> tuple[Floats, Floats]:
        """Information (m, m) [1/cycles^2] and mean (m,) [cycles] on the double differences of an epoch's phase rows."""
        m = len(phase)
        if not self._satellite or m == 0:
            return np.zeros((m, m)), np.zeros(m)
        self._extend(np.concatenate([phase.satellite, phase.pivot]))
        keep = np.isin(self._satellite, np.concatenate([phase.satellite, phase.pivot]))
        info, vector = _marginal(self._info, self._vector, keep)
        kept = [s for s, k in zip(self._satellite, keep, strict=True) if k]
        order = np.array([kept.index(int(s)) for s in phase.satellite])
        info, vector = info[np.ix_(order, order)], vector[order]  # pivots are the datum: their ambiguity is 0
        return info, np.asarray(np.linalg.pinv(info, rcond=_RANK, hermitian=True) @ vector, float)

    def _columns(self, satellites: Codes) -> list[int]:
        return [self._satellite.index(int(s)) for s in satellites]

    def _extend(self, satellites: Codes) -> None:
        new = [int(s) for s in np.unique(satellites) if int(s) not in self._satellite]
        if not new:
            return
        n, total = len(self._satellite), len(self._satellite) + len(new)
        info, vector = np.zeros((total, total)), np.zeros(total)
        info[:n, :n], vector[:n] = self._info, self._vector
        self._satellite, self._info, self._vector = self._satellite + new, info, vector


class ArrayFloats:
    """The float ambiguities of all antennas of an array against one reference."""

    def __init__(self, antennas: Iterable[str]) -> None:
        self._of = {name: FloatAmbiguities() for name in antennas}
        self._reference = ""
        self._last_s = float("nan")

    def clear(self) -> None:
        """Forget everything."""
        for floats in self._of.values():
            floats.clear()

    def forget(self, antenna: str, satellites: Codes) -> None:
        """Forget satellites that slipped at one antenna."""
        self._of[antenna].forget(satellites)

    def forget_slipped(self, slipped: Mapping[str, Codes], reference: str) -> None:
        """Forget satellites that slipped at an antenna, by its name, or at the reference; all, if the reference is another."""
        if reference != self._reference:
            self.clear()
            self._reference = reference
        for name, satellites in slipped.items():
            self._of[name].forget(satellites)
            self._of[name].forget(slipped[reference])

    def prior(self, differences: ArrayDifferences) -> Prior:
        """What earlier epochs say of the integers of an epoch's phase rows."""
        parts = [
            self._of[name].prior(differences.phase.take(differences.phase.of(index)))
            for index, name in enumerate(differences.antennas)
        ]
        return Prior(tuple(info for info, _ in parts), tuple(mean for _, mean in parts))

    def add(self, time_s: float, differences: ArrayDifferences) -> None:
        """Take in an epoch."""
        elapsed_s = min(time_s - self._last_s, _LONG_AGO_S) if np.isfinite(self._last_s) else _LONG_AGO_S
        self._last_s = time_s
        for index, name in enumerate(differences.antennas):
            phase = differences.phase.take(differences.phase.of(index))
            code = differences.code.take(differences.code.of(index))
            self._of[name].add(phase, code, elapsed_s)


def _epoch_float(phase: Rows, code: Rows, share: float) -> tuple[Floats, Floats]:
    """Float double-difference ambiguities (m,) [cycles] of one epoch and their information, its codes believed in part."""
    at_w = np.linalg.solve(code.cov_m2, code.design).T
    normal = share * (at_w @ code.design) + _RIDGE * np.eye(3)
    vector = np.linalg.solve(normal, share * (at_w @ code.value_m))
    mean: Floats = (phase.value_m - phase.design @ vector) / phase.wavelength_m
    cov = phase.design @ np.linalg.solve(normal, phase.design.T) + phase.cov_m2 / max(share, 1e-3)
    return mean, np.asarray(np.linalg.inv(cov / np.outer(phase.wavelength_m, phase.wavelength_m)), float)


def _marginal(info: Floats, vector: Floats, keep: Bools) -> tuple[Floats, Floats]:
    """Information and vector of some of the unknowns, the others eliminated (Schur complement)."""
    if keep.all():
        return info, vector
    gone = np.linalg.pinv(info[np.ix_(~keep, ~keep)], rcond=_RANK, hermitian=True)
    cross = info[np.ix_(keep, ~keep)] @ gone
    return info[np.ix_(keep, keep)] - cross @ info[np.ix_(~keep, keep)], np.asarray(vector[keep] - cross @ vector[~keep], float)
