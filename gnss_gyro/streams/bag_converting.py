"""Recordings of receivers into a bag, and out of it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from pathlib import Path

from gnss_gyro.basics.errors import DataError
from gnss_gyro.protocols.messages import Counts
from gnss_gyro.protocols.ubx.framing import FrameSplitter
from gnss_gyro.streams.bags import byte_arrays
from gnss_gyro.streams.bags.feeds import Feed, ubx_messages
from gnss_gyro.streams.bags.reading import Bag
from gnss_gyro.streams.bags.writing import BagTopic, BagWriter
from gnss_gyro.streams.opening import opened, pieces
from gnss_gyro.streams.playback import epoch_time


def raw_topic(antenna: str) -> str:
    """The topic on which our driver of an antenna publishes."""
    return f"/{antenna}/raw"


def stamped_frames(path: Path, counts: Counts | None = None) -> Iterator[tuple[int, bytes]]:
    """(Unix time [ns], frame) of a UBX recording; an observation has its own time, other frames that of the one before.

    What precedes the first observation has its time. Raises DataError where there is none.

    counts : gets what was seen, a packed file that breaks off (streams.opening.BROKEN_OFF) included
    """
    now: int | None = None
    early: list[bytes] = []
    for frame in _frames(path, counts):
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


def write_bag(
    files: Mapping[str, Path], folder: Path, split_ns: int = 0, counts: Mapping[str, Counts] | None = None
) -> dict[str, int]:  # fmt: skip
    """One topic for each antenna's recording; returns the messages by topic. Raises DataError.

    counts : by antenna, get what was seen in its recording
    """
    with BagWriter(folder, split_ns) as bag:
        for antenna in files:
            bag.add_topic(BagTopic(raw_topic(antenna)))
        streams = [_named(raw_topic(antenna), path, (counts or {}).get(antenna)) for antenna, path in files.items()]
        written = dict.fromkeys(map(raw_topic, files), 0)
        for now_ns, topic, frame in heapq.merge(*streams, key=lambda item: item[0]):
            bag.write(topic, now_ns, byte_arrays.encode(frame))
            written[topic] += 1
    return written


def write_ubx(bag: Bag, feed: Feed, path: Path) -> int:
    """All bytes of one receiver as a .ubx file; returns how many. Raises FileExistsError."""
    size = 0
    with path.open("xb") as file:
        for _, data in ubx_messages(bag, feed):
            size += file.write(data)
    return size


def _named(topic: str, path: Path, counts: Counts | None) -> Iterator[tuple[int, str, bytes]]:
    return ((now_ns, topic, frame) for now_ns, frame in stamped_frames(path, counts))


def _frames(path: Path, counts: Counts | None) -> Iterator[bytes]:
    splitter = FrameSplitter(counts)
    with opened(path) as file:
        for piece in pieces(file, splitter.counts):
            yield from splitter.feed(piece).frames
    yield from splitter.flush().frames
