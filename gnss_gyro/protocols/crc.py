"""CRC-24Q, the parity of RTCM 3, SBAS, Galileo and QZSS messages (generator 0x1864CFB, start value 0)."""

from __future__ import annotations

from typing import Final

CRC24Q_POLYNOMIAL: Final = 0x1864CFB
"""Generator polynomial (RTCM 10403.3, 4.2; SBAS L1: RTCA DO-229, A.4.3.3)."""


def _remainder(byte: int) -> int:
    """Of a byte that stands before 24 bits of zero."""
    crc = byte << 16
    for _ in range(8):
        crc <<= 1
        if crc >> 24:
            crc ^= CRC24Q_POLYNOMIAL
    return crc


_TABLE: Final = tuple(_remainder(byte) for byte in range(256))


def crc24q(data: bytes) -> int:
    """CRC-24Q of whole bytes; 0 for a message that ends with its own CRC."""
    crc, table = 0, _TABLE
    for byte in data:
        crc = ((crc & 0xFFFF) << 8) ^ table[(crc >> 16) ^ byte]
    return crc


def crc24q_bits(value: int, length: int) -> int:
    """CRC-24Q of the `length` bits of an integer; leading zero bits, which change nothing, fill the first byte."""
    return crc24q(value.to_bytes(-(-length // 8), "big"))
