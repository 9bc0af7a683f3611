"""Galileo I/NAV pages as a u-blox receiver would hand them on: what the simulator writes."""

from __future__ import annotations

from math import isnan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.satellites import number_of
from gnss_gyro.basics.time import GALILEO_WEEK_OFFSET, GpsTime, leap_seconds_at
from gnss_gyro.protocols.crc import crc24q_bits
from gnss_gyro.protocols.messages import KeplerEphemeris, LeapSeconds, NequickCoefficients
from gnss_gyro.protocols.navigation.bits import Bits, concatenate, zeros
from gnss_gyro.protocols.navigation.fields import ORBIT, on_grid, quantise, quantised, write_all
from gnss_gyro.protocols.navigation.inav import EPHEMERIS, GALILEO_WEEK_MODULUS, SISA_M, SISA_UNKNOWN, WORD_5, WORD_6, WORD_BITS
from gnss_gyro.protocols.navigation.leap import week_and_day

PAGE_S: Final = 2.0
"""Time from one page to the next of a signal [s]."""
ORDER: Final = (2, 4, 6, 1, 3, 5)
"""Words in the order of the encoded set, as E1-B sends them within a subframe (OS SIS ICD, 4.3.3)."""


def encode_inav(
    ephemeris: KeplerEphemeris, time: GpsTime, ionosphere: NequickCoefficients | None = None, leap: LeapSeconds | None = None
) -> list[NDArray[np.uint32]]:
    """Six pages (8,) with words 2, 4, 6, 1, 3, 5, the first sent at a time, the others PAGE_S apart.

    Raises ValueError for a toe or toc off the full minute, OverflowError for elements the message cannot hold.
    """
    sent = {kind: time + PAGE_S * i for i, kind in enumerate(ORDER)}
    words = _ephemeris_words(ephemeris)
    words[5] = _complete_word_5(words[5], sent[5], ionosphere)
    words[6] = _word_6(sent[6], leap or LeapSeconds(leap_seconds_at(time.utc())))
    return [page_of_word(words[kind].put(0, 6, kind)) for kind in ORDER]


def page_of_word(word: Bits) -> NDArray[np.uint32]:
    """A nominal page (8,) of 128 data bits; authentication, search-and-rescue and tail bits are zero."""
    even = concatenate([zeros(2), word.slice(0, 112)])
    odd = concatenate([Bits(0b10, 2), word.slice(112, 16), zeros(64)])
    crc = Bits(crc24q_bits(concatenate([even, odd]).value, 196), 24)
    return np.concatenate([even.words(), concatenate([odd, crc]).words()])


def _ephemeris_words(ephemeris: KeplerEphemeris) -> dict[int, Bits]:
    numbers = quantised(EPHEMERIS, ephemeris, ORBIT)
    numbers |= {f"iod_{i}": ephemeris.issue for i in range(1, 5)}
    numbers |= {
        "toe": on_grid(ephemeris.toe.tow_s, EPHEMERIS["toe"].scale, "toe"),
        "toc": on_grid(ephemeris.toc.tow_s, EPHEMERIS["toc"].scale, "toc"),
        "svid": number_of(ephemeris.satellite),
        "sisa": sisa_index(ephemeris.accuracy_m),
        "e1b_health": ephemeris.health >> 1 & 3,
        "e1b_validity": ephemeris.health & 1,
    }
    bits = write_all(EPHEMERIS, zeros(5 * WORD_BITS), numbers)
    return {kind: bits.slice(WORD_BITS * (kind - 1), WORD_BITS) for kind in range(1, 6)}


def _complete_word_5(word: Bits, time: GpsTime, ionosphere: NequickCoefficients | None) -> Bits:
    ai = np.zeros(3) if ionosphere is None else ionosphere.ai
    numbers = {name: quantise(WORD_5[name], float(value)) for name, value in zip(("ai0", "ai1", "ai2"), ai, strict=True)}
    numbers["week"] = (time.week - GALILEO_WEEK_OFFSET) % GALILEO_WEEK_MODULUS
    numbers["tow"] = int(time.tow_s)
    return write_all(WORD_5, word, numbers)


def _word_6(time: GpsTime, leap: LeapSeconds) -> Bits:
    week, day = week_and_day(leap, time)
    numbers = {
        "leap": leap.seconds,
        "leap_future": leap.seconds if leap.future_seconds is None else leap.future_seconds,
        "leap_week": (week - GALILEO_WEEK_OFFSET) % 256,
        "leap_day": day + 1,
        "tow": int(time.tow_s),
    }
    return write_all(WORD_6, zeros(WORD_BITS), numbers)


def sisa_index(accuracy_m: float) -> int:
    """Smallest index that covers an accuracy [m]; unknown or over 6 m: no accuracy prediction available."""
    if isnan(accuracy_m) or accuracy_m > SISA_M[-1]:
        return SISA_UNKNOWN
    return int(np.searchsorted(SISA_M, accuracy_m - 1e-9))
