"""summary.json: the whole run in figures."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.report.csv_writer import ANGLES, GEODETIC, POSITION_SIGMAS, VELOCITY
from gnss_gyro.report.metrics import (
    Errors,
    PositionErrors,
    circular_mean_deg,
    circular_std_deg,
    errors_against,
    interval_s,
    mean,
    outcome_counts,
    position_errors,
    rms,
    share,
    time_to_first_fix_s,
    wrapped_deg,
)
from gnss_gyro.report.series import Series

_AXES: Final = ("east", "north", "up")


def solution_summary(series: Series, truth: Series | None = None) -> dict[str, Any]:
    """Figures of a solution: how often, how well, and (with a truth) how right."""
    accepted = series.accepted
    summary: dict[str, Any] = {
        "epochs": len(series),
        "accepted": int(accepted.sum()),
        "fix_rate": share(accepted),
        "outcomes": outcome_counts(series),
        "time_to_first_fix_s": time_to_first_fix_s(series),
    }
    if len(series):
        summary |= {"start": str(series.time(0)), "end": str(series.time(-1)), "interval_s": interval_s(series.time_ns)}
    summary |= {
        "satellites_mean": mean(series["satellites"]),
        "attitude": {name: _angle_summary(series, name) for name in ANGLES},
        "position": _position_summary(series),
        "vectors": {name: _vector_summary(series.vector_m(name)[accepted]) for name in series.others},
    }
    if truth is not None:
        positions = position_error_summary(position_errors(series, truth))
        summary["truth"] = error_summary(errors_against(series, truth)) | {"position": positions}
    return summary


def position_error_summary(errors: PositionErrors) -> dict[str, Any]:
    """Positions and velocities against a truth."""
    return {
        "epochs_compared": len(errors.elapsed_s),
        **{f"rms_{name}_m": rms(errors.position_m[:, i]) for i, name in enumerate(_AXES)},
        **{f"bias_{name}_m": mean(errors.position_m[:, i]) for i, name in enumerate(_AXES)},
        **{f"velocity_rms_{name}_mps": rms(errors.velocity_mps[:, i]) for i, name in enumerate(_AXES)},
    }


def error_summary(errors: Errors) -> dict[str, Any]:
    """Accepted epochs against a truth."""
    total = np.linalg.norm(np.nan_to_num(errors.angle_deg), axis=1)
    return {
        "epochs_compared": len(errors.elapsed_s),
        "wrong_fixes": int(errors.wrong.sum()),
        "rms_deg": {name: rms(errors.angle_deg[:, i]) for i, name in enumerate(ANGLES)},
        "bias_deg": {name: mean(errors.angle_deg[:, i]) for i, name in enumerate(ANGLES)},
        "worst_deg": {name: _worst(errors.angle_deg[:, i]) for i, name in enumerate(ANGLES)},
        "attitude_rms_deg": rms(total),
        "normalised_square_mean": {name: mean(errors.normalised_squares[:, i]) for i, name in enumerate(ANGLES)},
        "worst_vector_error_m": _worst(errors.vector_m.ravel()),
    }


def _angle_summary(series: Series, name: str) -> dict[str, float]:
    angle = series[name][series.accepted]
    average = circular_mean_deg(angle)
    return {
        "mean": average if name == "heading_deg" else float(wrapped_deg(np.array(average))),
        "std": circular_std_deg(angle),
        "mean_sigma": mean(series[f"sigma_{name}"][series.accepted]),
    }


def _position_summary(series: Series) -> dict[str, Any]:
    return {
        "epochs": int(np.isfinite(series["latitude_deg"]).sum()),
        **{f"mean_{name}": mean(series[name]) for name in GEODETIC},
        **{f"mean_{name}": mean(series[name]) for name in POSITION_SIGMAS},
        **{f"mean_{name}": mean(series[name]) for name in VELOCITY},
    }


def _vector_summary(vector_m: Floats) -> dict[str, Any]:
    """Mean vector and scatter, and its length: that of the rig, since the vectors are those of the rigid body."""
    length = np.linalg.norm(vector_m, axis=1)
    names = ("east_m", "north_m", "up_m")
    return {
        "mean": {name: mean(vector_m[:, i]) for i, name in enumerate(names)},
        "std": {name: rms(vector_m[:, i] - mean(vector_m[:, i])) for i, name in enumerate(names)},
        "length_mean_m": mean(length),
        "length_std_m": rms(length - mean(length)),
    }


def _worst(values: Floats) -> float:
    known = np.abs(values[np.isfinite(values)])
    return float(known.max()) if len(known) else float("nan")
