"""Messages of the ROS driver ublox_dgnss (package ublox_ubx_msgs) back to the UBX frames that they were made from.

The fields are those of UBX-RXM-RAWX and UBX-RXM-SFRBX (u-blox F9 HPG interface description, 3.17.8 and 3.17.9) under names of
that package; any object with these attributes will do.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np

from gnss_gyro.protocols.ubx.framing import encode_frame
from gnss_gyro.protocols.ubx.identifiers import RXM_RAWX, RXM_SFRBX
from gnss_gyro.protocols.ubx.rawx_layout import HEADER, MEASUREMENT

_SFRBX_HEAD: Final = struct.Struct("<BBBBBBBx")
_TRACKING_BITS: Final = ("pr_valid", "cp_valid", "half_cyc", "sub_half_cyc")
_COLUMNS: Final = {
    "pseudorange_m": "pr_mes", "phase_cycles": "cp_mes", "doppler_hz": "do_mes", "gnss": "gnss_id", "number": "sv_id",
    "signal": "sig_id", "channel": "freq_id", "lock_ms": "locktime", "cn0_dbhz": "c_no", "code_std": "pr_stdev",
    "phase_std": "cp_stdev", "doppler_std": "do_stdev",
}  # fmt: skip


def rawx_frame(message: Any) -> bytes:
    """The RXM-RAWX frame of a UBXRxmRawx."""
    rows = np.zeros(len(message.rawx_data), MEASUREMENT)
    for column, name in _COLUMNS.items():
        rows[column] = [getattr(measured, name) for measured in message.rawx_data]
    rows["status"] = [_tracking_status(measured.trk_stat) for measured in message.rawx_data]
    status = bool(message.rec_stat.leap_sec) | bool(message.rec_stat.clk_reset) << 1
    head = HEADER.pack(message.rcv_tow, message.week, message.leap_s, len(rows), status, message.version)
    return encode_frame(*RXM_RAWX, head + rows.tobytes())


def sfrbx_frame(message: Any) -> bytes:
    """The RXM-SFRBX frame of a UBXRxmSfrbx."""
    words = np.asarray(message.dwrd, "<u4")
    ids = (message.gnss_id, message.sv_id, message.sig_id, message.freq_id)
    return encode_frame(*RXM_SFRBX, _SFRBX_HEAD.pack(*ids, len(words), message.chn, message.version) + words.tobytes())


def _tracking_status(flags: Any) -> int:
    return sum(bool(getattr(flags, name)) << bit for bit, name in enumerate(_TRACKING_BITS))
