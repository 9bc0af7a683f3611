"""Navigation messages on the air: which subframe, page or string of a satellite is complete when."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.satellites import System, system_of
from gnss_gyro.basics.time import BEIDOU_MINUS_GPS_S, NS, GpsTime, leap_seconds_at
from gnss_gyro.protocols.messages import Ephemeris, GlonassEphemeris, Klobuchar, LeapSeconds
from gnss_gyro.protocols.navigation.beidou_d1 import encode_d1
from gnss_gyro.protocols.navigation.beidou_d2 import encode_d2
from gnss_gyro.protocols.navigation.glonass_encode import encode_glonass_strings
from gnss_gyro.protocols.navigation.inav_encode import encode_inav
from gnss_gyro.protocols.navigation.lnav_encode import encode_lnav, encode_page_18
from gnss_gyro.protocols.ubx.sfrbx import NavigationWords
from gnss_gyro.simulation.constellation import Constellation, in_force

FRAME_S: Final = 30.0
"""All five systems repeat their ephemerides in this time."""
_FRAME_NS: Final = round(FRAME_S * NS)
LEAD_S: Final = 90.0
"""A new issue is on the air so much before it comes into force, so that it is received in time."""
SUPERFRAME: Final = 25
PAGE_18: Final = 17
"""Place of page 18 (ionosphere, leap seconds) among the 25 frames of LNAV's superframe."""

_STEP_S: Final = {"LNAV": 6.0, "INAV": 2.0, "D1": 6.0, "D2": 3.0, "": 2.0}
_LENGTH_S: Final = {"LNAV": 6.0, "INAV": 2.0, "D1": 6.0, "D2": 0.6, "": 2.0}
_SIGNAL_ID: Final = {"LNAV": 0, "INAV": 1, "D1": 0, "D2": 1, "": 0}


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A subframe, page or string whose last bit has been received at a time."""

    time: GpsTime
    message: NavigationWords


def broadcasts(
    constellation: Constellation, klobuchar: Klobuchar, start: GpsTime, end: GpsTime, satellites: Container[int]
) -> list[Broadcast]:
    """All that satellites complete from start to before end, in the order of time."""
    found: list[Broadcast] = []
    half_minute = GpsTime(start.ns // _FRAME_NS * _FRAME_NS) - 2.0 * FRAME_S
    while half_minute < end:
        for ephemeris in in_force(constellation, half_minute + LEAD_S):
            if ephemeris is not None and ephemeris.satellite in satellites:
                begin = half_minute + _frame_offset_s(system_of(ephemeris.satellite), start)
                found += [b for b in frame(ephemeris, begin, klobuchar) if start <= b.time < end]
        half_minute += FRAME_S
    return sorted(found, key=lambda b: (b.time, b.message.satellite))


def complete_set(
    constellation: Constellation, klobuchar: Klobuchar, time: GpsTime, satellites: Container[int]
) -> Iterator[Broadcast]:
    """A whole frame of every satellite, complete by a time."""
    half_minute = GpsTime(time.ns // _FRAME_NS * _FRAME_NS) - 2.0 * FRAME_S
    for ephemeris in in_force(constellation, time):
        if ephemeris is not None and ephemeris.satellite in satellites:
            begin = half_minute + _frame_offset_s(system_of(ephemeris.satellite), time)
            yield from frame(ephemeris, begin, klobuchar, always_ionosphere=True)


def frame(ephemeris: Ephemeris, begin: GpsTime, klobuchar: Klobuchar, always_ionosphere: bool = False) -> list[Broadcast]:
    """What a satellite sends of its ephemeris (and ionosphere) in the frame that begins at a time."""
    source = "" if isinstance(ephemeris, GlonassEphemeris) else ephemeris.source
    channel = ephemeris.channel if isinstance(ephemeris, GlonassEphemeris) else 0
    ionosphere = replace(klobuchar, system=system_of(ephemeris.satellite).value) if source in ("LNAV", "D1", "D2") else None
    sent = [(begin + k * _STEP_S[source], words) for k, words in enumerate(_words(ephemeris, begin, ionosphere))]
    if ionosphere is not None and source == "LNAV" and (always_ionosphere or _place_in_superframe(begin) == PAGE_18):
        leap = LeapSeconds(leap_seconds_at(begin.utc()))
        sent.append((begin + 18.0, encode_page_18(ionosphere, leap, begin + 18.0)))
    return [
        Broadcast(at + _LENGTH_S[source], NavigationWords(ephemeris.satellite, _SIGNAL_ID[source], channel, words))
        for at, words in sent
    ]


def _words(ephemeris: Ephemeris, begin: GpsTime, ionosphere: Klobuchar | None) -> list[NDArray[np.uint32]]:
    if isinstance(ephemeris, GlonassEphemeris):
        return encode_glonass_strings(ephemeris, begin)
    if ephemeris.source == "LNAV":
        return list(encode_lnav(ephemeris, begin))
    if ephemeris.source == "INAV":
        return encode_inav(ephemeris, begin)
    return (encode_d2 if ephemeris.source == "D2" else encode_d1)(ephemeris, begin, ionosphere)


def _frame_offset_s(system: System, time: GpsTime) -> float:
    """When frames begin after the full half minute of GPS time: each system counts in its own time."""
    if system is System.BEIDOU:
        return float(-BEIDOU_MINUS_GPS_S)
    return float(leap_seconds_at(time.utc())) if system is System.GLONASS else 0.0


def _place_in_superframe(begin: GpsTime) -> int:
    return int(begin.tow_s // FRAME_S) % SUPERFRAME
