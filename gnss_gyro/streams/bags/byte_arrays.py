"""std_msgs/UInt8MultiArray in CDR (OMG DDS-XTYPES, plain CDR): the message in which receivers' bytes travel."""

from __future__ import annotations

import struct
from typing import Final

from gnss_gyro.basics.errors import DecodeError
from gnss_gyro.streams.bags.mcap_records import Schema

TYPE: Final = "std_msgs/msg/UInt8MultiArray"
TYPE_HASH: Final = "RIHS01_5687e861b8d307a5e48b7515467ae7a5fc2daf805bd0ce6d8e9e604bade9f385"
_BAR: Final = "=" * 80
DEFINITION: Final = f"""\
std_msgs/MultiArrayLayout layout
uint8[] data
{_BAR}
MSG: std_msgs/MultiArrayLayout
std_msgs/MultiArrayDimension[] dim
uint32 data_offset
{_BAR}
MSG: std_msgs/MultiArrayDimension
string label
uint32 size
uint32 stride
"""
_HEAD: Final = b"\x00\x01\x00\x00"
_NUMBER: Final = {0: struct.Struct(">I"), 1: struct.Struct("<I")}


def schema(number: int) -> Schema:
    """The message type as MCAP wants it."""
    return Schema(number, TYPE, "ros2msg", DEFINITION)


def encode(data: bytes) -> bytes:
    """The message that holds these bytes, without dimensions."""
    return _HEAD + struct.pack("<III", 0, 0, len(data)) + data


def decode(message: bytes) -> bytes:
    """The bytes in a message. Raises DecodeError."""
    try:
        number = _NUMBER[message[1]]
        dimensions, at = number.unpack_from(message, 4)[0], 8
        for _ in range(dimensions):
            at = _aligned(at + 4 + number.unpack_from(message, at)[0]) + 8
        size = number.unpack_from(message, at + 4)[0]
    except (KeyError, IndexError, struct.error) as error:
        raise DecodeError(f"{TYPE} of {len(message)} bytes cannot be read") from error
    data = message[at + 8 : at + 8 + size]
    if len(data) != size:
        raise DecodeError(f"{TYPE} of {len(message)} bytes for {size} bytes")
    return data


def _aligned(at: int) -> int:
    return at + -at % 4
