"""Writes an MCAP file of which everything that was flushed can be read, however the program ended."""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zlib import crc32

from gnss_gyro.streams.bags.mcap_records import (
    CHANNEL,
    CHUNK,
    CHUNK_HEAD,
    CHUNK_INDEX,
    DATA_END,
    FOOTER,
    FOOTER_BODY,
    HEADER,
    MAGIC,
    MESSAGE,
    MESSAGE_HEAD,
    MESSAGE_INDEX,
    SCHEMA,
    STATISTICS,
    Channel,
    Schema,
    channel_record,
    numbers_by_channel,
    record,
    schema_record,
    text,
)

CHUNK_BYTES: Final = 1 << 20
_LATEST: Final = (1 << 63) - 1
_SUMMARY_OFFSET: Final = 0x0E


@dataclass(slots=True)
class Chunk:
    """Messages that wait to be written together."""

    records: bytearray = field(default_factory=bytearray)
    first_ns: int = _LATEST
    last_ns: int = 0
    places: dict[int, list[tuple[int, int]]] = field(default_factory=dict)


class McapWriter:
    """One file. Schemas and channels are written at once, messages in chunks, each with one call of the system.

    Everything that writes raises OSError, on a full disk say: then nothing of it stands in the file, and it can be tried again.

    path, size            : of the file, with what waits [bytes]
    first_ns, last_ns     : log times; first_ns > last_ns = no message yet
    messages_by_channel   : counts
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.first_ns, self.last_ns = self._written_ns = _LATEST, 0
        self.messages_by_channel: dict[int, int] = {}
        self._schemas: list[Schema] = []
        self._channels: list[Channel] = []
        self._chunk = Chunk()
        self._chunk_indices: list[bytes] = []
        self._file = path.open("xb", buffering=0)
        self._at = 0
        self._has_end = False
        try:
            self._put(MAGIC + record(HEADER, text("ros2") + text("gnss_gyro")))
        except OSError:
            self.give_up()
            raise

    @property
    def size(self) -> int:
        """Bytes, with those that wait."""
        return self._at + len(self._chunk.records)

    @property
    def message_count(self) -> int:
        """All messages."""
        return sum(self.messages_by_channel.values())

    def add_channel(self, channel: Channel, schema: Schema) -> None:
        """A topic, to be added before its first message."""
        if schema not in self._schemas:
            self._put(schema_record(schema))
            self._schemas.append(schema)
        self._put(channel_record(channel))
        self._channels.append(channel)
        self.messages_by_channel[channel.number] = 0

    def write(self, channel: int, log_ns: int, data: bytes) -> None:
        """A message."""
        chunk = self._chunk
        chunk.places.setdefault(channel, []).append((log_ns, len(chunk.records)))
        sequence = self.messages_by_channel[channel]
        chunk.records += record(MESSAGE, MESSAGE_HEAD.pack(channel, sequence & 0xFFFFFFFF, log_ns, log_ns) + data)
        chunk.first_ns, chunk.last_ns = min(chunk.first_ns, log_ns), max(chunk.last_ns, log_ns)
        self.first_ns, self.last_ns = min(self.first_ns, log_ns), max(self.last_ns, log_ns)
        self.messages_by_channel[channel] = sequence + 1
        if len(chunk.records) >= CHUNK_BYTES:
            self._end_chunk()

    def flush(self, to_disk: bool = True) -> None:
        """Nothing waits any more; to_disk also asks the system to keep it through a loss of power."""
        self._end_chunk()
        if to_disk:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Write what waits, the index and the end."""
        self._end_chunk()
        if not self._has_end:
            self._put(self._end())
            self._has_end = True
        os.fsync(self._file.fileno())
        self._file.close()

    def drop_waiting(self) -> dict[int, int]:
        """Forget the messages that wait, for which there is no room; returns how many by channel."""
        dropped = {channel: len(places) for channel, places in self._chunk.places.items()}
        for channel, count in dropped.items():
            self.messages_by_channel[channel] -= count
        self.first_ns, self.last_ns = self._written_ns
        self._chunk = Chunk()
        return dropped

    def give_up(self) -> None:
        """Close the file as it is, or remove it if it is empty."""
        with suppress(OSError):
            if self._at == 0:
                self.path.unlink()
        with suppress(OSError):
            self._file.close()

    def _end(self) -> bytes:
        data_end = record(DATA_END, bytes(4))
        at = summary_at = self._at + len(data_end)
        groups, offsets = self._summary(), b""
        for kind, data in groups:
            if data:
                offsets += record(_SUMMARY_OFFSET, struct.pack("<BQQ", kind, at, len(data)))
            at += len(data)
        footer = record(FOOTER, FOOTER_BODY.pack(summary_at, at, 0))
        return data_end + b"".join(data for _, data in groups) + offsets + footer + MAGIC

    def _end_chunk(self) -> None:
        chunk = self._chunk
        if not chunk.records:
            return
        records = bytes(chunk.records)
        size = len(records)
        head = CHUNK_HEAD.pack(chunk.first_ns, chunk.last_ns, size, crc32(records)) + text("") + size.to_bytes(8, "little")
        whole = record(CHUNK, head + records)
        start, offsets, indices = self._at, {}, b""
        for channel, places in chunk.places.items():
            offsets[channel] = start + len(whole) + len(indices)
            rows = b"".join(struct.pack("<QQ", *place) for place in places)
            indices += record(MESSAGE_INDEX, struct.pack("<HI", channel, len(rows)) + rows)
        self._put(whole + indices)
        self._chunk, self._written_ns = Chunk(), (self.first_ns, self.last_ns)
        times = struct.pack("<QQQQ", chunk.first_ns, chunk.last_ns, start, len(whole))
        sizes = struct.pack("<Q", len(indices)) + text("") + struct.pack("<QQ", size, size)
        self._chunk_indices.append(record(CHUNK_INDEX, times + numbers_by_channel(offsets) + sizes))

    def _summary(self) -> list[tuple[int, bytes]]:
        count = self.message_count
        times = (self.first_ns, self.last_ns) if count else (0, 0)
        totals = struct.pack("<QHIIIIQQ", count, len(self._schemas), len(self._channels), 0, 0, len(self._chunk_indices), *times)
        return [
            (SCHEMA, b"".join(map(schema_record, self._schemas))),
            (CHANNEL, b"".join(map(channel_record, self._channels))),
            (STATISTICS, record(STATISTICS, totals + numbers_by_channel(self.messages_by_channel))),
            (CHUNK_INDEX, b"".join(self._chunk_indices)),
        ]

    def _put(self, data: bytes) -> None:
        """All of it, or nothing."""
        left = memoryview(data)
        try:
            while left:  # an unbuffered write may take only a part
                left = left[self._file.write(left) :]
        except OSError:
            with suppress(OSError):
                self._file.truncate(self._at)
                self._file.seek(self._at)
            raise
        self._at += len(data)
