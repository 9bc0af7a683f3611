"""The fusion node as a process of its own: starts by itself, publishes, ends cleanly, goes on after a restart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fusion_bench import PAIR, epochs_of, still
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Imu
from std_msgs.msg import UInt8MultiArray

RIG = "antennas:\n" + "".join(f"  {name}: {{position_m: {list(place)}}}\n" for name, place in PAIR.items())
PATIENCE_S = 60.0
COMMAND = "from gnss_gyro.ros.fusion import main; main()"


@contextmanager
def fusion(domain: int, folder: Path, *more: str, name: str = "fusion") -> Iterator[subprocess.Popen]:
    rig = folder / "rig.yaml"
    rig.write_text(RIG, encoding="utf-8")
    given = [word for text in (f"config_file:={rig}", "warm_up:=false", *more) for word in ("-p", text)]
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "--ros-args", "-r", f"__node:={name}", *given],
        env={**os.environ, "ROS_DOMAIN_ID": str(domain)}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


class Robot:
    """Two receivers and someone who wants the heading."""

    def __init__(self, ros) -> None:
        self.ros, self.peer = ros, ros.node("robot")
        self.headings: list[Imu] = []
        self.peer.create_subscription(Imu, "heading", self.headings.append, QoSProfile(depth=100))
        self.raw = {name: self.peer.create_publisher(UInt8MultiArray, f"/{name}/raw", 1000) for name in PAIR}

    def heard(self, by: str = "fusion") -> bool:
        """Whether a node of this name listens; one that was killed is still counted for a while."""
        listening = [self.peer.get_subscriptions_info_by_topic(publisher.topic_name) for publisher in self.raw.values()]
        known = all(by in {endpoint.node_name for endpoint in endpoints} for endpoints in listening)
        return known and all(publisher.get_subscription_count() for publisher in self.raw.values())

    def drive(self, epochs) -> None:
        for frames in epochs:
            for name, frame in frames:
                self.raw[name].publish(UInt8MultiArray(data=frame))
            self.ros.spin(0.05)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_by_itself_and_ends_cleanly(ros, tmp_path, end) -> None:
    robot = Robot(ros)
    with fusion(ros.domain, tmp_path) as process:
        assert ros.spin_until(robot.heard, PATIENCE_S)
        robot.drive(epochs_of(PAIR, still(1.0), 10.0))
        assert ros.spin_until(lambda: robot.headings, PATIENCE_S)
        process.send_signal(end)
        process.send_signal(end)
        code, said = process.wait(PATIENCE_S), process.stderr.read()
        assert (code, "Traceback" in said) == (0, False), said


def test_after_a_kill_the_next_one_goes_on(ros, tmp_path) -> None:
    """Ephemerides are broadcast anew within half a minute; then the heading is back without anyone's help."""
    robot, epochs = Robot(ros), epochs_of(PAIR, still(1.0), 90.0)
    with fusion(ros.domain, tmp_path) as process:
        assert ros.spin_until(robot.heard, PATIENCE_S)
        robot.drive(epochs[:15])
        assert ros.spin_until(lambda: robot.headings, PATIENCE_S)
        process.kill()
        process.wait(PATIENCE_S)
    robot.headings.clear()
    with fusion(ros.domain, tmp_path, name="next"):
        assert ros.spin_until(lambda: robot.heard("next"), PATIENCE_S)
        robot.drive(epochs[15:])
        assert ros.spin_until(lambda: robot.headings, PATIENCE_S)


def test_it_waits_for_a_lifecycle_manager_when_told_so(ros, tmp_path) -> None:
    robot = Robot(ros)
    with fusion(ros.domain, tmp_path, "autostart:=false") as process:
        assert ros.spin_until(lambda: ("fusion", "/") in robot.peer.get_node_names_and_namespaces(), PATIENCE_S)
        ros.spin(0.5)
        assert not robot.heard()
        assert process.poll() is None
