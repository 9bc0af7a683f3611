"""Other drivers' messages become the same UBX bytes; their message classes are stood in for, the packages being optional."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from fusion_bench import DONE, PAIR, FusionBench, epochs_of, rig_parameters, still
from sensor_msgs.msg import Imu
from std_msgs.msg import UInt8MultiArray

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.protocols.messages import Observations
from gnss_gyro.protocols.ubx.decoder import UbxDecoder
from gnss_gyro.protocols.ubx.rawx_layout import MEASUREMENT
from gnss_gyro.protocols.ubx.ublox_dgnss import rawx_frame, sfrbx_frame
from gnss_gyro.ros.antenna_driver import AntennaDriver
from gnss_gyro.ros.diagnostics import Fault
from gnss_gyro.ros.fusion import FusionNode
from gnss_gyro.ros.inputs import feeds_of, ubx_of_bytes
from gnss_gyro.ros.options import InputKind, InputOptions
from gnss_gyro.ros.publishers import PublisherWatch

NAMES = (
    "pr_mes", "cp_mes", "do_mes", "gnss_id", "sv_id", "sig_id", "freq_id", "locktime", "c_no", "pr_stdev", "cp_stdev", "do_stdev",
)  # fmt: skip


@pytest.fixture(scope="module")
def frames() -> list[bytes]:
    return [frame for epoch in epochs_of(PAIR, still(), 3.0) for name, frame in epoch if name == "rear"]


def as_rawx_message(frame: bytes) -> SimpleNamespace:
    """ublox_ubx_msgs/UBXRxmRawx of a frame, by the field names of its definition."""

    tow_s, week, leap_s, count, status, version = struct.unpack_from("<dHbBBB", frame, 6)
    rows = np.frombuffer(frame[22:-2], MEASUREMENT)
    measured = [
        SimpleNamespace(
            **dict(zip(NAMES, row.tolist()[:12], strict=True)),
            trk_stat=SimpleNamespace(
                pr_valid=bool(row["status"] & 1), cp_valid=bool(row["status"] & 2), half_cyc=bool(row["status"] & 4),
                sub_half_cyc=bool(row["status"] & 8),
            ),
        )
        for row in rows
    ]  # fmt: skip
    assert len(measured) == count
    return SimpleNamespace(
        rcv_tow=tow_s, week=week, leap_s=leap_s, num_meas=count, version=version, rawx_data=measured,
        rec_stat=SimpleNamespace(leap_sec=bool(status & 1), clk_reset=bool(status & 2)),
    )  # fmt: skip


def as_sfrbx_message(frame: bytes) -> SimpleNamespace:
    gnss, number, signal, channel, count, tracking, version = frame[6:13]
    words = [int.from_bytes(frame[14 + 4 * i : 18 + 4 * i], "little") for i in range(count)]
    return SimpleNamespace(
        gnss_id=gnss, sv_id=number, sig_id=signal, freq_id=channel, num_words=count, chn=tracking, version=version, dwrd=words
    )


def test_rawx_messages_are_the_frame_again(frames) -> None:
    rawx = [frame for frame in frames if frame[2:4] == b"\x02\x15"]
    assert rawx
    for frame in rawx:
        again = rawx_frame(as_rawx_message(frame))
        assert again == frame
        assert isinstance(UbxDecoder().feed(again)[0], Observations)


def test_sfrbx_messages_are_the_frame_again(frames) -> None:
    sfrbx = [frame for frame in frames if frame[2:4] == b"\x02\x13"]
    assert sfrbx
    assert [sfrbx_frame(as_sfrbx_message(frame)) for frame in sfrbx] == sfrbx


def test_streams_may_come_in_any_pieces(frames) -> None:
    stream = b"".join(frames)
    whole, pieces = UbxDecoder(), UbxDecoder()
    whole.feed(stream)
    for start in range(0, len(stream), 97):
        pieces.feed(ubx_of_bytes(SimpleNamespace(data=stream[start : start + 97])))
    assert pieces.counts.by_name == whole.counts.by_name


def test_topics_by_driver() -> None:
    assert [feed.topic for feed in feeds_of("rear", InputOptions())] == ["rear/raw"]
    assert [feed.topic for feed in feeds_of("rear", InputOptions(InputKind.RAW_DATA_STREAM))] == ["rear/raw_data_stream"]
    assert [feed.topic for feed in feeds_of("rear", InputOptions(topic="/roof/bytes"))] == ["/roof/bytes"]


def test_a_driver_whose_messages_are_missing_is_named() -> None:
    try:
        import ublox_ubx_msgs  # noqa: F401
    except ImportError:
        with pytest.raises(ConfigError, match=r"antennas\.rear\.input.*ublox_ubx_msgs.*not installed"):
            feeds_of("rear", InputOptions(InputKind.UBLOX_DGNSS))
    else:
        topics = [feed.topic for feed in feeds_of("rear", InputOptions(InputKind.UBLOX_DGNSS))]
        assert topics == ["rear/ubx_rxm_rawx", "rear/ubx_rxm_sfrbx"]


def test_another_drivers_stream_feeds_the_node(ros) -> None:
    """ublox_gps publishes whatever its serial port gave, on a topic of its own name; one antenna each way."""
    parameters = rig_parameters(PAIR, antennas__rear__input="raw_data_stream", antennas__rear__topic="/gps/raw_data_stream")
    bench = FusionBench(ros, **parameters).start()
    ours = bench.peer.create_publisher(UInt8MultiArray, "/front/raw", 1000)
    theirs = bench.peer.create_publisher(UInt8MultiArray, "/gps/raw_data_stream", 1000)
    assert ros.spin_until(lambda: ours.get_subscription_count() and theirs.get_subscription_count())
    for number, epoch in enumerate(epochs_of(PAIR, still(1.0), 8.0), 1):
        stream = b"".join(frame for name, frame in epoch if name == "rear")
        for start in range(0, len(stream), 101):
            theirs.publish(UInt8MultiArray(data=stream[start : start + 101]))
        for frame in (frame for name, frame in epoch if name == "front"):
            ours.publish(UInt8MultiArray(data=frame))
        assert len(bench.hear("fix", number)) == number
    assert bench.hear("heading", 1)


def test_a_node_in_a_namespace_listens_and_speaks_there(ros) -> None:
    """As PushRosNamespace and `-r __ns:=/robot1` have it; drivers publish their `~/raw` in the same namespace."""
    node = ros.add(FusionNode(namespace="/robot1", **ros.kwargs(**rig_parameters(PAIR))))
    assert node.trigger_configure() == node.trigger_activate() == DONE
    drivers = [ros.add(AntennaDriver(name, namespace="/robot1", **ros.kwargs(source="tcp://127.0.0.1:9"))) for name in PAIR]
    assert all(driver.trigger_configure() == DONE for driver in drivers)
    assert all(ros.spin_until(lambda driver=driver: driver._raw.get_subscription_count() == 1) for driver in drivers)
    peer, headings, statuses = ros.node("peer"), [], []
    peer.create_subscription(Imu, "/robot1/heading", headings.append, 10)
    peer.create_subscription(DiagnosticArray, "/diagnostics", lambda heard: statuses.extend(heard.status), 10)
    feeders = {name: peer.create_publisher(UInt8MultiArray, f"/robot1/{name}/raw", 1000) for name in PAIR}
    assert ros.spin_until(lambda: all(feeder.get_subscription_count() for feeder in feeders.values()))
    for name, frame in (named for epoch in epochs_of(PAIR, still(1.0), 8.0) for named in epoch):
        feeders[name].publish(UInt8MultiArray(data=frame))
    assert ros.spin_until(lambda: headings and statuses)
    assert {status.name.partition(":")[0] for status in statuses} == {"robot1/fusion"}


def test_a_second_publisher_is_an_error_once_it_cannot_be_a_killed_one() -> None:
    watch, two = PublisherWatch(), ["/robot2/rear", "/rear"]
    assert watch.look("/rear/raw", ["/rear"], 0.0) == []
    text = "two nodes publish /rear/raw: /rear, /robot2/rear"
    assert watch.look("/rear/raw", two, 1.0) == [Fault(DiagnosticStatus.WARN, text)]
    assert watch.look("/rear/raw", two, 30.9) == [Fault(DiagnosticStatus.WARN, text)]
    assert watch.look("/rear/raw", two, 31.0) == [Fault(DiagnosticStatus.ERROR, text)]
    assert watch.look("/rear/raw", ["/rear"], 32.0) == []
    assert watch.look("/rear/raw", two, 33.0)[0].level == DiagnosticStatus.WARN


def test_diagnostics_name_the_nodes_that_publish_for_one_antenna(ros, monkeypatch) -> None:
    monkeypatch.setattr("gnss_gyro.ros.publishers.LINGER_S", 0.0)
    bench = FusionBench(ros, **rig_parameters(PAIR)).start().feed(epochs_of(PAIR, still(1.0), 3.0))
    others = ros.node("rear")
    others.create_publisher(UInt8MultiArray, "/rear/raw", 10)
    named = "two nodes publish /rear/raw: /peer, /rear"
    assert ros.spin_until(lambda: named in bench.status("antenna rear").message)
    assert bench.status("antenna rear").level == DiagnosticStatus.ERROR
    assert "publish" not in bench.status("antenna front").message
