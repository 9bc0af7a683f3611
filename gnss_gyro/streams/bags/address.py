"""One receiver in a bag under the name of a file: BAG, or BAG:TOPIC; its bytes are those of a .ubx file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class BagAddress:
    """A bag, and the topic or namespace of one receiver in it ("" = the only one)."""

    bag: Path
    topic: str = ""

    def as_path(self) -> Path:
        """The address where a path is wanted."""
        return Path(f"{self.bag}:{self.topic}") if self.topic else self.bag


def bag_address(path: Path) -> BagAddress | None:
    """What a path means if it names a receiver in a bag; None for any other file."""
    from gnss_gyro.streams.bags.metadata import is_bag

    if path.exists():
        return BagAddress(path) if is_bag(path) else None
    bag, colon, topic = str(path).rpartition(":")
    if not (colon and bag and topic) or not is_bag(Path(bag)):
        return None
    return BagAddress(Path(bag), topic if topic.startswith("/") else f"/{topic}")


def called(path: Path) -> str:
    """What messages call a recording: a receiver in a bag by its whole address, a file by its name."""
    return str(path) if bag_address(path) else path.name


def open_address(address: BagAddress) -> io.BufferedReader:
    """The receiver's bytes. Raises DataError."""
    from gnss_gyro.streams.bags.feeds import feed_at, ubx_messages
    from gnss_gyro.streams.bags.reading import open_bag

    bag = open_bag(address.bag)
    feed = feed_at(bag, address.topic)
    return io.BufferedReader(_Bytes(data for _, data in ubx_messages(bag, feed)), _BUFFER)


class _Bytes(io.RawIOBase):
    """Pieces of bytes as a file that can be read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        size = min(len(view), len(self._left))
        view[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
