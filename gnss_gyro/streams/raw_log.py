"""A receiver's bytes in .ubx files that survive the end of the program."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO

from gnss_gyro.streams.writing_thread import WritingThread


@dataclass(frozen=True, slots=True)
class LogRules:
    """How files begin and end.

    folder    : made where it does not exist
    name      : files are <name>_<UTC>.ubx
    max_bytes : of a file; 0 = no limit
    max_s     : duration of a file; 0 = no limit
    flush_s   : how often the disk is told to keep what it has (fsync), against a loss of power
    """

    folder: Path
    name: str
    max_bytes: int = 0
    max_s: float = 0.0
    flush_s: float = 1.0


class RawLog:
    """Writes from a thread of its own, so that a slow disk never holds up the receiver.

    Every piece goes to the system at once, so that the end of the program, whatever it was, costs only what waited in the
    queue; give whole frames, then files end between frames.

    written_bytes, flushed_bytes, lost_bytes : in all files together
    problem                                  : why nothing can be written at present, '' = all is well; tried again every 10 s
    path                                     : present file
    """

    def __init__(self, rules: LogRules) -> None:
        self._files = _Files(rules)
        self._thread: WritingThread[bytes] = WritingThread("raw log", self._files, rules.flush_s)

    @property
    def written_bytes(self) -> int:
        """Given to the system."""
        return self._files.written_bytes

    @property
    def flushed_bytes(self) -> int:
        """On the disk."""
        return self._files.flushed_bytes

    @property
    def lost_bytes(self) -> int:
        """In no file."""
        return self._files.left_out_bytes + self._files.broken_bytes

    @property
    def problem(self) -> str:
        """Why nothing can be written at present."""
        problem = self._thread.problem
        return f"raw log in {self._files.rules.folder}: {problem}" if problem else ""

    @property
    def path(self) -> Path | None:
        """Present file."""
        return self._files.path

    def write(self, data: bytes) -> None:
        """Keep these bytes; never waits."""
        if data:
            self._thread.put(data, len(data))

    def account(self) -> tuple[str, str]:
        """What it does, and what keeps it from it, for people."""
        lost = f", {self.lost_bytes} bytes lost" if self.lost_bytes else ""
        return f"{self.path or 'nothing yet'}: {self.written_bytes} bytes{lost}", self.problem

    def stop(self) -> None:
        """Write what waits, and end the file."""
        self._thread.stop()


class _Files:
    """The files one after the other, as a Sink."""

    def __init__(self, rules: LogRules) -> None:
        self.rules = rules
        self.written_bytes = self.flushed_bytes = self.left_out_bytes = self.broken_bytes = 0
        self.path: Path | None = None
        self._file: BinaryIO | None = None
        self._began_s = 0.0

    def keep(self, item: bytes) -> None:
        """Write, into the next file where the present one is full or old."""
        left = item
        try:
            file = self._ready_file(len(item))
            while left:  # an unbuffered write may take only a part
                taken = file.write(left)
                self.written_bytes += taken
                left = left[taken:]
        except OSError:
            self.broken_bytes += len(left)
            raise

    def flush(self) -> None:
        """Against a loss of power."""
        if self._file is not None:
            os.fsync(self._file.fileno())
            self.flushed_bytes = self.written_bytes

    def leave_out(self, item: bytes) -> None:
        """Count it."""
        self.left_out_bytes += len(item)

    def recover(self) -> None:
        """What comes goes into a new file."""
        self.end()

    def end(self) -> None:
        """A file into which nothing could be written is not left behind: a full disk is tried again and again."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self.flush()
            with contextlib.suppress(OSError):
                if self._file.tell() == 0 and self.path is not None:
                    self.path.unlink()
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    def _ready_file(self, size: int) -> BinaryIO:
        """The present file, or the next one where this one is full or old. Raises OSError."""
        rules, now_s = self.rules, time.monotonic()
        if self._file is not None:
            full = rules.max_bytes and self._file.tell() + size > rules.max_bytes and self._file.tell() > 0
            if full or (rules.max_s and now_s - self._began_s > rules.max_s):
                self.end()
        if self._file is None:
            self._file = self._new_file()
            self._began_s = now_s
        return self._file

    def _new_file(self) -> BinaryIO:
        rules = self.rules
        rules.folder.mkdir(parents=True, exist_ok=True)
        stem = f"{rules.name}_{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}"
        number = 1
        while True:
            self.path = rules.folder / (f"{stem}.ubx" if number == 1 else f"{stem}_{number}.ubx")
            try:
                return self.path.open("xb", buffering=0)
            except FileExistsError:
                number += 1
