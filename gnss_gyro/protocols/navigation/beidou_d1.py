"""BeiDou D1, the message of MEO and IGSO satellites: subframes of 6 s, of which 1 to 3 hold the ephemeris.

Source: BDS-SIS-ICD B1I 3.0, 5.2 (figures 5-8 to 5-10 and 5-12-10).
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
from gnss_gyro.protocols.navigation.bits import concatenate
from gnss_gyro.protocols.navigation.fields import SEMICIRCLE, Layout, signed, unsigned, write_all

SUBFRAME_S: Final = 6.0
"""Length of a subframe [s]."""
PARTS: Final = (1, 2, 3)
"""Subframes that make an ephemeris, one after the other."""

_S1, _S2, _S3 = (SUBFRAME_BITS * i for i in range(3))

EPHEMERIS: Final[Layout] = {
    "sow": HEAD["sow"],
    "health": unsigned((_S1 + 42, 1)),
    "aodc": unsigned((_S1 + 43, 5)),
    "urai": unsigned((_S1 + 48, 4)),
    "week": unsigned((_S1 + 60, 13)),
    "toc": unsigned((_S1 + 73, 9), (_S1 + 90, 8), scale=8.0),
    "group_delay_s": signed((_S1 + 98, 10), scale=1e-10),
    "group_delay_2_s": signed((_S1 + 108, 4), (_S1 + 120, 6), scale=1e-10),
    "af2": signed((_S1 + 214, 11), scale=2.0**-66),
    "af0": signed((_S1 + 225, 7), (_S1 + 240, 17), scale=2.0**-33),
    "af1": signed((_S1 + 257, 5), (_S1 + 270, 17), scale=2.0**-50),
    "aode": unsigned((_S1 + 287, 5)),
    "mean_motion_difference": signed((_S2 + 42, 10), (_S2 + 60, 6), scale=SEMICIRCLE * 2.0**-43),
    "cuc": signed((_S2 + 66, 16), (_S2 + 90, 2), scale=2.0**-31),
    "mean_anomaly": signed((_S2 + 92, 20), (_S2 + 120, 12), scale=SEMICIRCLE * 2.0**-31),
    "eccentricity": unsigned((_S2 + 132, 10), (_S2 + 150, 22), scale=2.0**-33),
    "cus": signed((_S2 + 180, 18), scale=2.0**-31),
    "crc": signed((_S2 + 198, 4), (_S2 + 210, 14), scale=2.0**-6),
    "crs": signed((_S2 + 224, 8), (_S2 + 240, 10), scale=2.0**-6),
    "sqrt_a": unsigned((_S2 + 250, 12), (_S2 + 270, 20), scale=2.0**-19),
    "toe": unsigned((_S2 + 290, 2), (_S3 + 42, 10), (_S3 + 60, 5), scale=8.0),
    "inclination": signed((_S3 + 65, 17), (_S3 + 90, 15), scale=SEMICIRCLE * 2.0**-31),
    "cic": signed((_S3 + 105, 7), (_S3 + 120, 11), scale=2.0**-31),
    "ascending_node_rate": signed((_S3 + 131, 11), (_S3 + 150, 13), scale=SEMICIRCLE * 2.0**-43),
    "cis": signed((_S3 + 163, 9), (_S3 + 180, 9), scale=2.0**-31),
    "inclination_rate": signed((_S3 + 189, 13), (_S3 + 210, 1), scale=SEMICIRCLE * 2.0**-43),
    "ascending_node": signed((_S3 + 211, 21), (_S3 + 240, 11), scale=SEMICIRCLE * 2.0**-31),
    "perigee": signed((_S3 + 251, 11), (_S3 + 270, 21), scale=SEMICIRCLE * 2.0**-31),
}
"""Subframes 1 to 3 end to end."""

IONOSPHERE: Final[Layout] = {
    "alpha0": signed((126, 8), scale=2.0**-30),
    "alpha1": signed((134, 8), scale=2.0**-27),
    "alpha2": signed((150, 8), scale=2.0**-24),
    "alpha3": signed((158, 8), scale=2.0**-24),
    "beta0": signed((166, 6), (180, 2), scale=2.0**11),
    "beta1": signed((182, 8), scale=2.0**14),
    "beta2": signed((190, 8), scale=2.0**16),
    "beta3": signed((198, 4), (210, 4), scale=2.0**16),
}
"""In subframe 1."""

UTC_PAGE: Final = 10
UTC: Final[Layout] = {
    "page": unsigned((43, 7)),
    "leap": signed((50, 2), (60, 6)),
    "leap_future": signed((66, 8)),
    "leap_week": unsigned((74, 8)),
    "leap_day": unsigned((162, 8)),
}
"""In subframe 5, page 10 (D2: page 102); the seconds count from the start of BeiDou time."""


def encode_d1(ephemeris: KeplerEphemeris, time: GpsTime, ionosphere: Klobuchar | None = None) -> list[NDArray[np.uint32]]:
    """Subframes 1, 2, 3 as words (10,); the first starts at a time, the others SUBFRAME_S apart.

    Raises ValueError for times off the full second (toe, toc: off 8 s), OverflowError for elements the message cannot hold.
    """
    bits = concatenate(subframe(part, time + SUBFRAME_S * i) for i, part in enumerate(PARTS))
    bits = write_all(EPHEMERIS, bits, ephemeris_numbers(EPHEMERIS, ephemeris, time))
    bits = write_all(IONOSPHERE, bits, klobuchar_numbers(IONOSPHERE, ionosphere))
    return [with_parity(bits.slice(SUBFRAME_BITS * i, SUBFRAME_BITS)) for i in range(len(PARTS))]
