"""A receiver's bytes in .ubx files that survive the end of the program."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import BinaryIO, Final

_QUEUE_BYTES: Final = 64 << 20
_RETRY_S: Final = 10.0
"""After a file that could not be written, what comes is lost for so long; then another one is tried."""
_END: Final = None


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
        self.written_bytes = self.flushed_bytes = self.lost_bytes = 0
        self.problem = ""
        self.path: Path | None = None
        self._rules = rules
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._waiting = 0
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._began_s = self._flushed_s = 0.0
        self._retry_s = 0.0
        self._thread = threading.Thread(target=self._run, name="raw log", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Keep these bytes; never waits."""
        if not data:
            return
        with self._lock:
            full = self._waiting + len(data) > _QUEUE_BYTES
            self._waiting += 0 if full else len(data)
        if full:
            self.lost_bytes += len(data)
        else:
            self._queue.put(data)

    def account(self) -> tuple[str, str]:
        """What it does, and what keeps it from it, for people."""
        lost = f", {self.lost_bytes} bytes lost" if self.lost_bytes else ""
        return f"{self.path or 'nothing yet'}: {self.written_bytes} bytes{lost}", self.problem

    def stop(self) -> None:
        """Write what waits, and end the file."""
        self._queue.put(_END)
        self._thread.join()

    def _run(self) -> None:
        data: bytes | None = b""
        while data is not _END:
            try:
                data = self._queue.get(timeout=self._rules.flush_s)
            except queue.Empty:
                data = b""
            if data:
                self._keep(data)
            with contextlib.suppress(OSError):
                self._flush_if_due()
        self._end_file()

    def _keep(self, data: bytes) -> None:
        with self._lock:
            self._waiting -= len(data)
        if self._file is None and time.monotonic() < self._retry_s:
            self.lost_bytes += len(data)
            return
        left = data
        try:
            file = self._ready_file(len(data))
            while left:  # an unbuffered write may take only a part
                taken = file.write(left)
                self.written_bytes += taken
                left = left[taken:]
            self.problem = ""
        except OSError as error:
            self.lost_bytes += len(left)
            self.problem = f"raw log in {self._rules.folder}: {error.strerror or error}"
            self._retry_s = time.monotonic() + _RETRY_S
            self._end_file()

    def _ready_file(self, size: int) -> BinaryIO:
        """The present file, or the next one where this one is full or old. Raises OSError."""
        rules, now_s = self._rules, time.monotonic()
        if self._file is not None:
            full = rules.max_bytes and self._file.tell() + size > rules.max_bytes and self._file.tell() > 0
            if full or (rules.max_s and now_s - self._began_s > rules.max_s):
                self._end_file()
        if self._file is None:
            self._file = self._new_file()
            self._began_s = self._flushed_s = now_s
        return self._file

    def _new_file(self) -> BinaryIO:
        rules = self._rules
        rules.folder.mkdir(parents=True, exist_ok=True)
        stem = f"{rules.name}_{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}"
        number = 1
        while True:
            self.path = rules.folder / (f"{stem}.ubx" if number == 1 else f"{stem}_{number}.ubx")
            try:
                return self.path.open("xb", buffering=0)
            except FileExistsError:
                number += 1

    def _flush_if_due(self) -> None:
        if self._file is not None and time.monotonic() - self._flushed_s >= self._rules.flush_s:
            self._flush()

    def _flush(self) -> None:
        assert self._file is not None
        os.fsync(self._file.fileno())
        self._flushed_s = time.monotonic()
        self.flushed_bytes = self.written_bytes

    def _end_file(self) -> None:
        """One into which nothing could be written is not left behind: a full disk is tried again and again."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._flush()
            with contextlib.suppress(OSError):
                if self._file.tell() == 0 and self.path is not None:
                    self.path.unlink()
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None
