"""Baselines of an array of unknown geometry, epoch by epoch: integers without known lengths, searched, held and watched.

Like array_fixer, but every baseline by itself: nothing ties one antenna to another, so that what comes out can be used to
measure the array.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.estimation.acceptance import is_likely
from gnss_gyro.estimation.differences import ArrayDifferences, Rows, array_differences
from gnss_gyro.estimation.fixed_solution import free_phase_misfit, free_vectors
from gnss_gyro.estimation.float_ambiguities import FloatAmbiguities
from gnss_gyro.estimation.free_integers import FreeIntegers, Whereabouts, free_integers, round_against_vector
from gnss_gyro.estimation.held_integers import HeldIntegers
from gnss_gyro.estimation.noise import NoiseLearner
from gnss_gyro.estimation.prefit import Prefit
from gnss_gyro.estimation.weighing import free_code_misfit

FAILURE_RATE: Final = 1e-6
"""Tolerated probability of wrong integers: a survey has time, and what it gets wrong is wrong in every session to come."""
_RESIDUAL_PROBABILITY: Final = 1e-3
_MIN_DOF: Final = 2
_HELD_PROBABILITY: Final = 1e-4
"""Held integers whose phases are less probable than this have a slip or an outlier among them."""
_MOST_DROPPED: Final = 2
_LONGEST_PAUSE: Final = 32
"""Epochs to let pass after searches that were cut short."""
_CHECK_EVERY_S: Final = 10.0
"""Held integers are compared with those of an epoch alone after this time [s]."""


@dataclass(frozen=True, slots=True, eq=False)
class SurveyedEpoch:
    """Baselines of one epoch, from the reference antenna to each other antenna of the array.

    vectors_enu_m : (k, 3) [m]; NaN where no integers are certain
    covariance_m2 : (3k, 3k) [m^2]; NaN likewise
    """

    vectors_enu_m: Floats
    covariance_m2: Floats


class BaselineSurvey:
    """Finds the integers of every baseline of an array, its first antenna being the reference.

    names       : of all antennas
    whereabouts : what is known beforehand of the vector to an antenna, by its name
    """

    def __init__(self, names: tuple[str, ...], whereabouts: Mapping[str, Whereabouts] | None = None) -> None:
        self.learner = NoiseLearner()
        self.conflicts = dict.fromkeys(names[1:], 0)
        self._names = names
        self._where = dict(whereabouts or {})
        self._held = HeldIntegers(names)
        self._floats = {name: FloatAmbiguities() for name in names[1:]}
        self._wait = dict.fromkeys(names, 0)
        self._pause = dict.fromkeys(names, 1)
        self._checked_s = dict.fromkeys(names, -np.inf)
        self._last_s = -np.inf

    def reset(self) -> None:
        """Forget all integers."""
        self._held.clear()
        for floats in self._floats.values():
            floats.clear()

    def process(self, time_s: float, prefits: Mapping[str, Prefit]) -> SurveyedEpoch | None:
        """One epoch; None without the reference antenna or without any other.

        Every system keeps its own pivot: a bias between systems that two receivers do not share would pass for a length.

        time_s : on a scale that never runs back [s]
        """
        present = tuple(name for name in self._names if name in prefits)
        if len(present) < 2 or present[0] != self._names[0]:
            return None
        ordered = {name: prefits[name] for name in present}
        self._forget_slipped(ordered)
        differences = array_differences(ordered, present[0], {}, self._held.preferred_pivots(present[0], present[1:]))
        self.learner.update("code", *free_code_misfit(differences))
        integers = np.full(len(differences.phase), np.nan)
        elapsed_s = min(time_s - self._last_s, 3600.0)
        for index in range(len(differences.antennas)):
            rows = differences.phase.of(index)
            integers[rows] = self._of_baseline(differences, index, rows, time_s, elapsed_s)
        self._last_s = time_s
        return self._solved(differences, integers)

    def _forget_slipped(self, prefits: Mapping[str, Prefit]) -> None:
        reference = prefits[self._names[0]]
        base_slips = reference.satellite[reference.slip]
        for name, prefit in prefits.items():
            slips = prefit.satellite[prefit.slip]
            self._held.forget(name, slips)
            if name in self._floats:
                self._floats[name].forget(np.concatenate([slips, base_slips]))

    def _of_baseline(
        self, differences: ArrayDifferences, index: int, rows: Ints, time_s: float, elapsed_s: float
    ) -> Floats:  # fmt: skip
        """Integers (m,) of one baseline's phase rows; all NaN where they are not certain."""
        name, phase = differences.antennas[index], differences.phase.take(rows)
        held = self._from_held(differences, index, phase, name)
        if held is not None:
            if time_s - self._checked_s[name] >= _CHECK_EVERY_S:
                self._checked_s[name] = time_s
                if self._contradicted(differences, index, held):
                    self._doubt(name)
                    return np.full(len(rows), np.nan)
            return held
        found = self._searched(differences, index, phase, name)
        if found is None:
            self._floats[name].add(phase, differences.code.take(differences.code.of(index)), elapsed_s)
            return np.full(len(rows), np.nan)
        self._hold(phase, index, name, found.integers)
        return found.integers

    def _from_held(self, differences: ArrayDifferences, index: int, phase: Rows, name: str) -> Floats | None:
        """Integers (m,) from those held, others rounded against them; None if too few are held or they do not fit."""
        integers = self._lookup(phase, name)
        for _ in range(_MOST_DROPPED + 1):
            known = np.flatnonzero(np.isfinite(integers))
            if len(known) < 3 + _MIN_DOF:
                return None
            vector, covariance, deviation, chi2 = _solve_one(phase.take(known), integers[known])
            if is_likely(chi2, len(known) - 3, _HELD_PROBABILITY):
                fresh = np.where(np.isnan(integers), round_against_vector(phase, vector, covariance, FAILURE_RATE), np.nan)
                self._hold(phase, index, name, fresh)
                return np.where(np.isnan(integers), fresh, integers)
            worst = known[int(np.argmax(np.abs(deviation)))]
            self._held.forget(name, phase.satellite[[worst]])
            integers[worst] = np.nan
        self._doubt(name)
        return None

    def _lookup(self, phase: Rows, name: str) -> Floats:
        return self._held.lookup(_as_only(phase), self._names[0], (name,))

    def _hold(self, phase: Rows, index: int, name: str, integers: Floats) -> None:
        if np.isfinite(integers).any():
            self._held.adopt(_as_only(phase), self._names[0], (name,), integers)

    def _searched(self, differences: ArrayDifferences, index: int, phase: Rows, name: str) -> FreeIntegers | None:
        """Integers of this epoch with the floats gathered so far; None if they are not certain."""
        if self._wait[name] > 0:
            self._wait[name] -= 1
            return None
        found = free_integers(differences, index, self._where.get(name), self._floats[name].prior(phase))
        if found is not None and found.complete:
            self._pause[name] = 1
        else:
            self._wait[name], self._pause[name] = self._pause[name], min(2 * self._pause[name], _LONGEST_PAUSE)
        if found is None or not found.accepted(FAILURE_RATE, _RESIDUAL_PROBABILITY, _MIN_DOF):
            return None
        return found

    def _contradicted(self, differences: ArrayDifferences, index: int, held: Floats) -> bool:
        """Are this epoch's own integers certain, and others than those held?"""
        alone = free_integers(differences, index, self._where.get(differences.antennas[index]))
        if alone is None or not alone.accepted(FAILURE_RATE, _RESIDUAL_PROBABILITY, _MIN_DOF):
            return False
        shared = np.isfinite(held)
        return bool(np.any(alone.integers[shared] != held[shared]))

    def _doubt(self, name: str) -> None:
        """Begin anew with one antenna."""
        self.conflicts[name] += 1
        self._held.forget(name, np.arange(1000, dtype=np.int16))
        self._floats[name].clear()

    def _solved(self, differences: ArrayDifferences, integers: Floats) -> SurveyedEpoch:
        """All baselines whose integers are known, with their common covariance, in the places of the array's names."""
        known = np.flatnonzero(np.isfinite(integers))
        rows = differences.phase.take(known)
        k = len(self._names) - 1
        out, cov = np.full((k, 3), np.nan), np.full((3 * k, 3 * k), np.nan)
        enough = [i for i in range(len(differences.antennas)) if np.count_nonzero(rows.baseline == i) >= 3 + _MIN_DOF]
        if enough:
            vectors, covariance = free_vectors(differences, rows, rows.value_m - rows.wavelength_m * integers[known])
            places = np.array([self._names.index(differences.antennas[i]) - 1 for i in enough])
            out[places] = vectors[enough]
            there, here = _spread(places), _spread(np.array(enough))
            cov[np.ix_(there, there)] = covariance[np.ix_(here, here)]
            if len(enough) == len(differences.antennas):
                self.learner.update("phase", *free_phase_misfit(differences, rows, integers[known]))
        return SurveyedEpoch(out, cov)


def _as_only(phase: Rows) -> Rows:
    """Rows of one baseline, numbered as if there were no other."""
    return replace(phase, baseline=np.zeros(len(phase), np.int64))


def _spread(index: Ints) -> Ints:
    """Rows (3 k,) of the coordinates of vectors (k,)."""
    return np.asarray((3 * index[:, None] + np.arange(3)).ravel(), np.int64)


def _solve_one(phase: Rows, integers: Floats) -> tuple[Floats, Floats, Floats, float]:
    """Vector (3,), covariance (3, 3), each row's residual over its own sigma (m,), chi-square: of the phases alone."""
    weight = np.linalg.inv(phase.cov_m2)
    at_w = phase.design.T @ weight
    covariance = np.linalg.inv(at_w @ phase.design)
    phase_m = phase.value_m - phase.wavelength_m * integers
    vector = covariance @ (at_w @ phase_m)
    weighted = weight @ (phase_m - phase.design @ vector)
    residual = phase_m - phase.design @ vector
    return vector, np.asarray(covariance, np.float64), weighted / np.sqrt(np.diag(weight)), float(residual @ weighted)
