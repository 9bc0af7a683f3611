"""UBX frames out of a stream of bytes in which NMEA sentences, RTCM 3 frames and garbage may be mixed.

UBX: b5 62, class, id, length (2 bytes, little endian), payload, two Fletcher sums (u-blox F9 HPG interface description, 3.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final, NamedTuple

from gnss_gyro.protocols.crc import crc24q
from gnss_gyro.protocols.messages import Counts
from gnss_gyro.protocols.ubx.checksum import LONGEST_BODY, fletcher

MAX_PAYLOAD: Final = LONGEST_BODY - 4
"""A longer length field is taken for garbage [bytes]; RXM-RAWX with 255 measurements has 8176."""
_UBX, _NMEA, _RTCM3 = 0xB5, 0x24, 0xD3
_SYNC: Final = re.compile(rb"[\xb5$\xd3]")
_NMEA_LINE: Final = re.compile(rb"\$[\r -#%-~]{0,510}\n?")
"""As much of a line as there is, of 512 bytes at most; no other dollar sign and nothing unprintable is in it."""
_WAIT: Final = -1
_NO_FRAME: Final = 0


class UbxFrame(NamedTuple):
    """One frame whose checksum was right."""

    message_class: int
    message_id: int
    payload: bytes


class UbxFramer:
    """Cuts a byte stream into UBX frames; what it skipped stands in `counts`.

    The same frames and counts come out however the stream was cut into pieces. At most one frame is held back.
    Every byte is counted once: as UBX, as NMEA or RTCM3, or as garbage.
    """

    def __init__(self, counts: Counts | None = None) -> None:
        self._splitter = FrameSplitter(counts)

    @property
    def counts(self) -> Counts:
        """What was seen so far."""
        return self._splitter.counts

    @property
    def held_back(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return self._splitter.held_back

    def feed(self, data: bytes) -> list[UbxFrame]:
        """The frames that are complete with these bytes."""
        return _unwrapped(self._splitter.feed(data))

    def flush(self) -> list[UbxFrame]:
        """At the end of the stream: frames behind a last, never completed one; nothing is held back any more."""
        return _unwrapped(self._splitter.flush())


def _unwrapped(cut: Cut) -> list[UbxFrame]:
    return [unwrapped(frame) for frame in cut.frames if is_ubx(frame)]


@dataclass(frozen=True, slots=True)
class Cut:
    """What a FrameSplitter made of some bytes.

    frames : whole UBX and RTCM 3 frames whose checksums were right, first to last byte
    passed : all bytes that are done with, frames and what lay between them, without what is held back
    """

    frames: tuple[bytes, ...]
    passed: bytes


class FrameSplitter:
    """Cuts a byte stream into whole UBX and RTCM 3 frames as they are, for handing on and for keeping."""

    def __init__(self, counts: Counts | None = None) -> None:
        self.counts = counts if counts is not None else Counts()
        self._pending = b""

    @property
    def held_back(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._pending)

    def feed(self, data: bytes) -> Cut:
        """The frames that are complete with these bytes."""
        return self._cut(self._pending + bytes(data), final=False)

    def flush(self) -> Cut:
        """At the end of the stream, or where the link broke: nothing is held back any more."""
        return self._cut(self._pending, final=True)

    def _cut(self, data: bytes, final: bool) -> Cut:
        """Go from frame to frame by their lengths, and in garbage from one byte that may begin a frame to the next."""
        frames: list[bytes] = []
        at, end = 0, len(data)
        while at < end:
            size = _size_at(data, at)
            if size == _WAIT or at + size > end:
                if not final:
                    break
                self.counts.add("truncated frames")
                size = _NO_FRAME
            if size != _NO_FRAME and self._take(data[at : at + size], frames):
                at += size
            else:
                at = self._skip(data, at)
        self._pending = data[at:]
        return Cut(tuple(frames), data[:at])

    def _skip(self, data: bytes, at: int) -> int:
        """Where the next frame may begin."""
        sync = _SYNC.search(data, at + 1)
        end = sync.start() if sync else len(data)
        self.counts.add("garbage bytes", end - at)
        return end

    def _take(self, frame: bytes, out: list[bytes]) -> bool:
        """False for a frame that is none, its checksum being wrong; a line of NMEA is one all the same."""
        if frame[0] == _UBX:
            return self._take_ubx(frame, out)
        if frame[0] == _RTCM3:
            return self._take_rtcm3(frame, out)
        self.counts.add("NMEA" if _nmea_is_good(frame) else "NMEA checksum errors")
        self.counts.add("NMEA and RTCM3 bytes", len(frame))
        return True

    def _take_ubx(self, frame: bytes, out: list[bytes]) -> bool:
        if fletcher(frame[2:-2]) != frame[-2:]:
            self.counts.add("checksum errors")
            return False
        self.counts.add("UBX bytes", len(frame))
        out.append(frame)
        return True

    def _take_rtcm3(self, frame: bytes, out: list[bytes]) -> bool:
        if crc24q(frame) != 0:
            self.counts.add("RTCM3 checksum errors")
            return False
        self.counts.add("RTCM3")
        self.counts.add("NMEA and RTCM3 bytes", len(frame))
        out.append(frame)
        return True


def is_ubx(frame: bytes) -> bool:
    """Whether a frame of a FrameSplitter is UBX, not RTCM 3."""
    return frame[0] == _UBX


def unwrapped(frame: bytes) -> UbxFrame:
    """Class, id and payload of a whole UBX frame."""
    return UbxFrame(frame[2], frame[3], frame[6:-2])


def encode_frame(message_class: int, message_id: int, payload: bytes) -> bytes:
    """A whole frame with its checksum."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a payload of {len(payload)} bytes is longer than {MAX_PAYLOAD}")
    body = bytes((message_class, message_id)) + len(payload).to_bytes(2, "little") + payload
    return b"\xb5\x62" + body + fletcher(body)


def _size_at(data: bytes, at: int) -> int:
    """Size of the frame that starts at a byte: bytes, _NO_FRAME, or _WAIT for its header."""
    first = data[at]
    if first == _UBX:
        return _ubx_size(data, at)
    if first == _NMEA:
        return _nmea_size(data, at)
    return _rtcm3_size(data, at) if first == _RTCM3 else _NO_FRAME


def _ubx_size(data: bytes, at: int) -> int:
    left = len(data) - at
    if left >= 2 and data[at + 1] != 0x62:
        return _NO_FRAME
    if left < 6:
        return _WAIT
    length = data[at + 4] + 256 * data[at + 5]
    return length + 8 if length <= MAX_PAYLOAD else _NO_FRAME


def _rtcm3_size(data: bytes, at: int) -> int:
    """RTCM 10403.3, 4.2."""
    left = len(data) - at
    if left >= 2 and data[at + 1] > 3:
        return _NO_FRAME
    if left < 3:
        return _WAIT
    return 256 * data[at + 1] + data[at + 2] + 6


def _nmea_size(data: bytes, at: int) -> int:
    """A line up to its line feed."""
    line = _NMEA_LINE.match(data, at)
    assert line is not None
    end = line.end()
    if data[end - 1] == 10:
        return end - at
    return _WAIT if end == len(data) else _NO_FRAME


def _nmea_is_good(line: bytes) -> bool:
    """Whether the exclusive-or between '$' and '*' is what stands behind the '*' (NMEA 0183)."""
    text, _, told = line[1:].partition(b"*")
    return told[:2].upper() == b"%02X" % reduce(xor, text, 0)
