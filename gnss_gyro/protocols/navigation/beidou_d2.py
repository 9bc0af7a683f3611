"""BeiDou D2, the message of GEO satellites: subframe 1 comes every 3 s with one of ten pages, which hold the ephemeris.

Source: BDS-SIS-ICD B1I 3.0, 5.3 (figures 5-14-1 to 5-14-10); only the first five words of each page are used.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import KeplerEphemeris, Klobuchar
from gnss_gyro.protocols.navigation.beidou_words import (
    HEAD,
    SUBFRAME_BITS,
    ephemeris_numbers,
    klobuchar_numbers,
    subframe,
    with_parity,
)
from gnss_gyro.protocols.navigation.bits import Bits, concatenate
from gnss_gyro.protocols.navigation.fields import SEMICIRCLE, Layout, signed, unsigned, write, write_all

PAGE_S: Final = 3.0
"""Time from one page of subframe 1 to the next [s]: a frame of five subframes of 0.6 s."""
PARTS: Final = tuple(range(1, 11))
"""Pages that make an ephemeris, one after the other."""
UTC_PAGE: Final = 102
"""Of subframe 5, with the fields of D1's page 10."""
PAGE: Final = unsigned((42, 4))

_P1, _P2, _P3, _P4, _P5, _P6, _P7, _P8, _P9, _P10 = (SUBFRAME_BITS * i for i in range(10))

EPHEMERIS: Final[Layout] = {
    "sow": HEAD["sow"],
    "health": unsigned((_P1 + 46, 1)),
    "aodc": unsigned((_P1 + 47, 5)),
    "urai": unsigned((_P1 + 60, 4)),
    "week": unsigned((_P1 + 64, 13)),
    "toc": unsigned((_P1 + 77, 5), (_P1 + 90, 12), scale=8.0),
    "group_delay_s": signed((_P1 + 102, 10), scale=1e-10),
    "group_delay_2_s": signed((_P1 + 120, 10), scale=1e-10),
    "af0": signed((_P3 + 100, 12), (_P3 + 120, 12), scale=2.0**-33),
    "af1": signed((_P3 + 132, 4), (_P4 + 46, 6), (_P4 + 60, 12), scale=2.0**-50),
    "af2": signed((_P4 + 72, 10), (_P4 + 90, 1), scale=2.0**-66),
    "aode": unsigned((_P4 + 91, 5)),
    "mean_motion_difference": signed((_P4 + 96, 16), scale=SEMICIRCLE * 2.0**-43),
    "cuc": signed((_P4 + 120, 14), (_P5 + 46, 4), scale=2.0**-31),
    "mean_anomaly": signed((_P5 + 50, 2), (_P5 + 60, 22), (_P5 + 90, 8), scale=SEMICIRCLE * 2.0**-31),
    "cus": signed((_P5 + 98, 14), (_P5 + 120, 4), scale=2.0**-31),
    "eccentricity": unsigned((_P5 + 124, 10), (_P6 + 46, 6), (_P6 + 60, 16), scale=2.0**-33),
    "sqrt_a": unsigned((_P6 + 76, 6), (_P6 + 90, 22), (_P6 + 120, 4), scale=2.0**-19),
    "cic": signed((_P6 + 124, 10), (_P7 + 46, 6), (_P7 + 60, 2), scale=2.0**-31),
    "cis": signed((_P7 + 62, 18), scale=2.0**-31),
    "toe": unsigned((_P7 + 80, 2), (_P7 + 90, 15), scale=8.0),
    "inclination": signed((_P7 + 105, 7), (_P7 + 120, 14), (_P8 + 46, 6), (_P8 + 60, 5), scale=SEMICIRCLE * 2.0**-31),
    "crc": signed((_P8 + 65, 17), (_P8 + 90, 1), scale=2.0**-6),
    "crs": signed((_P8 + 91, 18), scale=2.0**-6),
    "ascending_node_rate": signed((_P8 + 109, 3), (_P8 + 120, 16), (_P9 + 46, 5), scale=SEMICIRCLE * 2.0**-43),
    "ascending_node": signed((_P9 + 51, 1), (_P9 + 60, 22), (_P9 + 90, 9), scale=SEMICIRCLE * 2.0**-31),
    "perigee": signed((_P9 + 99, 13), (_P9 + 120, 14), (_P10 + 46, 5), scale=SEMICIRCLE * 2.0**-31),
    "inclination_rate": signed((_P10 + 51, 1), (_P10 + 60, 13), scale=SEMICIRCLE * 2.0**-43),
}
"""Pages 1 to 10 of subframe 1 end to end."""

IONOSPHERE: Final[Layout] = {
    "alpha0": signed((_P2 + 46, 6), (_P2 + 60, 2), scale=2.0**-30),
    "alpha1": signed((_P2 + 62, 8), scale=2.0**-27),
    "alpha2": signed((_P2 + 70, 8), scale=2.0**-24),
    "alpha3": signed((_P2 + 78, 4), (_P2 + 90, 4), scale=2.0**-24),
    "beta0": signed((_P2 + 94, 8), scale=2.0**11),
    "beta1": signed((_P2 + 102, 8), scale=2.0**14),
    "beta2": signed((_P2 + 110, 2), (_P2 + 120, 6), scale=2.0**16),
    "beta3": signed((_P2 + 126, 8), scale=2.0**16),
}
"""In page 2, positions as in EPHEMERIS."""


def encode_d2(ephemeris: KeplerEphemeris, time: GpsTime, ionosphere: Klobuchar | None = None) -> list[NDArray[np.uint32]]:
    """Pages 1 to 10 of subframe 1 as words (10,); the first starts at a time, the others PAGE_S apart.

    Raises ValueError for times off the full second (toe, toc: off 8 s), OverflowError for elements the message cannot hold.
    """
    bits = concatenate(_page(part, time + PAGE_S * i) for i, part in enumerate(PARTS))
    bits = write_all(EPHEMERIS, bits, ephemeris_numbers(EPHEMERIS, ephemeris, time))
    bits = write_all(IONOSPHERE, bits, klobuchar_numbers(IONOSPHERE, ionosphere))
    return [with_parity(bits.slice(SUBFRAME_BITS * i, SUBFRAME_BITS)) for i in range(len(PARTS))]


def _page(number: int, time: GpsTime) -> Bits:
    return write(PAGE, subframe(1, time), number)
