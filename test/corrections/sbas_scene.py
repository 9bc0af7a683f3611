"""A small SBAS service for tests: five GPS satellites, one of them forbidden, a patch of grid, and a receiver below it."""

from __future__ import annotations

import numpy as np
import sbas_samples as sample

from gnss_gyro.basics.frames import ecef_from_geodetic
from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.corrections.source import Viewpoint
from gnss_gyro.protocols.messages import SbasMessage
from gnss_gyro.protocols.sbas.grid import points_of_band

T0 = GpsTime.from_week_tow(2381, 408_657)
GPS = ("G03", "G05", "G09", "G20", "G31")
SATELLITES = np.array([satellite_from_name(name) for name in (*GPS, "E11", "C23")], np.int16)
ISSUES = np.array([30, 50, 90, 200, 31, 77, 1], np.int64)
MASK_NUMBERS = (3, 5, 9, 20, 31, 131)
PRN = satellite_from_name("S31")
OTHER_PRN = satellite_from_name("S35")
PLACE = np.array([np.radians(40.1), np.radians(-105.15), 1600.0])
VIEW = Viewpoint(
    ecef_from_geodetic(PLACE),
    np.radians([70.0, 50.0, 35.0, -3.0, 60.0, 45.0, -30.0]),
    np.radians([10.0, 100.0, 200.0, 300.0, 250.0, -60.0, 150.0]),
)
STEPS = [8, -16, 4, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0]
UDREI = [5, 6, 7, 15, 5, 14, 14, 14, 14, 14, 14, 14, 14]


def told(bits: str, at_s: float, satellite: int = PRN) -> SbasMessage:
    return sample.message_of(bits, T0 + at_s, satellite)


def long_term_messages(at_s: float = -20.0, satellite: int = PRN) -> list[SbasMessage]:
    """Of the five satellites, in steps of 0.125 m: slot i gets (8 i, -8, 4)."""
    rows = [sample.still(slot, int(ISSUES[slot - 1]), (8 * slot, -8, 4), 10 * slot) for slot in range(1, 6)]
    halves = [sample.still_half(rows[0], rows[1]), sample.still_half(rows[2], rows[3]), sample.still_half(rows[4])]
    return [
        told(sample.long_term(halves[0], halves[1]), at_s, satellite),
        told(sample.long_term(halves[2]), at_s + 1.0, satellite),
    ]


def grid_messages(at_s: float = -40.0, satellite: int = PRN, steps: int = 24, givei: int = 5) -> list[SbasMessage]:
    """All of bands 1 and 2, everywhere the same vertical delay."""
    messages = []
    for band in (1, 2):
        count = len(points_of_band(band))
        messages.append(told(sample.grid_mask(band, range(1, count + 1)), at_s, satellite))
        blocks = range(-(-count // 15))
        messages += [told(sample.grid_delays(band, b, [steps] * 15, [givei] * 15), at_s + b + 1.0, satellite) for b in blocks]
    return messages


def service(satellite: int = PRN, fast_s: tuple[float, ...] = (-8.0, -2.0)) -> list[SbasMessage]:
    """Everything that makes corrections at T0, in the order of time."""
    messages = [
        told(sample.prn_mask(MASK_NUMBERS), -50.0, satellite),
        told(sample.fast_degradation(2, [15] * 51), -45.0, satellite),
        *grid_messages(satellite=satellite),
        *long_term_messages(satellite=satellite),
        *(told(sample.fast(2, STEPS, UDREI, issue=i % 3), at_s, satellite) for i, at_s in enumerate(fast_s)),
    ]
    return sorted(messages, key=lambda message: message.time.ns)


def fed(source, messages):
    for message in messages:
        source.feed(message)
    return source
