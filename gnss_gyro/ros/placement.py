"""The body in a local map: plain geometry between a Solution and the messages that carry it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.attitude.angles import FREE_VARIANCE_RAD2
from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef, enu_from_ecef_at, geodetic_from_ecef
from gnss_gyro.basics.rotations import skew
from gnss_gyro.engine.solution import Solution

_RPY_FROM_HPR: Final = np.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [-1.0, 0.0, 0.0]])
"""d(roll, pitch, yaw of ROS) / d(heading, pitch, roll): pitch is positive nose down there, yaw counter-clockwise from east."""


class LocalMap:
    """East, north, up [m] in the tangent plane of an origin: latitude [rad], longitude [rad], ellipsoidal height [m]."""

    def __init__(self, origin_geodetic: Floats) -> None:
        self.origin_geodetic = np.asarray(origin_geodetic, float)
        self._origin_ecef_m = ecef_from_geodetic(self.origin_geodetic)
        self._map_from_ecef = enu_from_ecef(float(self.origin_geodetic[0]), float(self.origin_geodetic[1]))

    @classmethod
    def at(cls, position_ecef_m: Floats) -> LocalMap:
        """A map whose origin is an ECEF position (3,) [m]."""
        return cls(geodetic_from_ecef(position_ecef_m))

    def position_m(self, position_ecef_m: Floats) -> Floats:
        """Map coordinates (3,) of an ECEF position (3,) [m]."""
        return np.asarray(self._map_from_ecef @ (position_ecef_m - self._origin_ecef_m))

    def distance_m(self, position_ecef_m: Floats) -> float:
        """From the origin to an ECEF position (3,) [m], through the Earth."""
        return float(np.linalg.norm(position_ecef_m - self._origin_ecef_m))

    def axes(self, position_ecef_m: Floats) -> Floats:
        """Rotation (3, 3) map_from_enu: the east, north and up of a place in the axes of the map."""
        return np.asarray(self._map_from_ecef @ enu_from_ecef_at(position_ecef_m).T)


@dataclass(frozen=True, slots=True)
class BodyVelocity:
    """How base_link moves, in its own axes.

    velocity_mps : (3,); NaN = not known
    covariance   : (3, 3) [m^2/s^2]; NaN = not known
    """

    velocity_mps: Floats
    covariance: Floats


@dataclass(frozen=True, slots=True)
class BodyPose:
    """Where base_link is in the map.

    position_m    : (3,) [m]
    map_from_body : (3, 3)
    covariance    : (6, 6) of x, y, z [m^2] and of roll, pitch, yaw about fixed axes [rad^2], as PoseWithCovariance has it
    """

    position_m: Floats
    map_from_body: Floats
    covariance: Floats


def is_validated(solution: Solution) -> bool:
    """Does the solution carry an attitude whose heading may be shown to a robot?"""
    return solution.attitude is not None and bool(np.isfinite(solution.attitude.angles[0]))


def rpy_covariance(angle_cov: Floats) -> Floats:
    """Covariance (3, 3) of roll, pitch, yaw about fixed axes (REP-103) [rad^2] from that of heading, pitch, roll.

    An angle that is not observable (NaN) gets the variance of an even distribution over the circle, uncorrelated.
    """
    unknown = np.isnan(np.diag(angle_cov))
    known = np.where(unknown[:, None] | unknown[None, :], 0.0, angle_cov) + np.diag(np.where(unknown, FREE_VARIANCE_RAD2, 0.0))
    return np.asarray(_RPY_FROM_HPR @ known @ _RPY_FROM_HPR.T)


def body_pose(solution: Solution, array: AntennaArray, local_map: LocalMap) -> BodyPose | None:
    """The pose of base_link; None without a validated attitude or a position: base_link cannot be placed then."""
    attitude = solution.attitude
    if attitude is None or not is_validated(solution) or not np.isfinite(solution.position_ecef_m).all():
        return None
    map_from_enu = local_map.axes(solution.position_ecef_m)
    arm_enu_m = attitude.enu_from_body @ array.position_body_m[array.index(solution.reference)]
    turning = skew(arm_enu_m)
    position_cov = solution.position_cov_enu_m2 + turning @ attitude.rotation_cov @ turning.T
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = map_from_enu @ position_cov @ map_from_enu.T
    covariance[3:, 3:] = rpy_covariance(attitude.angle_cov)
    position_m = local_map.position_m(solution.position_ecef_m) - map_from_enu @ arm_enu_m
    return BodyPose(position_m, map_from_enu @ attitude.enu_from_body, covariance)


def body_velocity(solution: Solution, array: AntennaArray) -> BodyVelocity:
    """The velocity of base_link: that of the antenna without what turning about base_link adds, omega x arm.

    Not known without a validated attitude, or where the antenna is not at base_link and the angular rate is not known.
    """
    attitude = solution.attitude
    if attitude is None or not is_validated(solution):
        return BodyVelocity(np.full(3, np.nan), np.full((3, 3), np.nan))
    body_from_enu = attitude.enu_from_body.T
    velocity_mps = body_from_enu @ solution.velocity_enu_mps
    covariance = body_from_enu @ solution.velocity_cov_enu @ body_from_enu.T
    arm_m = array.position_body_m[array.index(solution.reference)] if solution.reference else np.zeros(3)
    if not arm_m.any():
        return BodyVelocity(velocity_mps, covariance)
    crossing = skew(arm_m)
    return BodyVelocity(velocity_mps + crossing @ attitude.rate_body, covariance + crossing @ attitude.rate_cov @ crossing.T)
