"""Raw messages of the drivers we know, as UBX bytes: one decoding path for all of them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from std_msgs.msg import UInt8MultiArray

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.protocols.ubx.decoder import RXM_RAWX, RXM_SFRBX
from gnss_gyro.protocols.ubx.framing import encode_frame
from gnss_gyro.protocols.ubx.rawx import MEASUREMENT
from gnss_gyro.ros.options import InputKind, InputOptions

_RAWX_HEADER: Final = struct.Struct("<dHbBBB2x")
_SFRBX_HEADER: Final = struct.Struct("<BBBBBBBx")
_TRACKING_BITS: Final = ("pr_valid", "cp_valid", "half_cyc", "sub_half_cyc")
_COLUMNS: Final = {
    "pseudorange_m": "pr_mes", "phase_cycles": "cp_mes", "doppler_hz": "do_mes", "gnss": "gnss_id", "number": "sv_id",
    "signal": "sig_id", "channel": "freq_id", "lock_ms": "locktime", "cn0_dbhz": "c_no", "code_std": "pr_stdev",
    "phase_std": "cp_stdev", "doppler_std": "do_stdev",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feed:
    """One topic of an antenna: its message type and how its messages become UBX bytes."""

    topic: str
    message_type: type[Any]
    ubx_of: Callable[[Any], bytes]


def feeds_of(antenna: str, options: InputOptions) -> list[Feed]:
    """The topics of one antenna. Raises ConfigError where the foreign message package is not installed."""
    topic = options.topic.rstrip("/")
    if options.input is not InputKind.UBLOX_DGNSS:
        return [Feed(topic or f"/{antenna}/{options.input}", UInt8MultiArray, ubx_of_bytes)]
    prefix = topic or f"/{antenna}"
    try:
        from ublox_ubx_msgs.msg import UBXRxmRawx, UBXRxmSfrbx
    except ImportError:
        package = "ublox_ubx_msgs, which is not installed (apt install ros-$ROS_DISTRO-ublox-ubx-msgs)"
        raise ConfigError(f"antennas.{antenna}.input: ublox_dgnss needs {package}") from None
    return [
        Feed(f"{prefix}/ubx_rxm_rawx", UBXRxmRawx, ubx_of_rawx),
        Feed(f"{prefix}/ubx_rxm_sfrbx", UBXRxmSfrbx, ubx_of_sfrbx),
    ]


def ubx_of_bytes(message: UInt8MultiArray) -> bytes:
    """Receiver bytes as they are: whole frames (ours) or any piece of the stream (ublox_gps)."""
    return bytes(message.data)


def ubx_of_rawx(message: Any) -> bytes:
    """UBX-RXM-RAWX from ublox_ubx_msgs/UBXRxmRawx."""
    rows = np.zeros(len(message.rawx_data), MEASUREMENT)
    for row, measured in zip(rows, message.rawx_data, strict=True):
        for column, name in _COLUMNS.items():
            row[column] = getattr(measured, name)
        row["status"] = sum(bool(getattr(measured.trk_stat, name)) << bit for bit, name in enumerate(_TRACKING_BITS))
    status = bool(message.rec_stat.leap_sec) | bool(message.rec_stat.clk_reset) << 1
    header = _RAWX_HEADER.pack(message.rcv_tow, message.week, message.leap_s, len(rows), status, message.version)
    return encode_frame(*RXM_RAWX, header + rows.tobytes())


def ubx_of_sfrbx(message: Any) -> bytes:
    """UBX-RXM-SFRBX from ublox_ubx_msgs/UBXRxmSfrbx."""
    words = np.asarray(message.dwrd, "<u4")
    header = _SFRBX_HEADER.pack(
        message.gnss_id, message.sv_id, message.sig_id, message.freq_id, len(words), message.chn, message.version
    )
    return encode_frame(*RXM_SFRBX, header + words.tobytes())
