"""Writing to a disk from a thread of its own: the disk may be slow, full, or gone for a while."""

from __future__ import annotations

import queue
import threading
import time
from typing import Final, Generic, Protocol, TypeVar

QUEUE_BYTES: Final = 64 << 20
RETRY_S: Final = 10.0
"""After something could not be written, what comes is lost for so long; then another attempt is made."""
_EACH_BYTES: Final = 256
"""What an item takes in memory besides its data."""

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Sink(Protocol[T_contra]):
    """Where a WritingThread writes. All but leave_out is called from its thread only."""

    def keep(self, item: T_contra) -> None:
        """Write an item. Raises OSError; what is lost by it the sink counts itself."""
        ...

    def flush(self) -> None:
        """Have the disk keep what was written. Raises OSError."""
        ...

    def leave_out(self, item: T_contra) -> None:
        """An item that is lost; one call at a time."""
        ...

    def recover(self) -> None:
        """Prepare another attempt after an error. Raises OSError where there is no point in it yet."""
        ...

    def end(self) -> None:
        """Nothing comes any more. Raises OSError."""
        ...


class WritingThread(Generic[T]):
    """Takes items, never waits, and has a sink write them in their order.

    After an error items are left out until the next attempt, RETRY_S later; those beyond QUEUE_BYTES are left out too.

    problem : why nothing can be written at present, '' = all is well
    """

    def __init__(self, name: str, sink: Sink[T], flush_s: float) -> None:
        self.problem = ""
        self._sink, self._flush_s = sink, flush_s
        self._queue: queue.SimpleQueue[tuple[T, int] | None] = queue.SimpleQueue()
        self._waiting = 0
        self._lock = threading.Lock()
        self._failed = False
        self._retry_s = 0.0
        self._flushed_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: T, size: int) -> None:
        """Have an item written; its size is that of its data [bytes]. One without data is taken even where the queue is full."""
        with self._lock:
            if size and self._waiting + size > QUEUE_BYTES:
                self._sink.leave_out(item)
                return
            self._waiting += size + _EACH_BYTES
        self._queue.put((item, size + _EACH_BYTES))

    def stop(self) -> None:
        """Write what waits, and end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                found = self._queue.get(timeout=self._flush_s)
            except queue.Empty:
                self._turn()
                continue
            if found is None:
                break
            with self._lock:
                self._waiting -= found[1]
            self._turn(found[0])
        try:
            self._sink.end()
            self.problem = self.problem if self._failed else ""
        except OSError as error:
            self._fail(error)

    def _turn(self, item: T | None = None) -> None:
        """Write an item, if there is one, and flush when it is time; but not too soon after an error."""
        if self._failed and time.monotonic() < self._retry_s:
            self._leave_out(item)
            return
        try:
            if self._failed:
                self._sink.recover()
                self._failed = False
        except OSError as error:
            self._leave_out(item)
            self._fail(error)
            return
        try:
            if item is not None:
                self._sink.keep(item)
            if time.monotonic() - self._flushed_s >= self._flush_s:
                self._sink.flush()
                self._flushed_s = time.monotonic()
                self.problem = ""
        except OSError as error:
            self._fail(error)

    def _leave_out(self, item: T | None) -> None:
        if item is not None:
            with self._lock:
                self._sink.leave_out(item)

    def _fail(self, error: OSError) -> None:
        self._failed = True
        self._retry_s = time.monotonic() + RETRY_S
        self.problem = error.strerror or str(error)
