"""A bag being written: a folder of MCAP files that follow each other, and its metadata.yaml."""

from __future__ import annotations

from collections.abc import Sequence
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

    metadata.yaml names the files that are finished, so that any reader can open these while the last one still grows.

    folder, messages : of all files together
    """

    def __init__(self, folder: Path, split_ns: int = 0) -> None:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise DataError(f"{folder} exists already and is not empty: a bag wants a folder of its own")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.messages = 0
        self._split_ns = split_ns
        self._topics: list[BagTopic] = []
        self._counts: dict[str, int] = {}
        self._finished: list[FileFacts] = []
        self._file = self._new_file()

    def add_topic(self, topic: BagTopic) -> None:
        """A topic, before its first message; known topics are left as they are."""
        if topic.name not in self._counts:
            self._topics.append(topic)
            self._counts[topic.name] = 0
            self._announce(self._file, len(self._topics))

    def write(self, topic: str, log_ns: int, data: bytes) -> None:
        """A message in CDR; log time is nanoseconds of Unix time."""
        if self._split_ns and self._file.message_count and log_ns - self._file.first_ns >= self._split_ns:
            self._finish_file()
            self._file = self._new_file()
        number = next(i for i, known in enumerate(self._topics, 1) if known.name == topic)
        self._file.write(number, log_ns, data)
        self._counts[topic] += 1
        self.messages += 1

    def flush(self) -> None:
        """What was written until now survives whatever comes."""
        self._file.flush()

    def close(self) -> None:
        """Finish the last file."""
        self._finish_file()

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _new_file(self) -> McapWriter:
        file = McapWriter(self.folder / f"{self.folder.resolve().name}_{len(self._finished)}.mcap")
        for number in range(1, len(self._topics) + 1):
            self._announce(file, number)
        return file

    def _announce(self, file: McapWriter, number: int) -> None:
        topic = self._topics[number - 1]
        types = list(dict.fromkeys(known.type for known in self._topics))
        schema = Schema(types.index(topic.type) + 1, topic.type, "ros2msg", topic.definition)
        file.add_channel(Channel(number, schema.number, topic.name, qos=topic.qos), schema)

    def _finish_file(self) -> None:
        file = self._file
        file.close()
        self._finished.append(FileFacts(file.path.name, file.first_ns, file.last_ns, file.message_count))
        self._describe(self._finished)

    def _describe(self, files: Sequence[FileFacts]) -> None:
        topics = [TopicFacts(t.name, t.type, t.type_hash, t.qos, self._counts[t.name]) for t in self._topics]
        write_metadata(self.folder, files, topics)
