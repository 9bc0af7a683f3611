"""Time, header and NavSatFix: what the driver and the fusion node say in the same words."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Final

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import NavSatFix, NavSatStatus
from std_msgs.msg import Header

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.time import NS, GpsTime

_SERVICES: Final = {
    System.GPS: NavSatStatus.SERVICE_GPS,
    System.GLONASS: NavSatStatus.SERVICE_GLONASS,
    System.BEIDOU: NavSatStatus.SERVICE_COMPASS,
    System.GALILEO: NavSatStatus.SERVICE_GALILEO,
}
_FIRST: Final = GpsTime(0)
_LAST: Final = GpsTime.from_utc(datetime(2038, 1, 19, 3, 14, 7, tzinfo=timezone.utc))
"""Seconds since 1970 have 31 bits in a ROS stamp."""


def has_stamp(time: GpsTime) -> bool:
    """Whether a GPS time can be told as a ROS stamp: damaged or senseless times, before 1980 or after January 2038, cannot."""
    return _FIRST <= time <= _LAST


def stamp_of(time: GpsTime) -> Time:
    """A GPS time as a ROS stamp: UTC since 1970, to the nanosecond; the nearest one to a time that has none (`has_stamp`)."""
    seconds, nanoseconds = divmod(min(max(time, _FIRST), _LAST).unix_ns(), NS)
    return Time(sec=seconds, nanosec=nanoseconds)


def header_of(time: GpsTime, frame: str) -> Header:
    """Header with the time of measurement."""
    return Header(stamp=stamp_of(time), frame_id=frame)


def services_of(systems: Iterable[System]) -> int:
    """The bits of NavSatStatus.service; QZSS has none and counts as GPS."""
    services = 0
    for system in systems:
        services |= _SERVICES.get(system, NavSatStatus.SERVICE_GPS)
    return services


def fix_at(header: Header, geodetic: Floats, cov_enu_m2: Floats, services: int) -> NavSatFix:
    """A position (3,): latitude [rad], longitude [rad], ellipsoidal height [m], with covariance (3, 3); NaN = STATUS_NO_FIX."""
    message = NavSatFix(header=header)
    message.status.service = services
    latitude, longitude, height_m = (float(value) for value in geodetic)
    message.latitude, message.longitude, message.altitude = math.degrees(latitude), math.degrees(longitude), height_m
    known = bool(np.isfinite(geodetic).all())
    message.status.status = NavSatStatus.STATUS_FIX if known else NavSatStatus.STATUS_NO_FIX
    message.position_covariance_type = NavSatFix.COVARIANCE_TYPE_KNOWN if known else NavSatFix.COVARIANCE_TYPE_UNKNOWN
    if known:
        message.position_covariance = [float(value) for value in cov_enu_m2.ravel()]
    return message
