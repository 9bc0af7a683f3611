"""/clock of a replay: the time of the epochs as they are played, for nodes with use_sim_time."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from std_msgs.msg import UInt8MultiArray

from gnss_gyro.ros.running import run_plain
from gnss_gyro.ros.stamps import has_stamp, stamp_of
from gnss_gyro.streams.playback import epoch_time


class ReplayClock(Node):
    """Publishes the time of each RXM-RAWX that comes on the topic in the parameter `topic`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__("replay_clock", **kwargs)
        topic = str(self.declare_parameter("topic", "").value)
        self._ticks = self.create_publisher(Clock, "/clock", 10)
        if topic:
            self.create_subscription(UInt8MultiArray, topic, self._take, 100)

    def _take(self, message: UInt8MultiArray) -> None:
        time = epoch_time(bytes(message.data))
        if time is not None and has_stamp(time):
            self._ticks.publish(Clock(clock=stamp_of(time)))


def main() -> None:
    """Entry point of `ros2 run gnss_gyro replay_clock`."""
    run_plain(ReplayClock)
