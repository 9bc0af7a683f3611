"""Records of an MCAP file as bytes (MCAP format specification, version 0: mcap.dev/spec)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MAGIC: Final = b"\x89MCAP0\r\n"
HEADER, FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, MESSAGE_INDEX, CHUNK_INDEX = range(1, 9)
STATISTICS, DATA_END = 0x0B, 0x0F
PREFIX: Final = struct.Struct("<BQ")
"""Before each record: its kind and how many bytes follow."""
MESSAGE_HEAD: Final = struct.Struct("<HIQQ")
"""Channel, sequence, log time [ns], publish time [ns]."""
CHUNK_HEAD: Final = struct.Struct("<QQQI")
"""First and last log time [ns], size when unpacked, its CRC-32 (0 = none)."""
FOOTER_BODY: Final = struct.Struct("<QQI")
"""Offsets of the summary and of the summary offsets, CRC-32 (0 = none)."""
FOOTER_SIZE: Final = PREFIX.size + FOOTER_BODY.size + len(MAGIC)
_LENGTH: Final = struct.Struct("<I")
_IDS: Final = struct.Struct("<HH")


@dataclass(frozen=True, slots=True)
class Schema:
    """A message type: its name such as std_msgs/msg/UInt8MultiArray, and the text of its definition in ros2msg or ros2idl."""

    number: int
    name: str
    encoding: str
    definition: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A topic; messages name it by its number. qos is what rosbag2 keeps of the publishers, as YAML."""

    number: int
    schema: int
    topic: str
    encoding: str = "cdr"
    qos: str = ""


def record(kind: int, body: bytes) -> bytes:
    """A whole record."""
    return PREFIX.pack(kind, len(body)) + body


def text(value: str) -> bytes:
    """A text with its length."""
    return block(value.encode())


def block(data: bytes) -> bytes:
    """Bytes with their length."""
    return _LENGTH.pack(len(data)) + data


def schema_record(schema: Schema) -> bytes:
    """The record of a message type."""
    fields = text(schema.name) + text(schema.encoding) + text(schema.definition)
    return record(SCHEMA, schema.number.to_bytes(2, "little") + fields)


def channel_record(channel: Channel) -> bytes:
    """The record of a topic."""
    metadata = text("offered_qos_profiles") + text(channel.qos)
    ids = _IDS.pack(channel.number, channel.schema)
    return record(CHANNEL, ids + text(channel.topic) + text(channel.encoding) + block(metadata))


def numbers_by_channel(values: Mapping[int, int]) -> bytes:
    """A map of channel numbers to 64 bit numbers."""
    return block(b"".join(struct.pack("<HQ", number, value) for number, value in values.items()))


class Fields:
    """The fields of a record, one after the other. Raises ValueError where the record is too short or no UTF-8."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def take(self, size: int) -> bytes:
        """So many bytes."""
        piece = self._body[self._at : self._at + size]
        if len(piece) != size:
            raise ValueError("a record is shorter than its fields")
        self._at += size
        return piece

    def number(self, size: int) -> int:
        """An unsigned number of so many bytes."""
        return int.from_bytes(self.take(size), "little")

    def text(self) -> str:
        """A text with its length."""
        return self.take(self.number(4)).decode()

    def rest(self) -> bytes:
        """All that is left."""
        return self._body[self._at :]


def read_schema(body: bytes) -> Schema:
    """The message type in a record. Raises ValueError."""
    fields = Fields(body)
    return Schema(fields.number(2), fields.text(), fields.text(), fields.text())


def read_channel(body: bytes) -> Channel:
    """The topic in a record. Raises ValueError."""
    fields = Fields(body)
    number, schema, topic, encoding = fields.number(2), fields.number(2), fields.text(), fields.text()
    metadata, found = Fields(fields.take(fields.number(4))), {}
    while metadata.rest():
        key = metadata.text()
        found[key] = metadata.text()
    return Channel(number, schema, topic, encoding, found.get("offered_qos_profiles", ""))
