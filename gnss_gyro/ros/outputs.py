"""The topics of the fusion node: one Solution in, all its messages out."""

from __future__ import annotations

from collections import deque

import numpy as np
from geometry_msgs.msg import (
    PoseStamped,
    PoseWithCovarianceStamped,
    QuaternionStamped,
    TwistWithCovarianceStamped,
)
from nav_msgs.msg import Odometry, Path
from rclpy.lifecycle import LifecycleNode
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import Imu, NavSatFix
from visualization_msgs.msg import MarkerArray

from gnss_gyro.engine.config import EngineConfig
from gnss_gyro.engine.solution import Solution
from gnss_gyro.ros.conversions import (
    attitude_of_body,
    fix_of,
    heading_of,
    odometry_of,
    pose_stamped_of,
    pose_with_covariance_of,
    velocity_of,
)
from gnss_gyro.ros.markers import markers_of
from gnss_gyro.ros.options import FusionOptions
from gnss_gyro.ros.placement import BodyPose, LocalMap, body_pose, body_velocity
from gnss_gyro.ros.stamps import services_of
from gnss_gyro.ros.transforms import TransformBroadcaster, antenna_transforms, transform_of

TOPICS = {
    "fix": NavSatFix,
    "heading": Imu,
    "attitude": QuaternionStamped,
    "pose": PoseWithCovarianceStamped,
    "velocity": TwistWithCovarianceStamped,
    "odometry": Odometry,
    "path": Path,
    "markers": MarkerArray,
}
"""Everything published besides TF and /diagnostics, with its type."""
_DEPTH = 10
_FARTHEST_M = 100e3
"""A datum farther away is a mistake, latitude and longitude interchanged; the map's axes are a degree off there by then."""


class Outputs:
    """Publishes solutions; nothing that needs an attitude goes out while there is no validated one."""

    def __init__(self, node: LifecycleNode, config: EngineConfig, options: FusionOptions) -> None:
        array = config.array
        assert array is not None, "the engine has refused a rig without a geometry"
        self._node, self._config, self._options, self._array = node, config, options, array
        self._frames = {antenna.name: antenna.frame for antenna in config.antennas}
        self._services = services_of(config.gnss.systems)
        self._map = LocalMap(np.array([*np.radians(options.datum[:2]), options.datum[2]])) if options.datum else None
        self._away_m = 0.0
        self._points: deque[PoseStamped] = deque(maxlen=options.path_length)
        self._path_sent_s = -1
        overridable = QoSOverridingOptions.with_default_policies()
        self._publishers = {
            topic: node.create_lifecycle_publisher(kind, topic, _DEPTH, qos_overriding_options=overridable)
            for topic, kind in TOPICS.items()
        }
        self._transforms = TransformBroadcaster(node)

    @property
    def local_map(self) -> LocalMap | None:
        """The map once it has an origin."""
        return self._map

    @property
    def misplaced(self) -> str:
        """Why nothing is published in the map: the last position was too far from the datum; "" = it was not."""
        if not self._options.datum or self._away_m <= _FARTHEST_M:
            return ""
        return f"the datum is {self._away_m * 1e-3:.0f} km away: nothing is published in the map (latitude comes first)"

    def introduce(self) -> None:
        """Tell where the antennas sit."""
        stamp = self._node.get_clock().now().to_msg()
        self._transforms.send_static(antenna_transforms(self._config, stamp, self._options.base_frame))

    def publish(self, solution: Solution) -> None:
        """All that a solution allows to say."""
        frames, time = self._options, solution.time
        self._send("fix", fix_of(solution, self._frames.get(solution.reference, frames.base_frame), self._services))
        heading = heading_of(solution, frames.base_frame)
        if heading is not None:
            self._send("heading", heading)
        local_map = self._map_for(solution)
        if local_map is None:
            return
        velocity = velocity_of(solution, local_map, frames.map_frame)
        if velocity is not None:
            self._send("velocity", velocity)
        pose = body_pose(solution, self._array, local_map)
        if pose is not None:
            self._send("attitude", attitude_of_body(pose, time, frames.map_frame))
            self._send("pose", pose_with_covariance_of(pose, time, frames.map_frame))
            moving = body_velocity(solution, self._array)
            self._send("odometry", odometry_of(solution, pose, moving, frames.map_frame, frames.base_frame))
            self._extend_path(pose_stamped_of(pose, time, frames.map_frame))
            if frames.publish_tf:
                self._transforms.send([transform_of(pose, time, frames.map_frame, frames.base_frame)])
        self._mark(solution, pose, local_map)

    def close(self) -> None:
        """Withdraw all topics."""
        for publisher in self._publishers.values():
            self._node.destroy_lifecycle_publisher(publisher)
        self._publishers.clear()
        self._transforms.close()

    def _send(self, topic: str, message: object) -> None:
        self._publishers[topic].publish(message)

    def _map_for(self, solution: Solution) -> LocalMap | None:
        if not np.isfinite(solution.position_ecef_m).all():
            return None
        if self._map is None:
            self._map = LocalMap.at(solution.position_ecef_m)
        self._away_m = self._map.distance_m(solution.position_ecef_m)
        return None if self.misplaced else self._map

    def _extend_path(self, point: PoseStamped) -> None:
        """A point for each step; the whole path goes out at most once a second, being long."""
        if self._points and _distance_m(self._points[-1], point) < self._options.path_step_m:
            return
        self._points.append(point)
        if point.header.stamp.sec != self._path_sent_s and self._publishers["path"].get_subscription_count():
            self._path_sent_s = point.header.stamp.sec
            self._send("path", Path(header=point.header, poses=list(self._points)))

    def _mark(self, solution: Solution, pose: BodyPose | None, local_map: LocalMap) -> None:
        if self._publishers["markers"].get_subscription_count():
            self._send("markers", markers_of(solution, pose, self._array, local_map, self._options.map_frame))


def _distance_m(a: PoseStamped, b: PoseStamped) -> float:
    p, q = a.pose.position, b.pose.position
    return float(np.hypot(np.hypot(p.x - q.x, p.y - q.y), p.z - q.z))
