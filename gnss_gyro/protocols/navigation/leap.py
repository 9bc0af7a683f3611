"""Announced leap seconds, as Galileo and BeiDou write them."""

from __future__ import annotations

from gnss_gyro.basics.time import DAY_S, GpsTime
from gnss_gyro.protocols.messages import LeapSeconds


def leap_seconds(seconds: int, future_seconds: int, week: int, day: int, time: GpsTime) -> LeapSeconds:
    """What is in force at a time, and what is announced.

    seconds, future_seconds : GPS - UTC before and after the end of the day
    week, day               : full GPS week and number of that day, counted from 0 on Sunday
    """
    change = GpsTime.from_week_tow(week, (day + 1) * DAY_S + future_seconds)
    if seconds == future_seconds:
        return LeapSeconds(seconds)
    if change <= time:
        return LeapSeconds(future_seconds)
    return LeapSeconds(seconds, future_seconds, change)


def week_and_day(leap: LeapSeconds, time: GpsTime) -> tuple[int, int]:
    """Full GPS week and day (0 = Sunday) at whose end the announced change comes; today where none is announced."""
    last = time if leap.change is None else leap.change - float((leap.future_seconds or leap.seconds) + DAY_S)
    return last.week, int(last.tow_s // DAY_S)
