"""A bag being written: a folder of MCAP files that follow each other, and its metadata.yaml."""

from __future__ import annotations

import errno
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

from gnss_gyro.basics.errors import DataError
from gnss_gyro.streams.bags import byte_arrays
from gnss_gyro.streams.bags.mcap_records import Channel, Schema
from gnss_gyro.streams.bags.mcap_writer import McapWriter
from gnss_gyro.streams.bags.metadata import FileFacts, TopicFacts, write_metadata

NS: Final = 1_000_000_000
NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
"""Errors of a disk that is full: a file may be ended well once there is room again."""


@dataclass(frozen=True, slots=True)
class BagTopic:
    """A topic to be written; by default receivers' bytes."""

    name: str
    type: str = byte_arrays.TYPE
    definition: str = byte_arrays.DEFINITION
    type_hash: str = byte_arrays.TYPE_HASH
    qos: str = ""


class BagWriter:
    """Writes into a new folder. Raises DataError where it holds something already.

    metadata.yaml names the files that are finished, so that any reader can open these while the last one still grows. After an
    OSError only recover and close make sense.

    folder
    lost : messages by topic that were taken, but stand in no file
    """

    def __init__(self, folder: Path, split_ns: int = 0) -> None:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise DataError(f"{folder} exists already and is not empty: a bag wants a folder of its own")
        self.folder = folder
        self.lost: Counter[str] = Counter()
        self._split_ns = split_ns
        self._topics: dict[str, BagTopic] = {}
        self._counts: Counter[str] = Counter()
        self._finished: list[FileFacts] = []
        self._next = 0
        self._file: McapWriter | None = None

    def add_topic(self, topic: BagTopic) -> None:
        """A topic, before its first message; known topics are left as they are."""
        self._topics.setdefault(topic.name, topic)

    def write(self, topic: str, log_ns: int, data: bytes) -> None:
        """A message in CDR; log time is nanoseconds of Unix time. Raises OSError."""
        try:
            file = self._ready_file(log_ns)
        except OSError:
            self.lost[topic] += 1
            raise
        number = next(i for i, name in enumerate(self._topics, 1) if name == topic)
        file.write(number, log_ns, data)

    def flush(self) -> None:
        """What was written until now survives whatever comes. Raises OSError."""
        self._ready_file().flush()

    def recover(self) -> None:
        """After an error: end the file that it befell, and begin another. Raises OSError as long as the disk is full."""
        if self._file is not None:
            try:
                self._finish_file(self._file)
            except OSError as error:
                if error.errno in NO_ROOM:
                    raise
                self._give_up()
        self._ready_file()

    def close(self) -> None:
        """Finish the last file; where there is no room for what waits, without it. Raises OSError."""
        if self._file is None and self._finished:
            self._describe()
            return
        try:
            self._finish_file(self._ready_file())
        except OSError:
            if self._file is not None:
                self._lose_waiting(self._file)
                with suppress(OSError):
                    self._finish_file(self._file)
            self._give_up()
            raise

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _ready_file(self, log_ns: int | None = None) -> McapWriter:
        """The present file, or the next one where this one is old, with all topics."""
        file = self._file
        if file is not None and log_ns is not None and self._is_long(file, log_ns):
            self._finish_file(file)
        if self._file is None:
            self._file = self._new_file()
        for number, topic in enumerate(self._topics.values(), 1):
            if number not in self._file.messages_by_channel:
                self._announce(self._file, number, topic)
        return self._file

    def _is_long(self, file: McapWriter, log_ns: int) -> bool:
        return bool(self._split_ns and file.message_count) and log_ns - file.first_ns >= self._split_ns

    def _new_file(self) -> McapWriter:
        self.folder.mkdir(parents=True, exist_ok=True)
        while (path := self.folder / f"{self.folder.resolve().name}_{self._next}.mcap").exists():
            self._next += 1
        return McapWriter(path)

    def _announce(self, file: McapWriter, number: int, topic: BagTopic) -> None:
        types = list(dict.fromkeys(known.type for known in self._topics.values()))
        schema = Schema(types.index(topic.type) + 1, topic.type, "ros2msg", topic.definition)
        file.add_channel(Channel(number, schema.number, topic.name, qos=topic.qos), schema)

    def _finish_file(self, file: McapWriter) -> None:
        file.close()
        self._file = None
        for name, count in zip(self._topics, file.messages_by_channel.values(), strict=False):
            self._counts[name] += count
        self._finished.append(FileFacts(file.path.name, file.first_ns, file.last_ns, file.message_count))
        self._describe()

    def _give_up(self) -> None:
        if self._file is not None:
            self._lose_waiting(self._file)
            self._file.give_up()
            self._file = None

    def _lose_waiting(self, file: McapWriter) -> None:
        names = list(self._topics)
        self.lost.update({names[number - 1]: count for number, count in file.drop_waiting().items()})

    def _describe(self) -> None:
        topics = [TopicFacts(t.name, t.type, t.type_hash, t.qos, self._counts[t.name]) for t in self._topics.values()]
        write_metadata(self.folder, self._finished, topics)
