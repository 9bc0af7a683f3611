"""Transforms: map -> base_link with every pose, the antennas as static frames.

A small broadcaster of our own, since tf2_ros pulls in C++ that robots have and newcomers do not. Without tf2_msgs nothing is
broadcast, and the log says so once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Transform, TransformStamped
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Header

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.config import EngineConfig
from gnss_gyro.ros.conversions import quaternion_of, vector_of
from gnss_gyro.ros.placement import BodyPose
from gnss_gyro.ros.stamps import header_of

try:
    from tf2_msgs.msg import TFMessage
except ImportError:
    TFMessage = None


def transform_of(pose: BodyPose, time: GpsTime, map_frame: str, base_frame: str) -> TransformStamped:
    """map_frame -> base_frame."""
    return _transform(header_of(time, map_frame), base_frame, pose.position_m, pose.map_from_body)


def antenna_transforms(config: EngineConfig, stamp: Time, base_frame: str) -> list[TransformStamped]:
    """base_frame -> each antenna's phase centre, with the axes of the body."""
    array = config.array
    if array is None:
        return []
    header = Header(stamp=stamp, frame_id=base_frame)
    places = zip(config.antennas, array.position_body_m, strict=True)
    return [_transform(header, antenna.frame, place, np.eye(3)) for antenna, place in places]


class TransformBroadcaster:
    """Publishes transforms on /tf and /tf_static, where tf2_msgs is installed."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._moving: Any = None
        self._static: Any = None
        if TFMessage is None:
            node.get_logger().warning("no TF is broadcast: tf2_msgs is not installed (apt install ros-$ROS_DISTRO-tf2-msgs)")
            return
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._moving = node.create_publisher(TFMessage, "/tf", QoSProfile(depth=100))
        self._static = node.create_publisher(TFMessage, "/tf_static", latched)

    def send(self, transforms: list[TransformStamped]) -> None:
        """Transforms that change."""
        if self._moving is not None:
            self._moving.publish(TFMessage(transforms=transforms))

    def send_static(self, transforms: list[TransformStamped]) -> None:
        """All transforms that stay; each call replaces the last."""
        if self._static is not None:
            self._static.publish(TFMessage(transforms=transforms))

    def close(self) -> None:
        """Withdraw both topics."""
        for publisher in (self._moving, self._static):
            if publisher is not None:
                self._node.destroy_publisher(publisher)
        self._moving = self._static = None


def _transform(header: Header, child: str, translation_m: Floats, parent_from_child: Floats) -> TransformStamped:
    motion = Transform(translation=vector_of(translation_m), rotation=quaternion_of(parent_from_child))
    return TransformStamped(header=header, child_frame_id=child, transform=motion)
