"""Laws of GPS time: exact, with the leap seconds and week numbers the services publish."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnss_gyro.basics.time import (
    BEIDOU_WEEK_OFFSET,
    GALILEO_WEEK_OFFSET,
    NS,
    WEEK_NS,
    WEEK_S,
    GpsTime,
    leap_seconds_at,
)

WEEKS = st.integers(0, 6000)
UTC = timezone.utc


@given(WEEKS, st.integers(0, WEEK_NS - 1))
def test_week_and_time_of_week_return_to_the_nanosecond(week: int, tow_ns: int) -> None:
    time = GpsTime(week * WEEK_NS + tow_ns)
    assert time.week == week
    assert GpsTime.from_week_tow(week, time.tow_s) == time


@given(WEEKS, st.floats(-2.0 * WEEK_S, 2.0 * WEEK_S))
def test_time_of_week_may_leave_its_week(week: int, tow_s: float) -> None:
    time = GpsTime.from_week_tow(week, tow_s)
    assert abs(time.ns - week * WEEK_NS - tow_s * NS) <= 200.0
    assert 0.0 <= time.tow_s < WEEK_S


@pytest.mark.parametrize(
    ("utc", "seconds"),
    [
        (datetime(1980, 1, 6, tzinfo=UTC), 0),
        (datetime(1981, 6, 30, 23, 59, 59, tzinfo=UTC), 0),
        (datetime(1981, 7, 1, tzinfo=UTC), 1),
        (datetime(1999, 8, 22, tzinfo=UTC), 13),
        (datetime(2008, 12, 31, 23, 59, 59, tzinfo=UTC), 14),
        (datetime(2009, 1, 1, tzinfo=UTC), 15),
        (datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC), 17),
        (datetime(2017, 1, 1, tzinfo=UTC), 18),
        (datetime(2024, 6, 1, tzinfo=UTC), 18),
    ],
)
def test_leap_seconds_of_iers_bulletin_c(utc: datetime, seconds: int) -> None:
    assert leap_seconds_at(utc) == seconds


@pytest.mark.parametrize("year", [1985, 1999, 2006, 2009, 2012, 2015, 2017])
@pytest.mark.parametrize("offset_s", [-40, -18, -2, -1, 0, 1, 2, 17, 18, 40])
def test_utc_returns_around_leap_seconds(year: int, offset_s: int) -> None:
    month = 7 if year in (1985, 2012, 2015) else 1
    utc = datetime(year, month, 1, tzinfo=UTC) + timedelta(seconds=offset_s, microseconds=250)
    assert GpsTime.from_utc(utc).utc() == utc


@given(st.datetimes(datetime(1980, 1, 7), datetime(2060, 1, 1)))
def test_any_utc_returns(utc: datetime) -> None:
    assert GpsTime.from_utc(utc).utc() == utc.replace(tzinfo=UTC)


def test_gps_time_advances_two_seconds_across_a_leap_second() -> None:
    before, after = datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2017, 1, 1, tzinfo=UTC)
    assert GpsTime.from_utc(after) - GpsTime.from_utc(before) == 2.0


def test_aware_datetimes_of_other_zones_are_converted() -> None:
    japan = datetime(2020, 3, 1, 9, 0, 0, tzinfo=timezone(timedelta(hours=9)))
    assert GpsTime.from_utc(japan) == GpsTime.from_utc(datetime(2020, 3, 1))


@pytest.mark.parametrize(
    ("calendar", "week", "tow_s"),
    [
        ((1980, 1, 6), 0, 0.0),
        ((1999, 8, 22), GALILEO_WEEK_OFFSET, 0.0),  # first roll-over; Galileo's week 0
        ((2006, 1, 1), BEIDOU_WEEK_OFFSET, 0.0),
        ((2019, 4, 7), 2048, 0.0),  # second roll-over
        ((2020, 7, 11, 23, 59, 59.5), 2113, 604_799.5),
    ],
)
def test_known_dates(calendar: tuple[float, ...], week: int, tow_s: float) -> None:
    time = GpsTime.from_calendar(*calendar)  # type: ignore[arg-type]
    assert (time.week, time.tow_s) == (week, tow_s)


def test_calendar_second_60_is_the_next_minute() -> None:
    assert GpsTime.from_calendar(2020, 1, 1, 0, 0, 60.0) == GpsTime.from_calendar(2020, 1, 1, 0, 1)
    assert str(GpsTime.from_calendar(2020, 1, 1, 12, 30, 1.0005)).startswith("2020-01-01 12:30:01.000")


@given(WEEKS, st.integers(-511, 511), st.sampled_from([256, 1024, 4096]))
def test_rolled_over_week_is_found_near_the_known_time(week: int, offset: int, modulus: int) -> None:
    offset %= modulus // 2
    true_week = week + offset
    assert GpsTime(week * WEEK_NS + 1).nearest_week(true_week % modulus, modulus) == true_week


@pytest.mark.parametrize(
    ("now", "broadcast", "full"), [(2047, 1023, 2047), (2047, 0, 2048), (2048, 1023, 2047), (2300, 252, 2300)]
)
def test_week_roll_over_of_2019(now: int, broadcast: int, full: int) -> None:
    assert GpsTime.from_week_tow(now, 100.0).nearest_week(broadcast, 1024) == full


@pytest.mark.parametrize(
    ("time", "believable"),
    [
        (GpsTime(0), True),
        (GpsTime(-1), False),
        (GpsTime.from_calendar(2171, 8, 31, 23, 59, 59.9), True),
        (GpsTime.from_calendar(2171, 9, 1), False),
        (GpsTime.from_week_tow(65535, 0.0), False),
    ],
)
def test_clocks_tell_times_from_1980_to_2171(time: GpsTime, believable: bool) -> None:
    assert time.believable is believable


def test_sums_and_differences() -> None:
    time = GpsTime.from_week_tow(2100, 604_799.9)
    later = time + 0.2
    assert later.week == 2101
    assert later.tow_s == pytest.approx(0.1)
    assert later - time == pytest.approx(0.2, abs=1e-9)
    assert later - 0.2 == time
    assert time < later
