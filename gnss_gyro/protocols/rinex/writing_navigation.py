"""Navigation messages -> lines of a RINEX 3.04 navigation file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.satellites import System, satellite_name, system_of
from gnss_gyro.basics.time import (
    BEIDOU_MINUS_GPS_S,
    BEIDOU_WEEK_OFFSET,
    WEEK_S,
    GpsTime,
    leap_seconds_at,
)
from gnss_gyro.protocols.messages import GlonassEphemeris, KeplerEphemeris, Klobuchar, LeapSeconds, Message, NequickCoefficients
from gnss_gyro.protocols.rinex.header import END_OF_HEADER
from gnss_gyro.protocols.rinex.writing import first_lines, header_line

_INAV, _FNAV = 0b10_0000_0101, 0b01_0000_0010  # data source: pages and the clock's pair of signals (RINEX 3.04, A8)
_KLOBUCHAR_NAMES = {"G": "GPS", "J": "QZS", "C": "BDS"}
_KNOWN_SYSTEMS = (System.GPS, System.QZSS, System.GALILEO, System.BEIDOU)


def write_navigation(messages: Sequence[Message]) -> Iterator[str]:
    """Lines (without line ends) of a RINEX 3.04 file of these messages; observations among them are left out.

    Numbers keep 13 digits. Ionosphere and leap seconds stand in the header: the last of each counts.
    """
    yield from first_lines("N: GNSS NAV DATA", "M")
    yield from _ionosphere_lines(messages)
    leaps = [m for m in messages if isinstance(m, LeapSeconds)]
    if leaps:
        yield header_line(_leap_text(leaps[-1]), "LEAP SECONDS")
    yield header_line("", END_OF_HEADER)
    for message in messages:
        if isinstance(message, KeplerEphemeris) and system_of(message.satellite) in _KNOWN_SYSTEMS:
            yield from _kepler_lines(message)
        elif isinstance(message, GlonassEphemeris):
            yield from _glonass_lines(message)


def _ionosphere_lines(messages: Sequence[Message]) -> Iterator[str]:
    last = {m.system: m for m in messages if isinstance(m, Klobuchar)}
    for system, model in last.items():
        if system in _KLOBUCHAR_NAMES:
            for half, values in (("A", model.alpha), ("B", model.beta)):
                yield header_line(f"{_KLOBUCHAR_NAMES[system]}{half} {_short(values)}", "IONOSPHERIC CORR")
    nequick = [m for m in messages if isinstance(m, NequickCoefficients)]
    if nequick:
        yield header_line(f"GAL  {_short(np.append(nequick[-1].ai, 0.0))}", "IONOSPHERIC CORR")


def _short(values: Floats) -> str:
    return "".join(f"{v:12.4E}" for v in values)


def _leap_text(leap: LeapSeconds) -> str:
    if leap.future_seconds is None or leap.change is None:
        return f"{leap.seconds:6d}"
    change = leap.change - float(leap.seconds)  # the end of the day counted 1 to 7
    day = round(change.tow_s / 86_400)
    week, day = (change.week, day) if day else (change.week - 1, 7)
    return f"{leap.seconds:6d}{leap.future_seconds:6d}{week:6d}{day:6d}"


def _kepler_lines(e: KeplerEphemeris) -> Iterator[str]:
    system = system_of(e.satellite)
    beidou = system is System.BEIDOU
    shift = float(BEIDOU_MINUS_GPS_S if beidou else 0)
    toc, toe = e.toc + shift, e.toe + shift
    week_start = GpsTime.from_week_tow(toe.week, 0.0)
    rows = [
        (e.af0, e.af1, e.af2),
        (e.issue, e.crs, e.mean_motion_difference, e.mean_anomaly),
        (e.cuc, e.eccentricity, e.cus, e.sqrt_a),
        (toe.tow_s, e.cic, e.ascending_node, e.cis),
        (e.inclination, e.crc, e.perigee, e.ascending_node_rate),
        (e.inclination_rate, _data_source(e, system), toe.week - (BEIDOU_WEEK_OFFSET if beidou else 0), math.nan),
        (e.accuracy_m, e.health, *_last_of_row_six(e, system)),
        (e.transmitted + shift - week_start, _last_field(e, system), math.nan, math.nan),
    ]
    yield from _record(e.satellite, toc, rows)


def _data_source(e: KeplerEphemeris, system: System) -> float:
    if system is System.GALILEO:
        return _FNAV if e.source == "FNAV" else _INAV
    return 0.0


def _last_of_row_six(e: KeplerEphemeris, system: System) -> tuple[float, float]:
    """Group delays, or group delay and issue of the clock."""
    if system is System.BEIDOU:
        return e.group_delay_s, e.group_delay_2_s
    if system is not System.GALILEO:
        return e.group_delay_s, e.issue_clock
    return (e.group_delay_s, 0.0) if e.source == "FNAV" else (e.group_delay_2_s, e.group_delay_s)


def _last_field(e: KeplerEphemeris, system: System) -> float:
    if system is System.BEIDOU:
        return e.issue_clock
    return e.fit_interval_s / 3600.0 if system is System.GPS else math.nan


def _glonass_lines(e: GlonassEphemeris) -> Iterator[str]:
    leap_s = leap_seconds_at(e.toe.utc())
    toe, transmitted = e.toe - float(leap_s), e.transmitted - float(leap_s)
    extras = (e.health, e.channel, e.age_days)
    rows: list[tuple[float, ...]] = [(e.clock_bias_s, e.frequency_bias, transmitted.tow_s % WEEK_S)]
    for i in range(3):
        rows.append((e.position_m[i] / 1e3, e.velocity_mps[i] / 1e3, e.acceleration_mps2[i] / 1e3, extras[i]))
    yield from _record(e.satellite, toe, rows)


def _record(satellite: int, time: GpsTime, rows: Sequence[Sequence[float]]) -> Iterator[str]:
    date = time.calendar()
    head = f"{satellite_name(satellite)} {date:%Y %m %d %H %M %S}"
    for i, row in enumerate(rows):
        yield ((head if i == 0 else " " * 4) + "".join(_long(v) for v in row)).rstrip()


def _long(value: float) -> str:
    return f"{value:19.12E}" if math.isfinite(value) else " " * 19
