"""From fixed baselines and located antennas to the Solution of an epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from gnss_gyro.attitude.angles import LEVEL_SIGMA_RAD, known_angles
from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.attitude.tracker import AttitudeTracker, TrackerOutcome
from gnss_gyro.attitude.tracker_state import TrackerState
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import enu_from_ecef_at
from gnss_gyro.engine.positioning import Located
from gnss_gyro.engine.satellite_record import satellite_record
from gnss_gyro.engine.solution import Attitude, PositionKind, Solution
from gnss_gyro.estimation.array_fix import ArrayFix
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.vppp.position import ArrayPosition

_STANDING: Final = 0.35
"""Share of an epoch's variance that stands still for a minute, being multipath, and does not average in the filter."""


def attitude_of(fix: ArrayFix, tracker: AttitudeTracker | None, time_s: float) -> Attitude | None:
    """Attitude of a fixed epoch: its own, or with a tracker the filtered one."""
    if fix.baselines is None or fix.baselines.rotation is None:
        return None
    fit = fix.baselines.rotation
    rotation, covariance, turning = fit.enu_from_body, fit.covariance_rad2, None
    if tracker is not None:
        step = tracker.update(time_s, fit)
        if step.state is not None and step.outcome in (TrackerOutcome.UPDATED, TrackerOutcome.STARTED):
            rotation = step.state.enu_from_body
            turned = rotation @ fit.enu_from_body.T  # what the fit does not know turns with the body
            standing = turned @ fit.covariance_rad2 @ turned.T
            covariance = (1.0 - _STANDING) * step.state.covariance[:3, :3] + _STANDING * standing
            turning = step.state if step.outcome is TrackerOutcome.UPDATED else None
    return _attitude(rotation, covariance, turning)


def _attitude(rotation: Floats, covariance: Floats, turning: TrackerState | None) -> Attitude:
    packed = known_angles(rotation, covariance, LEVEL_SIGMA_RAD)
    rate = {"rate_body": turning.rate_body_radps, "rate_cov": turning.covariance[3:, 3:]} if turning else {}
    return Attitude(rotation, packed[:3], packed[3:].reshape(3, 3), covariance, **rate)


def solution_of(
    array: AntennaArray, located: Mapping[str, Located], reference: str, fix: ArrayFix, attitude: Attitude | None,
    position: ArrayPosition | None = None,
) -> Solution:  # fmt: skip
    """The Solution of an epoch that has a place; its position is that of the array, else the reference's single point."""
    base, taking_part = located[reference], _taking_part(fix)
    return Solution(
        time=base.epoch.time,
        outcome=fix.outcome,
        detail=fix.detail or _left_out(located, fix, taking_part),
        antennas=array.names,
        present=tuple(name for name in array.names if name in located),
        satellites=_satellites(fix, base),
        attitude=attitude,
        failure_probability=fix.failure_probability,
        baselines_enu_m=_baselines(array, fix, taking_part),
        **(_array_position(array, position) if position else _single_point(base, reference)),
        ratio=fix.ratio,
        held=fix.held,
        record=satellite_record(array, located, fix),
    )


def _array_position(array: AntennaArray, position: ArrayPosition) -> dict[str, Any]:
    return {
        "reference": array.names[0], "position_kind": PositionKind.VPPP, "refused": position.refused,
        "position_ecef_m": position.position_ecef_m, "position_cov_enu_m2": position.position_cov_enu_m2,
        "velocity_enu_mps": position.velocity_enu_mps, "velocity_cov_enu": position.velocity_cov_enu,
    }  # fmt: skip


def _single_point(base: Located, reference: str) -> dict[str, Any]:
    enu_from_ecef = enu_from_ecef_at(base.place.position_ecef_m)
    return {
        "reference": reference, "position_kind": PositionKind.SINGLE if base.has_position else PositionKind.NONE,
        "position_ecef_m": base.point.position_ecef_m,
        "position_cov_enu_m2": enu_from_ecef @ base.point.covariance_m2[:3, :3] @ enu_from_ecef.T,
        "velocity_enu_mps": enu_from_ecef @ base.velocity.velocity_ecef_mps,
        "velocity_cov_enu": enu_from_ecef @ base.velocity.covariance_m2ps2[:3, :3] @ enu_from_ecef.T,
    }  # fmt: skip


def failed(names: tuple[str, ...], located: Mapping[str, Located], fix: ArrayFix) -> Solution:
    """The Solution of an epoch without any position."""
    return Solution(
        time=next(iter(located.values())).epoch.time,
        outcome=fix.outcome,
        detail=fix.detail,
        antennas=names,
        present=tuple(name for name in names if name in located),
        baselines_enu_m=np.full((len(names) - 1, 3), np.nan),
    )


def said_of_disputed(solution: Solution, disputed: tuple[str, ...]) -> Solution:
    """The same Solution, whose detail begins with the antennas that were left out: two receivers send under their names."""
    if not disputed:
        return solution
    told = f"two receivers send as {', '.join(disputed)}: not used"
    return replace(solution, detail=f"{told}; {solution.detail}" if solution.detail else told)


def _satellites(fix: ArrayFix, base: Located) -> int:
    if fix.rows is not None:
        return len({*fix.rows.satellite.tolist(), *fix.rows.pivot.tolist()})
    return int(base.point.used.sum())


def _taking_part(fix: ArrayFix) -> list[str]:
    """The antennas whose phases entered an accepted fix; others it only places by the configured geometry."""
    if fix.outcome is not Outcome.FIXED:
        return []
    heard = set(fix.rows.baseline.tolist()) if fix.rows is not None else set()
    return [fix.names[0], *(name for i, name in enumerate(fix.names[1:]) if i in heard)]


def _left_out(located: Mapping[str, Located], fix: ArrayFix, taking_part: list[str]) -> str:
    """A sentence on antennas that are heard but have no part in an accepted fix; "" if there is none."""
    if fix.outcome is not Outcome.FIXED:
        return ""
    idle = [name for name in located if name not in taking_part]
    return f"without antenna{'s' * (len(idle) > 1)} {', '.join(idle)}" if idle else ""


def _baselines(array: AntennaArray, fix: ArrayFix, taking_part: list[str]) -> Floats:
    """Vectors (n - 1, 3) from the rig's first antenna to those that took part [m]; NaN for the others."""
    if fix.baselines is not None and tuple(taking_part) == array.names:
        return fix.baselines.rigid_enu_m
    vectors = np.full((len(array), 3), np.nan)
    if taking_part and fix.baselines is not None:
        vectors[array.index(fix.names[0])] = 0.0
        for name, vector in zip(fix.names[1:], fix.baselines.rigid_enu_m, strict=True):
            if name in taking_part:
                vectors[array.index(name)] = vector
    return vectors[1:] - vectors[0]
