"""Integers of the array over time: search, hold, check, let go.

Searching: every epoch is searched with what earlier epochs say of the float ambiguities. Holding: known integers give the
attitude at once, satellites that are new or slipped are rounded against it, and every epoch is searched anew,
independently, so that a wrong hold cannot live long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Bools, Codes, Floats
from gnss_gyro.estimation.acceptance import AcceptanceRule, chi_square_probability
from gnss_gyro.estimation.array_slips import ArraySlipDetector
from gnss_gyro.estimation.differences import ArrayDifferences, Rows, array_differences, free_code_misfit
from gnss_gyro.estimation.exclusion import exclude_and_fix
from gnss_gyro.estimation.fixed_solution import FixedBaselines, free_phase_misfit, solve_fixed
from gnss_gyro.estimation.float_ambiguities import FloatAmbiguities
from gnss_gyro.estimation.geometry_monitor import GeometryMonitor, MonitorRule
from gnss_gyro.estimation.held_integers import HeldIntegers
from gnss_gyro.estimation.integer_fix import IntegerFix, Prior, fix_integers
from gnss_gyro.estimation.length_evidence import length_evidence
from gnss_gyro.estimation.noise import NoiseLearner
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.estimation.pivot_sharing import PivotSharing
from gnss_gyro.estimation.prefit import Prefit
from gnss_gyro.estimation.rounding import round_against_attitude
from gnss_gyro.estimation.shape_monitor import ShapeMonitor

_HELD_PROBABILITY: Final = 1e-4
"""Held integers whose phases are less probable than this have a slip or an outlier among them."""
_MOST_DROPPED: Final = 4
"""Rows that may be dropped as outliers before the whole hold is doubted."""
_PROVING_REDUNDANCY: Final = 8
"""Redundancy with which a fit of three or more antennas proves their geometry."""
_EVIDENCE_EVERY_S: Final = 10.0
"""Confirmed lengths are looked at again after this time [s]."""


@dataclass(frozen=True, slots=True)
class FixerSettings:
    """How integers are fixed.

    carry       : hold integers and gather floats over time; False treats every epoch alone
    failure_rate, residual_probability, min_double_differences : see acceptance
    monitor     : the watch over the geometry
    learn_noise : learn variance factors
    """

    carry: bool = True
    failure_rate: float = 1e-4
    residual_probability: float = 1e-3
    min_double_differences: int = 4
    monitor: MonitorRule = MonitorRule()
    learn_noise: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class ArrayFix:
    """What became of the array's integers in an epoch.

    outcome, detail     : FIXED, or why not
    names               : antennas taking part, the reference first
    baselines           : solved with fixed integers; None unless FIXED
    rows                : the phase rows used
    failure_probability : that the integers are wrong
    ratio               : of the search
    held                : integers were carried over
    """

    outcome: Outcome
    names: tuple[str, ...]
    detail: str = ""
    baselines: FixedBaselines | None = None
    rows: Rows | None = None
    failure_probability: float = float("nan")
    ratio: float = float("nan")
    held: bool = False


class ArrayFixer:
    """Fixes the integers of one array, epoch after epoch."""

    def __init__(self, array: AntennaArray, settings: FixerSettings) -> None:
        self.learner = NoiseLearner()
        self.monitor = GeometryMonitor(settings.monitor)
        self.shape = ShapeMonitor(array)
        self._array = array
        self._settings = settings
        self._held = HeldIntegers(array.names)
        self._floats = {name: FloatAmbiguities() for name in array.names}
        self._slips = ArraySlipDetector()
        self._sharing = PivotSharing()
        self._float_reference = ""
        self._now_s, self._last_s, self._evidence_s = 0.0, float("nan"), float("-inf")
        self._held_failure = 1.0

    def reset(self) -> None:
        """Forget all integers, held and float; what was learned of noise and geometry stays."""
        self._held.clear()
        for floats in self._floats.values():
            floats.clear()

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
        array = self._array.subset(names)
        ordered = {name: prefits[name] for name in names}
        self._forget_slipped(ordered)
        shared = self._shared(ordered, shared_pivot)
        differences = array_differences(ordered, names[0], shared, self._preferred(ordered, names[0]))
        if self._settings.learn_noise:
            self.learner.update("code", *free_code_misfit(differences))
        solve = self._carried if self._settings.carry else self._alone
        result = solve(ordered, differences, array, shared)
        fit = result.baselines.rotation if result.baselines else None
        self.shape.look(time_s, differences, fit.enu_from_body if fit else None)
        return result

    def _names(self, prefits: Mapping[str, Prefit]) -> tuple[str, ...]:
        """Antennas with phases, the reference first: the rig's first, unless it sees far less than another."""
        phases = {name: int(np.isfinite(prefits[name].phase_m).sum()) for name in self._array.names if name in prefits}
        usable = [name for name, count in phases.items() if count >= 3]
        if not usable:
            return ()
        most = max(phases[name] for name in usable)
        reference = next(name for name in usable if phases[name] >= 0.6 * most)
        return (reference, *(name for name in usable if name != reference))

    def _shared(self, prefits: Mapping[str, Prefit], wanted: Mapping[str, bool]) -> dict[str, bool]:
        """Which antennas share pivots across systems; while nothing is held, the codes are asked whether they agree."""
        applied = self._sharing.applied(wanted)
        if any(applied.values()) and not self._held:
            reference = next(iter(prefits))
            kinds = [free_code_misfit(array_differences(prefits, reference, which)) for which in (applied, {})]
            self._sharing.saw_codes(*kinds)
            self._stop_sharing_if_refuted()
        return self._sharing.applied(wanted)

    def _stop_sharing_if_refuted(self) -> None:
        if not self._sharing.allowed:
            self.reset()
            self.learner = NoiseLearner()

    def _search_alone(
        self, prefits: Mapping[str, Prefit], differences: ArrayDifferences, array: AntennaArray, shared: Mapping[str, bool]
    ) -> tuple[IntegerFix, ArrayDifferences, str]:
        """Search an epoch by itself: as it is, with separate pivots if shared ones fail, then with exclusions."""
        rule = self._rule()
        fix = fix_integers(differences, array, rule)
        if fix.outcome is not Outcome.FIXED and any(shared.values()):
            separate = array_differences(prefits, differences.reference, {})
            trial = fix_integers(separate, array, rule)
            if trial.outcome is Outcome.FIXED:
                self._sharing.saw_separate_fix()
                self._stop_sharing_if_refuted()
                return trial, separate, ""
        return exclude_and_fix(fix, prefits, differences, array, shared, rule)

    def _rule(self) -> AcceptanceRule:
        return AcceptanceRule(
            self._settings.failure_rate, self._settings.residual_probability, self._settings.min_double_differences - 2,
            self.learner.learned,
        )  # fmt: skip

    def _forget_slipped(self, prefits: Mapping[str, Prefit]) -> None:
        reference = next(iter(prefits))
        base_slips = prefits[reference].satellite[prefits[reference].slip]
        if reference != self._float_reference:
            for floats in self._floats.values():
                floats.clear()
            self._float_reference = reference
        for name, prefit in prefits.items():
            slips = prefit.satellite[prefit.slip]
            self._held.forget(name, slips)
            self._floats[name].forget(np.concatenate([slips, base_slips]))

    def _forget_rows(self, differences: ArrayDifferences, slipped: Bools) -> None:
        """Forget the integers of phase rows that slipped, held and float."""
        for row in np.flatnonzero(slipped):
            name = differences.antennas[differences.phase.baseline[row]]
            satellite = differences.phase.satellite[[row]]
            self._held.forget(name, satellite)
            self._floats[name].forget(satellite)

    def _preferred(self, prefits: Mapping[str, Prefit], reference: str) -> dict[str, Codes]:
        satellites = {name: prefit.satellite for name, prefit in prefits.items() if name != reference}
        return self._held.preferred_pivots(reference, satellites)

    def _alone(
        self, prefits: Mapping[str, Prefit], differences: ArrayDifferences, array: AntennaArray, shared: Mapping[str, bool]
    ) -> ArrayFix:
        fix, differences, detail = self._search_alone(prefits, differences, array, shared)
        self._watch(fix, differences, self._array.subset((differences.reference, *differences.antennas)))
        return self._searched(fix, differences, detail)

    def _searched(self, fix: IntegerFix, differences: ArrayDifferences, detail: str) -> ArrayFix:
        """The fix of a search, solved."""
        names = (differences.reference, *differences.antennas)
        if fix.outcome is not Outcome.FIXED:
            return ArrayFix(fix.outcome, names, detail, None, None, fix.failure_probability, fix.ratio)
        baselines = solve_fixed(differences, fix.rows, fix.integers, self._array.subset(names))
        return ArrayFix(Outcome.FIXED, names, detail, baselines, fix.rows, fix.failure_probability, fix.ratio)

    def _watch(self, fix: IntegerFix, differences: ArrayDifferences, array: AntennaArray) -> None:
        """Let the monitor and the noise learner see a search that used this epoch alone."""
        rule = self._rule()
        fits = chi_square_probability(fix.phase_chi2, fix.phase_dof) >= rule.residual_probability
        confident = fix.phase_dof >= rule.min_redundancy and fix.failure_probability <= rule.epoch_limit
        if confident:
            self.monitor.saw_confident_epoch(fits)
        if self._settings.learn_noise and fits and fix.failure_probability <= self.learner.TRUSTED:
            self.learner.update("phase", *self._phase_misfit(fix, differences))
        elif self._settings.learn_noise and fix.outcome is Outcome.RESIDUALS and self.learner.factor("phase") < 1.0:
            self.learner.doubt("phase")
        if confident and fits and array.rank > 1 and fix.phase_dof >= _PROVING_REDUNDANCY:
            self.monitor.saw_rigid_fit()
        elif self._evidence_is_due():
            self._gather_evidence(differences, array)

    def _phase_misfit(self, fix: IntegerFix, differences: ArrayDifferences) -> tuple[float, int]:
        """Chi-square and degrees of freedom of the phases: about the rigid body once its geometry is confirmed, else about free
        vectors, since a wrong geometry is no noise."""
        if self.monitor.confirmed:
            return fix.phase_chi2, fix.phase_dof
        return free_phase_misfit(differences, fix.rows, fix.integers)

    def _evidence_is_due(self) -> bool:
        """Evidence on the lengths is gathered until they are confirmed, and now and then afterwards."""
        return not self.monitor.confirmed or not self._now_s - self._evidence_s < _EVIDENCE_EVERY_S

    def _gather_evidence(self, differences: ArrayDifferences, array: AntennaArray) -> None:
        elapsed = self._now_s - self._evidence_s
        for index, name in enumerate(differences.antennas):
            evidence = length_evidence(differences, index, array)
            if evidence is not None:
                pair = (differences.reference, name)
                self.monitor.saw_evidence(pair, array.length_m(*pair), evidence, elapsed if np.isfinite(elapsed) else 3600.0)
                self._evidence_s = self._now_s

    def _carried(
        self, prefits: Mapping[str, Prefit], differences: ArrayDifferences, array: AntennaArray,
        shared: Mapping[str, bool],
    ) -> ArrayFix:  # fmt: skip
        """Hold if there is something to hold, search otherwise; then let the monitor speak."""
        self._forget_rows(differences, self._slips.update(self._now_s, differences, array))
        result = self._from_held(prefits, differences, array, shared) if self._held else None
        if result is None:
            result = self._search_with_floats(prefits, differences, array, shared)
        self._last_s = self._now_s
        return self._monitored(result)

    def _search_with_floats(
        self, prefits: Mapping[str, Prefit], differences: ArrayDifferences, array: AntennaArray,
        shared: Mapping[str, bool],
    ) -> ArrayFix:  # fmt: skip
        alone, used, detail = self._search_alone(prefits, differences, array, shared)
        self._watch(alone, used, self._array.subset((used.reference, *used.antennas)))
        if alone.outcome is not Outcome.FIXED:
            gathered = fix_integers(differences, array, self._rule(), self._prior(differences))
            if gathered.outcome is Outcome.FIXED:
                alone, used, detail = gathered, differences, ""
            self._gather(differences)
        result = self._searched(alone, used, detail)
        if result.outcome is Outcome.FIXED and not self.monitor.mismatch:
            self._held.replace(alone.rows, used.reference, used.antennas, alone.integers)
            self._held_failure = alone.failure_probability
        return result

    def _prior(self, differences: ArrayDifferences) -> Prior:
        parts = [
            self._floats[name].prior(differences.phase.take(differences.phase.of(index)))
            for index, name in enumerate(differences.antennas)
        ]
        return Prior(tuple(info for info, _ in parts), tuple(mean for _, mean in parts))

    def _gather(self, differences: ArrayDifferences) -> None:
        elapsed = self._now_s - self._last_s if np.isfinite(self._last_s) else np.inf
        for index, name in enumerate(differences.antennas):
            phase = differences.phase.take(differences.phase.of(index))
            code = differences.code.take(differences.code.of(index))
            self._floats[name].add(phase, code, float(min(elapsed, 3600.0)))

    def _from_held(
        self, prefits: Mapping[str, Prefit], differences: ArrayDifferences, array: AntennaArray, shared: Mapping[str, bool]
    ) -> ArrayFix | None:
        """The attitude from held integers; None where they do not suffice or cannot be trusted (then they are forgotten)."""
        antennas, reference = differences.antennas, differences.reference
        integers = self._held.lookup(differences.phase, reference, antennas)
        solved = self._solve_consistent(differences, integers, array)
        if solved is None:
            return None
        rows, baselines = solved
        alone = fix_integers(differences, array, self._rule())
        self._watch(alone, differences, array)
        if _contradicts(alone, integers):
            self.reset()
            detail = "held integers differ from those of this epoch alone"
            return ArrayFix(Outcome.CONFLICT, array.names, detail, None, None, alone.failure_probability, alone.ratio, True)
        fresh = round_against_attitude(differences.phase, integers, baselines, array)
        self._held.adopt(differences.phase, reference, antennas, fresh)
        if alone.outcome is Outcome.FIXED:
            self._held_failure = min(self._held_failure, alone.failure_probability)
        return ArrayFix(Outcome.FIXED, array.names, "", baselines, rows, self._held_failure, alone.ratio, held=True)

    def _solve_consistent(
        self, differences: ArrayDifferences, integers: Floats, array: AntennaArray
    ) -> tuple[Rows, FixedBaselines] | None:
        """Solve with the held rows, forgetting outliers one by one; None if too little is left or the rest still disagrees."""
        for _ in range(_MOST_DROPPED + 1):
            known = np.flatnonzero(np.isfinite(integers))
            unknowns = min(array.rank + 1, 3) if array.rank else 0
            if len(known) < unknowns + 1:
                return None
            rows = differences.phase.take(known)
            baselines = solve_fixed(differences, rows, integers[known], array)
            if chi_square_probability(baselines.phase_chi2, baselines.phase_dof) >= _HELD_PROBABILITY:
                return rows, baselines
            worst = known[int(np.argmax(np.abs(baselines.deviation)))]
            self._held.forget(differences.antennas[differences.phase.baseline[worst]], differences.phase.satellite[[worst]])
            integers[worst] = np.nan
        self.reset()
        return None

    def _monitored(self, result: ArrayFix) -> ArrayFix:
        """The result, held back where the geometry is not confirmed or is contradicted."""
        monitor = self.monitor
        if monitor.mismatch and self._settings.monitor.enabled:
            self.reset()
            detail = monitor.complaint() or f"only {monitor.share:.0%} of confident epochs fit the configured geometry"
            return _withheld(result, Outcome.LENGTH_MISMATCH, detail)
        if result.outcome is Outcome.FIXED and monitor.holds_back:
            return _withheld(result, Outcome.RUN_IN, "the geometry is not confirmed yet")
        return result


def _contradicts(alone: IntegerFix, held: Floats) -> bool:
    """Does an epoch's own accepted fix differ from the held integers it shares?"""
    if alone.outcome is not Outcome.FIXED:
        return False
    shared = np.isfinite(held)
    return bool(np.any(alone.integers[shared] != held[shared]))


def _withheld(result: ArrayFix, outcome: Outcome, detail: str) -> ArrayFix:
    return ArrayFix(outcome, result.names, detail, None, None, result.failure_probability, result.ratio, result.held)
