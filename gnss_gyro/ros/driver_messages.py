"""What an antenna driver has to say, as ROS messages: pure functions, tested without spinning."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from sensor_msgs.msg import NavSatFix
from std_msgs.msg import UInt8MultiArray

from gnss_gyro.protocols.ubx.configuration_events import ConfigurationOutcome, Finished
from gnss_gyro.protocols.ubx.monitor import AntennaState, Jamming
from gnss_gyro.ros.own_position import OwnPosition
from gnss_gyro.ros.stamps import fix_at, header_of, services_of
from gnss_gyro.streams.link_thread import LinkState
from gnss_gyro.streams.statistics import Snapshot

_LINK_LEVELS: Final = {
    LinkState.UP: DiagnosticStatus.OK, LinkState.ENDED: DiagnosticStatus.OK, LinkState.STOPPED: DiagnosticStatus.WARN,
    LinkState.WAITING: DiagnosticStatus.ERROR, LinkState.FAILED: DiagnosticStatus.ERROR,
}  # fmt: skip
_GARBAGE: Final = "connected, but only garbage arrives: is the baud rate wrong?"


@dataclass(frozen=True, slots=True)
class DriverReport:
    """State of a driver.

    reason        : why the link is not up
    connections   : how often it was opened
    configuration : how the last one ended; None = under way or not wanted
    log           : what the raw log does; '' = there is none
    log_problem   : why it cannot write; '' = all is well
    """

    source: str
    state: LinkState
    reason: str
    connections: int
    snapshot: Snapshot
    counts: Mapping[str, int]
    configuring: bool
    configuration: Finished | None
    log: str
    log_problem: str


def raw_of(frame: bytes) -> UInt8MultiArray:
    """A frame as it is."""
    return UInt8MultiArray(data=array("B", frame))


def fix_of_position(position: OwnPosition, frame_id: str) -> NavSatFix:
    """An antenna's own position; STATUS_NO_FIX with NaN where there is none."""
    known = bool(np.isfinite(position.geodetic).all())
    services = services_of(position.systems) if known else 0
    return fix_at(header_of(position.time, frame_id), position.geodetic, position.cov_enu_m2, services)


def driver_statuses(name: str, report: DriverReport) -> list[DiagnosticStatus]:
    """Status of the link, of what the receiver delivers, and of its configuration where it was wanted."""
    statuses = [link_status(f"{name}: link", report), receiver_status(f"{name}: receiver", report)]
    if report.configuring:
        statuses.append(configuration_status(f"{name}: configuration", report.configuration, report.source))
    return statuses


def link_status(name: str, report: DriverReport) -> DiagnosticStatus:
    """Is the receiver connected, are its bytes in order and kept?"""
    counts = report.counts
    values = {
        "source": report.source, "state": report.state, "reason": report.reason,
        "reconnects": max(report.connections - 1, 0), "bytes/s": report.snapshot.bytes_per_s,
        "bytes": report.snapshot.total_bytes, "frames": report.snapshot.frames,
        "checksum errors": counts.get("checksum errors", 0) + counts.get("RTCM3 checksum errors", 0),
        "garbage bytes": counts.get("garbage bytes", 0), "raw log": report.log, "raw log problem": report.log_problem,
    }  # fmt: skip
    level, message = _LINK_LEVELS[report.state], f"{report.state}: {report.reason}" if report.reason else str(report.state)
    if report.log_problem and level == DiagnosticStatus.OK:
        level, message = DiagnosticStatus.ERROR, report.log_problem
    elif report.state is LinkState.UP and _is_garbage(report.snapshot):
        level, message = DiagnosticStatus.WARN, _GARBAGE
    return _status(name, report.source, level, message, values)


def receiver_status(name: str, report: DriverReport) -> DiagnosticStatus:
    """What comes from the receiver, and how it is with its antenna."""
    snapshot, antenna = report.snapshot, report.snapshot.antenna
    values: dict[str, Any] = {
        "frames/s": snapshot.frames_per_s, "epochs/s": snapshot.epochs_per_s, "epochs": snapshot.epochs,
        "satellites": snapshot.satellites, "C/N0 mean [dB-Hz]": snapshot.cn0_mean_dbhz, "C/N0 max [dB-Hz]": snapshot.cn0_max_dbhz,
        "antenna": antenna.state if antenna else AntennaState.UNKNOWN, "jamming": antenna.jamming if antenna else Jamming.UNKNOWN,
    }  # fmt: skip
    level, message = _receiver_health(report)
    return _status(name, report.source, level, message, values)


def configuration_status(name: str, finished: Finished | None, source: str) -> DiagnosticStatus:
    """How the configuration ended, with everything that failed."""
    if finished is None:
        return _status(name, source, DiagnosticStatus.WARN, "under way", {})
    values = {"receiver": finished.version or "unknown", **{f"problem {i}": text for i, text in enumerate(finished.problems, 1)}}
    level = DiagnosticStatus.OK if finished.outcome is ConfigurationOutcome.DONE else DiagnosticStatus.ERROR
    message = "; ".join([str(finished.outcome), *finished.problems])
    return _status(name, source, level, message, values)


def _receiver_health(report: DriverReport) -> tuple[bytes, str]:
    antenna = report.snapshot.antenna
    if report.state is not LinkState.UP:
        return DiagnosticStatus.STALE, str(report.state)
    if antenna and antenna.state in (AntennaState.SHORT, AntennaState.OPEN):
        return DiagnosticStatus.ERROR, f"antenna: {antenna.state}"
    if report.snapshot.bytes_per_s == 0.0:
        return DiagnosticStatus.WARN, "connected, but nothing arrives"
    if _is_garbage(report.snapshot):
        return DiagnosticStatus.WARN, _GARBAGE
    if report.snapshot.silent_s:
        since = f"{report.snapshot.silent_s:.0f} s"
        return DiagnosticStatus.WARN, f"no observations (RXM-RAWX) for {since}: was the receiver restarted?"
    if report.snapshot.epochs == 0:
        return DiagnosticStatus.WARN, "no observations (RXM-RAWX): is the receiver configured to send them?"
    if antenna and antenna.jamming in (Jamming.WARNING, Jamming.CRITICAL):
        return DiagnosticStatus.WARN, f"jamming: {antenna.jamming}"
    return DiagnosticStatus.OK, "observations arrive"


def _is_garbage(snapshot: Snapshot) -> bool:
    """Whether more than half of the bytes that arrive are nothing known, and no frame is among them."""
    return snapshot.frames_per_s == 0.0 and snapshot.garbage_per_s > 0.5 * snapshot.bytes_per_s


def _status(name: str, source: str, level: bytes, message: str, values: Mapping[str, Any]) -> DiagnosticStatus:
    pairs = [KeyValue(key=key, value=f"{v:.1f}" if isinstance(v, float) else str(v)) for key, v in values.items()]
    return DiagnosticStatus(level=level, name=name, message=message, hardware_id=source, values=pairs)
