"""UBX-RXM-RAWX: what the receiver measured (u-blox F9 HPG interface description, 3.17.8; M8: version 0, without sigId)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.arrays import Codes, Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.satellites import SYSTEMS, System, in_system, system_index
from gnss_gyro.protocols.messages import HALF_CYCLE, SLIP, Observations
from gnss_gyro.protocols.ubx.identifiers import GNSS_OF_SYSTEM, SATELLITE_TABLE, SIGNAL_ID_TABLE, SIGNAL_TABLE
from gnss_gyro.protocols.ubx.rawx_layout import MEASUREMENT, RawxHeader, decode_header, encode_header, measurements

_CODE_VALID, _PHASE_VALID, _HALF_CYCLE_RESOLVED = 1, 2, 4
_CHANNEL_OFFSET: Final = 7
_MAX_LOCK_MS: Final = 64_500

_SLIP, _HALF_CYCLE = int(SLIP), int(HALF_CYCLE)
_GLONASS: Final = SYSTEMS.index(System.GLONASS)
_GNSS_OF_INDEX: Final = np.array([GNSS_OF_SYSTEM[system] for system in SYSTEMS], np.uint8)


def decode_rawx(payload: bytes) -> Observations:
    """Observations of one epoch; rows of unknown satellites (GLONASS 255) and signals are left out.

    Half a cycle the receiver subtracted (subHalfCyc) is in its phase already. Raises DecodeError.
    """
    time, leap_s, clock_reset, version = decode_header(payload)
    satellite, signal, values, channel, flags = read_measurements(measurements(payload), version, SATELLITE_TABLE, SIGNAL_TABLE)
    code_m, phase_cycles, doppler_hz, cn0_dbhz, lock_s, code_std_m, phase_std_cycles = values
    return Observations(
        time, satellite, signal, code_m, phase_cycles, doppler_hz, cn0_dbhz, lock_s, code_std_m, phase_std_cycles, channel, flags,
        clock_reset, leap_s,
    )  # fmt: skip


@kernel
def read_measurements(
    rows: Any, version: int, satellite_table: Codes, signal_table: Codes
) -> tuple[Codes, Codes, Floats, NDArray[np.int8], NDArray[np.uint8]]:
    """Of the rows (n,) of MEASUREMENT that are known: satellite, signal, values (7, m), GLONASS channel and flags.

    Values: pseudorange, phase, Doppler, C/N0, lock time, and the standard deviations of the first two. SLIP where the lock has
    only begun, HALF_CYCLE where the receiver has not resolved the polarity.
    """
    size = len(rows)
    satellite, signal = np.empty(size, np.int16), np.empty(size, np.int16)
    values, channel, flags = np.empty((7, size)), np.zeros(size, np.int8), np.zeros(size, np.uint8)
    n = 0
    for i in range(size):
        row = rows[i]
        satellite[n] = satellite_table[row["gnss"], row["number"]]
        signal[n] = signal_table[row["gnss"], row["signal"] if version >= 1 else 0]
        if satellite[n] < 0 or signal[n] < 0:
            continue
        has_phase = (row["status"] & _PHASE_VALID) != 0
        values[0, n] = row["pseudorange_m"] if row["status"] & _CODE_VALID else np.nan
        values[1, n] = row["phase_cycles"] if has_phase else np.nan
        values[2, n] = row["doppler_hz"]
        values[3, n] = row["cn0_dbhz"] if row["cn0_dbhz"] > 0 else np.nan
        values[4, n] = row["lock_ms"] * 1e-3
        values[5, n] = 0.01 * 2.0 ** (row["code_std"] & 15)
        phase_std = row["phase_std"] & 15
        values[6, n] = 0.004 * phase_std if phase_std < 15 else np.nan
        channel[n] = np.int64(row["channel"]) - _CHANNEL_OFFSET if satellite[n] // 100 == _GLONASS else 0
        unresolved = has_phase and (row["status"] & _HALF_CYCLE_RESOLVED) == 0
        begun = has_phase and row["lock_ms"] == 0
        flags[n] = (_HALF_CYCLE if unresolved else 0) | (_SLIP if begun else 0)
        n += 1
    return satellite[:n], signal[:n], values[:, :n], channel[:n], flags[:n]


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
    return encode_header(RawxHeader(obs.time, obs.leap_s, obs.clock_reset, version=1), len(obs)) + rows.tobytes()


def _nearest_code_std(std_m: Floats) -> Floats:
    """Exponent n (k,) of 0.01 m x 2^n; 15, the largest, for unknown."""
    with np.errstate(divide="ignore"):
        return np.clip(np.round(np.log2(np.nan_to_num(std_m, nan=1e9) / 0.01)), 0, 15)
