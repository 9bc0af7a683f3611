"""The recorder as a process of its own: all that is published is in the bag, and kill -9 costs only what was not flushed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gnss_gyro.streams.bags import byte_arrays
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


def wait_for(condition: Callable[[], bool], seconds: float = PATIENCE_S) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


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


def test_duration_ends_it_and_silence_is_told(domain: int, tmp_path: Path):
    with recorder(domain, tmp_path / "run", "--topics", "/rear/raw", "--duration", "0.5") as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3
    assert "nobody published" in err
    assert "bag in" in out
