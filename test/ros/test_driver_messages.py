"""What a driver says, without spinning: levels, words and numbers of its messages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from recordings import recording
from sensor_msgs.msg import NavSatFix
from served_receiver import BEGIN

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.satellites import System
from gnss_gyro.protocols.ubx.configuration_events import ConfigurationOutcome, Finished
from gnss_gyro.protocols.ubx.framing import FrameSplitter
from gnss_gyro.protocols.ubx.identifiers import MON_HW, MON_RF
from gnss_gyro.protocols.ubx.monitor import AntennaMonitor, AntennaState, Jamming, decode_monitor
from gnss_gyro.protocols.ubx.settings import Port
from gnss_gyro.ros.driver_messages import DriverReport, driver_statuses, fix_of_position, raw_of
from gnss_gyro.ros.driver_options import driver_options
from gnss_gyro.ros.own_position import OwnPosition
from gnss_gyro.ros.own_positions import OwnPositions
from gnss_gyro.streams.link_thread import LinkState
from gnss_gyro.streams.statistics import Snapshot

WELL = DriverReport(
    source="/dev/ttyACM0", state=LinkState.UP, reason="", connections=1,
    snapshot=Snapshot(1000, 20, 10, 100.0, 2.0, 1.0, 40.0, 45.0, 9),
    counts={}, configuring=True, configuration=Finished(ConfigurationOutcome.DONE, None, ()), log="", log_problem="",
)  # fmt: skip
GARBAGE = Snapshot(9000, 0, 0, 2000.0, garbage_per_s=1900.0)
SPP_ERROR_M = 10.0


def statuses(**changes: Any) -> dict[str, DiagnosticStatus]:
    return {status.name.split(": ")[1]: status for status in driver_statuses("front", replace(WELL, **changes))}


def test_all_is_well():
    assert [status.level for status in statuses().values()] == [DiagnosticStatus.OK] * 3


@pytest.mark.parametrize(
    ("changes", "which", "level", "words"),
    [
        ({"state": LinkState.WAITING, "reason": "gone"}, "link", DiagnosticStatus.ERROR, "waiting to connect: gone"),
        ({"state": LinkState.FAILED, "reason": "x"}, "receiver", DiagnosticStatus.STALE, "source cannot be used"),
        ({"log_problem": "disk full"}, "link", DiagnosticStatus.ERROR, "disk full"),
        ({"snapshot": Snapshot()}, "receiver", DiagnosticStatus.WARN, "nothing arrives"),
        ({"snapshot": Snapshot(9, 9, 0, 9.0)}, "receiver", DiagnosticStatus.WARN, "RXM-RAWX"),
        ({"snapshot": replace(WELL.snapshot, silent_s=12.3)}, "receiver", DiagnosticStatus.WARN, "(RXM-RAWX) for 12 s"),
        ({"snapshot": GARBAGE}, "receiver", DiagnosticStatus.WARN, "is the baud rate wrong?"),
        ({"snapshot": GARBAGE}, "link", DiagnosticStatus.WARN, "is the baud rate wrong?"),
        ({"snapshot": GARBAGE, "log_problem": "disk full"}, "link", DiagnosticStatus.ERROR, "disk full"),
        ({"snapshot": replace(GARBAGE, garbage_per_s=10.0)}, "receiver", DiagnosticStatus.WARN, "RXM-RAWX"),
        ({"configuration": None}, "configuration", DiagnosticStatus.WARN, "under way"),
        (
            {"configuration": Finished(ConfigurationOutcome.INCOMPLETE, None, ("rate: refused",))}, "configuration",
            DiagnosticStatus.ERROR, "rate: refused",
        ),
        (
            {"snapshot": replace(WELL.snapshot, antenna=AntennaMonitor(AntennaState.OPEN, Jamming.NONE))}, "receiver",
            DiagnosticStatus.ERROR, "no antenna",
        ),
        (
            {"snapshot": replace(WELL.snapshot, antenna=AntennaMonitor(AntennaState.OK, Jamming.CRITICAL))}, "receiver",
            DiagnosticStatus.WARN, "jamming",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(changes: dict[str, Any], which: str, level: bytes, words: str):
    status = statuses(**changes)[which]
    assert status.level == level
    assert words in status.message


def test_antenna_by_both_messages():
    block = bytes([0, 2, 4, 1, *[0] * 20])
    expected = AntennaMonitor(AntennaState.OPEN, Jamming.WARNING)
    assert decode_monitor(MON_RF, bytes([0, 1, 0, 0]) + block) == expected
    hardware = bytearray(60)
    hardware[20], hardware[22] = 4, 2 << 2
    assert decode_monitor(MON_HW, bytes(hardware)) == expected
    assert decode_monitor((1, 7), bytes(92)) is None


def test_raw_is_the_frame():
    assert bytes(raw_of(b"\xb5\x62\x00\xff").data) == b"\xb5\x62\x00\xff"


def test_no_position_says_so():
    nowhere = OwnPosition(BEGIN, np.full(3, np.nan), np.full((3, 3), np.nan), frozenset())
    fix = fix_of_position(nowhere, "antenna")
    assert fix.status.status == -1
    assert np.isnan(fix.latitude)
    assert fix.position_covariance_type == NavSatFix.COVARIANCE_TYPE_UNKNOWN


def test_without_nav_pvt_there_are_single_points():
    """The receiver's own NAV-PVT of the same recording is the authority."""
    data = (recording("f9p_walk") / "gnss_1730.ubx").read_bytes()
    frames = FrameSplitter().feed(data).frames
    own, alone = OwnPositions(), OwnPositions()
    told = [position for frame in frames if (frame[2], frame[3]) == (1, 7) for position in own.feed(frame)]
    made = [position for frame in frames if (frame[2], frame[3]) != (1, 7) for position in alone.feed(frame)]
    known = [position for position in made if np.isfinite(position.geodetic).all()]
    assert len(known) > 5
    difference_m = (known[-1].geodetic - told[-1].geodetic) * np.array([6.4e6, 5.2e6, 1.0])
    assert np.linalg.norm(difference_m[:2]) < SPP_ERROR_M
    assert System.GPS in known[-1].systems


def test_options_become_what_streams_take():
    options = driver_options({"source": "/dev/ttyACM1", "configure.enabled": True, "configure.systems": ["G", "E"]})
    assert options.line_baud_rate is None
    settings = options.settings
    assert settings is not None
    assert settings.port is Port.USB
    assert settings.systems == (System.GPS, System.GALILEO)
    assert settings.baud_rate is None
    assert options.log_rules("front") is None
    assert driver_options({"source": "/dev/ttyUSB0"}).line_baud_rate == 460_800


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "source: missing"),
        ({"source": "COM3"}, "source 'COM3' is not a device"),
        ({"source": "udp://:1", "configure.enabled": True, "configure.outputs": ["NAV-PVX"]}, "an output 'NAV-PVX'"),
        ({"source": "udp://:1", "configure.enabled": True, "configure.signals": ["L2C"]}, "no receiver has a signal 'L2C'"),
        ({"source": "udp://:1", "queue": 1}, "queue: 1 is outside 10..10000"),
        (
            {"source": "file:a.ubx", "playback.loop": True, "playback.start_gps_s": 1e9},
            "playback.loop: not together",
        ),
        ({"source": "udp://:1", "playback.rate": "fast"}, "playback.rate: needs a number"),
    ],
)
def test_options_that_cannot_be_meant(values: dict[str, Any], words: str):
    with pytest.raises(ConfigError, match=words.replace("[", r"\[")):
        driver_options(values)
