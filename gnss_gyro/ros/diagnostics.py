"""What the engine and each antenna have to say, in the engine's own words, as diagnostic_msgs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

from gnss_gyro.basics.arrays import Codes
from gnss_gyro.basics.satellites import satellite_name
from gnss_gyro.engine.solution import PositionKind, Solution
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.ros.session import Session
from gnss_gyro.ros.stamps import has_stamp

_LEVELS: Final = {Outcome.FIXED: DiagnosticStatus.OK, Outcome.LENGTH_MISMATCH: DiagnosticStatus.ERROR}
_ANGLES: Final = ("heading", "pitch", "roll")


class Fault(NamedTuple):
    """Something wrong, with its level in diagnostic_msgs."""

    level: bytes
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FusionReport:
    """State of a fusion node.

    last      : the last solution; None = there was none
    solved_s  : when it was found, on the clock of the session [s]
    now_s     : the time now, on the same clock [s]
    stale_s   : what is older is reported [s]
    misplaced : why nothing can be said in the map; "" = it can
    rivals    : of antennas, by name: what is wrong with who publishes their topics
    """

    session: Session
    last: Solution | None
    solved_s: float
    now_s: float
    stale_s: float
    misplaced: str = ""
    rivals: Mapping[str, Sequence[Fault]] = field(default_factory=dict)


def statuses_of(node: str, report: FusionReport) -> list[DiagnosticStatus]:
    """One status of the attitude, one of the position, one of the receivers' geometry, one of each antenna."""
    engine, last = report.session.engine, report.last
    silent = not report.now_s - report.solved_s <= report.stale_s
    return [
        attitude_status(f"{node}: attitude", last, silent),
        position_status(f"{node}: position", last, silent, report.misplaced),
        geometry_status(f"{node}: geometry", engine.summary(), engine.counts),
        *(antenna_status(f"{node}: antenna {name}", name, report) for name in report.session.antennas),
    ]


def compiling_status(name: str) -> DiagnosticStatus:
    """What stands in place of the attitude while the node compiles its engine."""
    return _status(name, DiagnosticStatus.WARN, "compiling", {})


def attitude_status(name: str, solution: Solution | None, silent: bool) -> DiagnosticStatus:
    """Outcome of the last epoch with all that explains it."""
    if solution is None:
        return _status(name, DiagnosticStatus.WARN, "no epoch yet", {})
    if not has_stamp(solution.time):
        return _status(name, DiagnosticStatus.ERROR, f"GPS week {solution.time.week} has no ROS time: not published", {})
    level = DiagnosticStatus.STALE if silent else _LEVELS.get(solution.outcome, DiagnosticStatus.WARN)
    message = f"{solution.outcome}: {solution.detail}" if solution.detail else str(solution.outcome)
    values: dict[str, Any] = {
        "outcome": solution.outcome, "detail": solution.detail, "time": solution.time, "satellites": solution.satellites,
        "failure probability": solution.failure_probability, "antennas": ", ".join(solution.present), "held": solution.held,
        "ratio": solution.ratio,
    }  # fmt: skip
    if solution.attitude is not None:
        sigmas = np.degrees(np.sqrt(np.diag(solution.attitude.angle_cov)))
        for angle, value, sigma in zip(_ANGLES, np.degrees(solution.attitude.angles), sigmas, strict=True):
            values[f"{angle} [deg]"] = f"{value:.3f} +- {sigma:.3f}" if np.isfinite(value) else "not observable"
    return _status(name, level, f"no data, last {message}" if silent else message, values)


def position_status(name: str, solution: Solution | None, silent: bool, misplaced: str = "") -> DiagnosticStatus:
    """How the last position was found, how good it is, and which observations it left out."""
    if solution is None:
        return _status(name, DiagnosticStatus.WARN, "no epoch yet", {})
    known = solution.position_kind is not PositionKind.NONE
    level = DiagnosticStatus.STALE if silent else DiagnosticStatus.OK if known else DiagnosticStatus.WARN
    variance = np.diag(solution.position_cov_enu_m2)
    refused = solution.refused
    values: dict[str, Any] = {
        "found by": solution.position_kind, "antenna": solution.reference,
        "sigma horizontal [m]": float(np.sqrt(variance[0] + variance[1])), "sigma vertical [m]": float(np.sqrt(variance[2])),
        "codes left out": _names(refused.code), "phases left out": _names(refused.phase),
        "Doppler left out": refused.velocity,
    }  # fmt: skip
    message = str(solution.position_kind) if known else "no position"
    if misplaced and not silent:
        return _status(name, DiagnosticStatus.ERROR, misplaced, values)
    return _status(name, level, f"no data, last {message}" if silent else message, values)


def _names(satellites: Codes) -> str:
    return ", ".join(satellite_name(code) for code in satellites)


def geometry_status(name: str, summary: Mapping[str, Any], counts: Mapping[str, int]) -> DiagnosticStatus:
    """Whether the configured lengths agree with what is observed, and what was dropped on the way."""
    geometry = summary["geometry"]
    values: dict[str, Any] = {"complaint": geometry["complaint"], **{f"count, {what}": n for what, n in counts.items()}}
    for pair, length in geometry["lengths"].items():
        values[f"length {pair} [m]"] = f"{length['configured_m']:.3f}"
        values[f"length residual {pair} [m]"] = f"{length['likeliest_m'] - length['configured_m']:+.3f}"
    for antenna, found in geometry["antennas"].items():
        values[f"deviation of antenna {antenna} [m]"] = ", ".join(f"{metres:+.3f}" for metres in found["deviation_body_m"])
    values.update({f"noise variance factor, {kind}": factor for kind, factor in summary["noise_variance_factors"].items()})
    if geometry["mismatch"]:
        return _status(name, DiagnosticStatus.ERROR, geometry["complaint"] or "the geometry does not match", values)
    return _status(name, DiagnosticStatus.OK, "confirmed" if geometry["confirmed"] else "not yet confirmed", values)


def antenna_status(title: str, name: str, report: FusionReport) -> DiagnosticStatus:
    """Ages of an antenna's last bytes and observations, what its decoder counted, and who else sends under its name."""
    state = report.session.antennas[name]
    age_s, observed_age_s = report.now_s - state.heard_s, report.now_s - state.observed_s
    values = {
        "age [s]": age_s, "age of observations [s]": observed_age_s, "epochs": state.epochs, **state.decoder.counts.by_name,
    }  # fmt: skip
    faults = [*_hearing(age_s, observed_age_s, report.stale_s), *report.rivals.get(name, ())]
    if name in report.session.engine.disputed:
        faults.append(Fault(DiagnosticStatus.ERROR, "two receivers send under this name: not used"))
    level = max((fault.level for fault in faults), default=DiagnosticStatus.OK)
    return _status(title, level, "; ".join(fault.text for fault in faults) or "heard", values)


def _hearing(age_s: float, observed_age_s: float, stale_s: float) -> list[Fault]:
    """What is wrong with the ages [s] of bytes and observations; NaN = never."""
    if math.isnan(age_s):
        return [Fault(DiagnosticStatus.ERROR, "never heard")]
    if age_s > stale_s:
        return [Fault(DiagnosticStatus.ERROR, f"silent for {age_s:.1f} s")]
    if math.isnan(observed_age_s):
        return [Fault(DiagnosticStatus.WARN, "heard, but no observations (RXM-RAWX) yet")]
    if observed_age_s > stale_s:
        return [Fault(DiagnosticStatus.ERROR, f"heard, but no observations (RXM-RAWX) for {observed_age_s:.1f} s")]
    return []


def _status(name: str, level: bytes, message: str, values: Mapping[str, Any]) -> DiagnosticStatus:
    pairs = [KeyValue(key=key, value=_text(value)) for key, value in values.items()]
    return DiagnosticStatus(level=level, name=name, message=message, hardware_id="gnss_gyro", values=pairs)


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
