"""UBX frames out of a stream of bytes in which NMEA sentences, RTCM 3 frames and garbage may be mixed.

UBX: b5 62, class, id, length (2 bytes, little endian), payload, two Fletcher sums (u-blox F9 HPG interface description, 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.kernels import kernel
from gnss_gyro.protocols.crc import CRC24Q_TABLE, crc24q_array
from gnss_gyro.protocols.messages import Counts

MAX_PAYLOAD: Final = 8192
"""A longer length field is taken for garbage [bytes]; RXM-RAWX with 255 measurements has 8176."""
_MAX_NMEA: Final = 512
_SHORTEST: Final = 6
_UBX_SYNC: Final = 0xB5

_UBX, _NMEA, _RTCM3, _BAD_UBX, _BAD_NMEA, _BAD_RTCM3, _TRUNCATED, _GARBAGE, _BYTES_UBX, _BYTES_OTHER = range(10)
_NAMES: Final = {
    _NMEA: "NMEA",
    _RTCM3: "RTCM3",
    _BAD_UBX: "checksum errors",
    _BAD_NMEA: "NMEA checksum errors",
    _BAD_RTCM3: "RTCM3 checksum errors",
    _TRUNCATED: "truncated frames",
    _GARBAGE: "garbage bytes",
    _BYTES_UBX: "UBX bytes",
    _BYTES_OTHER: "NMEA and RTCM3 bytes",
}
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
        if not data:
            return Cut((), b"")
        totals = np.zeros(10, np.int64)
        starts = np.empty(len(data) // _SHORTEST + 1, np.int64)
        done = scan(np.frombuffer(data, np.uint8), final, CRC24Q_TABLE, starts, totals)
        self._pending = data[done:]
        numbers = totals.tolist()
        for kind, name in _NAMES.items():
            if numbers[kind]:
                self.counts.add(name, numbers[kind])
        frames = starts[: numbers[_UBX] + numbers[_RTCM3]].tolist()
        return Cut(tuple(data[start : start + _size_at(data, start)] for start in frames), data[:done])


def is_ubx(frame: bytes) -> bool:
    """Whether a frame of a FrameSplitter is UBX, not RTCM 3."""
    return frame[0] == _UBX_SYNC


def unwrapped(frame: bytes) -> UbxFrame:
    """Class, id and payload of a whole UBX frame."""
    return UbxFrame(frame[2], frame[3], frame[6:-2])


def _size_at(data: bytes, start: int) -> int:
    if data[start] == _UBX_SYNC:
        return 8 + data[start + 4] + 256 * data[start + 5]
    return 6 + 256 * data[start + 1] + data[start + 2]


def encode_frame(message_class: int, message_id: int, payload: bytes) -> bytes:
    """A whole frame with its checksum."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a payload of {len(payload)} bytes is longer than {MAX_PAYLOAD}")
    body = bytes((message_class, message_id)) + len(payload).to_bytes(2, "little") + payload
    return b"\xb5\x62" + body + int(fletcher(np.frombuffer(body, np.uint8))).to_bytes(2, "little")


@kernel
def fletcher(body: NDArray[np.uint8]) -> int:
    """Checksum of class to payload (n,), as the little-endian number of the two bytes that follow."""
    a, b = np.int64(0), np.int64(0)
    for byte in body:
        a += np.int64(byte)  # a < 2^21 and b < 2^35 for bodies within MAX_PAYLOAD: reduced once, at the end
        b += a
    return int((a & 0xFF) | ((b & 0xFF) << 8))


@kernel
def _ubx_size(data: NDArray[np.uint8], at: int) -> int:
    """Size of the frame that starts at a byte b5: bytes, _NO_FRAME, or _WAIT for its header."""
    left = len(data) - at
    if left >= 2 and data[at + 1] != 0x62:
        return _NO_FRAME
    if left < 6:
        return _WAIT
    length = np.int64(data[at + 4]) + 256 * np.int64(data[at + 5])
    return int(length + 8) if length <= MAX_PAYLOAD else _NO_FRAME


@kernel
def _rtcm3_size(data: NDArray[np.uint8], at: int) -> int:
    """Size of the frame that starts at a byte d3: bytes, _NO_FRAME, or _WAIT for its header (RTCM 10403.3, 4.2)."""
    left = len(data) - at
    if left >= 2 and data[at + 1] > 3:
        return _NO_FRAME
    if left < 3:
        return _WAIT
    return int(256 * np.int64(data[at + 1]) + np.int64(data[at + 2]) + 6)


@kernel
def _nmea_size(data: NDArray[np.uint8], at: int) -> int:
    """Size of the line that starts at a dollar sign: bytes, _NO_FRAME, or _WAIT for its line feed."""
    for size in range(2, _MAX_NMEA + 1):
        if at + size > len(data):
            return _WAIT
        byte = data[at + size - 1]
        if byte == 10:
            return size
        if byte != 13 and (byte < 32 or byte > 126 or byte == 36):
            return _NO_FRAME
    return _NO_FRAME


@kernel
def _hex_digit(byte: np.int64) -> int:
    if 48 <= byte <= 57:
        return int(byte - 48)
    if 65 <= byte <= 70:
        return int(byte - 55)
    return int(byte - 87) if 97 <= byte <= 102 else 256


@kernel
def _nmea_is_good(line: NDArray[np.uint8]) -> bool:
    """Whether the exclusive-or between '$' and '*' is what stands behind the '*' (NMEA 0183)."""
    total = np.int64(0)
    for i in range(1, len(line) - 2):
        if line[i] == 42:
            return bool(total == 16 * _hex_digit(np.int64(line[i + 1])) + _hex_digit(np.int64(line[i + 2])))
        total ^= np.int64(line[i])
    return False


@kernel
def _ubx_is_good(frame: NDArray[np.uint8]) -> bool:
    n = len(frame)
    return bool(fletcher(frame[2 : n - 2]) == np.int64(frame[n - 2]) + 256 * np.int64(frame[n - 1]))


@kernel
def scan(
    data: NDArray[np.uint8],
    final: bool,
    crc_table: NDArray[np.uint32],
    out_starts: NDArray[np.int64],
    out_totals: NDArray[np.int64],
) -> int:
    """Walk over the bytes; returns how many are done with (all of them if `final`).

    out_starts (n // 6 + 1,) receives where each good UBX or RTCM 3 frame begins, out_totals (10,) the counts by kind.
    """
    at = 0
    while at < len(data):
        first = data[at]
        size = _NO_FRAME
        kind = _GARBAGE
        if first == 0xB5:
            size = _ubx_size(data, at)
            kind = _UBX
        elif first == 0x24:
            size = _nmea_size(data, at)
            kind = _NMEA
        elif first == 0xD3:
            size = _rtcm3_size(data, at)
            kind = _RTCM3
        if size == _WAIT or at + size > len(data):
            if not final:
                return at
            out_totals[_TRUNCATED] += 1
            size = _NO_FRAME
        if size == _NO_FRAME:
            out_totals[_GARBAGE] += 1
            at += 1
            continue
        frame = data[at : at + size]
        if kind == _UBX:
            if not _ubx_is_good(frame):
                out_totals[_BAD_UBX] += 1
                out_totals[_GARBAGE] += 1
                at += 1
                continue
            out_starts[out_totals[_UBX] + out_totals[_RTCM3]] = at
            out_totals[_UBX] += 1
            out_totals[_BYTES_UBX] += size
        elif kind == _RTCM3:
            if crc24q_array(frame, crc_table) != 0:
                out_totals[_BAD_RTCM3] += 1
                out_totals[_GARBAGE] += 1
                at += 1
                continue
            out_starts[out_totals[_UBX] + out_totals[_RTCM3]] = at
            out_totals[_RTCM3] += 1
            out_totals[_BYTES_OTHER] += size
        else:
            out_totals[_NMEA if _nmea_is_good(frame) else _BAD_NMEA] += 1
            out_totals[_BYTES_OTHER] += size
        at += size
    return at
