"""GPS time as integer nanoseconds, and the other time scales at the edges."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final, overload

NS: Final = 1_000_000_000
WEEK_S: Final = 604_800
WEEK_NS: Final = WEEK_S * NS
DAY_S: Final = 86_400

GPS_EPOCH: Final = datetime(1980, 1, 6, tzinfo=timezone.utc)
_GPS_EPOCH_UNIX_S: Final = 315_964_800
BEIDOU_MINUS_GPS_S: Final = -14
"""BeiDou time lags GPS time by 14 s (BDS-SIS-ICD, 3.3)."""
BEIDOU_WEEK_OFFSET: Final = 1356
"""GPS week in which BeiDou week 0 began (2006-01-01)."""
GALILEO_WEEK_OFFSET: Final = 1024
"""GPS week in which Galileo week 0 began (1999-08-22)."""
GLONASS_MINUS_UTC_S: Final = 3 * 3600
"""GLONASS time is UTC(SU) + 3 h (GLONASS ICD, 3.3.3)."""
LAST_WEEK: Final = 9999
"""Times until the end of this GPS week (2171-08-31) are believed: nanoseconds in 64 bits end in 2272, and BeiDou's week numbers
are resolved within 78 years of the time at which they come."""

# Dates (UTC) from which GPS - UTC holds (IERS Bulletin C).
_LEAP_TABLE: Final = (
    (datetime(1980, 1, 6), 0), (datetime(1981, 7, 1), 1), (datetime(1982, 7, 1), 2),
    (datetime(1983, 7, 1), 3), (datetime(1985, 7, 1), 4), (datetime(1988, 1, 1), 5),
    (datetime(1990, 1, 1), 6), (datetime(1991, 1, 1), 7), (datetime(1992, 7, 1), 8),
    (datetime(1993, 7, 1), 9), (datetime(1994, 7, 1), 10), (datetime(1996, 1, 1), 11),
    (datetime(1997, 7, 1), 12), (datetime(1999, 1, 1), 13), (datetime(2006, 1, 1), 14),
    (datetime(2009, 1, 1), 15), (datetime(2012, 7, 1), 16), (datetime(2015, 7, 1), 17),
    (datetime(2017, 1, 1), 18),
)  # fmt: skip
_LEAP_DATES: Final = tuple(date.replace(tzinfo=timezone.utc) for date, _ in _LEAP_TABLE)


def leap_seconds_at(utc: datetime) -> int:
    """GPS - UTC [s] in force at a UTC date."""
    return _LEAP_TABLE[max(bisect_right(_LEAP_DATES, utc) - 1, 0)][1]


@dataclass(frozen=True, slots=True, order=True)
class GpsTime:
    """An instant on the GPS time scale, held exactly.

    ns : nanoseconds since 1980-01-06 00:00:00 UTC, leap seconds not counted
    """

    ns: int

    @classmethod
    def from_week_tow(cls, week: int, tow_s: float) -> GpsTime:
        """From a full (not rolled over) GPS week and time of week [s]."""
        whole = int(tow_s // 1)
        return cls(week * WEEK_NS + whole * NS + round((tow_s - whole) * NS))

    @classmethod
    def from_calendar(cls, year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: float = 0.0) -> GpsTime:
        """From a calendar date on the GPS scale itself (as in RINEX); second may reach 60."""
        whole = int(second // 1)
        days = (datetime(year, month, day, tzinfo=timezone.utc) - GPS_EPOCH).days
        return cls((days * DAY_S + hour * 3600 + minute * 60 + whole) * NS + round((second - whole) * NS))

    @classmethod
    def from_utc(cls, utc: datetime) -> GpsTime:
        """From an aware (or naive, taken as UTC) datetime."""
        utc = utc if utc.tzinfo else utc.replace(tzinfo=timezone.utc)
        elapsed = utc - GPS_EPOCH + timedelta(seconds=leap_seconds_at(utc))
        return cls((elapsed.days * DAY_S + elapsed.seconds) * NS + elapsed.microseconds * 1000)

    @property
    def week(self) -> int:
        """Full GPS week."""
        return self.ns // WEEK_NS

    @property
    def tow_s(self) -> float:
        """Time of week [s], exact to a nanosecond."""
        return (self.ns % WEEK_NS) / NS

    @property
    def believable(self) -> bool:
        """Whether a clock can tell this time: from the beginning of GPS time to the end of LAST_WEEK."""
        return 0 <= self.ns < (LAST_WEEK + 1) * WEEK_NS

    def utc(self) -> datetime:
        """UTC to the microsecond."""
        gps = GPS_EPOCH + timedelta(microseconds=self.ns // 1000)
        utc = gps - timedelta(seconds=leap_seconds_at(gps))
        return gps - timedelta(seconds=leap_seconds_at(utc))

    def unix_ns(self) -> int:
        """UTC since 1970 [ns], to the nanosecond."""
        return self.ns + (_GPS_EPOCH_UNIX_S - leap_seconds_at(self.utc())) * NS

    def calendar(self) -> datetime:
        """Calendar date on the GPS scale (no leap seconds), as RINEX writes it."""
        return (GPS_EPOCH + timedelta(microseconds=self.ns // 1000)).replace(tzinfo=None)

    def nearest_week(self, week_modulo: int, modulus: int) -> int:
        """Full week closest to this time among those congruent to a rolled-over week number."""
        return self.week + (week_modulo - self.week + modulus // 2) % modulus - modulus // 2

    def __add__(self, seconds: float) -> GpsTime:
        return GpsTime(self.ns + round(seconds * NS))

    @overload
    def __sub__(self, other: GpsTime) -> float: ...
    @overload
    def __sub__(self, other: float) -> GpsTime: ...
    def __sub__(self, other: GpsTime | float) -> float | GpsTime:
        """Difference [s] of two times, or a time so many seconds earlier."""
        if isinstance(other, GpsTime):
            return (self.ns - other.ns) / NS
        return self + -other

    def __str__(self) -> str:
        return f"{self.calendar().isoformat(sep=' ', timespec='milliseconds')} GPST"
