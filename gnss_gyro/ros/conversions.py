"""Solutions as ROS messages: pure functions, tested without spinning.

REP-103 (east-north-up, yaw 0 = east, counter-clockwise), REP-105 (map, base_link), REP-145 (Imu). Stamps are the time of
measurement in UTC. Every number goes through float(): newer distributions do not check what a field is given.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from geometry_msgs.msg import (
    Point,
    Pose,
    PoseStamped,
    PoseWithCovarianceStamped,
    Quaternion,
    QuaternionStamped,
    TwistWithCovarianceStamped,
    Vector3,
)
from nav_msgs.msg import Odometry
from sensor_msgs.msg import Imu, NavSatFix

from gnss_gyro.attitude.angles import ros_orientation
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import geodetic_from_ecef
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.solution import Solution
from gnss_gyro.ros.placement import BodyPose, BodyVelocity, LocalMap, is_validated, rpy_covariance
from gnss_gyro.ros.stamps import fix_at, header_of

UNKNOWN_VARIANCE: Final = 1e6
"""Of what is not measured where a message has no word for that: consumers give it no weight."""


def quaternion_of(target_from_body: Floats) -> Quaternion:
    """A rotation (3, 3) as a quaternion."""
    x, y, z, w = ros_orientation(target_from_body)
    return Quaternion(x=x, y=y, z=z, w=w)


def point_of(position_m: Floats) -> Point:
    """A position (3,) [m] as a point."""
    return Point(**dict(zip("xyz", _floats(position_m), strict=True)))


def vector_of(vector: Floats) -> Vector3:
    """A vector (3,)."""
    return Vector3(**dict(zip("xyz", _floats(vector), strict=True)))


def fix_of(solution: Solution, antenna_frame: str, services: int) -> NavSatFix:
    """Position of the reference antenna; STATUS_NO_FIX with NaN where there is none."""
    known = np.isfinite(solution.position_ecef_m).all()
    geodetic = geodetic_from_ecef(solution.position_ecef_m) if known else np.full(3, np.nan)
    return fix_at(header_of(solution.time, antenna_frame), geodetic, solution.position_cov_enu_m2, services)


def heading_of(solution: Solution, base_frame: str) -> Imu | None:
    """Orientation of base_link in the east, north, up of the place; None while not validated."""
    attitude = solution.attitude
    if attitude is None or not is_validated(solution):
        return None
    message = Imu(header=header_of(solution.time, base_frame), orientation=quaternion_of(attitude.enu_from_body))
    message.orientation_covariance = _floats(rpy_covariance(attitude.angle_cov))
    message.angular_velocity_covariance = message.linear_acceleration_covariance = [-1.0, *[0.0] * 8]
    return message


def attitude_of_body(pose: BodyPose, time: GpsTime, map_frame: str) -> QuaternionStamped:
    """Orientation of base_link in the axes of the map."""
    return QuaternionStamped(header=header_of(time, map_frame), quaternion=quaternion_of(pose.map_from_body))


def pose_of(pose: BodyPose) -> Pose:
    """Position and orientation in the map."""
    return Pose(position=point_of(pose.position_m), orientation=quaternion_of(pose.map_from_body))


def pose_stamped_of(pose: BodyPose, time: GpsTime, map_frame: str) -> PoseStamped:
    """One point of the path."""
    return PoseStamped(header=header_of(time, map_frame), pose=pose_of(pose))


def pose_with_covariance_of(pose: BodyPose, time: GpsTime, map_frame: str) -> PoseWithCovarianceStamped:
    """Pose of base_link in the map, with covariance."""
    message = PoseWithCovarianceStamped(header=header_of(time, map_frame))
    message.pose.pose = pose_of(pose)
    message.pose.covariance = _floats(pose.covariance)
    return message


def velocity_of(solution: Solution, local_map: LocalMap, map_frame: str) -> TwistWithCovarianceStamped | None:
    """Velocity of the reference antenna in the axes of the map; angular velocity is not measured. None where unknown."""
    if not np.isfinite(solution.velocity_enu_mps).all():
        return None
    map_from_enu = local_map.axes(solution.position_ecef_m)
    message = TwistWithCovarianceStamped(header=header_of(solution.time, map_frame))
    message.twist.twist.linear = vector_of(map_from_enu @ solution.velocity_enu_mps)
    message.twist.covariance = _twist_covariance(map_from_enu @ solution.velocity_cov_enu @ map_from_enu.T)
    return message


def odometry_of(solution: Solution, pose: BodyPose, moving: BodyVelocity, map_frame: str, base_frame: str) -> Odometry:
    """Pose in the map, and velocity of base_link in its own axes as nav_msgs has it."""
    message = Odometry(header=header_of(solution.time, map_frame), child_frame_id=base_frame)
    message.pose.pose = pose_of(pose)
    message.pose.covariance = _floats(pose.covariance)
    if np.isfinite(moving.velocity_mps).all():
        message.twist.twist.linear = vector_of(moving.velocity_mps)
    message.twist.covariance = _twist_covariance(moving.covariance)
    return message


def _twist_covariance(velocity_cov: Floats) -> list[float]:
    covariance = UNKNOWN_VARIANCE * np.eye(6)
    if np.isfinite(velocity_cov).all():
        covariance[:3, :3] = velocity_cov
    return _floats(covariance)


def _floats(values: Floats) -> list[float]:
    """Plain Python floats, row by row."""
    flat: list[float] = np.asarray(values, float).ravel().tolist()
    return flat
