"""How UBX-RXM-RAWX is laid out, and what its header says: all that those need who do not measure with it, without numba."""

from __future__ import annotations

import struct
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.errors import DecodeError
from gnss_gyro.basics.time import WEEK_S, GpsTime

HEADER: Final = struct.Struct("<dHbBBB2x")
MEASUREMENT: Final = np.dtype([
    ("pseudorange_m", "<f8"), ("phase_cycles", "<f8"), ("doppler_hz", "<f4"),
    ("gnss", "u1"), ("number", "u1"), ("signal", "u1"), ("channel", "u1"), ("lock_ms", "<u2"), ("cn0_dbhz", "u1"),
    ("code_std", "u1"), ("phase_std", "u1"), ("doppler_std", "u1"), ("status", "u1"), ("reserved", "u1"),
])  # fmt: skip
"""One measurement of the message, 32 bytes."""

_LEAP_VALID, _CLOCK_RESET = 1, 2


class RawxHeader(NamedTuple):
    """What holds for all measurements of an epoch.

    leap_s      : GPS - UTC, None = not told
    clock_reset : the receiver's clock was stepped
    version     : of the message; 0 has no signal numbers
    """

    time: GpsTime
    leap_s: int | None
    clock_reset: bool
    version: int


def decode_header(payload: bytes) -> RawxHeader:
    """Header of a payload of the right size. Raises DecodeError."""
    if len(payload) < HEADER.size:
        raise DecodeError(f"RXM-RAWX of {len(payload)} bytes")
    tow_s, week, leap_s, count, status, version = HEADER.unpack_from(payload)
    if len(payload) != HEADER.size + count * MEASUREMENT.itemsize:
        raise DecodeError(f"RXM-RAWX of {len(payload)} bytes for {count} measurements")
    if not 0.0 <= tow_s < WEEK_S + 1.0:  # false for NaN as well
        raise DecodeError(f"RXM-RAWX at {tow_s} s of the week")
    time = GpsTime.from_week_tow(week, tow_s)
    if not time.believable:
        raise DecodeError(f"RXM-RAWX of week {week}")
    return RawxHeader(time, leap_s if status & _LEAP_VALID else None, bool(status & _CLOCK_RESET), version)


def encode_header(header: RawxHeader, count: int) -> bytes:
    """The bytes before so many measurements."""
    status = (_LEAP_VALID if header.leap_s is not None else 0) | (_CLOCK_RESET if header.clock_reset else 0)
    return HEADER.pack(header.time.tow_s, header.time.week, header.leap_s or 0, count, status, header.version)


def measurements(payload: bytes) -> NDArray[Any]:
    """Rows (n,) of MEASUREMENT."""
    return np.frombuffer(payload, MEASUREMENT, offset=HEADER.size)


def measurement_count(payload: bytes) -> int:
    """Number of measurements in a payload, those left out by decode_rawx included."""
    return (len(payload) - HEADER.size) // MEASUREMENT.itemsize
