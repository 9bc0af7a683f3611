"""A thread for an antenna's own positions."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from gnss_gyro.ros.own_position import OwnPosition
from gnss_gyro.ros.own_positions import OwnPositions


class PositionThread:
    """OwnPositions in a thread of its own: its first single point may take seconds to compile: the link must not wait."""

    def __init__(self, publish: Callable[[OwnPosition], None]) -> None:
        self._publish = publish
        self._queue: queue.Queue[bytes | None] = queue.Queue(maxsize=10_000)
        self._thread = threading.Thread(target=self._run, name="own position", daemon=True)
        self._thread.start()

    def take(self, frame: bytes) -> None:
        """A frame; never waits: behind a full queue it is left out."""
        if not self._queue.full():
            self._queue.put_nowait(frame)

    def stop(self) -> None:
        """Deal with what waits, and end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        positions = OwnPositions()
        while (frame := self._queue.get()) is not None:
            for position in positions.feed(frame):
                self._publish(position)
