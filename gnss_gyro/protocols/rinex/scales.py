"""The time scales of RINEX files, as shifts onto the GPS scale."""

from __future__ import annotations

from datetime import timedelta

from gnss_gyro.basics.time import BEIDOU_MINUS_GPS_S, GPS_EPOCH, GpsTime, leap_seconds_at

_UTC_SCALES = ("GLO", "UTC")
_BEIDOU_SCALES = ("BDT", "BDS")


def gps_minus_scale_s(scale: str, time: GpsTime, leap_s: int | None = None) -> int:
    """GPS - scale [s] at a time tag of that scale: GPS, GAL, QZS, IRN 0; BDT 14; GLO, UTC the leap seconds.

    RINEX writes GLONASS time as UTC, without the three hours (RINEX 3.05, 4.2). leap_s: as told by the file, else the table's.
    """
    if scale in _BEIDOU_SCALES:
        return -BEIDOU_MINUS_GPS_S
    if scale in _UTC_SCALES:
        return leap_seconds_at(GPS_EPOCH + timedelta(microseconds=time.ns // 1000)) if leap_s is None else leap_s
    return 0
