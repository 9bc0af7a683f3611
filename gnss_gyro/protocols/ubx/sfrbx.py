"""UBX-RXM-SFRBX: words of navigation messages (u-blox F9 HPG interface description, 3.17.9)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.errors import DecodeError
from gnss_gyro.basics.satellites import System, system_of
from gnss_gyro.protocols.ubx.identifiers import SATELLITE_TABLE, gnss_and_number

_HEADER: Final = struct.Struct("<BBBBBBBx")
_VERSION: Final = 2
_CHANNEL_OFFSET: Final = 7


@dataclass(frozen=True, slots=True)
class NavigationWords:
    """One subframe, page or string of a satellite, as the receiver hands it on.

    satellite       : code of basics.satellites
    signal_id       : u-blox's sigId; older firmware leaves other numbers there, so do not rely on it
    glonass_channel : frequency channel -7..6, 0 for other systems
    words           : (n,) 32 bits each; how the message's bits lie in them depends on the system
    """

    satellite: int
    signal_id: int
    glonass_channel: int
    words: NDArray[np.uint32]


def decode_sfrbx(payload: bytes) -> NavigationWords | None:
    """Words of one message; None for a satellite without a number (GLONASS 255, systems unknown). Raises DecodeError."""
    if len(payload) < _HEADER.size:
        raise DecodeError(f"RXM-SFRBX of {len(payload)} bytes")
    gnss, number, signal_id, channel, count, _, _ = _HEADER.unpack_from(payload)
    if len(payload) != _HEADER.size + 4 * count:
        raise DecodeError(f"RXM-SFRBX of {len(payload)} bytes for {count} words")
    satellite = int(SATELLITE_TABLE[gnss, number])
    if satellite < 0:
        return None
    is_glonass = system_of(satellite) is System.GLONASS
    words = np.frombuffer(payload, "<u4", offset=_HEADER.size).astype(np.uint32)
    return NavigationWords(satellite, signal_id, channel - _CHANNEL_OFFSET if is_glonass else 0, words)


def encode_sfrbx(message: NavigationWords) -> bytes:
    """Payload (version 2) of the words of one message."""
    gnss, number = gnss_and_number(message.satellite)
    channel = message.glonass_channel + _CHANNEL_OFFSET if system_of(message.satellite) is System.GLONASS else 0
    header = _HEADER.pack(gnss, number, message.signal_id, channel, len(message.words), 0, _VERSION)
    return header + np.asarray(message.words, "<u4").tobytes()
