"""Where the body is and how it is turned: the truth of a simulation, with exact derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef, geodetic_from_ecef
from gnss_gyro.simulation.motion import STILL, Motion


@dataclass(frozen=True, slots=True)
class BodyStates:
    """States of the body at n times.

    position_ecef_m   : (n, 3) of the body origin [m]
    velocity_ecef_mps : (n, 3) its derivative [m/s]
    ecef_from_body    : (n, 3, 3) rotation
    rate_body_rps     : (n, 3) angular rate against the Earth, in body axes [rad/s]
    enu_from_ecef     : (n, 3, 3) local axes at the position
    """

    position_ecef_m: Floats
    velocity_ecef_mps: Floats
    ecef_from_body: Floats
    rate_body_rps: Floats
    enu_from_ecef: Floats

    def __len__(self) -> int:
        return len(self.position_ecef_m)

    @property
    def enu_from_body(self) -> Floats:
        """(n, 3, 3) attitude in the local axes at the position."""
        return self.enu_from_ecef @ self.ecef_from_body

    def take(self, rows: Ints | Bools | slice) -> BodyStates:
        """Some of the times."""
        return BodyStates(
            self.position_ecef_m[rows], self.velocity_ecef_mps[rows], self.ecef_from_body[rows],
            self.rate_body_rps[rows], self.enu_from_ecef[rows],
        )  # fmt: skip

    def point(self, position_body_m: Floats) -> tuple[Floats, Floats]:
        """ECEF position [m] and velocity [m/s], both (n, 3), of a point (3,) fixed to the body."""
        swing = np.cross(self.rate_body_rps, position_body_m)
        position = self.position_ecef_m + self.ecef_from_body @ position_body_m
        return position, self.velocity_ecef_mps + np.einsum("nij,nj->ni", self.ecef_from_body, swing)


class Trajectory(Protocol):
    """The truth: a function of the time since the start of the simulation."""

    def at(self, time_s: Floats) -> BodyStates:
        """States at times (n,) [s]."""
        ...


@dataclass(frozen=True, slots=True)
class LocalTrajectory:
    """Motion in the tangent plane of an origin: east, north, up [m] and heading, pitch, roll [rad].

    origin : (3,) latitude [rad], longitude [rad], ellipsoidal height [m]

    Angles refer to the axes at the origin; BodyStates.enu_from_body to those of the place itself. No angle is limited.
    """

    origin: Floats
    east: Motion = STILL
    north: Motion = STILL
    up: Motion = STILL
    heading: Motion = STILL
    pitch: Motion = STILL
    roll: Motion = STILL

    def at(self, time_s: Floats) -> BodyStates:
        """States at times (n,) [s] since the start."""
        time_s = np.asarray(time_s, float)
        local = [axis(time_s) for axis in (self.east, self.north, self.up)]
        angles = [angle(time_s) for angle in (self.heading, self.pitch, self.roll)]
        ecef_from_local = enu_from_ecef(self.origin[0], self.origin[1]).T
        position = ecef_from_geodetic(self.origin) + np.stack([v for v, _ in local], axis=-1) @ ecef_from_local.T
        velocity = np.stack([r for _, r in local], axis=-1) @ ecef_from_local.T
        attitude = ecef_from_local @ rotations_from_angles(*(value for value, _ in angles))
        rate = body_rate(angles[1][0], angles[2][0], *(rate for _, rate in angles))
        return BodyStates(position, velocity, attitude, rate, local_axes(position))


def rotations_from_angles(heading: Floats, pitch: Floats, roll: Floats) -> Floats:
    """Rotations (n, 3, 3) from body (FLU) to ENU of heading, pitch and roll (n,) [rad]."""
    sh, ch, sp, cp, sr, cr = (f(a) for a in (heading, pitch, roll) for f in (np.sin, np.cos))
    forward = np.stack([sh * cp, ch * cp, sp], axis=-1)
    left = np.stack([-cr * ch - sr * sh * sp, cr * sh - sr * ch * sp, sr * cp], axis=-1)
    return np.stack([forward, left, np.cross(forward, left)], axis=-1)


def body_rate(pitch: Floats, roll: Floats, heading_rate: Floats, pitch_rate: Floats, roll_rate: Floats) -> Floats:
    """Angular rate (n, 3) in body axes (FLU) of the rates of the angles [rad/s]; regular at every attitude."""
    sp, cp, sr, cr = np.sin(pitch), np.cos(pitch), np.sin(roll), np.cos(roll)
    x = roll_rate - heading_rate * sp
    y = -pitch_rate * cr - heading_rate * cp * sr
    z = pitch_rate * sr - heading_rate * cp * cr
    return np.stack([x, y, z], axis=-1)


def local_axes(position_ecef_m: Floats) -> Floats:
    """Rotations (n, 3, 3) enu_from_ecef at ECEF positions (n, 3)."""
    geodetic = geodetic_from_ecef(position_ecef_m)
    sin_lat, cos_lat = np.sin(geodetic[:, 0]), np.cos(geodetic[:, 0])
    sin_lon, cos_lon = np.sin(geodetic[:, 1]), np.cos(geodetic[:, 1])
    east = np.stack([-sin_lon, cos_lon, np.zeros_like(sin_lon)], axis=-1)
    up = np.stack([cos_lat * cos_lon, cos_lat * sin_lon, sin_lat], axis=-1)
    return np.stack([east, np.cross(up, east), up], axis=1)
