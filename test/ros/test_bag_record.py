"""The recorder as a process of its own: all that is published is in the bag, and kill -9 costs only what was not flushed."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from bags import simulated
from rclpy.clock import ClockType
from waiting import wait_for

from gnss_gyro.cli import bag_recorder
from gnss_gyro.cli.console import Screen
from gnss_gyro.cli.main import main
from gnss_gyro.streams import writing_thread
from gnss_gyro.streams.bags import byte_arrays
from gnss_gyro.streams.bags.mcap_writer import McapWriter
from gnss_gyro.streams.bags.metadata import read_metadata
from gnss_gyro.streams.bags.reading import open_bag

std_msgs = pytest.importorskip("std_msgs.msg")
TOPICS = ("/rear/raw", "/front/raw")
PATIENCE_S = 60.0
FLUSH_S = 0.2


@contextmanager
def recorder(domain: int, folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """gnss_gyro bag record; killed if it does not end by itself."""
    environment = {**os.environ, "ROS_DOMAIN_ID": str(domain)}
    command = [sys.executable, "-m", "gnss_gyro.cli.main", "bag", "record", "--output", str(folder), "--flush-s", str(FLUSH_S)]
    process = subprocess.Popen([*command, *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def publishers(ros: Any) -> dict[str, Any]:
    node = ros.node()
    found = {topic: node.create_publisher(std_msgs.UInt8MultiArray, topic, 1000) for topic in TOPICS}
    assert ros.spin_until(lambda: all(p.get_subscription_count() for p in found.values()), PATIENCE_S)
    return found


def publish(ros: Any, found: dict[str, Any], numbers: range) -> None:
    for number in numbers:
        for publisher in found.values():
            publisher.publish(std_msgs.UInt8MultiArray(data=number.to_bytes(2, "little")))
        ros.spin(0.005)


def recorded(folder: Path, topic: str) -> list[int]:
    return [int.from_bytes(byte_arrays.decode(message.data), "little") for message in open_bag(folder).messages([topic])]


def rig(folder: Path) -> Path:
    path = folder / "rig.yaml"
    path.write_text("antennas: {rear: {position_m: [0, 0, 0]}, front: {position_m: [1, 0, 0]}}\n")
    return path


def test_everything_is_recorded_and_ended_in_order(ros: Any, tmp_path: Path):
    folder = tmp_path / "run"
    with recorder(ros.domain, folder, "--config", str(rig(tmp_path)), "--topics", "/words", "--split-s", "1") as process:
        words = ros.node("speaker").create_publisher(std_msgs.String, "/words", 10)
        found = publishers(ros)
        assert ros.spin_until(lambda: words.get_subscription_count() > 0, PATIENCE_S)
        words.publish(std_msgs.String(data="hello"))
        publish(ros, found, range(300))
        assert wait_for(lambda: len(recorded(folder, "/front/raw")) == 300)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (0, "")
    assert "/rear/raw: 300 messages" in out
    for topic in TOPICS:
        assert recorded(folder, topic) == list(range(300))
    about = read_metadata(folder)
    assert about["message_count"] == 601
    assert len(about["files"]) >= 2
    rosbag2 = pytest.importorskip("rosbags.rosbag2")
    from rosbags.typesys import Stores, get_typestore

    with rosbag2.Reader(folder) as reader:
        (connection,) = (c for c in reader.connections if c.topic == "/words")
        assert connection.digest == get_typestore(Stores.ROS2_HUMBLE).hash_rihs01("std_msgs/msg/String")
        assert "string data" in connection.msgdef.data
        assert reader.message_count == 601


def test_kill_9_loses_nothing_that_was_flushed(ros: Any, tmp_path: Path):
    folder = tmp_path / "run"
    with recorder(ros.domain, folder, "--topics", *TOPICS) as process:
        found = publishers(ros)
        publish(ros, found, range(100))
        assert wait_for(lambda: all(len(recorded(folder, topic)) == 100 for topic in TOPICS))
        publish(ros, found, range(100, 110))
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
    assert open_bag(folder).unfinished == ("run_0.mcap",)
    for topic in TOPICS:
        numbers = recorded(folder, topic)
        assert numbers == list(range(len(numbers)))
        assert len(numbers) >= 100


def test_topics_of_other_drivers_are_recorded_and_replayed(ros: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The rig names them; replay finds them again by the same rig."""
    sources = {"rear": "ublox_gps:/gps_1/raw_data_stream", "front": "topic:/gps_2/bytes"}
    places = {"rear": "position_m: [0, 0, 0]", "front": "position_m: [1, 0, 0]"}
    path, folder = tmp_path / "rig.yaml", tmp_path / "run"
    path.write_text("antennas:\n" + "".join(f"  {n}: {{{places[n]}, source: '{s}'}}\n" for n, s in sources.items()))
    streams = simulated(duration_s=5.0)
    with recorder(ros.domain, folder, "--config", str(path)) as process:
        node, topics = ros.node(), {name: source.partition(":")[2] for name, source in sources.items()}
        found = {name: node.create_publisher(std_msgs.UInt8MultiArray, topic, 1000) for name, topic in topics.items()}
        assert ros.spin_until(lambda: all(p.get_subscription_count() for p in found.values()), PATIENCE_S)
        for name, data in streams.items():
            for at in range(0, len(data), 500):
                found[name].publish(std_msgs.UInt8MultiArray(data=data[at : at + 500]))
                ros.spin(0.001)
        whole = {topics[name]: len(range(0, len(data), 500)) for name, data in streams.items()}
        assert wait_for(lambda: all(len(recorded(folder, topic)) == count for topic, count in whole.items()))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert main(["bag", "replay", str(folder), "--config", str(path), "--no-report", "--output", str(tmp_path / "out")]) == 0
    assert "left out" not in capsys.readouterr().err
    assert len((tmp_path / "out" / "solution.csv").read_text().splitlines()) == 6


class Told(Screen):
    """A screen that remembers."""

    def __init__(self) -> None:
        super().__init__(silent=True)
        self.warnings: list[str] = []
        self.lines: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def say(self, text: str) -> None:
        self.lines.append(text)


@contextmanager
def recorder_here(ros: Any, folder: Path) -> Iterator[tuple[Any, Told]]:
    """A recorder of the raw topics in this process."""
    rules, told = bag_recorder.Rules(folder, dict.fromkeys(TOPICS, byte_arrays.TYPE), [], 300.0, 0.02), Told()
    recording = rules.recording()
    try:
        yield ros.add(bag_recorder.Recorder(rules, recording, told, context=ros.context)), told
    finally:
        recording.close()


def test_a_raw_topic_that_stays_empty_is_told_once(ros: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bag_recorder, "_SILENT_S", 1e9)
    with recorder_here(ros, tmp_path / "run") as (node, told):
        publish(ros, publishers(ros), range(1))
        assert ros.spin_until(lambda: all(node.counts.values()))
        node.counts["/front/raw"] = 0
        monkeypatch.setattr(bag_recorder, "_SILENT_S", 0.0)
        assert ros.spin_until(lambda: told.warnings)
        ros.spin(0.5)
    assert told.warnings == ["/front/raw: nothing has come in 0 s"]


def test_a_full_disk_and_its_end_are_told_once(ros: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing_thread, "RETRY_S", 0.05)
    folder = tmp_path / "run"
    with recorder_here(ros, folder) as (node, told):
        found = publishers(ros)
        with monkeypatch.context() as full:
            full.setattr(McapWriter, "_put", no_room)
            publish(ros, found, range(10))
            assert ros.spin_until(lambda: told.warnings)
            ros.spin(0.5)
        assert told.warnings == [f"{folder}: No space left on device: messages are lost until it can be written again"]
        assert ros.spin_until(lambda: told.lines == [f"recording into {folder} again"])
        publish(ros, found, range(10, 20))
        assert ros.spin_until(lambda: set(node.counts.values()) == {20})
    for topic in TOPICS:
        assert recorded(folder, topic)[-10:] == list(range(10, 20))


def no_room(writer: McapWriter, data: bytes) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_the_time_of_the_computer_may_be_set_back(ros: Any, tmp_path: Path):
    with recorder_here(ros, tmp_path / "run") as (node, _):
        assert [timer.clock.clock_type for timer in node.timers] == [ClockType.STEADY_TIME]


def test_duration_ends_it_and_silence_is_told(domain: int, tmp_path: Path):
    with recorder(domain, tmp_path / "run", "--topics", "/rear/raw", "--duration", "0.5") as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3
    assert "nobody published" in err
    assert "bag in" in out
