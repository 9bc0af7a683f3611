"""Bags as they lie on disk: folders and single files, MCAP and SQLite, finished or not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

from gnss_gyro.basics.errors import DataError
from gnss_gyro.protocols.messages import Counts
from gnss_gyro.streams.bags.mcap_reader import BagMessage, McapReader, is_whole
from gnss_gyro.streams.bags.metadata import NAME, is_bag, read_metadata

NEEDS_ROSBAGS: Final = "pip install 'gnss_gyro[bags]'"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of a bag: its message type, and the text of the type's definition ("" = not in the bag) in ros2msg or ros2idl."""

    name: str
    type: str
    encoding: str = ""
    definition: str = ""


class Bag(Protocol):
    """What can be asked of a bag.

    path       : as it was given
    topics     : by name
    counts     : what was damaged, so far as it was read
    unfinished : files whose recorder never ended them
    """

    path: Path
    topics: dict[str, Topic]
    counts: Counts
    unfinished: tuple[str, ...]

    def messages(self, topics: Collection[str]) -> Iterator[BagMessage]:
        """Messages of some topics; those of one topic in the order in which they were recorded."""
        ...


def open_bag(path: Path) -> Bag:
    """A bag of any kind. Raises DataError where it cannot be read, or only with rosbags, and that is not installed."""
    if not path.exists():
        raise DataError(f"{path} does not exist")
    if not is_bag(path):
        raise DataError(f"{path} is no bag: neither a folder with {NAME} or MCAP files, nor a file .mcap or .db3")
    if path.is_file():
        return McapBag(path, [path]) if path.suffix == ".mcap" else RosbagsBag(path)
    about = read_metadata(path)
    packed = str(about.get("compression_mode") or "").lower() not in ("", "none")
    files = _mcap_files(path, about.get("relative_file_paths") or [])
    return McapBag(path, files) if files and not packed else RosbagsBag(path)


def _mcap_files(folder: Path, named: Collection[str]) -> list[Path]:
    """Files in their order: by their numbers, if those named follow them; else as named, then those that were never finished."""
    first = [folder / Path(name).name for name in named if Path(name).suffix == ".mcap"]
    missing = [path.name for path in first if not path.exists()]
    if missing:
        raise DataError(f"{folder} lacks {', '.join(missing)}")
    others = sorted(set(folder.glob("*.mcap")) - set(first), key=_by_number)
    files = [*first, *others]
    return sorted(files, key=_by_number) if first == sorted(first, key=_by_number) else files


def _by_number(path: Path) -> tuple[int, str]:
    number = re.search(r"(\d+)$", path.stem)
    return int(number[1]) if number else -1, path.stem


class McapBag:
    """MCAP files, read one after the other as far as they are whole; nothing but this package is needed."""

    def __init__(self, path: Path, files: Collection[Path]) -> None:
        self.path = path
        self.counts = Counts()
        self.topics: dict[str, Topic] = {}
        self._files = [file for file in files if file.stat().st_size]
        self.unfinished = tuple(file.name for file in files if not is_whole(file))
        for file in self._files:
            reader = McapReader(file)
            reader.meet_channels()
            for channel in reader.channels.values():
                schema = reader.schemas.get(channel.schema)
                about = (schema.name, schema.encoding, schema.definition) if schema else ("",)
                self.topics.setdefault(channel.topic, Topic(channel.topic, *about))

    def messages(self, topics: Collection[str]) -> Iterator[BagMessage]:
        """Messages of some topics."""
        self.counts = Counts()
        wanted = frozenset(topics)
        for file in self._files:
            yield from McapReader(file, self.counts).messages(wanted)


class RosbagsBag:
    """SQLite bags and packed ones, by rosbags."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts = Counts()
        self.unfinished: tuple[str, ...] = ()
        with _reader(path) as reader:
            self.topics = {connection.topic: _topic_of(connection) for connection in reader.connections}

    def messages(self, topics: Collection[str]) -> Iterator[BagMessage]:
        """Messages of some topics."""
        with _reader(self.path) as reader:
            connections = [connection for connection in reader.connections if connection.topic in topics]
            if connections:
                for connection, log_ns, data in reader.messages(connections):
                    yield BagMessage(connection.topic, log_ns, bytes(data))


@contextmanager
def _reader(path: Path) -> Iterator[Any]:
    """An open reader of rosbags; its errors become DataError."""
    try:
        from rosbags.rosbag2 import Reader, ReaderError
    except ImportError:
        raise DataError(f"{path} is an SQLite bag or a packed one, which is read with rosbags: {NEEDS_ROSBAGS}") from None
    try:
        with Reader(path) as reader:
            yield reader
    except (ReaderError, OSError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error


def _topic_of(connection: Any) -> Topic:
    encoding = {"MSG": "ros2msg", "IDL": "ros2idl"}.get(connection.msgdef.format.name, "")
    topic = Topic(connection.topic, connection.msgtype)
    return replace(topic, encoding=encoding, definition=connection.msgdef.data) if encoding else topic
