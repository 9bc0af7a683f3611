"""GLONASS strings as u-blox receivers hand them on: 85 bits at the head of three words, and a word with the frame's number.

Source: GLONASS ICD L1/L2 5.1: immediate information 4.4, time 3.3.3; u-blox F9 interface description, UBX-RXM-SFRBX.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.satellites import number_of
from gnss_gyro.basics.time import DAY_S, GLONASS_MINUS_UTC_S, NS, GpsTime, leap_seconds_at
from gnss_gyro.protocols.messages import Counts, GlonassEphemeris, NavigationMessage
from gnss_gyro.protocols.navigation.bits import Bits, concatenate
from gnss_gyro.protocols.navigation.fields import read, read_all
from gnss_gyro.protocols.navigation.glonass_strings import AXES, EPHEMERIS, NUMBER, STRING_BITS, checked
from gnss_gyro.protocols.navigation.news import News

STALE_S: Final = 15.0
"""Strings are not combined with strings that came so much earlier: a frame lasts 30 s, its first four strings 8 s."""
FOUR_YEARS_D: Final = 1461
TB_LIMIT: Final = 96
"""Quarters of an hour in a day (4.4, t_b)."""
SMALLEST_RADIUS_M: Final = 2e7
"""Less is a satellite that sends no orbit."""
NOT_CONTENT: Final = ("hour", "minute", "half_minute", "day", "age")


class GlonassAssembler:
    """Collects strings 1 to 4 of all GLONASS satellites and hands on what is complete and new."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._frames: dict[int, tuple[int, dict[int, tuple[Bits, GpsTime]]]] = {}
        self._news = News()

    def feed(
        self, satellite: int, words: NDArray[np.uint32], time: GpsTime, channel: int = 0, leap_s: int | None = None
    ) -> list[NavigationMessage]:
        """Messages that this string completes.

        time    : GPS time of arrival, to resolve the day (within half a day)
        channel : frequency channel -7..6, which the strings do not tell
        leap_s  : GPS - UTC as told by another system [s]; the table of basics.time where it is not
        """
        if len(words) < 4:
            self.counts.add("GLONASS string too short")
            return []
        string = checked(Bits.from_words(words[:4]).slice(0, STRING_BITS))
        if string is None or string.unsigned(0, 1):
            self.counts.add("GLONASS string with wrong check bits")
            return []
        number = read(NUMBER, string)
        if not 1 <= number <= 4:
            self.counts.add("GLONASS almanac string not used")
            return []
        frame = self._frame(satellite, int(words[3]))
        frame[number] = (string, time)
        if len(frame) < 4 or any(abs(time - when) > STALE_S for _, when in frame.values()):
            return []
        return self._ephemeris(satellite, concatenate(frame[i][0] for i in range(1, 5)), time, channel, leap_s)

    def _frame(self, satellite: int, frame_id: int) -> dict[int, tuple[Bits, GpsTime]]:
        """The strings so far of the frame under way."""
        known = self._frames.get(satellite)
        if known is None or known[0] != frame_id:
            self._frames[satellite] = known = (frame_id, {})
        return known[1]

    def _ephemeris(self, satellite: int, bits: Bits, time: GpsTime, channel: int, leap_s: int | None) -> list[NavigationMessage]:
        raw = read_all(EPHEMERIS, bits)
        if raw["slot"] not in (0, number_of(satellite)):
            self.counts.add("GLONASS ephemeris of another satellite")
            return []
        if raw["tb"] >= TB_LIMIT or np.linalg.norm(_vector(raw, "position")) < SMALLEST_RADIUS_M:
            self.counts.add("GLONASS ephemeris out of range")
            return []
        if raw["day"] and not _same_day(raw["day"], time):
            self.counts.add("GLONASS ephemeris of another date")
            return []
        if not self._news.is_new(satellite, (channel, *(raw[name] for name in raw if name not in NOT_CONTENT)), time):
            return []
        leap = leap_seconds_at(time.utc()) if leap_s is None else leap_s
        return [_ephemeris(satellite, raw, time, channel, leap)]


def day_of_four_years(time: GpsTime) -> int:
    """Moscow date as the ICD counts it: days from 1 January of the last leap year, which is day 1 (4.4, N_T)."""
    moscow = time.utc() + timedelta(seconds=GLONASS_MINUS_UTC_S)
    return (moscow - datetime(1996, 1, 1, tzinfo=timezone.utc)).days % FOUR_YEARS_D + 1


def _same_day(day: int, time: GpsTime) -> bool:
    """Whether a date is today's, or a neighbour's around midnight."""
    return (day - day_of_four_years(time) + 1) % FOUR_YEARS_D <= 2


def moscow_ns(time: GpsTime, leap_s: int) -> int:
    """GLONASS time, UTC + 3 h, as nanoseconds since the GPS epoch, leap seconds not counted."""
    return time.ns + (GLONASS_MINUS_UTC_S - leap_s) * NS


def nearest_time_of_day(seconds: int, time: GpsTime, leap_s: int) -> GpsTime:
    """The instant with this Moscow time of day [s] that is closest to a time."""
    day = DAY_S * NS
    offset = (seconds * NS - moscow_ns(time, leap_s) + day // 2) % day - day // 2
    return GpsTime(time.ns + offset)


def _vector(raw: dict[str, int], name: str) -> NDArray[np.float64]:
    return np.array([raw[f"{name}_{axis}"] * EPHEMERIS[f"{name}_{axis}"].scale for axis in AXES])


def _ephemeris(satellite: int, raw: dict[str, int], time: GpsTime, channel: int, leap_s: int) -> GlonassEphemeris:
    sent = raw["hour"] * 3600 + raw["minute"] * 60 + raw["half_minute"] * 30
    return GlonassEphemeris(
        satellite=satellite,
        toe=nearest_time_of_day(raw["tb"] * int(EPHEMERIS["tb"].scale), time, leap_s),
        transmitted=nearest_time_of_day(sent, time, leap_s),
        issue=raw["tb"],
        position_m=_vector(raw, "position"),
        velocity_mps=_vector(raw, "velocity"),
        acceleration_mps2=_vector(raw, "acceleration"),
        clock_bias_s=-raw["tau"] * EPHEMERIS["tau"].scale,
        frequency_bias=raw["gamma"] * EPHEMERIS["gamma"].scale,
        channel=channel,
        health=raw["malfunction"] | raw["unhealthy"] << 1,
        age_days=float(raw["age"]),
    )
