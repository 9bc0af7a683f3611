"""A bag written live, from a thread of its own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TypeAlias

from gnss_gyro.basics.errors import DataError
from gnss_gyro.streams.bags.writing import NO_ROOM, BagTopic, BagWriter
from gnss_gyro.streams.writing_thread import WritingThread

_Message: TypeAlias = tuple[str, int, bytes]


class BagRecording:
    """A bag that never holds up who fills it, and goes on in another file once a full disk has room again.

    Raises DataError where the folder holds something already or cannot be written, but not for want of room.
    """

    def __init__(self, folder: Path, split_ns: int, flush_s: float) -> None:
        self.folder = folder
        self._sink = _BagSink(BagWriter(folder, split_ns))
        self._thread: WritingThread[BagTopic | _Message] = WritingThread("bag", self._sink, flush_s)

    @property
    def problem(self) -> str:
        """Why nothing can be written at present, '' = all is well; tried again every 10 s."""
        return f"{self.folder}: {self._thread.problem}" if self._thread.problem else ""

    @property
    def lost(self) -> Counter[str]:
        """Messages by topic that are not in the bag; to be asked once it is closed."""
        return self._sink.left_out + self._sink.writer.lost

    def add_topic(self, topic: BagTopic) -> None:
        """A topic, before its first message."""
        self._thread.put(topic, 0)

    def write(self, topic: str, log_ns: int, data: bytes) -> None:
        """A message in CDR with its log time, nanoseconds of Unix time; never waits."""
        self._thread.put((topic, log_ns, data), len(data))

    def close(self) -> None:
        """Write what waits, and finish the last file."""
        self._thread.stop()


class _BagSink:
    """A BagWriter as the Sink of a thread."""

    def __init__(self, writer: BagWriter) -> None:
        self.writer = writer
        self.left_out: Counter[str] = Counter()
        self.flush, self.recover, self.end = writer.flush, writer.recover, writer.close
        try:
            writer.recover()
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise DataError(f"{writer.folder} cannot be written: {error.strerror or error}") from error

    def keep(self, item: BagTopic | _Message) -> None:
        """Write a message, or know a topic."""
        if isinstance(item, BagTopic):
            self.writer.add_topic(item)
        else:
            self.writer.write(*item)

    def leave_out(self, item: BagTopic | _Message) -> None:
        """Count a message; a topic is known for later."""
        if isinstance(item, BagTopic):
            self.writer.add_topic(item)
        else:
            self.left_out[item[0]] += 1
