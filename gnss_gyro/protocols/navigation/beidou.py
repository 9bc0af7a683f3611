"""BeiDou D1 and D2 as u-blox receivers hand them on: ten words of 30 bits, de-interleaved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.time import BEIDOU_MINUS_GPS_S, BEIDOU_WEEK_OFFSET, WEEK_S, GpsTime
from gnss_gyro.protocols.messages import Counts, NavigationMessage
from gnss_gyro.protocols.navigation import beidou_d1, beidou_d2
from gnss_gyro.protocols.navigation.beidou_words import (
    HEAD,
    PREAMBLE,
    WORD_BITS,
    ephemeris,
    is_geostationary,
    klobuchar,
    parity_holds,
)
from gnss_gyro.protocols.navigation.bits import Bits, concatenate
from gnss_gyro.protocols.navigation.fields import is_orbit, read, read_all
from gnss_gyro.protocols.navigation.leap import leap_seconds
from gnss_gyro.protocols.navigation.news import News

SUBFRAME_WORDS: Final = 10
STALE_S: Final = 300.0
"""Parts of a set are not combined with parts that arrived so much earlier."""


class BeidouAssembler:
    """Collects the subframes of all BeiDou satellites and hands on what is complete and new."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._parts: dict[int, dict[int, tuple[Bits, GpsTime]]] = {}
        self._news = News()

    def feed(self, satellite: int, words: NDArray[np.uint32], time: GpsTime) -> list[NavigationMessage]:
        """Messages that this subframe completes. time: GPS time of arrival, to resolve week numbers (within 78 years)."""
        if len(words) != SUBFRAME_WORDS:
            self.counts.add("BeiDou message other than D1 and D2 not used")
            return []
        bits = Bits.from_words(words, WORD_BITS)
        if not parity_holds(bits) or read(HEAD["preamble"], bits) != PREAMBLE:
            self.counts.add("BeiDou subframe with wrong parity")
            return []
        return self._d2(satellite, bits, time) if is_geostationary(satellite) else self._d1(satellite, bits, time)

    def _d1(self, satellite: int, bits: Bits, time: GpsTime) -> list[NavigationMessage]:
        number = read(HEAD["subframe"], bits)
        if number == 5 and read(beidou_d1.UTC["page"], bits) == beidou_d1.UTC_PAGE:
            return self._leap(bits, time)
        if number not in beidou_d1.PARTS:
            self.counts.add("BeiDou almanac subframe not used")
            return []
        found = self._complete(satellite, number, bits, time, len(beidou_d1.PARTS), int(beidou_d1.SUBFRAME_S))
        return [] if found is None else self._messages(satellite, "D1", found, time)

    def _d2(self, satellite: int, bits: Bits, time: GpsTime) -> list[NavigationMessage]:
        number, page = read(HEAD["subframe"], bits), read(beidou_d2.PAGE, bits)
        if number == 5 and read(beidou_d1.UTC["page"], bits) == beidou_d2.UTC_PAGE:
            return self._leap(bits, time)
        if number != 1 or page not in beidou_d2.PARTS:
            self.counts.add("BeiDou integrity or almanac subframe not used")
            return []
        found = self._complete(satellite, page, bits, time, len(beidou_d2.PARTS), int(beidou_d2.PAGE_S))
        return [] if found is None else self._messages(satellite, "D2", found, time)

    def _complete(self, satellite: int, part: int, bits: Bits, time: GpsTime, count: int, step_s: int) -> Bits | None:
        """All parts end to end, where they follow each other without a gap: nothing else says that they belong together."""
        parts = self._parts.setdefault(satellite, {})
        parts[part] = (bits, time)
        if len(parts) < count or any(abs(time - when) > STALE_S for _, when in parts.values()):
            return None
        starts = {(read(HEAD["sow"], parts[i][0]) - (i - 1) * step_s) % WEEK_S for i in range(1, count + 1)}
        return concatenate(parts[i][0] for i in range(1, count + 1)) if len(starts) == 1 else None

    def _messages(self, satellite: int, source: str, bits: Bits, time: GpsTime) -> list[NavigationMessage]:
        layout, ionosphere = _LAYOUTS[source]
        raw = read_all(layout, bits)
        if raw["toe"] != raw["toc"]:
            self.counts.add("BeiDou set with different toe and toc")
            return []
        if not is_orbit(layout, raw):
            self.counts.add("BeiDou ephemeris out of range")
            return []
        messages: list[NavigationMessage] = []
        if self._news.is_new(satellite, tuple((name, raw[name]) for name in raw if name not in ("sow", "week")), time):
            messages.append(ephemeris(satellite, source, layout, raw, time))
        delays = read_all(ionosphere, bits)
        if any(delays.values()) and self._news.is_new("ionosphere", tuple(delays.values()), time):
            messages.append(klobuchar(ionosphere, delays, time))
        return messages

    def _leap(self, bits: Bits, time: GpsTime) -> list[NavigationMessage]:
        raw: Mapping[str, int] = read_all(beidou_d1.UTC, bits)
        week = time.nearest_week(raw["leap_week"] + BEIDOU_WEEK_OFFSET, 256)
        leap, future = raw["leap"] - BEIDOU_MINUS_GPS_S, raw["leap_future"] - BEIDOU_MINUS_GPS_S
        message = leap_seconds(leap, future, week, raw["leap_day"], time)
        return [message] if self._news.is_new("leap", message, time) else []


_LAYOUTS: Final = {
    "D1": (beidou_d1.EPHEMERIS, beidou_d1.IONOSPHERE),
    "D2": (beidou_d2.EPHEMERIS, beidou_d2.IONOSPHERE),
}
