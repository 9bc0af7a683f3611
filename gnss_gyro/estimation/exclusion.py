"""Partial fixing: where the phases do not fit, look for the satellite or the antenna that spoils them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Codes, Floats
from gnss_gyro.basics.satellites import satellite_name
from gnss_gyro.estimation.acceptance import AcceptanceRule, is_likely
from gnss_gyro.estimation.differences import ArrayDifferences, array_differences
from gnss_gyro.estimation.integer_fix import IntegerFix, fix_integers
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.estimation.prefit import Prefit

_TRIES: Final = 3
_CAUTION: Final = 0.1
"""Each try is another chance to be wrong: the failure rate is divided accordingly."""
_MIN_PHASES: Final = 6
"""Rows below which leaving one out proves nothing."""


def exclude_and_fix(
    fix: IntegerFix, prefits: Mapping[str, Prefit], differences: ArrayDifferences, array: AntennaArray,
    shared: Mapping[str, bool], rule: AcceptanceRule, antennas_too: bool, attitude: Floats | None = None,
) -> tuple[IntegerFix, ArrayDifferences, str]:  # fmt: skip
    """Improve on an epoch's fix whose phases do not fit: without one suspicious satellite, then without one antenna.

    antennas_too : the geometry is known to be right, so that an antenna that does not fit is faulty and not misplaced
    attitude     : (3, 3) ENU from body a moment ago; None = not known. Of three antennas one left out leaves a pair, which could
                   be the wrong way round after two cables were exchanged: its fix has to agree with this

    Returns the fix, the differences it was made of, and a sentence on what was left out ("" = nothing).
    """
    if not _spoiled(fix, rule):
        return fix, differences, ""
    strict = replace(rule, failure_rate=rule.failure_rate * _CAUTION, residual_probability=max(rule.residual_probability, 0.01))
    for satellite in _suspects(fix, differences) if len(fix.rows) >= _MIN_PHASES else ():
        codes = np.array([satellite], np.int16)
        fewer = array_differences({n: p.without(codes) for n, p in prefits.items()}, differences.reference, shared)
        trial = fix_integers(fewer, array, strict)
        if trial.outcome is Outcome.FIXED:
            return trial, fewer, f"without {satellite_name(satellite)}"
    for name in array.names if antennas_too and len(array) > 2 else ():
        rest = {n: p for n, p in prefits.items() if n != name}
        fewer = array_differences(rest, next(iter(rest)), shared)
        left = array.subset(tuple(rest))
        trial = fix_integers(fewer, left, strict)
        told_apart = left.rank == array.rank or _is_same_way_round(left, trial.vectors_enu_m, attitude)
        if trial.outcome is Outcome.FIXED and told_apart:
            return trial, fewer, f"antenna {name} does not fit the others"
    return fix, differences, ""


def _is_same_way_round(array: AntennaArray, vectors_enu_m: Floats, attitude: Floats | None) -> bool:
    """Do the baselines (k, 3) of an array point to within 90 degrees of where they did?"""
    if attitude is None:
        return False
    before_enu_m = array.baselines_body_m() @ attitude.T
    return bool((np.einsum("ij,ij->i", before_enu_m, vectors_enu_m) > 0.0).all())


def _spoiled(fix: IntegerFix, rule: AcceptanceRule) -> bool:
    """Did this epoch fail by its residuals, not for want of satellites?"""
    if fix.outcome in (Outcome.FIXED, Outcome.TOO_FEW_ANTENNAS, Outcome.TOO_FEW_SATELLITES):
        return False
    return not is_likely(fix.phase_chi2, fix.phase_dof, rule.residual_probability)


def _suspects(fix: IntegerFix, differences: ArrayDifferences) -> list[int]:
    """The satellites with the largest phase residuals (over sigma), and pivots, which spoil all their rows."""
    sigma = np.sqrt(differences.phase.variance_m2)
    by_row = np.abs(fix.residual_m) / sigma
    worst: dict[int, float] = {}
    for code, value in zip(_codes(fix.rows.satellite), by_row, strict=True):
        worst[code] = max(worst.get(code, 0.0), float(value))
    for pivot in sorted(set(_codes(fix.rows.pivot))):
        rows = fix.rows.pivot == pivot
        worst[pivot] = float(np.median(by_row[rows]))
    return sorted(worst, key=lambda code: -worst[code])[:_TRIES]


def _codes(satellites: Codes) -> list[int]:
    return [int(code) for code in satellites]
