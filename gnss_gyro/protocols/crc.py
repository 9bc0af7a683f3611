"""CRC-24Q, the parity of RTCM 3, SBAS, Galileo and QZSS messages (generator 0x1864CFB, start value 0)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.kernels import kernel

CRC24Q_POLYNOMIAL: Final = 0x1864CFB
"""Generator polynomial (RTCM 10403.3, 4.2; SBAS L1: RTCA DO-229, A.4.3.3)."""


def _table() -> NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32) << np.uint32(16)
    for _ in range(8):
        carry = table >> np.uint32(23) & np.uint32(1)
        table = (table << np.uint32(1)) ^ carry * np.uint32(CRC24Q_POLYNOMIAL)
    return table & np.uint32(0xFFFFFF)


CRC24Q_TABLE: Final = _table()


@kernel
def crc24q_array(data: NDArray[np.uint8], table: NDArray[np.uint32]) -> int:
    """CRC-24Q of bytes (n,); a kernel for framers that call from numba."""
    crc = np.uint32(0)
    for byte in data:
        crc = ((crc << np.uint32(8)) & np.uint32(0xFFFFFF)) ^ table[(crc >> np.uint32(16)) ^ np.uint32(byte)]
    return int(crc)


def crc24q(data: bytes) -> int:
    """CRC-24Q of whole bytes; 0 for a message that ends with its own CRC."""
    return int(crc24q_array(np.frombuffer(data, np.uint8), CRC24Q_TABLE))


def crc24q_bits(value: int, length: int) -> int:
    """CRC-24Q of the `length` bits of an integer; leading zero bits, which change nothing, fill the first byte."""
    return crc24q(value.to_bytes(-(-length // 8), "big"))
