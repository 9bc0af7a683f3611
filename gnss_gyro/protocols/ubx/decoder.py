"""The whole way from a receiver's bytes to messages: framing, observations, ephemerides, the receiver's own solutions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.errors import DecodeError
from gnss_gyro.basics.satellites import System, system_of
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import CorrectionMessage, Counts, Message, NavigationMessage
from gnss_gyro.protocols.navigation.beidou import BeidouAssembler
from gnss_gyro.protocols.navigation.glonass import GlonassAssembler
from gnss_gyro.protocols.navigation.inav import InavAssembler
from gnss_gyro.protocols.navigation.lnav import LnavAssembler
from gnss_gyro.protocols.sbas.words import SbasAssembler
from gnss_gyro.protocols.ubx.framing import UbxFrame, UbxFramer
from gnss_gyro.protocols.ubx.identifiers import NAMES, NAV_PVT, NAV_RELPOSNED, RXM_RAWX, RXM_SFRBX
from gnss_gyro.protocols.ubx.nav import NavPvt, RelPosNed, decode_nav_pvt, decode_nav_relposned
from gnss_gyro.protocols.ubx.rawx import decode_rawx
from gnss_gyro.protocols.ubx.rawx_layout import measurement_count
from gnss_gyro.protocols.ubx.sfrbx import NavigationWords, decode_sfrbx

UbxMessage: TypeAlias = Message | NavPvt | RelPosNed | NavigationWords
"""NavigationWords are those of correction signals that are not decoded yet (QZSS L1S), for who reads corrections."""


class Assembler(Protocol):
    """Collects navigation words of all satellites of a system."""

    counts: Counts

    def feed(self, satellite: int, words: NDArray[np.uint32], time: GpsTime) -> Sequence[NavigationMessage | CorrectionMessage]:
        """The messages that these words complete."""


ASSEMBLERS: Final[dict[tuple[System, int], Callable[[], Assembler]]] = {
    (System.GPS, 10): LnavAssembler,
    (System.QZSS, 10): LnavAssembler,
    (System.GALILEO, 8): InavAssembler,
    (System.BEIDOU, 10): BeidouAssembler,
    (System.GLONASS, 4): GlonassAssembler,
    (System.SBAS, 8): SbasAssembler,
    (System.SBAS, 9): SbasAssembler,
}
"""Who reads the words of a system, by their number; other messages of these lengths are told apart by their content."""

CORRECTION_WORDS: Final = frozenset({(System.QZSS, 8), (System.QZSS, 9)})


class UbxDecoder:
    """Bytes of one u-blox receiver -> messages, in the order in which the receiver sent them.

    reference : a time within some years of the recording, for ephemerides that come before the receiver's first time
    """

    def __init__(self, reference: GpsTime | None = None) -> None:
        self.counts = Counts()
        self._framer = UbxFramer(self.counts)
        self._time = reference
        self._leap_s: int | None = None
        self._assemblers = {key: assembler() for key, assembler in ASSEMBLERS.items()}
        for assembler in self._assemblers.values():
            assembler.counts = self.counts
        self._handlers: dict[tuple[int, int], Callable[[bytes], list[UbxMessage]]] = {
            RXM_RAWX: self._rawx,
            RXM_SFRBX: self._sfrbx,
            NAV_PVT: self._pvt,
            NAV_RELPOSNED: lambda payload: [decode_nav_relposned(payload)],
        }

    def feed(self, data: bytes) -> list[UbxMessage]:
        """The messages that these bytes complete. Never raises, whatever the bytes."""
        return [message for frame in self._framer.feed(data) for message in self.decode(frame)]

    def flush(self) -> list[UbxMessage]:
        """At the end of the stream: what stands behind a last incomplete frame."""
        return [message for frame in self._framer.flush() for message in self.decode(frame)]

    def decode(self, frame: UbxFrame) -> list[UbxMessage]:
        """The messages of one frame."""
        key = (frame.message_class, frame.message_id)
        self.counts.add(_name(key))
        handler = self._handlers.get(key)
        if handler is None:
            return []
        try:
            return handler(frame.payload)
        except DecodeError:
            self.counts.add("malformed messages")
            return []

    def _rawx(self, payload: bytes) -> list[UbxMessage]:
        observations = decode_rawx(payload)
        self._time = observations.time
        self._leap_s = observations.leap_s if observations.leap_s is not None else self._leap_s
        self.counts.add("measurements of unknown satellites or signals", measurement_count(payload) - len(observations))
        return [observations]

    def _pvt(self, payload: bytes) -> list[UbxMessage]:
        pvt = decode_nav_pvt(payload)
        self._time = pvt.time or self._time
        return [pvt]

    def _sfrbx(self, payload: bytes) -> list[UbxMessage]:
        message = decode_sfrbx(payload)
        if message is None:
            self.counts.add("RXM-SFRBX of unknown satellites")
            return []
        key = (system_of(message.satellite), len(message.words))
        if key in CORRECTION_WORDS:
            return [message]
        if key not in self._assemblers:
            self.counts.add("RXM-SFRBX not used")
            return []
        if self._time is None:
            self.counts.add("RXM-SFRBX before the first time")
            return []
        return [*self._assembled(self._assemblers[key], message, self._time)]

    def _assembled(
        self, assembler: Assembler, message: NavigationWords, time: GpsTime
    ) -> Sequence[NavigationMessage | CorrectionMessage]:
        if isinstance(assembler, GlonassAssembler):
            channel = message.glonass_channel
            return assembler.feed(message.satellite, message.words, time, channel=channel, leap_s=self._leap_s)
        return assembler.feed(message.satellite, message.words, time)


@cache
def _name(key: tuple[int, int]) -> str:
    """u-blox's name of a message, e.g. RXM-RAWX."""
    if key in NAMES:
        return NAMES[key]
    from pyubx2 import UBX_MSGIDS  # late: 2 MB

    name: str | None = UBX_MSGIDS.get(bytes(key))
    return name or "UBX {:02x} {:02x}".format(*key)
