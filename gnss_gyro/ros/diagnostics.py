"""What the engine and each antenna have to say, in the engine's own words, as diagnostic_msgs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

from gnss_gyro.basics.arrays import Codes
from gnss_gyro.basics.satellites import satellite_name
from gnss_gyro.engine.solution import PositionKind, Solution
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.ros.session import AntennaState, Session

_LEVELS: Final = {Outcome.FIXED: DiagnosticStatus.OK, Outcome.LENGTH_MISMATCH: DiagnosticStatus.ERROR}
_ANGLES: Final = ("heading", "pitch", "roll")


def statuses_of(node: str, session: Session, last: Solution | None, now_s: float, stale_s: float) -> list[DiagnosticStatus]:
    """One status of the attitude, one of the position, one of the receivers' geometry, one of each antenna."""
    ages_s = {name: now_s - state.heard_s for name, state in session.antennas.items()}
    silent = all(not age_s <= stale_s for age_s in ages_s.values())
    return [
        attitude_status(f"{node}: attitude", last, silent),
        position_status(f"{node}: position", last, silent),
        geometry_status(f"{node}: geometry", session.engine.summary(), session.engine.counts),
        *(antenna_status(f"{node}: antenna {name}", state, ages_s[name], stale_s) for name, state in session.antennas.items()),
    ]


def compiling_status(name: str) -> DiagnosticStatus:
    """What stands in place of the attitude while the node compiles its engine."""
    return _status(name, DiagnosticStatus.WARN, "compiling", {})


def attitude_status(name: str, solution: Solution | None, silent: bool) -> DiagnosticStatus:
    """Outcome of the last epoch with all that explains it."""
    if solution is None:
        return _status(name, DiagnosticStatus.WARN, "no epoch yet", {})
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


def position_status(name: str, solution: Solution | None, silent: bool) -> DiagnosticStatus:
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


def antenna_status(name: str, state: AntennaState, age_s: float, stale_s: float) -> DiagnosticStatus:
    """Age of an antenna's last bytes and what its decoder counted."""
    values = {"age [s]": age_s, "epochs": state.epochs, **state.decoder.counts.by_name}
    if math.isnan(age_s):
        return _status(name, DiagnosticStatus.ERROR, "never heard", values)
    if age_s > stale_s:
        return _status(name, DiagnosticStatus.ERROR, f"silent for {age_s:.1f} s", values)
    return _status(name, DiagnosticStatus.OK if state.epochs else DiagnosticStatus.WARN, _heard(state), values)


def _heard(state: AntennaState) -> str:
    return "heard" if state.epochs else "heard, but no observations (RXM-RAWX) yet"


def _status(name: str, level: bytes, message: str, values: Mapping[str, Any]) -> DiagnosticStatus:
    pairs = [KeyValue(key=key, value=_text(value)) for key, value in values.items()]
    return DiagnosticStatus(level=level, name=name, message=message, hardware_id="gnss_gyro", values=pairs)


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
