"""A thread for an antenna's own positions."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from gnss_gyro.ros.own_position import OwnPosition
from gnss_gyro.ros.own_positions import OwnPositions


class PositionThread:
    """OwnPositions in a thread of its own: its first single point may take seconds to compile: the link must not wait.

    tell : is told why there are no positions any more
    """

    def __init__(self, publish: Callable[[OwnPosition], None], tell: Callable[[str], object]) -> None:
        self._publish, self._tell = publish, tell
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
        positions: OwnPositions | None = OwnPositions()
        while (frame := self._queue.get()) is not None:
            if positions is None:
                continue
            try:
                found = positions.feed(frame)
            except Exception as error:  # the engine could not be loaded, say; frames go on being taken, or stop() would wait
                self._tell(f"no position of this antenna any more: {error!r}")
                positions = None
                continue
            for position in found:
                self._publish(position)
