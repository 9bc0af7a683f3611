"""Integers of the array over time: search, hold, check, let go.

Searching: every epoch is searched with what earlier epochs say of the float ambiguities. Holding: known integers give the
attitude at once, satellites that are new or slipped are rounded against it, and every epoch is searched anew,
independently, so that a wrong hold cannot live long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.ordering import known_count
from gnss_gyro.estimation.acceptance import AcceptanceRule
from gnss_gyro.estimation.array_fix import ArrayFix, FixerSettings
from gnss_gyro.estimation.array_slips import ArraySlipDetector
from gnss_gyro.estimation.code_check import impossible_distance
from gnss_gyro.estimation.differences import ArrayDifferences, array_differences
from gnss_gyro.estimation.exclusion import exclude_and_fix
from gnss_gyro.estimation.fixed_solution import solve_fixed
from gnss_gyro.estimation.float_ambiguities import ArrayFloats
from gnss_gyro.estimation.held_integers import HeldIntegers
from gnss_gyro.estimation.held_solution import contradicts, solve_held
from gnss_gyro.estimation.integer_fix import IntegerFix, fix_integers
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.estimation.pivot_sharing import PivotSharing
from gnss_gyro.estimation.prefit import Prefit
from gnss_gyro.estimation.rounding import round_against_attitude
from gnss_gyro.estimation.search_effort import SearchEffort
from gnss_gyro.estimation.session_watch import SessionWatch
from gnss_gyro.estimation.weighing import free_code_misfit

_RECENT_S: Final = 10.0
"""Age [s] to which an attitude tells which way round the array is."""
_TOO_WEAK: Final = "the satellites in view leave the vectors too uncertain"


@dataclass(frozen=True, slots=True, eq=False)
class _Epoch:
    """One epoch of the antennas that take part, the reference first."""

    prefits: Mapping[str, Prefit]
    shared: Mapping[str, bool]
    differences: ArrayDifferences
    array: AntennaArray


class ArrayFixer:
    """Fixes the integers of one array, epoch after epoch; `watch` learns from them."""

    def __init__(self, array: AntennaArray, settings: FixerSettings) -> None:
        self.watch = SessionWatch(array, settings)
        self._array = array
        self._settings = settings
        self._sharing = PivotSharing()
        self._slips = ArraySlipDetector()
        self._effort = SearchEffort()
        self._held = HeldIntegers(array.names)
        self._floats = ArrayFloats(array.names)
        self._held_failure = 1.0
        self._now_s = 0.0
        self._attitude: Floats | None = None
        self._attitude_s = -np.inf

    def reset(self) -> None:
        """Forget all integers, held and float; what was learned of noise and geometry stays."""
        self._held.clear()
        self._floats.clear()

    def process(self, time_s: float, prefits: Mapping[str, Prefit], shared_pivot: Mapping[str, bool]) -> ArrayFix:
        """One epoch.

        time_s       : of the epoch, on a scale that never runs back [s]
        prefits      : by antenna name, in any order; antennas without data are left out
        shared_pivot : by antenna name: see array_differences
        """
        self._now_s = time_s
        names = self._names(prefits)
        if len(names) < 2:
            return ArrayFix(Outcome.TOO_FEW_ANTENNAS, names)
        epoch = self._epoch({name: prefits[name] for name in names}, shared_pivot)
        self.watch.saw_codes(epoch.differences)
        impossible = impossible_distance(epoch.differences, epoch.array)
        if impossible:
            self.reset()
            return ArrayFix(Outcome.LENGTH_MISMATCH, names, impossible)
        found = self._carried(epoch) if self._settings.carry else self._searched(epoch, *self._search_alone(epoch))
        result = self._monitored(found)
        fit = result.baselines.rotation if result.baselines else None
        if fit and result.outcome is Outcome.FIXED:
            self._attitude, self._attitude_s = fit.enu_from_body, time_s
        self.watch.saw_solution(time_s, epoch.differences, fit.enu_from_body if fit else None)
        return result

    def _names(self, prefits: Mapping[str, Prefit]) -> tuple[str, ...]:
        """Antennas with phases, the reference first: the rig's first, unless it sees far less than another."""
        phases = {name: known_count(prefits[name].phase_m) for name in self._array.names if name in prefits}
        usable = [name for name, count in phases.items() if count >= 3]
        if not usable:
            return ()
        most = max(phases[name] for name in usable)
        reference = next(name for name in usable if phases[name] >= 0.6 * most)
        return (reference, *(name for name in usable if name != reference))

    def _epoch(self, prefits: Mapping[str, Prefit], shared_pivot: Mapping[str, bool]) -> _Epoch:
        """Forget what slipped by the receivers' own word, then difference."""
        reference = next(iter(prefits))
        slipped = {name: prefit.satellite[prefit.slip] for name, prefit in prefits.items()}
        for name, satellites in slipped.items():
            self._held.forget(name, satellites)
        self._floats.forget_slipped(slipped, reference)
        shared = self._shared(prefits, shared_pivot)
        preferred = self._held.preferred_pivots(reference, (name for name in prefits if name != reference))
        differences = array_differences(prefits, reference, shared, preferred)
        return _Epoch(prefits, shared, differences, self._array.subset(tuple(prefits)))

    def _shared(self, prefits: Mapping[str, Prefit], wanted: Mapping[str, bool]) -> dict[str, bool]:
        """Which antennas share pivots across systems; while nothing is held, the codes are asked whether they agree."""
        applied = self._sharing.applied(wanted)
        if any(applied.values()) and not self._held:
            reference = next(iter(prefits))
            shared, separate = (free_code_misfit(array_differences(prefits, reference, which)) for which in (applied, {}))
            self._sharing.saw_codes(shared, separate)
            self._stop_sharing_if_refuted()
        return self._sharing.applied(wanted)

    def _stop_sharing_if_refuted(self) -> None:
        if not self._sharing.allowed:
            self.reset()
            self.watch.forget_noise()

    def _rule(self) -> AcceptanceRule:
        settings = self._settings
        redundancy, learned = settings.min_double_differences - 2, self.watch.learner.learned
        nodes = self._effort.max_nodes
        return AcceptanceRule(settings.failure_rate, settings.residual_probability, redundancy, learned, nodes)

    def _search_alone(self, epoch: _Epoch) -> tuple[IntegerFix, ArrayDifferences, str]:
        """Search an epoch by itself: as it is, with separate pivots if shared ones fail, then with exclusions."""
        rule = self._rule()
        fix, used, detail = fix_integers(epoch.differences, epoch.array, rule), epoch.differences, ""
        self._effort.saw(fix.outcome)
        if fix.outcome is not Outcome.FIXED and any(epoch.shared.values()):
            separate = array_differences(epoch.prefits, used.reference, {})
            trial = fix_integers(separate, epoch.array, rule)
            if trial.outcome is Outcome.FIXED:
                self._sharing.saw_separate_fix()
                self._stop_sharing_if_refuted()
                fix, used = trial, separate
        known_right = self.watch.monitor.confirmed
        if fix.outcome is not Outcome.FIXED:
            latest = self._attitude if self._now_s - self._attitude_s <= _RECENT_S else None
            fix, used, detail = exclude_and_fix(fix, epoch.prefits, used, epoch.array, epoch.shared, rule, known_right, latest)
        self.watch.saw_search(self._now_s, fix, used, self._array.subset((used.reference, *used.antennas)), rule, not detail)
        if detail and not known_right:  # a wrong geometry may look like one bad satellite
            fix = replace(fix, outcome=Outcome.RUN_IN)
        return fix, used, detail

    def _searched(self, epoch: _Epoch, fix: IntegerFix, used: ArrayDifferences, detail: str) -> ArrayFix:
        """The fix of a search, solved."""
        names = (used.reference, *used.antennas)
        if fix.outcome is not Outcome.FIXED:
            return ArrayFix(fix.outcome, names, detail, None, None, fix.failure_probability, fix.ratio)
        baselines = solve_fixed(used, fix.rows, fix.integers, epoch.array.subset(names))
        result = ArrayFix(Outcome.FIXED, names, detail, baselines, fix.rows, fix.failure_probability, fix.ratio)
        return result if baselines.is_precise else result.withheld(Outcome.FLOAT, _TOO_WEAK)

    def _carried(self, epoch: _Epoch) -> ArrayFix:
        """Hold if there is something to hold, search otherwise."""
        slipped = self._slips.update(self._now_s, epoch.differences, epoch.array)
        for row in np.flatnonzero(slipped):
            name = epoch.differences.antennas[epoch.differences.phase.baseline[row]]
            self._held.forget(name, epoch.differences.phase.satellite[[row]])
            self._floats.forget(name, epoch.differences.phase.satellite[[row]])
        return (self._from_held(epoch) if self._held else None) or self._search_with_floats(epoch)

    def _search_with_floats(self, epoch: _Epoch) -> ArrayFix:
        """Search with this epoch alone, then with all that earlier ones say; hold what is accepted."""
        fix, used, detail = self._search_alone(epoch)
        if fix.outcome is not Outcome.FIXED:
            gathered = fix_integers(epoch.differences, epoch.array, self._rule(), self._floats.prior(epoch.differences))
            if gathered.outcome is Outcome.FIXED:
                fix, used, detail = gathered, epoch.differences, ""
            self._floats.add(self._now_s, epoch.differences)
        result = self._searched(epoch, fix, used, detail)
        if result.outcome is Outcome.FIXED and not self.watch.monitor.mismatch:
            self._held.replace(fix.rows, used.reference, used.antennas, fix.integers)
            self._held_failure = fix.failure_probability
        return result

    def _from_held(self, epoch: _Epoch) -> ArrayFix | None:
        """The attitude from held integers; None where they do not suffice or cannot be trusted (then they are forgotten)."""
        differences, array = epoch.differences, epoch.array
        antennas, reference = differences.antennas, differences.reference
        integers = self._held.lookup(differences.phase, reference, antennas)
        solved = solve_held(self._held, differences, integers, array)
        if solved is None:
            return None
        rows, baselines = solved
        alone = fix_integers(differences, array, self._rule())
        self.watch.saw_search(self._now_s, alone, differences, array, self._rule())
        if contradicts(alone, integers):
            self.reset()
            detail = "held integers differ from those of this epoch alone"
            return ArrayFix(Outcome.CONFLICT, array.names, detail, None, None, alone.failure_probability, alone.ratio, True)
        if len(rows) < len(integers):
            fresh = round_against_attitude(differences.phase, integers, baselines, array)
            self._held.adopt(differences.phase, reference, antennas, fresh)
        if alone.outcome is Outcome.FIXED:
            self._held_failure = min(self._held_failure, alone.failure_probability)
        result = ArrayFix(Outcome.FIXED, array.names, "", baselines, rows, self._held_failure, alone.ratio, held=True)
        return result if baselines.is_precise else result.withheld(Outcome.FLOAT, _TOO_WEAK)

    def _monitored(self, result: ArrayFix) -> ArrayFix:
        """The result, held back where the geometry is not confirmed or is contradicted."""
        monitor, shape = self.watch.monitor, self.watch.shape
        if self._settings.monitor.enabled and shape.is_ruinous:
            return result.withheld(Outcome.LENGTH_MISMATCH, shape.complaint())
        if monitor.mismatch and self._settings.monitor.enabled:
            self.reset()
            share = f"only {monitor.share:.0%} of confident epochs fit the configured geometry"
            return result.withheld(Outcome.LENGTH_MISMATCH, monitor.complaint() or share)
        if result.outcome is Outcome.FIXED and monitor.holds_back:
            return result.withheld(Outcome.RUN_IN, "the geometry is not confirmed yet")
        return result
