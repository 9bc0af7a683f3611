"""Reads an MCAP file from its beginning, in the order in which it was written, as far as it is whole."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, Final
from zlib import crc32

from gnss_gyro.basics.errors import DataError
from gnss_gyro.protocols.messages import Counts
from gnss_gyro.streams.bags.mcap_records import (
    CHANNEL,
    CHUNK,
    CHUNK_HEAD,
    DATA_END,
    FOOTER,
    FOOTER_BODY,
    FOOTER_SIZE,
    MAGIC,
    MESSAGE,
    MESSAGE_HEAD,
    PREFIX,
    SCHEMA,
    Channel,
    Fields,
    Schema,
    read_channel,
    read_schema,
)

BROKEN_OFF: Final = "bag files broken off (read up to there)"
BAD_CHUNKS: Final = "bag chunks with a wrong checksum"
_LARGEST_RECORD: Final = 1 << 31
_WANTED: Final = (SCHEMA, CHANNEL, MESSAGE, CHUNK)


@dataclass(frozen=True, slots=True)
class BagMessage:
    """A message as it is in the bag: data in CDR."""

    topic: str
    log_ns: int
    data: bytes


class McapReader:
    """One file. Raises DataError where it is no MCAP file.

    channels, schemas : by number, as far as they were met
    counts            : what was damaged
    """

    def __init__(self, path: Path, counts: Counts | None = None) -> None:
        self.path = path
        self.channels: dict[int, Channel] = {}
        self.schemas: dict[int, Schema] = {}
        self.counts = counts if counts is not None else Counts()
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise DataError(f"{path.name} is no MCAP file")

    def meet_channels(self) -> None:
        """Fill channels and schemas: from the summary at the end, or by reading it all where there is none."""
        with self.path.open("rb") as file:
            start = _summary_start(file)
            if start:
                file.seek(start)
                for kind, body in _records(file, Counts(), (SCHEMA, CHANNEL)):
                    self._meet(kind, body)
        if not self.channels:
            for _ in self._messages(frozenset(), Counts()):
                pass

    def messages(self, topics: Container[str]) -> Iterator[BagMessage]:
        """Those of some topics; what is damaged is counted. Raises DataError for packing that cannot be unpacked."""
        return self._messages(topics, self.counts)

    def _messages(self, topics: Container[str], counts: Counts) -> Iterator[BagMessage]:
        with self.path.open("rb") as file:
            file.seek(len(MAGIC))
            for kind, body in _records(file, counts, _WANTED):
                if kind == CHUNK:
                    for inner_kind, inner in _records_within(_unpacked(body, counts), counts):
                        yield from self._taken(inner_kind, inner, topics)
                else:
                    yield from self._taken(kind, body, topics)

    def _taken(self, kind: int, body: bytes, topics: Container[str]) -> Iterator[BagMessage]:
        if kind != MESSAGE:
            self._meet(kind, body)
        elif len(body) >= MESSAGE_HEAD.size:
            number, _, log_ns, _ = MESSAGE_HEAD.unpack_from(body)
            channel = self.channels.get(number)
            if channel is not None and channel.topic in topics:
                yield BagMessage(channel.topic, log_ns, body[MESSAGE_HEAD.size :])

    def _meet(self, kind: int, body: bytes) -> None:
        try:
            if kind == SCHEMA:
                schema = read_schema(body)
                self.schemas[schema.number] = schema
            elif kind == CHANNEL:
                channel = read_channel(body)
                self.channels[channel.number] = channel
        except ValueError as error:
            raise DataError(f"{self.path.name}: {error}") from error


def is_whole(path: Path) -> bool:
    """Was the file ended as it should, with its summary?"""
    with path.open("rb") as file:
        return _summary_start(file) > 0


def _summary_start(file: BinaryIO) -> int:
    """Offset of the summary; 0 = none, or the file was never ended."""
    size = file.seek(0, 2)
    if size < FOOTER_SIZE + len(MAGIC):
        return 0
    file.seek(size - FOOTER_SIZE)
    end = file.read()
    kind, length = PREFIX.unpack_from(end)
    if not end.endswith(MAGIC) or (kind, length) != (FOOTER, FOOTER_BODY.size):
        return 0
    start = int(FOOTER_BODY.unpack_from(end, PREFIX.size)[0])
    return start if start < size else 0


def _records(file: BinaryIO, counts: Counts, wanted: tuple[int, ...]) -> Iterator[tuple[int, bytes]]:
    """Records from here to the end of the data; of one that breaks off, what is there of an unpacked chunk."""
    while True:
        prefix = file.read(PREFIX.size)
        if len(prefix) < PREFIX.size:
            counts.add(BROKEN_OFF)
            return
        kind, size = PREFIX.unpack(prefix)
        if kind in (DATA_END, FOOTER):
            return
        if size > _LARGEST_RECORD:
            counts.add(BROKEN_OFF)
            return
        if kind not in wanted:
            file.seek(size, 1)
            continue
        body = file.read(size)
        if len(body) == size or kind == CHUNK:
            yield kind, body
        if len(body) < size:
            counts.add(BROKEN_OFF)
            return


def _records_within(data: bytes, counts: Counts) -> Iterator[tuple[int, bytes]]:
    """Records of an unpacked chunk."""
    at = 0
    while at + PREFIX.size <= len(data):
        kind, size = PREFIX.unpack_from(data, at)
        at += PREFIX.size
        if at + size > len(data):
            return
        if kind in (SCHEMA, CHANNEL, MESSAGE):
            yield kind, data[at : at + size]
        at += size


def _unpacked(body: bytes, counts: Counts) -> bytes:
    """Records of a chunk; b"" where nothing of it can be used."""
    fields = Fields(body)
    try:
        _, _, size, crc = CHUNK_HEAD.unpack(fields.take(CHUNK_HEAD.size))
        packing = fields.text()
        fields.take(8)
    except ValueError:
        return b""
    data = fields.rest()
    if packing:
        unpack = _unpacker(packing)
        try:
            data = unpack(data)
        except Exception:  # each packing has errors of its own
            counts.add(BAD_CHUNKS)
            return b""
    if crc and len(data) == size and crc32(data) != crc:
        counts.add(BAD_CHUNKS)
        return b""
    return data


def _unpacker(packing: str) -> Callable[[bytes], bytes]:
    """Raises DataError where the package is missing (those of rosbags are used)."""
    modules = {"lz4": ("lz4.frame",), "zstd": ("compression.zstd", "backports.zstd")}.get(packing)
    if modules is None:
        raise DataError(f"the bag is packed with {packing!r}, which is unknown")
    for module in modules:
        try:
            unpack: Callable[[bytes], bytes] = import_module(module).decompress
        except ImportError:
            continue
        return unpack
    raise DataError(f"the bag is packed with {packing}: pip install 'gnss_gyro[bags]'")
