"""SBAS messages as u-blox receivers hand them on: 250 bits in 8 words, in older firmware with a ninth behind them.

Source: RTCA DO-229, A.4.3 (preambles, parity); u-blox F9 interface description, UBX-RXM-SFRBX.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.errors import DecodeError
from gnss_gyro.basics.time import NS, GpsTime
from gnss_gyro.protocols.crc import crc24q_bits
from gnss_gyro.protocols.messages import Counts
from gnss_gyro.protocols.navigation.bits import Bits
from gnss_gyro.protocols.sbas.decode import KIND, decode
from gnss_gyro.protocols.sbas.messages import SbasMessage

PREAMBLES: Final = (0x53, 0x9A, 0xC6)
DATA_BITS: Final = 226
PARITY_BITS: Final = 24
WORDS: Final = (8, 9)
_UNDER_WAY_S: Final = 1.12
"""From the first bit sent to the last received: a second of message and 36,000 to 40,000 km."""


def data_of_words(words: NDArray[np.uint32]) -> Bits | str:
    """The bits before the parity, or why there are none: a name for the counts."""
    if len(words) not in WORDS:
        return "SBAS message of another length not used"
    bits = Bits.from_words(words)
    data = bits.slice(0, DATA_BITS)
    if bits.unsigned(0, 8) not in PREAMBLES:
        return "SBAS message without preamble"
    if crc24q_bits(data.value, DATA_BITS) != bits.unsigned(DATA_BITS, PARITY_BITS):
        return "SBAS message with wrong CRC"
    return data


def time_sent(arrived: GpsTime) -> GpsTime:
    """Start of the message that was complete at a time: messages begin with the seconds of GPS time."""
    return GpsTime((arrived - _UNDER_WAY_S).ns // NS * NS)


class SbasAssembler:
    """Words of all SBAS satellites in, messages out: each stands for itself."""

    def __init__(self) -> None:
        self.counts = Counts()

    def feed(self, satellite: int, words: NDArray[np.uint32], time: GpsTime) -> list[SbasMessage]:
        """The message of these words, if it is one that is read. time: of arrival."""
        data = data_of_words(words)
        if isinstance(data, str):
            self.counts.add(data)
            return []
        kind = data.unsigned(*KIND)
        try:
            content = decode(kind, data)
        except DecodeError:
            self.counts.add(f"SBAS message {kind} malformed")
            return []
        if content is None:
            self.counts.add(f"SBAS message {kind} not used")
            return []
        return [SbasMessage(satellite, time_sent(time), kind, content)]
