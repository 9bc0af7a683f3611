"""Ephemeris records of RINEX 2.11, 3.0x and 4.0x (tables A in the appendix of each; the order of orbit fields is common)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from gnss_gyro.basics.satellites import System, number_of, satellite_from_name
from gnss_gyro.basics.time import DAY_S, GPS_EPOCH, NS, WEEK_S, GpsTime, leap_seconds_at
from gnss_gyro.protocols.messages import Ephemeris, GlonassEphemeris, KeplerEphemeris
from gnss_gyro.protocols.navigation.fields import SMALLEST_SQRT_A
from gnss_gyro.protocols.navigation.ranges import out_of_range
from gnss_gyro.protocols.rinex.header import RinexHeader
from gnss_gyro.protocols.rinex.scales import gps_minus_scale_s
from gnss_gyro.protocols.rinex.text import RecordError, calendar_time, record_numbers

_OLD_SYSTEM = {"N": "G", "G": "R", "H": "S", "L": "E", "E": "E", "J": "J"}
_LAST_TIME_S = 1e7
"""Times of week above this stand for unknown (.9999E9)."""
_LARGEST_INTEGER = 2**31 - 1
_WORST_ACCURACY_M = 1e5
"""Files write up to 32767 m for no accuracy at all."""
_CHANNELS = range(-7, 25)
"""1 to 24 until 1998, -7 to 6 since 2005 (GLONASS ICD, 3.3.1.1)."""
_GEO_NUMBERS = (1, 2, 3, 4, 5, 59, 60, 61, 62, 63)
_INAV_BITS, _FNAV_BIT = 0b101, 0b010
_E1B_HEALTH_BITS = 0b111  # data validity of E1B, signal health of E1B (RINEX 3.05, table A8)
_E5A_HEALTH_BITS = 0b111000
_QZSS_L1_BITS = 0b110000  # of six: the summary of L1, and L1C/A (IS-QZSS-PNT, table 4.1.2-6)
_ELEMENTS = (
    "af0", "af1", "af2",
    "issue", "crs", "mean_motion_difference", "mean_anomaly",
    "cuc", "eccentricity", "cus", "sqrt_a",
    "toe", "cic", "ascending_node", "cis",
    "inclination", "crc", "perigee", "ascending_node_rate",
    "inclination_rate", "data_source", "week", "",
    "accuracy", "health", "delay_1", "delay_2",
    "transmission", "last",
)  # fmt: skip
_ORBIT = tuple(name for name in _ELEMENTS[:20] if name not in ("issue", "toe"))
_SOURCES = {"LNAV", "INAV", "FNAV", "D1", "D2", "FDMA", "SBAS", ""}


def read_ephemeris(lines: Sequence[str], header: RinexHeader, source: str = "") -> Ephemeris | str:
    """Ephemeris of the lines of one record, or the name of a kind that is not used. Raises ValueError, RecordError.

    source : message type where the file tells it (RINEX 4), else it is derived
    """
    old = header.version < 3.0
    name = _OLD_SYSTEM.get(header.file_type, "G") + lines[0][:2] if old else lines[0][:3]
    satellite, system = satellite_from_name(name), System(name[0])
    if source not in _SOURCES or system in (System.SBAS, System.NAVIC):
        return f"{source or name[0]} ephemerides (not used)"
    toc = calendar_time(lines[0][3:17], lines[0][17:22]) if old else calendar_time(lines[0][4:20], lines[0][20:23])
    head, margin = (22, 3) if old else (23, 4)
    values = record_numbers(lines, head, margin)
    ephemeris: Ephemeris
    if system is System.GLONASS:
        ephemeris = _glonass(satellite, toc, values, header, old)
    else:
        ephemeris = _kepler(satellite, system, toc, values, source)
    if name := out_of_range(ephemeris):
        raise RecordError(f"a value of {name} that is never broadcast")
    return ephemeris


def _kepler(satellite: int, system: System, toc: GpsTime, values: list[float], source: str) -> KeplerEphemeris:
    field = dict(zip(_ELEMENTS, values + [math.nan] * len(_ELEMENTS), strict=False))
    orbit = {name: field[name] for name in _ORBIT}
    if any(math.isnan(v) for v in orbit.values()) or math.isnan(field["toe"]):
        raise RecordError("an orbit with blanks")
    if not orbit["sqrt_a"] > SMALLEST_SQRT_A or field["accuracy"] > _WORST_ACCURACY_M:
        raise RecordError("no orbit of a satellite for navigation")
    shift = float(gps_minus_scale_s("BDT" if system is System.BEIDOU else "GPS", toc))
    toe = _nearest(field["toe"], toc)
    source = source or _source(satellite, system, field["data_source"])
    delay, other_delay = _group_delays(system, source, field["delay_1"], field["delay_2"])
    if math.isnan(delay) and len(values) < len(_ELEMENTS):
        raise RecordError("the record ends early")
    return KeplerEphemeris(
        satellite=satellite, source=source, toe=toe + shift, toc=toc + shift,
        transmitted=_transmitted(field["transmission"], toe) + shift,
        issue=_integer(field["issue"]),
        issue_clock=_integer(_issue_clock(system, field)),
        group_delay_s=0.0 if math.isnan(delay) else delay, group_delay_2_s=other_delay,
        accuracy_m=field["accuracy"] if field["accuracy"] > 0.0 else math.nan,
        health=_health(system, source, field["health"]),
        fit_interval_s=_fit_interval_s(system, field["last"]),
        **orbit,
    )  # fmt: skip


def _source(satellite: int, system: System, data_source: float) -> str:
    if system is System.BEIDOU:
        return "D2" if number_of(satellite) in _GEO_NUMBERS else "D1"
    if system is not System.GALILEO:
        return "LNAV"
    bits = _integer(data_source)
    return "FNAV" if bits & _FNAV_BIT and not bits & _INAV_BITS else "INAV"


def _group_delays(system: System, source: str, first: float, second: float) -> tuple[float, float]:
    """Delay of the message's own pair of signals, and the other one, from BGD E5a/E1 and E5b/E1 or TGD1 and TGD2."""
    if system is System.BEIDOU:
        return first, second
    if system is not System.GALILEO:
        return first, math.nan
    return (second, first) if source == "INAV" else (first, math.nan)  # F/NAV does not carry BGD E5b/E1


def _issue_clock(system: System, field: dict[str, float]) -> float:
    if system is System.GALILEO:
        return field["issue"]
    return field["last"] if system is System.BEIDOU else field["delay_2"]


def _health(system: System, source: str, value: float) -> int:
    """Bits that concern an L1 user; F/NAV does not tell of E1, there E5a stands in for it."""
    bits = _integer(value)
    if system is System.GALILEO:
        return bits & (_E1B_HEALTH_BITS | _E5A_HEALTH_BITS if source == "FNAV" else _E1B_HEALTH_BITS)
    if system is System.QZSS:
        return bits & _QZSS_L1_BITS
    return bits


def _fit_interval_s(system: System, value: float) -> float:
    """GPS files give hours; QZSS files and some old ones the flag 0 or 1, which tells no length."""
    return value * 3600.0 if system is System.GPS and 1.0 < value < 1000.0 else math.nan


def _nearest(time_of_week_s: float, reference: GpsTime) -> GpsTime:
    """Time with a time of week, in the week that brings it closest to a reference."""
    if not -WEEK_S <= time_of_week_s <= 2 * WEEK_S:
        raise RecordError("a time of week outside the week")
    nominal = GpsTime.from_week_tow(reference.week, time_of_week_s)
    return nominal + float(WEEK_S * round((reference - nominal) / WEEK_S))


def _transmitted(time_of_week_s: float, toe: GpsTime) -> GpsTime:
    return _nearest(time_of_week_s, toe) if abs(time_of_week_s) <= WEEK_S else toe


def _glonass(satellite: int, tag: GpsTime, values: list[float], header: RinexHeader, old: bool) -> GlonassEphemeris:
    if len(values) < 15 or any(math.isnan(v) for v in values[:2] + values[3:14]):
        raise RecordError("a GLONASS record with blanks")
    leap_s = leap_seconds_at(GPS_EPOCH + timedelta(microseconds=tag.ns // 1000))
    clock, frequency_bias, frame_s = values[:3]
    state = np.array(values[3:15]).reshape(3, 4)
    if not 1e3 < float(np.max(np.abs(state[:, 0]))) < 1e5:  # [km]
        raise RecordError("no orbit around the Earth")
    return GlonassEphemeris(
        satellite=satellite, toe=tag + float(leap_s),
        transmitted=_frame_time(frame_s, tag, DAY_S if old else WEEK_S) + float(leap_s),
        issue=(tag.ns // NS + 3 * 3600) % DAY_S // 900,  # tb: quarters of an hour of the day in Moscow
        position_m=state[:, 0] * 1e3, velocity_mps=state[:, 1] * 1e3, acceleration_mps2=state[:, 2] * 1e3,
        clock_bias_s=clock, frequency_bias=frequency_bias,
        channel=_channel(state[1, 3]), health=_integer(state[0, 3]),
        age_days=0.0 if math.isnan(state[2, 3]) else float(state[2, 3]),
    )  # fmt: skip


def _frame_time(frame_s: float, tag: GpsTime, period_s: int) -> GpsTime:
    """UTC of the message frame, told within the day (RINEX 2) or week (RINEX 3), closest to the epoch; else the epoch."""
    if not abs(frame_s) < _LAST_TIME_S:
        return tag
    since_s = (tag.ns // NS) % period_s
    return tag + float((frame_s - since_s + period_s / 2) % period_s - period_s / 2)


def _channel(value: float) -> int:
    """Frequency channel; early files write 128 and more for negative ones (RINEX 2.11, table A11)."""
    told = _integer(value)
    channel = told - 256 if told >= 128 else told
    if channel not in _CHANNELS:
        raise RecordError(f"no frequency channel {told}")
    return channel


def _integer(value: float) -> int:
    if math.isnan(value):
        return 0
    if abs(value) > _LARGEST_INTEGER:
        raise RecordError(f"{value:g} is no issue, health or channel")
    return round(value)
