"""Where the numbers of GPS and QZSS LNAV stand among the 240 data bits of a subframe.

Source: IS-GPS-200, tables 20-I to 20-IV, 20-IX, 20-X and figure 20-1; IS-QZSS-PNT, 4.1.2 (the same places and scales).
"""

from __future__ import annotations

from typing import Final

from gnss_gyro.protocols.navigation.fields import SEMICIRCLE, Field, signed, unsigned
from gnss_gyro.protocols.navigation.lnav_words import DATA_BITS


def _at(word: int, bit: int, width: int) -> tuple[int, int]:
    """Place of a field that the ICD counts by words and bits from 1; it may run on into the next word."""
    return DATA_BITS * (word - 1) + bit - 1, width


def _u(word: int, bit: int, width: int, scale: float = 1.0) -> Field:
    return unsigned(_at(word, bit, width), scale=scale)


def _s(word: int, bit: int, width: int, scale: float = 1.0) -> Field:
    return signed(_at(word, bit, width), scale=scale)


HEADER: Final = {
    "preamble": _u(1, 1, 8),
    "tow": _u(2, 1, 17, 6.0),  # of the subframe that follows
    "subframe": _u(2, 20, 3),
}

SUBFRAME_1: Final = {
    "week": _u(3, 1, 10),
    "accuracy": _u(3, 13, 4),
    "health": _u(3, 17, 6),
    "issue_clock": unsigned(_at(3, 23, 2), _at(8, 1, 8)),
    "group_delay_s": _s(7, 17, 8, 2.0**-31),
    "toc": _u(8, 9, 16, 16.0),
    "af2": _s(9, 1, 8, 2.0**-55),
    "af1": _s(9, 9, 16, 2.0**-43),
    "af0": _s(10, 1, 22, 2.0**-31),
}

SUBFRAME_2: Final = {
    "issue": _u(3, 1, 8),
    "crs": _s(3, 9, 16, 2.0**-5),
    "mean_motion_difference": _s(4, 1, 16, 2.0**-43 * SEMICIRCLE),
    "mean_anomaly": _s(4, 17, 32, 2.0**-31 * SEMICIRCLE),
    "cuc": _s(6, 1, 16, 2.0**-29),
    "eccentricity": _u(6, 17, 32, 2.0**-33),
    "cus": _s(8, 1, 16, 2.0**-29),
    "sqrt_a": _u(8, 17, 32, 2.0**-19),
    "toe": _u(10, 1, 16, 16.0),
    "fit": _u(10, 17, 1),
}

SUBFRAME_3: Final = {
    "cic": _s(3, 1, 16, 2.0**-29),
    "ascending_node": _s(3, 17, 32, 2.0**-31 * SEMICIRCLE),
    "cis": _s(5, 1, 16, 2.0**-29),
    "inclination": _s(5, 17, 32, 2.0**-31 * SEMICIRCLE),
    "crc": _s(7, 1, 16, 2.0**-5),
    "perigee": _s(7, 17, 32, 2.0**-31 * SEMICIRCLE),
    "ascending_node_rate": _s(9, 1, 24, 2.0**-43 * SEMICIRCLE),
    "issue": _u(10, 1, 8),
    "inclination_rate": _s(10, 9, 14, 2.0**-43 * SEMICIRCLE),
}

PAGE_18: Final = {
    "data_id": _u(3, 1, 2),
    "page_id": _u(3, 3, 6),
    "alpha0": _s(3, 9, 8, 2.0**-30),
    "alpha1": _s(3, 17, 8, 2.0**-27),
    "alpha2": _s(4, 1, 8, 2.0**-24),
    "alpha3": _s(4, 9, 8, 2.0**-24),
    "beta0": _s(4, 17, 8, 2.0**11),
    "beta1": _s(5, 1, 8, 2.0**14),
    "beta2": _s(5, 9, 8, 2.0**16),
    "beta3": _s(5, 17, 8, 2.0**16),
    "leap_s": _s(9, 1, 8),
    "leap_week": _u(9, 9, 8),
    "leap_day": _u(9, 17, 8),  # 1 = Sunday
    "future_leap_s": _s(10, 1, 8),
}

PAGE_18_ID: Final = 56
"""What subframe 4, page 18 calls itself (IS-GPS-200, table 20-V); QZSS uses the same number (IS-QZSS-PNT, 4.1.2.6)."""
ALPHA: Final = ("alpha0", "alpha1", "alpha2", "alpha3")
BETA: Final = ("beta0", "beta1", "beta2", "beta3")
CLOCK: Final = ("group_delay_s", "af2", "af1", "af0")
ORBIT_2: Final = ("crs", "mean_motion_difference", "mean_anomaly", "cuc", "eccentricity", "cus", "sqrt_a")
ORBIT_3: Final = (
    "cic", "ascending_node", "cis", "inclination", "crc", "perigee", "ascending_node_rate", "inclination_rate",
)  # fmt: skip
ANGLES: Final = ("mean_anomaly", "ascending_node", "perigee")

ACCURACY_M: Final = (2.0, 2.8, 4.0, 5.7, 8.0, 11.3, *(2.0 ** (n - 2) for n in range(6, 15)), float("nan"))
"""Nominal user range accuracy by its index; 15 gives no prediction (IS-GPS-200, 20.3.3.3.1.3)."""
WEEKS: Final = 1024
LEAP_WEEKS: Final = 256
