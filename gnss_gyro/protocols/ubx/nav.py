"""UBX-NAV-PVT and UBX-NAV-RELPOSNED: what the receiver computed itself (u-blox F9 HPG interface description, 3.15)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import IntEnum
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.errors import DecodeError
from gnss_gyro.basics.time import WEEK_S, GpsTime

_PVT: Final = struct.Struct("<IHBBBBBBIiBBBBiiiiIIiiiiiII")
_RELPOS_0: Final = struct.Struct("<BBHIiiibbbBIIII")
_RELPOS_1: Final = struct.Struct("<BBHIiiiii4xbbbbIIIII4xI")
_MM: Final = 1e-3
_DATE_AND_TIME_VALID: Final = 3


class FixType(IntEnum):
    """How the receiver came to its position."""

    NONE = 0
    DEAD_RECKONING = 1
    TWO_D = 2
    THREE_D = 3
    COMBINED = 4
    TIME_ONLY = 5


class CarrierSolution(IntEnum):
    """How far the receiver resolved the ambiguities."""

    NONE = 0
    FLOAT = 1
    FIXED = 2


_FIX_TYPES: Final = frozenset(FixType)


def carrier_solution(bits: int) -> CarrierSolution:
    """Of the two bits that both messages have; the fourth value is not defined and claims nothing."""
    return CarrierSolution(bits) if bits in (1, 2) else CarrierSolution.NONE


@dataclass(frozen=True, slots=True)
class NavPvt:
    """The receiver's own position and velocity.

    time               : GPS scale; None where the receiver does not know date and time
    tow_s              : time of week [s], always told
    fix_type           : FixType; valid says whether the receiver trusts it
    carrier            : CarrierSolution
    satellites         : number used
    geodetic           : (3,) latitude [rad], longitude [rad], ellipsoidal height [m]
    horizontal_std_m, vertical_std_m, velocity_std_mps, time_std_s : as claimed
    velocity_enu_mps   : (3,)
    """

    time: GpsTime | None
    tow_s: float
    fix_type: FixType
    valid: bool
    carrier: CarrierSolution
    satellites: int
    geodetic: Floats
    horizontal_std_m: float
    vertical_std_m: float
    velocity_enu_mps: Floats
    velocity_std_mps: float
    time_std_s: float


@dataclass(frozen=True, slots=True)
class RelPosNed:
    """The receiver's own vector from its base station.

    tow_s           : GPS time of week [s]; the message has no week
    vector_enu_m    : (3,) from the base to this antenna, axes of the base; NaN where not valid
    std_enu_m       : (3,) as claimed
    carrier         : CarrierSolution
    valid, moving_base : as told
    """

    tow_s: float
    station: int
    vector_enu_m: Floats
    std_enu_m: Floats
    carrier: CarrierSolution
    valid: bool
    moving_base: bool


def decode_nav_pvt(payload: bytes) -> NavPvt:
    """Position and velocity of a NAV-PVT (92 bytes; 84 in older protocols). Raises DecodeError."""
    if len(payload) < _PVT.size:
        raise DecodeError(f"NAV-PVT of {len(payload)} bytes")
    (tow_ms, year, month, day, hour, minute, second, valid, time_std_ns, nanos, fix, flags, _, satellites,
     longitude, latitude, height, _, horizontal, vertical, north, east, down, _, _, speed_std, _,
     ) = _PVT.unpack_from(payload)  # fmt: skip
    known = valid & _DATE_AND_TIME_VALID == _DATE_AND_TIME_VALID
    return NavPvt(
        time=_gps_time(_utc(year, month, day, hour, minute, second, nanos), tow_ms) if known else None,
        tow_s=tow_ms * 1e-3,
        fix_type=FixType(fix) if fix in _FIX_TYPES else FixType.NONE,
        valid=bool(flags & 1),
        carrier=carrier_solution(flags >> 6),
        satellites=satellites,
        geodetic=np.array([np.radians(latitude * 1e-7), np.radians(longitude * 1e-7), height * _MM]),
        horizontal_std_m=horizontal * _MM,
        vertical_std_m=vertical * _MM,
        velocity_enu_mps=np.array([east, north, -down]) * _MM,
        velocity_std_mps=speed_std * _MM,
        time_std_s=time_std_ns * 1e-9,
    )


def _utc(year: int, month: int, day: int, hour: int, minute: int, second: int, nanos: int) -> datetime:
    """UTC to the microsecond. Raises DecodeError for a date that does not exist."""
    try:
        start = datetime(year, month, day, hour, minute, tzinfo=timezone.utc)
        return start + timedelta(seconds=second, microseconds=nanos // 1000)
    except (ValueError, OverflowError) as error:
        raise DecodeError(f"NAV-PVT with date {year}-{month}-{day} {hour}:{minute}") from error


def _gps_time(utc: datetime, tow_ms: int) -> GpsTime:
    """Week by the date, time of week to the millisecond by iTOW, which needs no leap seconds."""
    if tow_ms > WEEK_S * 1000:
        raise DecodeError(f"NAV-PVT at {tow_ms} ms of the week")
    rough = GpsTime.from_utc(utc)
    tow_s = tow_ms * 1e-3
    weeks_off = round((rough.tow_s - tow_s) / WEEK_S)
    time = GpsTime.from_week_tow(rough.week + weeks_off, tow_s)
    if not time.believable:
        raise DecodeError(f"NAV-PVT in the year {utc.year}")
    return time


def decode_nav_relposned(payload: bytes) -> RelPosNed:
    """Vector of a NAV-RELPOSNED, version 0 (40 bytes) or 1 (64 bytes). Raises DecodeError."""
    if len(payload) >= _RELPOS_1.size and payload[0] == 1:
        (_, _, station, tow_ms, north, east, down, _, _, north_hp, east_hp, down_hp, _, *stds, _, _, flags,
         ) = _RELPOS_1.unpack_from(payload)  # fmt: skip
    elif len(payload) >= _RELPOS_0.size and payload[0] == 0:
        _, _, station, tow_ms, north, east, down, north_hp, east_hp, down_hp, _, *stds, flags = _RELPOS_0.unpack_from(payload)
    else:
        raise DecodeError(f"NAV-RELPOSNED of {len(payload)} bytes")
    valid = bool(flags & 4)
    vector_m = np.array([east * 100 + east_hp, north * 100 + north_hp, -(down * 100 + down_hp)]) * 1e-4
    std_north, std_east, std_down = stds[:3]
    return RelPosNed(
        tow_s=tow_ms * 1e-3,
        station=station,
        vector_enu_m=vector_m if valid else np.full(3, np.nan),
        std_enu_m=np.array([std_east, std_north, std_down]) * 1e-4,
        carrier=carrier_solution(flags >> 3 & 3),
        valid=valid,
        moving_base=bool(flags & 0x20),
    )
