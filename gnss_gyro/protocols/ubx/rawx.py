"""UBX-RXM-RAWX: what the receiver measured (u-blox F9 HPG interface description, 3.17.8; M8: version 0, without sigId)."""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.errors import DecodeError
from gnss_gyro.basics.satellites import SYSTEMS, System, in_system, system_index
from gnss_gyro.basics.time import WEEK_S, GpsTime
from gnss_gyro.protocols.messages import HALF_CYCLE, SLIP, Observations
from gnss_gyro.protocols.ubx.identifiers import GNSS_OF_SYSTEM, SATELLITE_TABLE, SIGNAL_ID_TABLE, SIGNAL_TABLE

_HEADER: Final = struct.Struct("<dHbBBB2x")
MEASUREMENT: Final = np.dtype([
    ("pseudorange_m", "<f8"), ("phase_cycles", "<f8"), ("doppler_hz", "<f4"),
    ("gnss", "u1"), ("number", "u1"), ("signal", "u1"), ("channel", "u1"), ("lock_ms", "<u2"), ("cn0_dbhz", "u1"),
    ("code_std", "u1"), ("phase_std", "u1"), ("doppler_std", "u1"), ("status", "u1"), ("reserved", "u1"),
])  # fmt: skip
"""One measurement of the message, 32 bytes."""

_LEAP_VALID, _CLOCK_RESET = 1, 2
_CODE_VALID, _PHASE_VALID, _HALF_CYCLE_RESOLVED = 1, 2, 4
_CHANNEL_OFFSET: Final = 7
_MAX_LOCK_MS: Final = 64_500

_CODE_STD_M: Final[Floats] = np.array([0.01 * 2.0**n for n in range(16)])
_PHASE_STD_CYCLES: Final[Floats] = np.array([0.004 * n for n in range(15)] + [np.nan])
_GNSS_OF_INDEX: Final = np.array([GNSS_OF_SYSTEM[system] for system in SYSTEMS], np.uint8)


def decode_rawx(payload: bytes) -> Observations:
    """Observations of one epoch; rows of unknown satellites (GLONASS 255) and signals are left out.

    Half a cycle the receiver subtracted (subHalfCyc) is in its phase already. Raises DecodeError.
    """
    time, leap_s, clock_reset, version = _decode_header(payload)
    rows = np.frombuffer(payload, MEASUREMENT, offset=_HEADER.size)
    signal_ids = rows["signal"] if version >= 1 else np.zeros(len(rows), np.uint8)
    satellite = SATELLITE_TABLE[rows["gnss"], rows["number"]]
    signal = SIGNAL_TABLE[rows["gnss"], signal_ids]
    known = (satellite >= 0) & (signal >= 0)
    if not known.all():
        rows, satellite, signal = rows[known], satellite[known], signal[known]
    has_phase = (rows["status"] & _PHASE_VALID) != 0
    return Observations(
        time=time,
        satellite=satellite,
        signal=signal,
        pseudorange_m=np.where(rows["status"] & _CODE_VALID, rows["pseudorange_m"], np.nan),
        phase_cycles=np.where(has_phase, rows["phase_cycles"], np.nan),
        doppler_hz=rows["doppler_hz"].astype(np.float64),
        cn0_dbhz=np.where(rows["cn0_dbhz"] > 0, rows["cn0_dbhz"], np.nan),
        lock_time_s=rows["lock_ms"] * 1e-3,
        pseudorange_std_m=_CODE_STD_M[rows["code_std"] & 15],
        phase_std_cycles=_PHASE_STD_CYCLES[rows["phase_std"] & 15],
        glonass_channel=_glonass_channel(rows, in_system(satellite, System.GLONASS)),
        flags=_flags(rows, has_phase),
        clock_reset=clock_reset,
        leap_s=leap_s,
    )


def measurement_count(payload: bytes) -> int:
    """Number of measurements in a payload, those left out by decode_rawx included."""
    return (len(payload) - _HEADER.size) // MEASUREMENT.itemsize


def _decode_header(payload: bytes) -> tuple[GpsTime, int | None, bool, int]:
    """Time, leap seconds, clock reset, message version."""
    if len(payload) < _HEADER.size:
        raise DecodeError(f"RXM-RAWX of {len(payload)} bytes")
    tow_s, week, leap_s, count, status, version = _HEADER.unpack_from(payload)
    if len(payload) != _HEADER.size + count * MEASUREMENT.itemsize:
        raise DecodeError(f"RXM-RAWX of {len(payload)} bytes for {count} measurements")
    if not 0.0 <= tow_s < WEEK_S + 1.0:  # false for NaN as well
        raise DecodeError(f"RXM-RAWX at {tow_s} s of the week")
    time = GpsTime.from_week_tow(week, tow_s)
    return time, leap_s if status & _LEAP_VALID else None, bool(status & _CLOCK_RESET), version


def _glonass_channel(rows: NDArray[Any], is_glonass: Bools) -> NDArray[np.int8]:
    return np.where(is_glonass, rows["channel"].astype(np.int16) - _CHANNEL_OFFSET, 0).astype(np.int8)


def _flags(rows: NDArray[Any], has_phase: Bools) -> NDArray[np.uint8]:
    """SLIP where the lock has only begun, HALF_CYCLE where the receiver has not resolved the polarity."""
    unresolved = has_phase & ((rows["status"] & _HALF_CYCLE_RESOLVED) == 0)
    begun = has_phase & (rows["lock_ms"] == 0)
    flags: NDArray[np.uint8] = unresolved * HALF_CYCLE | begun * SLIP
    return flags


def encode_rawx(observations: Observations) -> bytes:
    """Payload (version 1); values are rounded as the format does. Raises ValueError for signals u-blox does not know."""
    obs = observations
    rows = np.zeros(len(obs), MEASUREMENT)
    system = system_index(obs.satellite)
    signal_id = SIGNAL_ID_TABLE[system, obs.signal]
    if np.any(signal_id < 0):
        raise ValueError("RXM-RAWX has no number for one of the signals")
    has_code, has_phase = ~np.isnan(obs.pseudorange_m), ~np.isnan(obs.phase_cycles)
    rows["pseudorange_m"] = np.nan_to_num(obs.pseudorange_m)
    rows["phase_cycles"] = np.nan_to_num(obs.phase_cycles)
    rows["doppler_hz"] = np.nan_to_num(obs.doppler_hz)
    rows["gnss"] = _GNSS_OF_INDEX[system]
    rows["number"] = obs.satellite % 100 + np.where(in_system(obs.satellite, System.SBAS), 100, 0)
    rows["signal"] = signal_id
    rows["channel"] = np.where(in_system(obs.satellite, System.GLONASS), obs.glonass_channel + _CHANNEL_OFFSET, 0)
    lock_ms = np.clip(np.round(np.nan_to_num(obs.lock_time_s) * 1e3), 0, _MAX_LOCK_MS)
    rows["lock_ms"] = np.where(obs.flags & SLIP, 0, lock_ms)
    rows["cn0_dbhz"] = np.clip(np.round(np.nan_to_num(obs.cn0_dbhz)), 0, 255)
    rows["code_std"] = _nearest_code_std(obs.pseudorange_std_m)
    rows["phase_std"] = np.clip(np.round(np.nan_to_num(obs.phase_std_cycles, nan=1.0) / 0.004), 0, 15)
    resolved = has_phase & ((obs.flags & HALF_CYCLE) == 0)
    rows["status"] = has_code * _CODE_VALID + has_phase * _PHASE_VALID + resolved * _HALF_CYCLE_RESOLVED
    status = (_LEAP_VALID if obs.leap_s is not None else 0) | (_CLOCK_RESET if obs.clock_reset else 0)
    header = _HEADER.pack(obs.time.tow_s, obs.time.week, obs.leap_s or 0, len(obs), status, 1)
    return header + rows.tobytes()


def _nearest_code_std(std_m: Floats) -> Floats:
    """Exponent n (k,) of 0.01 m x 2^n; 15, the largest, for unknown."""
    with np.errstate(divide="ignore"):
        return np.clip(np.round(np.log2(np.nan_to_num(std_m, nan=1e9) / 0.01)), 0, 15)
