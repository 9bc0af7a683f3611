"""Recordings of receivers into a bag, and out of it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from gnss_gyro.basics.errors import DataError
from gnss_gyro.protocols.ubx.framing import FrameSplitter
from gnss_gyro.streams.bags import byte_arrays
from gnss_gyro.streams.bags.feeds import Feed, ubx_messages
from gnss_gyro.streams.bags.reading import Bag
from gnss_gyro.streams.bags.writing import BagTopic, BagWriter
from gnss_gyro.streams.opening import opened
from gnss_gyro.streams.playback import epoch_time

_PIECE: Final = 1 << 18


def raw_topic(antenna: str) -> str:
    """The topic on which our driver of an antenna publishes."""
    return f"/{antenna}/raw"


def stamped_frames(path: Path) -> Iterator[tuple[int, bytes]]:
    """(Unix time [ns], frame) of a UBX recording; an observation has its own time, other frames that of the one before.

    What precedes the first observation has its time. Raises DataError where there is none.
    """
    now: int | None = None
    early: list[bytes] = []
    for frame in _frames(path):
        time = epoch_time(frame)
        if time is not None:
            now = time.unix_ns()
            yield from ((now, waiting) for waiting in early)
            early = []
        if now is None:
            early.append(frame)
        else:
            yield now, frame
    if now is None:
        raise DataError(f"{path.name} holds no UBX observations (RXM-RAWX), so that its messages have no time")


def write_bag(files: Mapping[str, Path], folder: Path, split_ns: int = 0) -> dict[str, int]:
    """One topic for each antenna's recording; returns the messages by topic. Raises DataError."""
    with BagWriter(folder, split_ns) as bag:
        for antenna in files:
            bag.add_topic(BagTopic(raw_topic(antenna)))
        streams = [_named(raw_topic(antenna), path) for antenna, path in files.items()]
        counts = dict.fromkeys(map(raw_topic, files), 0)
        for now_ns, topic, frame in heapq.merge(*streams, key=lambda item: item[0]):
            bag.write(topic, now_ns, byte_arrays.encode(frame))
            counts[topic] += 1
    return counts


def write_ubx(bag: Bag, feed: Feed, path: Path) -> int:
    """All bytes of one receiver as a .ubx file; returns how many. Raises FileExistsError."""
    size = 0
    with path.open("xb") as file:
        for _, data in ubx_messages(bag, feed):
            size += file.write(data)
    return size


def _named(topic: str, path: Path) -> Iterator[tuple[int, str, bytes]]:
    return ((now_ns, topic, frame) for now_ns, frame in stamped_frames(path))


def _frames(path: Path) -> Iterator[bytes]:
    splitter = FrameSplitter()
    with opened(path) as file:
        while piece := file.read(_PIECE):
            yield from splitter.feed(piece).frames
    yield from splitter.flush().frames
