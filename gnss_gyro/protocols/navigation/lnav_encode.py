"""GPS and QZSS LNAV written: for simulated receivers, and for tests that close the loop."""

from __future__ import annotations

from math import isnan, pi
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.satellites import System, system_of
from gnss_gyro.basics.time import WEEK_S, GpsTime
from gnss_gyro.protocols.messages import KeplerEphemeris, Klobuchar, LeapSeconds
from gnss_gyro.protocols.navigation.bits import zeros
from gnss_gyro.protocols.navigation.fields import Layout, on_grid, quantise, quantised, write_all
from gnss_gyro.protocols.navigation.leap import week_and_day
from gnss_gyro.protocols.navigation.lnav import fit_interval_s
from gnss_gyro.protocols.navigation.lnav_fields import (
    ACCURACY_M,
    ALPHA,
    ANGLES,
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
from gnss_gyro.protocols.navigation.lnav_words import DATA_BITS, PREAMBLE, WORDS, words_of_data

SUBFRAME_S: Final = 6
_DATA_ID: Final = {System.GPS: 1, System.QZSS: 3}


def encode_lnav(ephemeris: KeplerEphemeris, transmitted: GpsTime) -> NDArray[np.uint32]:
    """Words (3, 10) of subframes 1, 2, 3, of which the first is sent at a time (a multiple of 6 s).

    Values are rounded as the format does. Raises OverflowError for elements it cannot hold, ValueError for odd times.
    """
    toe_s, toc_s = SUBFRAME_2["toe"].scale, SUBFRAME_1["toc"].scale
    first = quantised(SUBFRAME_1, ephemeris, CLOCK) | {
        "week": transmitted.week % WEEKS,
        "accuracy": accuracy_index(ephemeris.accuracy_m),
        "health": ephemeris.health,
        "issue_clock": ephemeris.issue_clock,
        "toc": on_grid(ephemeris.toc.tow_s, toc_s, "toc"),
    }
    second = _orbit(SUBFRAME_2, ephemeris, ORBIT_2) | {
        "issue": ephemeris.issue,
        "toe": on_grid(ephemeris.toe.tow_s, toe_s, "toe"),
        "fit": _fit_flag(ephemeris),
    }
    third = _orbit(SUBFRAME_3, ephemeris, ORBIT_3) | {"issue": ephemeris.issue}
    return np.stack([
        _subframe(1, transmitted, SUBFRAME_1, first),
        _subframe(2, transmitted + float(SUBFRAME_S), SUBFRAME_2, second),
        _subframe(3, transmitted + 2.0 * SUBFRAME_S, SUBFRAME_3, third),
    ])  # fmt: skip


def encode_page_18(ionosphere: Klobuchar, leap: LeapSeconds, transmitted: GpsTime) -> NDArray[np.uint32]:
    """Words (10,) of subframe 4, page 18, sent at a time (a multiple of 6 s)."""
    week, day = week_and_day(leap, transmitted)
    numbers = {
        "data_id": _DATA_ID[System(ionosphere.system)],
        "page_id": PAGE_18_ID,
        "leap_s": leap.seconds,
        "leap_week": week % LEAP_WEEKS,
        "leap_day": day + 1,
        "future_leap_s": leap.seconds if leap.future_seconds is None else leap.future_seconds,
    }
    for names, coefficients in ((ALPHA, ionosphere.alpha), (BETA, ionosphere.beta)):
        numbers |= {name: quantise(PAGE_18[name], float(value)) for name, value in zip(names, coefficients, strict=True)}
    return _subframe(4, transmitted, PAGE_18, numbers)


def accuracy_index(accuracy_m: float) -> int:
    """Smallest index whose accuracy is not better than claimed; 15 for unknown or worse than the table."""
    if isnan(accuracy_m):
        return len(ACCURACY_M) - 1
    return next((index for index, metres in enumerate(ACCURACY_M) if metres >= accuracy_m), len(ACCURACY_M) - 1)


def _subframe(number: int, sent: GpsTime, layout: Layout, numbers: dict[str, int]) -> NDArray[np.uint32]:
    next_tow = on_grid(sent.tow_s + SUBFRAME_S, SUBFRAME_S, "start of a subframe") % (WEEK_S // SUBFRAME_S)
    header = {"preamble": PREAMBLE, "tow": next_tow, "subframe": number}
    return words_of_data(write_all(layout, write_all(HEADER, zeros(WORDS * DATA_BITS), header), numbers))


def _orbit(layout: Layout, ephemeris: KeplerEphemeris, names: tuple[str, ...]) -> dict[str, int]:
    """Integers of orbital elements; angles are taken into [-pi, pi), where the format holds them."""
    numbers = {}
    for name in names:
        value = float(getattr(ephemeris, name))
        if name in ANGLES:
            value = (value + pi) % (2.0 * pi) - pi
        half_turn = round(pi / layout[name].scale)
        number = round(value / layout[name].scale)
        numbers[name] = -half_turn if name in ANGLES and number == half_turn else number
    return numbers


def _fit_flag(ephemeris: KeplerEphemeris) -> int:
    normal = fit_interval_s(system_of(ephemeris.satellite), False, ephemeris.issue_clock)
    if isnan(ephemeris.fit_interval_s):
        return int(system_of(ephemeris.satellite) is System.QZSS)
    return int(ephemeris.fit_interval_s > normal)
