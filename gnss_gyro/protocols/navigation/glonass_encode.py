"""GLONASS strings as a u-blox receiver would hand them on: what the simulator writes."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.satellites import number_of
from gnss_gyro.basics.time import DAY_S, NS, GpsTime, leap_seconds_at
from gnss_gyro.protocols.messages import GlonassEphemeris
from gnss_gyro.protocols.navigation.bits import Bits, concatenate, zeros
from gnss_gyro.protocols.navigation.fields import on_grid, quantise, write, write_all
from gnss_gyro.protocols.navigation.glonass import day_of_four_years, moscow_ns
from gnss_gyro.protocols.navigation.glonass_strings import (
    AXES,
    EPHEMERIS,
    FRAME_S,
    NUMBER,
    STRING_5,
    STRING_BITS,
    with_check_bits,
)

GLONASS_M: Final = 1
"""Modification: second generation, the first that tells slot and date."""
STRINGS: Final = (1, 2, 3, 4, 5)


def encode_glonass_strings(ephemeris: GlonassEphemeris, time: GpsTime, leap_s: int | None = None) -> list[NDArray[np.uint32]]:
    """Strings 1 to 5 as words (4,) of the frame under way at a time; a frame starts at Moscow times of full 30 s (frame_start),
    its strings follow each other in STRING_S.

    leap_s : GPS - UTC [s]; the table of basics.time where it is not given
    Raises ValueError for a toe off the full quarter hour of UTC, OverflowError for elements the message cannot hold.
    """
    leap = leap_seconds_at(time.utc()) if leap_s is None else leap_s
    start = frame_start(time, leap)
    bits = write_all(EPHEMERIS, zeros(4 * STRING_BITS), _numbers(ephemeris, start, leap))
    strings = [bits.slice(STRING_BITS * i, STRING_BITS) for i in range(4)] + [_string_5(start)]
    frame = _frame_id(start, leap)
    return [_words(write(NUMBER, string, number), frame) for number, string in zip(STRINGS, strings, strict=True)]


def frame_start(time: GpsTime, leap_s: int) -> GpsTime:
    """When the frame began that is under way at a time."""
    return GpsTime(time.ns - moscow_ns(time, leap_s) % int(FRAME_S * NS))


def _time_of_day_s(time: GpsTime, leap_s: int) -> float:
    return moscow_ns(time, leap_s) % (DAY_S * NS) / NS


def _numbers(ephemeris: GlonassEphemeris, start: GpsTime, leap_s: int) -> dict[str, int]:
    sent = int(_time_of_day_s(start, leap_s))
    vectors = {
        "position": ephemeris.position_m,
        "velocity": ephemeris.velocity_mps,
        "acceleration": ephemeris.acceleration_mps2,
    }
    numbers = {
        f"{name}_{axis}": quantise(EPHEMERIS[f"{name}_{axis}"], float(vector[i]))
        for name, vector in vectors.items()
        for i, axis in enumerate(AXES)
    }
    return numbers | {
        "hour": sent // 3600,
        "minute": sent // 60 % 60,
        "half_minute": sent // 30 % 2,
        "malfunction": ephemeris.health & 1,
        "unhealthy": ephemeris.health >> 1 & 1,
        "tb": on_grid(_time_of_day_s(ephemeris.toe, leap_s), EPHEMERIS["tb"].scale, "toe"),
        "gamma": quantise(EPHEMERIS["gamma"], ephemeris.frequency_bias),
        "tau": quantise(EPHEMERIS["tau"], -ephemeris.clock_bias_s),
        "age": quantise(EPHEMERIS["age"], ephemeris.age_days),
        "day": day_of_four_years(start),
        "slot": number_of(ephemeris.satellite),
        "modification": GLONASS_M,
    }


def _string_5(start: GpsTime) -> Bits:
    four_years = (start.utc().year - 1996) // 4 + 1
    return write_all(STRING_5, zeros(STRING_BITS), {"day_almanac": day_of_four_years(start), "four_years": four_years})


def _frame_id(start: GpsTime, leap_s: int) -> int:
    """Superframe of the day and frame within it, as u-blox appends them."""
    frames = int(_time_of_day_s(start, leap_s) // FRAME_S)
    return (frames // 5 + 1) << 16 | frames % 5 + 1


def _words(string: Bits, frame: int) -> NDArray[np.uint32]:
    return concatenate([with_check_bits(string), zeros(96 - STRING_BITS), Bits(frame, 32)]).words()
