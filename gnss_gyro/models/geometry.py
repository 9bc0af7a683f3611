"""Ranges, directions and range rates between a receiver and satellites, with the Earth turning under the signal.

Satellites come in the ECEF frame of their transmission time; everything here is in the frame of reception.
The flight time follows from the geometric range itself, never from a pseudorange, whose clock would move the satellite.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.constants import EARTH_ROTATION_RATE, SPEED_OF_LIGHT
from gnss_gyro.basics.kernels import kernel


def lines_of_sight(receiver_ecef_m: Floats, satellite_ecef_m: Floats) -> tuple[Floats, Floats, Floats]:
    """Geometry of n satellites; rows of NaN stay NaN.

    receiver_ecef_m  : (3,) at reception
    satellite_ecef_m : (n, 3) at transmission, frame of that time
    returns range_m (n,), unit (n, 3) from receiver to satellite, and the satellites (n, 3) in the frame of reception
    """
    satellites = np.asarray(satellite_ecef_m, np.float64)
    n = len(satellites)
    range_m, unit, turned = np.empty(n), np.empty((n, 3)), np.empty((n, 3))
    fill_lines_of_sight(np.asarray(receiver_ecef_m, np.float64), satellites, range_m, unit, turned)
    return range_m, unit, turned


def range_rates(
    receiver_ecef_m: Floats, receiver_velocity_mps: Floats, satellite_ecef_m: Floats, satellite_velocity_mps: Floats
) -> Floats:
    """Rate (n,) of the geometric range by time of reception [m/s], positive = receding; clocks not included.

    receiver (3,), (3,) at reception; satellites (n, 3), (n, 3) at transmission, frame of that time
    """
    satellites = np.asarray(satellite_ecef_m, np.float64)
    rate = np.empty(len(satellites))
    receiver = np.asarray(receiver_ecef_m, np.float64), np.asarray(receiver_velocity_mps, np.float64)
    fill_range_rates(*receiver, satellites, np.asarray(satellite_velocity_mps, np.float64), rate)
    return rate


def elevation_azimuth(unit: Floats, enu_from_ecef: Floats) -> tuple[Floats, Floats]:
    """Elevation and azimuth (north over east) (n,), (n,) [rad] of ECEF unit vectors (n, 3)."""
    east, north, up = (unit @ enu_from_ecef.T).T
    return np.arcsin(np.clip(up, -1.0, 1.0)), np.arctan2(east, north)


@kernel(inline="always")
def look(place_m: Floats, enu_from_ecef: Floats, satellite_m: Floats, row: int) -> tuple[float, float, float, float]:
    """Range [m] and unit vector in ENU of one satellite of (n, 3) at transmission, as seen from a place (3,)."""
    x, y, z, range_m = turned_satellite(place_m, satellite_m, row)
    ux, uy, uz = (x - place_m[0]) / range_m, (y - place_m[1]) / range_m, (z - place_m[2]) / range_m
    east = enu_from_ecef[0, 0] * ux + enu_from_ecef[0, 1] * uy + enu_from_ecef[0, 2] * uz
    north = enu_from_ecef[1, 0] * ux + enu_from_ecef[1, 1] * uy + enu_from_ecef[1, 2] * uz
    up = enu_from_ecef[2, 0] * ux + enu_from_ecef[2, 1] * uy + enu_from_ecef[2, 2] * uz
    return range_m, east, north, up


@kernel(inline="always")
def elevation_of(up: float) -> float:
    """Elevation [rad] by the vertical component of a unit vector."""
    return math.asin(min(max(up, -1.0), 1.0)) if up == up else math.nan


@kernel(inline="always")
def spin(range_m: float) -> tuple[float, float]:
    """Sine and cosine of the angle by which the Earth turns while a signal covers a range [m]; series for angles of 1e-4."""
    angle = EARTH_ROTATION_RATE / SPEED_OF_LIGHT * range_m
    square = angle * angle
    return angle * (1.0 - square / 6.0), 1.0 - 0.5 * square * (1.0 - square / 12.0)


@kernel
def turned_satellite(receiver_m: Floats, satellite_m: Floats, row: int) -> tuple[float, float, float, float]:
    """Position [m] of one satellite of (n, 3) in the frame of reception, and its range [m]; of the receiver x, y, z are read.

    The range that tells how far the Earth turns is of first order in that turn (Sagnac): off by 0.3 mm, which turns it a
    thousandth of a micrometre too far.
    """
    rx, ry = receiver_m[0], receiver_m[1]
    sx, sy, dz = satellite_m[row, 0], satellite_m[row, 1], satellite_m[row, 2] - receiver_m[2]
    unturned_m = math.sqrt((sx - rx) ** 2 + (sy - ry) ** 2 + dz * dz)
    sine, cosine = spin(unturned_m + EARTH_ROTATION_RATE / SPEED_OF_LIGHT * (sx * ry - sy * rx))
    x, y = sx * cosine + sy * sine, sy * cosine - sx * sine
    return x, y, satellite_m[row, 2], math.sqrt((x - rx) ** 2 + (y - ry) ** 2 + dz * dz)


@kernel
def fill_lines_of_sight(receiver_m: Floats, satellite_m: Floats, range_m: Floats, unit: Floats, turned: Floats) -> Any:
    """Kernel of lines_of_sight: writes range_m (n,), unit (n, 3), turned (n, 3)."""
    for i in range(len(satellite_m)):
        x, y, z, distance = turned_satellite(receiver_m, satellite_m, i)
        range_m[i] = distance
        turned[i, 0], turned[i, 1], turned[i, 2] = x, y, z
        for k in range(3):
            unit[i, k] = (turned[i, k] - receiver_m[k]) / distance


@kernel
def fill_range_rates(
    receiver_m: Floats, receiver_mps: Floats, satellite_m: Floats, satellite_mps: Floats, rate_mps: Floats
) -> Any:
    """Kernel of range_rates: writes rate_mps (n,)."""
    for i in range(len(satellite_m)):
        x, y, z, distance = turned_satellite(receiver_m, satellite_m, i)
        ux, uy, uz = (x - receiver_m[0]) / distance, (y - receiver_m[1]) / distance, (z - receiver_m[2]) / distance
        receiver_rate = ux * receiver_mps[0] + uy * receiver_mps[1] + uz * receiver_mps[2]
        rate_mps[i] = range_rate(distance, x, y, ux, uy, uz, satellite_mps, i, receiver_rate)


@kernel(inline="always")
def range_rate(
    range_m: float, x: float, y: float, ux: float, uy: float, uz: float, satellite_mps: Floats, row: int, receiver_rate: float
) -> float:
    """Exact derivative of the range [m/s] by time of reception.

    range_m, x, y, ux, uy, uz : of the turned satellite and the direction to it
    receiver_rate             : speed of the receiver in this direction [m/s]
    With flight time T = range / c and R(spin T) s the turned satellite: its time runs slower by 1 - dT/dt, and
    the frame turns on by spin dT/dt. Both contain the rate itself, which is solved for.
    """
    sine, cosine = spin(range_m)
    vx = satellite_mps[row, 0] * cosine + satellite_mps[row, 1] * sine
    vy = satellite_mps[row, 1] * cosine - satellite_mps[row, 0] * sine
    satellite_rate = ux * vx + uy * vy + uz * satellite_mps[row, 2]
    frame_rate = EARTH_ROTATION_RATE * (ux * y - uy * x)
    return (satellite_rate - receiver_rate) / (1.0 + (satellite_rate - frame_rate) / SPEED_OF_LIGHT)
