"""Galileo I/NAV as u-blox receivers hand it on: 8 words of 32 bits, an even and an odd page part of 120 bits each.

Source: Galileo OS SIS ICD 2.1: pages 4.3.2, words 4.3.5, SISA 5.1.12, health 5.1.9.3;
u-blox F9 interface description, UBX-RXM-SFRBX.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.time import GALILEO_WEEK_OFFSET, GpsTime
from gnss_gyro.protocols.crc import crc24q_bits
from gnss_gyro.protocols.messages import Counts, KeplerEphemeris, LeapSeconds, NavigationMessage, NequickCoefficients
from gnss_gyro.protocols.navigation.bits import Bits, concatenate
from gnss_gyro.protocols.navigation.fields import (
    ORBIT,
    SEMICIRCLE,
    Layout,
    is_orbit,
    nearest_time_of_week,
    read_all,
    signed,
    unsigned,
    values,
)
from gnss_gyro.protocols.navigation.leap import leap_seconds
from gnss_gyro.protocols.navigation.news import News

PAGE_WORDS: Final = 8
WORD_BITS: Final = 128
GALILEO_WEEK_MODULUS: Final = 4096
STALE_S: Final = 3600.0
"""Words are not combined with words that came so much earlier."""

_W1, _W2, _W3, _W4, _W5 = (WORD_BITS * i for i in range(5))

EPHEMERIS: Final[Layout] = {
    "iod_1": unsigned((_W1 + 6, 10)),
    "toe": unsigned((_W1 + 16, 14), scale=60.0),
    "mean_anomaly": signed((_W1 + 30, 32), scale=SEMICIRCLE * 2.0**-31),
    "eccentricity": unsigned((_W1 + 62, 32), scale=2.0**-33),
    "sqrt_a": unsigned((_W1 + 94, 32), scale=2.0**-19),
    "iod_2": unsigned((_W2 + 6, 10)),
    "ascending_node": signed((_W2 + 16, 32), scale=SEMICIRCLE * 2.0**-31),
    "inclination": signed((_W2 + 48, 32), scale=SEMICIRCLE * 2.0**-31),
    "perigee": signed((_W2 + 80, 32), scale=SEMICIRCLE * 2.0**-31),
    "inclination_rate": signed((_W2 + 112, 14), scale=SEMICIRCLE * 2.0**-43),
    "iod_3": unsigned((_W3 + 6, 10)),
    "ascending_node_rate": signed((_W3 + 16, 24), scale=SEMICIRCLE * 2.0**-43),
    "mean_motion_difference": signed((_W3 + 40, 16), scale=SEMICIRCLE * 2.0**-43),
    "cuc": signed((_W3 + 56, 16), scale=2.0**-29),
    "cus": signed((_W3 + 72, 16), scale=2.0**-29),
    "crc": signed((_W3 + 88, 16), scale=2.0**-5),
    "crs": signed((_W3 + 104, 16), scale=2.0**-5),
    "sisa": unsigned((_W3 + 120, 8)),
    "iod_4": unsigned((_W4 + 6, 10)),
    "svid": unsigned((_W4 + 16, 6)),
    "cic": signed((_W4 + 22, 16), scale=2.0**-29),
    "cis": signed((_W4 + 38, 16), scale=2.0**-29),
    "toc": unsigned((_W4 + 54, 14), scale=60.0),
    "af0": signed((_W4 + 68, 31), scale=2.0**-34),
    "af1": signed((_W4 + 99, 21), scale=2.0**-46),
    "af2": signed((_W4 + 120, 6), scale=2.0**-59),
    "group_delay_2_s": signed((_W5 + 47, 10), scale=2.0**-32),
    "group_delay_s": signed((_W5 + 57, 10), scale=2.0**-32),
    "e1b_health": unsigned((_W5 + 69, 2)),
    "e1b_validity": unsigned((_W5 + 72, 1)),
}
"""Words 1 to 5 end to end (4.3.5, tables 42 to 46)."""

WORD_5: Final[Layout] = {
    "ai0": unsigned((6, 11), scale=2.0**-2),
    "ai1": signed((17, 11), scale=2.0**-8),
    "ai2": signed((28, 14), scale=2.0**-15),
    "week": unsigned((73, 12)),
    "tow": unsigned((85, 20)),
}

WORD_6: Final[Layout] = {
    "leap": signed((62, 8)),
    "leap_week": unsigned((86, 8)),
    "leap_day": unsigned((94, 3)),
    "leap_future": signed((97, 8)),
    "tow": unsigned((105, 20)),
}
"""GST-UTC parameters (4.3.5, table 47); GST - UTC counts the same leap seconds as GPS - UTC."""


def _sisa_table() -> NDArray[np.float64]:
    runs = [np.arange(50) * 0.01, 0.5 + np.arange(25) * 0.02, 1.0 + np.arange(25) * 0.04, 2.0 + np.arange(26) * 0.16]
    return np.round(np.concatenate(runs), 2).astype(np.float64)


SISA_M: Final = _sisa_table()
"""(126,) signal in space accuracy [m] by index (5.1.12, table 76)."""
SISA_UNKNOWN: Final = 255


@dataclass(slots=True)
class _Word:
    bits: Bits
    time: GpsTime


def word_of_page(words: Sequence[int] | NDArray[np.uint32]) -> Bits | str:
    """The 128 data bits of a nominal page, or why there are none: a name for the counts."""
    if len(words) != PAGE_WORDS:
        return "Galileo message other than I/NAV not used"
    if _is_fnav(Bits.from_words(words)):
        return "Galileo F/NAV page not used"
    even, odd = Bits.from_words(words[:4]), Bits.from_words(words[4:])
    if even.unsigned(0, 1) or not odd.unsigned(0, 1):
        return "I/NAV page parts out of order"
    if even.unsigned(1, 1) or odd.unsigned(1, 1):
        return "I/NAV alert page"
    if crc24q_bits(concatenate([even.slice(0, 114), odd.slice(0, 82)]).value, 196) != odd.unsigned(82, 24):
        return "I/NAV page with wrong CRC"
    return concatenate([even.slice(2, 112), odd.slice(2, 16)])


def _is_fnav(page: Bits) -> bool:
    """Whether this is a page of E5a, which has as many words: 214 bits and their CRC (4.2.2)."""
    return crc24q_bits(page.unsigned(0, 214), 214) == page.unsigned(214, 24) != 0


class InavAssembler:
    """Collects the I/NAV words of all Galileo satellites, from E1-B and E5b-I alike, and hands on what is complete and new."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._words: dict[int, dict[int, _Word]] = {}
        self._news = News()

    def feed(self, satellite: int, words: NDArray[np.uint32], time: GpsTime) -> list[NavigationMessage]:
        """Messages that this page completes. time: GPS time of arrival, to resolve week numbers (within 39 years)."""
        word = word_of_page(words)
        if isinstance(word, str):
            self.counts.add(word)
            return []
        kind = word.unsigned(0, 6)
        if 1 <= kind <= 5:
            self._words.setdefault(satellite, {})[kind] = _Word(word, time)
            found = self._ionosphere(word, time) if kind == 5 else []
            return found + self._ephemeris(satellite, time)
        if kind == 6:
            return self._leap(word, time)
        self.counts.add(f"I/NAV word {kind} not used")
        return []

    def _ionosphere(self, word: Bits, time: GpsTime) -> list[NavigationMessage]:
        raw = read_all(WORD_5, word)
        ai = tuple(raw[name] * WORD_5[name].scale for name in ("ai0", "ai1", "ai2"))
        if not any(ai) or not self._news.is_new("ionosphere", ai, time):
            return []
        return [NequickCoefficients(np.array(ai), _time_of_word_5(word, time))]

    def _leap(self, word: Bits, time: GpsTime) -> list[NavigationMessage]:
        raw = read_all(WORD_6, word)
        week = time.nearest_week(raw["leap_week"] + GALILEO_WEEK_OFFSET, 256)
        message: LeapSeconds = leap_seconds(raw["leap"], raw["leap_future"], week, raw["leap_day"] - 1, time)
        return [message] if self._news.is_new("leap", message, time) else []

    def _ephemeris(self, satellite: int, time: GpsTime) -> list[NavigationMessage]:
        known = self._words[satellite]
        words = [known[kind] for kind in range(1, 6) if kind in known and abs(time - known[kind].time) < STALE_S]
        if len(words) < 5:
            return []
        raw = read_all(EPHEMERIS, concatenate(word.bits for word in words))
        if len({raw[f"iod_{i}"] for i in range(1, 5)}) > 1:
            return []  # the issue is changing: wait for the rest of the new one
        if raw["svid"] != satellite % 100:
            self.counts.add("I/NAV ephemeris of another satellite")
            return []
        if not is_orbit(EPHEMERIS, raw):
            self.counts.add("I/NAV ephemeris out of range")
            return []
        if not self._news.is_new(satellite, tuple(raw.values()), time):
            return []
        return [_ephemeris(satellite, raw, _time_of_word_5(words[4].bits, time))]


def _time_of_word_5(word: Bits, time: GpsTime) -> GpsTime:
    raw = read_all(WORD_5, word)
    week = time.nearest_week(raw["week"] + GALILEO_WEEK_OFFSET, GALILEO_WEEK_MODULUS)
    return GpsTime.from_week_tow(week, raw["tow"])


def _ephemeris(satellite: int, raw: dict[str, int], transmitted: GpsTime) -> KeplerEphemeris:
    sisa = raw["sisa"]
    return KeplerEphemeris(
        satellite=satellite,
        source="INAV",
        toe=nearest_time_of_week(raw["toe"] * EPHEMERIS["toe"].scale, transmitted),
        toc=nearest_time_of_week(raw["toc"] * EPHEMERIS["toc"].scale, transmitted),
        transmitted=transmitted,
        issue=raw["iod_1"],
        issue_clock=raw["iod_1"],
        accuracy_m=float(SISA_M[sisa]) if sisa < len(SISA_M) else float("nan"),
        health=raw["e1b_health"] << 1 | raw["e1b_validity"],
        **values(EPHEMERIS, raw, ORBIT),
    )
