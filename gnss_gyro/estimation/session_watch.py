"""What a session teaches beyond its epochs: how noisy the observations are, and whether the geometry is right."""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.estimation.acceptance import AcceptanceRule, is_likely
from gnss_gyro.estimation.array_fix import FixerSettings
from gnss_gyro.estimation.differences import ArrayDifferences
from gnss_gyro.estimation.fixed_solution import free_phase_misfit
from gnss_gyro.estimation.geometry_monitor import GeometryMonitor
from gnss_gyro.estimation.integer_fix import IntegerFix
from gnss_gyro.estimation.length_evidence import length_evidence
from gnss_gyro.estimation.noise import NoiseLearner
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.estimation.shape_monitor import ShapeMonitor
from gnss_gyro.estimation.weighing import free_code_misfit

_TELLING_REDUNDANCY: Final = 4
"""Redundancy with which a fit of three or more antennas says something about their geometry."""
_PROVING_REDUNDANCY: Final = 8
"""Redundancy with which a fit of three or more antennas proves their geometry."""
_EVIDENCE_EVERY_S: Final = 10.0
"""Confirmed lengths are looked at again after this time [s]."""
_MISMATCH_EVERY_S: Final = 2.0
"""Contradicted lengths are looked at again after this time [s]."""
_LONG_AGO_S: Final = 3600.0


class SessionWatch:
    """Looks on while epochs are searched and solved; learns, and judges the geometry."""

    def __init__(self, array: AntennaArray, settings: FixerSettings) -> None:
        self.learner = NoiseLearner()
        self.monitor = GeometryMonitor(settings.monitor)
        self.shape = ShapeMonitor(array)
        self._learns = settings.learn_noise
        self._evidence_s = float("-inf")

    def forget_noise(self) -> None:
        """Begin to learn anew: what was learned came from observations that were combined wrongly."""
        self.learner = NoiseLearner()

    def saw_codes(self, differences: ArrayDifferences) -> None:
        """The codes of an epoch, whatever becomes of its integers."""
        if self._learns:
            self.learner.update("code", *free_code_misfit(differences))

    def saw_search(
        self, time_s: float, fix: IntegerFix, differences: ArrayDifferences, array: AntennaArray, rule: AcceptanceRule,
        whole: bool = True,
    ) -> None:  # fmt: skip
        """A search that used one epoch alone; `whole` if nothing was left out of it."""
        fits = is_likely(fix.phase_chi2, fix.phase_dof, rule.residual_probability)
        confident = fix.phase_dof >= rule.min_redundancy and fix.failure_probability <= rule.epoch_limit
        if confident:
            self.monitor.saw_confident_epoch(fits)
        if self._learns:
            self._learn_phase(fix, fits, differences)
        proves = self._saw_rigid_body(fix, array, confident and fits, not fits or not whole)
        if not proves and time_s - self._evidence_s >= self._evidence_pause_s():
            self._gather_evidence(time_s, differences, array)

    def _saw_rigid_body(self, fix: IntegerFix, array: AntennaArray, fits: bool, misfits: bool) -> bool:
        """Tell the monitor of three or more antennas that fit the rigid body, or not; True if this proves the geometry."""
        if array.rank <= 1 or fix.phase_dof < _TELLING_REDUNDANCY or not (fits or misfits):
            return False
        proves = not misfits and fix.phase_dof >= _PROVING_REDUNDANCY
        self.monitor.saw_rigid_epoch(not misfits, proves)
        return proves

    def saw_solution(self, time_s: float, differences: ArrayDifferences, enu_from_body: Floats | None) -> None:
        """An epoch's solution; its rotation (3, 3), or None without one."""
        self.shape.look(time_s, differences, enu_from_body)

    def _evidence_pause_s(self) -> float:
        """How long after the last evidence new is wanted: at once while undecided, seldom when settled either way."""
        if self.monitor.mismatch:
            return _MISMATCH_EVERY_S
        return _EVIDENCE_EVERY_S if self.monitor.confirmed else 0.0

    def _learn_phase(self, fix: IntegerFix, fits: bool, differences: ArrayDifferences) -> None:
        if fits and fix.failure_probability <= self.learner.TRUSTED:
            self.learner.update("phase", *self._phase_misfit(fix, differences))
        elif fix.outcome is Outcome.RESIDUALS and self.learner.factor("phase") < 1.0:
            self.learner.doubt("phase")

    def _phase_misfit(self, fix: IntegerFix, differences: ArrayDifferences) -> tuple[float, int]:
        """Chi-square and degrees of freedom of the phases: about the rigid body once its geometry is confirmed, else about
        free vectors, since a wrong geometry is no noise."""
        if self.monitor.confirmed:
            return fix.phase_chi2, fix.phase_dof
        return free_phase_misfit(differences, fix.rows, fix.integers)

    def _gather_evidence(self, time_s: float, differences: ArrayDifferences, array: AntennaArray) -> None:
        elapsed_s = float(np.clip(time_s - self._evidence_s, 0.0, _LONG_AGO_S))
        for index, name in enumerate(differences.antennas):
            evidence = length_evidence(differences, index, array)
            if evidence is not None:
                pair = (differences.reference, name)
                self.monitor.saw_evidence(pair, array.length_m(*pair), evidence, elapsed_s)
                self._evidence_s = time_s
