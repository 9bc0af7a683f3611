"""GLONASS strings: the tables of strings 1 to 5 and the Hamming code, which corrects one bit.

Source: GLONASS ICD L1/L2 5.1: strings 4.4 (table 4.5, 4.6), code 4.7. Bit 85 of the ICD is position 0 here.
"""

from __future__ import annotations

from typing import Final

from gnss_gyro.protocols.navigation.bits import Bits
from gnss_gyro.protocols.navigation.fields import Layout, magnitude, unsigned

STRING_BITS: Final = 85
DATA_BITS: Final = 77
CHECK_BITS: Final = 8
STRING_S: Final = 2.0
FRAME_S: Final = 30.0

NUMBER: Final = unsigned((1, 4))
KM: Final = 1e3

_S1, _S2, _S3, _S4, _S5 = (STRING_BITS * i for i in range(5))

EPHEMERIS: Final[Layout] = {
    "hour": unsigned((_S1 + 9, 5)),
    "minute": unsigned((_S1 + 14, 6)),
    "half_minute": unsigned((_S1 + 20, 1)),
    "velocity_x": magnitude((_S1 + 21, 24), scale=KM * 2.0**-20),
    "acceleration_x": magnitude((_S1 + 45, 5), scale=KM * 2.0**-30),
    "position_x": magnitude((_S1 + 50, 27), scale=KM * 2.0**-11),
    "malfunction": unsigned((_S2 + 5, 1)),
    "tb": unsigned((_S2 + 9, 7), scale=900.0),
    "velocity_y": magnitude((_S2 + 21, 24), scale=KM * 2.0**-20),
    "acceleration_y": magnitude((_S2 + 45, 5), scale=KM * 2.0**-30),
    "position_y": magnitude((_S2 + 50, 27), scale=KM * 2.0**-11),
    "gamma": magnitude((_S3 + 6, 11), scale=2.0**-40),
    "unhealthy": unsigned((_S3 + 20, 1)),
    "velocity_z": magnitude((_S3 + 21, 24), scale=KM * 2.0**-20),
    "acceleration_z": magnitude((_S3 + 45, 5), scale=KM * 2.0**-30),
    "position_z": magnitude((_S3 + 50, 27), scale=KM * 2.0**-11),
    "tau": magnitude((_S4 + 5, 22), scale=2.0**-30),
    "age": unsigned((_S4 + 32, 5)),
    "day": unsigned((_S4 + 59, 11)),
    "slot": unsigned((_S4 + 70, 5)),
    "modification": unsigned((_S4 + 75, 2)),
}
"""Strings 1 to 4 end to end. day = 0 and slot = 0 come from the first generation of satellites: not told."""

STRING_5: Final[Layout] = {
    "day_almanac": unsigned((5, 11)),
    "four_years": unsigned((49, 5)),
}

AXES: Final = ("x", "y", "z")


def _hamming_positions() -> tuple[int, ...]:
    """Position in the Hamming code of ICD bits 9, 10, ..., 85: all numbers from 3 that are not powers of two."""
    return tuple(n for n in range(3, 128) if n & (n - 1))[:DATA_BITS]


_POSITIONS: Final = _hamming_positions()


def check_bits(data: int) -> int:
    """Check bits beta 8..1 of the 77 data bits (ICD bit 9 is the lowest)."""
    syndrome = 0
    for i, position in enumerate(_POSITIONS):
        if data >> i & 1:
            syndrome ^= position
    total = (data.bit_count() + syndrome.bit_count()) & 1
    return total << 7 | syndrome


def checked(string: Bits) -> Bits | None:
    """The string with at most one wrong bit put right; None where more are wrong."""
    data, check = string.value >> CHECK_BITS, string.value & 0xFF
    syndrome = (check_bits(data) ^ check) & 0x7F
    odd = string.value.bit_count() & 1
    if syndrome == 0:
        return string  # a wrong parity alone is the parity bit itself
    if not odd:
        return None
    if syndrome & (syndrome - 1) == 0:
        return Bits(string.value ^ syndrome, STRING_BITS)  # a check bit
    if syndrome not in _POSITIONS:
        return None
    return Bits(string.value ^ 1 << (_POSITIONS.index(syndrome) + CHECK_BITS), STRING_BITS)


def with_check_bits(string: Bits) -> Bits:
    """The string with its check bits filled in."""
    data = string.value >> CHECK_BITS
    return Bits(data << CHECK_BITS | check_bits(data), STRING_BITS)
