"""What the first bytes of a file say about its format, and the decoder for each format that can be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from gnss_gyro.basics.errors import DataError
from gnss_gyro.protocols.crc import crc24q
from gnss_gyro.protocols.messages import Counts
from gnss_gyro.protocols.rinex.navigation import NavigationReader
from gnss_gyro.protocols.rinex.observation import ObservationReader
from gnss_gyro.protocols.ubx.checksum import fletcher
from gnss_gyro.protocols.ubx.framing import MAX_PAYLOAD

if TYPE_CHECKING:
    from gnss_gyro.protocols.ubx.decoder import UbxMessage

    FileMessage: TypeAlias = UbxMessage
    """What a file may hold: the messages of every protocol, and what a UBX receiver tells besides."""

UBX, OBSERVATIONS, NAVIGATION = "UBX", "RINEX observations", "RINEX navigation data"
_LABEL = re.compile(rb"^(.{20})(.).{39}RINEX VERSION / TYPE", re.MULTILINE)
_NMEA = re.compile(rb"^\$[A-Z]{2}[A-Z]{3},[^\r\n]*\*[0-9A-F]{2}", re.MULTILINE)
_NAVIGATION_TYPES = b"NGHLEJ"
_RINEX_TYPES = {b"M": "a RINEX meteorological file", b"C": "a RINEX clock file", b"S": "a RINEX summary file"}
_FOREIGN: Final = (
    (b"$@", "Septentrio SBF"), (b"\xaa\x44\x12", "NovAtel binary"), (b"<!DOCTYPE", "a web page"), (b"<html", "a web page"),
    (b"\x89PNG", "a picture"), (b"%PDF", "a PDF"), (b"SQLite format 3", "an SQLite file (a bag?)"),
    (b"\x89MCAP", "an MCAP bag"), (b"% program", "positions computed by RTKLIB"), (b"TIMETAG RTKLIB", "time tags of RTKLIB"),
)  # fmt: skip
_UBX_SYNC = b"\xb5\x62"


class Decoder(Protocol):
    """What every decoder of a file offers."""

    @property
    def counts(self) -> Counts:
        """What was seen."""
        ...

    def feed(self, data: bytes) -> Sequence[FileMessage]:
        """Messages that these bytes complete."""
        ...

    def finish(self) -> Sequence[FileMessage]:
        """Messages held back until the end."""
        ...


class UbxFile:
    """A UBX recording, decoded as live bytes are."""

    def __init__(self) -> None:
        from gnss_gyro.protocols.ubx.decoder import UbxDecoder  # late: RINEX does without pyubx2

        self._decoder = UbxDecoder()

    @property
    def counts(self) -> Counts:
        """What was seen."""
        return self._decoder.counts

    def feed(self, data: bytes) -> Sequence[FileMessage]:
        """Messages that these bytes complete."""
        return self._decoder.feed(data)

    def finish(self) -> Sequence[FileMessage]:
        """Messages behind a last incomplete frame."""
        return self._decoder.flush()


DECODERS: Final[dict[str, Callable[[], Decoder]]] = {
    UBX: UbxFile,
    OBSERVATIONS: ObservationReader,
    NAVIGATION: NavigationReader,
}


def guess(head: bytes) -> str:
    """Key of DECODERS for a file that begins with these bytes. Raises DataError that continues '<file> ...'."""
    if not head.strip(b"\x00\r\n\t "):
        raise DataError("is empty" if not head else "holds nothing but blanks")
    if rinex := _LABEL.search(head[:4096]):
        return _rinex_kind(rinex[2].upper())
    if _has_ubx_frame(head):
        return UBX
    raise DataError(f"is not a recording that can be read: it seems to be {_description(head)}")


def _rinex_kind(file_type: bytes) -> str:
    if file_type in b"O ":
        return OBSERVATIONS
    if file_type in _NAVIGATION_TYPES:
        return NAVIGATION
    raise DataError(f"is {_RINEX_TYPES.get(file_type, 'a RINEX file of unknown type')}: it holds no observations and no orbits")


def _has_ubx_frame(head: bytes) -> bool:
    at = head.find(_UBX_SYNC)
    while at >= 0:
        length = int.from_bytes(head[at + 4 : at + 6], "little")
        frame = head[at : at + 8 + length]
        if len(frame) == 8 + length and length <= MAX_PAYLOAD and fletcher(frame[2:-2]) == frame[-2:]:
            return True
        at = head.find(_UBX_SYNC, at + 1)
    return False


def _has_rtcm_frame(head: bytes) -> bool:
    at = head.find(0xD3)
    while 0 <= at < len(head) - 3:
        end = at + 6 + int.from_bytes(head[at + 1 : at + 3], "big")
        if end <= min(len(head), at + 1029) and crc24q(head[at:end]) == 0:
            return True
        at = head.find(0xD3, at + 1)
    return False


def _description(head: bytes) -> str:
    for magic, name in _FOREIGN:
        if head.startswith(magic):
            return name
    if _NMEA.search(head):
        return "NMEA text (positions only, no raw observations)"
    if _has_rtcm_frame(head):
        return "RTCM 3"
    if _printable_share(head) > 0.95:
        return f"text that begins {head.splitlines()[0][:40].decode('latin-1').strip()!r}"
    return f"binary data that begins {head[:8].hex(' ')}"


def _printable_share(head: bytes) -> float:
    return sum(32 <= byte < 127 or byte in b"\r\n\t" for byte in head) / len(head)
