"""GPS and QZSS LNAV: subframes 1 to 3 -> KeplerEphemeris, subframe 4 page 18 -> Klobuchar and LeapSeconds.

Source: IS-GPS-200, 20.3.3; IS-QZSS-PNT, 4.1.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.satellites import System, system_of
from gnss_gyro.basics.time import WEEK_S, GpsTime
from gnss_gyro.protocols.messages import Counts, KeplerEphemeris, Klobuchar, NavigationMessage
from gnss_gyro.protocols.navigation.bits import Bits
from gnss_gyro.protocols.navigation.fields import nearest_time_of_week, read, read_all, values
from gnss_gyro.protocols.navigation.leap import leap_seconds
from gnss_gyro.protocols.navigation.lnav_fields import (
    ACCURACY_M,
    ALPHA,
    BETA,
    CLOCK,
    HEADER,
    LEAP_WEEKS,
    ORBIT_2,
    ORBIT_3,
    PAGE_18,
    PAGE_18_ID,
    SUBFRAME_1,
    SUBFRAME_2,
    SUBFRAME_3,
    WEEKS,
)
from gnss_gyro.protocols.navigation.lnav_words import data_of_words
from gnss_gyro.protocols.navigation.news import News

_TOGETHER_S = 3600.0
"""Subframes received further apart do not make one ephemeris: issue numbers return after six hours at the earliest."""
_SMALLEST_SQRT_A = 4000.0
"""[m^0.5]; less is a satellite that sends no orbit."""


@dataclass(frozen=True, slots=True)
class _Subframe:
    data: Bits
    sent: GpsTime


class LnavAssembler:
    """Collects the subframes of all GPS and QZSS satellites and hands on what is complete and new."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._subframes: dict[int, dict[int, _Subframe]] = {}
        self._news = News()

    def feed(self, satellite: int, words: NDArray[np.uint32], time: GpsTime) -> list[NavigationMessage]:
        """Messages that this subframe completes. time: GPS time of arrival, to resolve weeks (within 9.8 years)."""
        data = data_of_words(words)
        if isinstance(data, str):
            self.counts.add(data)
            return []
        number = read(HEADER["subframe"], data)
        sent = _time_sent(data, number, time)
        if number in (1, 2, 3):
            self._subframes.setdefault(satellite, {})[number] = _Subframe(data, sent)
            return self._ephemeris(satellite)
        if number in (4, 5) and read(PAGE_18["page_id"], data) == PAGE_18_ID:
            return self._page_18(satellite, data, sent)
        self.counts.add("LNAV almanac subframes not used")
        return []

    def _ephemeris(self, satellite: int) -> list[NavigationMessage]:
        parts = self._subframes[satellite]
        if len(parts) < 3 or not _belong_together(parts):
            return []
        ephemeris = decode_ephemeris(satellite, parts[1].data, parts[2].data, parts[3].data, parts[1].sent)
        if ephemeris is None:
            self.counts.add("LNAV ephemerides out of range")
            return []
        content = tuple(parts[number].data.value & _BELOW_HEADER for number in (1, 2, 3))
        return [ephemeris] if self._news.is_new(satellite, content, ephemeris.transmitted) else []

    def _page_18(self, satellite: int, data: Bits, sent: GpsTime) -> list[NavigationMessage]:
        system = system_of(satellite)
        if not self._news.is_new(("page 18", system), data.value & _BELOW_HEADER, sent):
            return []
        return decode_page_18(system, data, sent)


_BELOW_HEADER = (1 << (8 * 24)) - 1
"""The data bits of words 3 to 10."""


def _time_sent(data: Bits, number: int, time: GpsTime) -> GpsTime:
    """Start of the subframe: its time of week, near the time of arrival; subframe 1 knows its week to 1024 weeks."""
    tow_s = (read(HEADER["tow"], data) - 1) * HEADER["tow"].scale % WEEK_S
    sent = nearest_time_of_week(tow_s, time)
    if number != 1:
        return sent
    behind = (read(SUBFRAME_1["week"], data) - sent.week + WEEKS // 2) % WEEKS - WEEKS // 2
    return GpsTime.from_week_tow(max(sent.week + behind, 0), tow_s)


def _belong_together(parts: dict[int, _Subframe]) -> bool:
    issues = {read(SUBFRAME_2["issue"], parts[2].data), read(SUBFRAME_3["issue"], parts[3].data)}
    issues.add(read(SUBFRAME_1["issue_clock"], parts[1].data) & 0xFF)
    apart_s = abs(parts[2].sent - parts[3].sent)
    towards_1_s = abs(parts[1].sent.tow_s - parts[2].sent.tow_s)
    return len(issues) == 1 and apart_s < _TOGETHER_S and min(towards_1_s, WEEK_S - towards_1_s) < _TOGETHER_S


def decode_ephemeris(satellite: int, first: Bits, second: Bits, third: Bits, sent: GpsTime) -> KeplerEphemeris | None:
    """Ephemeris of the data bits of subframes 1 to 3 of one issue, sent at a time; None where it cannot be one."""
    clock, one, two = read_all(SUBFRAME_1, first), read_all(SUBFRAME_2, second), read_all(SUBFRAME_3, third)
    toe_s, toc_s = one["toe"] * SUBFRAME_2["toe"].scale, clock["toc"] * SUBFRAME_1["toc"].scale
    quantities = values(SUBFRAME_1, clock, CLOCK) | values(SUBFRAME_2, one, ORBIT_2) | values(SUBFRAME_3, two, ORBIT_3)
    if toe_s >= WEEK_S or toc_s >= WEEK_S or quantities["sqrt_a"] < _SMALLEST_SQRT_A:
        return None
    system = system_of(satellite)
    return KeplerEphemeris(
        satellite=satellite,
        source="LNAV",
        toe=nearest_time_of_week(toe_s, sent),
        toc=nearest_time_of_week(toc_s, sent),
        transmitted=sent,
        issue=one["issue"],
        issue_clock=clock["issue_clock"],
        accuracy_m=ACCURACY_M[clock["accuracy"]],
        health=health_on_l1(system, clock["health"]),
        fit_interval_s=fit_interval_s(system, bool(one["fit"]), clock["issue_clock"]),
        **quantities,
    )


def health_on_l1(system: System, health: int) -> int:
    """What of the six health bits concerns L1: for GPS all (IS-GPS-200, 20.3.3.3.1.4).

    QZSS: the message's own bit, and the signal's when neither L1 C/A nor L1 C/B is usable; a satellite sends only one of
    them, and the bits of L2, L5 and L1C say nothing on it (IS-QZSS-PNT, 4.1.2.3).
    """
    if system is not System.QZSS:
        return health
    signals = health & 0b010001
    return health & 0b100000 | (signals if signals == 0b010001 else 0)


def fit_interval_s(system: System, extended: bool, issue_clock: int) -> float:
    """Span around toe in which the ephemeris was fitted [s] (IS-GPS-200, table 20-XII; IS-QZSS-PNT, 4.1.2.4)."""
    if system is System.QZSS:
        return float("nan") if extended else 2 * 3600.0
    if not extended:
        return 4 * 3600.0
    if 240 <= issue_clock <= 247:
        return 8 * 3600.0
    if 248 <= issue_clock <= 255 or issue_clock == 496:
        return 14 * 3600.0
    if 497 <= issue_clock <= 503 or 1021 <= issue_clock <= 1023:
        return 26 * 3600.0
    return 6 * 3600.0


def decode_page_18(system: System, data: Bits, sent: GpsTime) -> list[NavigationMessage]:
    """Ionosphere and leap seconds of subframe 4, page 18 (20.3.3.5.1.6, 20.3.3.5.1.7)."""
    raw = read_all(PAGE_18, data)
    quantities = values(PAGE_18, raw, ALPHA + BETA)
    alpha, beta = (np.array([quantities[name] for name in names]) for names in (ALPHA, BETA))
    behind = (raw["leap_week"] - sent.week + LEAP_WEEKS // 2) % LEAP_WEEKS - LEAP_WEEKS // 2
    leap = leap_seconds(raw["leap_s"], raw["future_leap_s"], sent.week + behind, raw["leap_day"] - 1, sent)
    return [Klobuchar(system.value, alpha, beta, sent), leap]
