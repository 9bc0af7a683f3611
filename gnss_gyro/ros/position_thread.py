"""A thread for an antenna's own positions."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Final

from gnss_gyro.ros.own_position import OwnPosition
from gnss_gyro.ros.own_positions import OwnPositions

_MOST_WAITING: Final = 10_000
_STOP_S: Final = 1.0


class PositionThread:
    """OwnPositions in a thread of its own: its first single point may take seconds to compile: the link must not wait.

    tell : is told why there are no positions any more, and once of a position that could not be published
    """

    def __init__(self, publish: Callable[[OwnPosition], None], tell: Callable[[str], object]) -> None:
        self._publish, self._tell = publish, tell
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._ended = self._has_refused = False
        self._thread = threading.Thread(target=self._run, name="own position", daemon=True)
        self._thread.start()

    def take(self, frame: bytes) -> None:
        """A frame; never waits: behind a full queue it is left out."""
        if self._queue.qsize() < _MOST_WAITING:
            self._queue.put(frame)

    def stop(self) -> None:
        """Deal with what waits, and end; a thread that is compiling is not waited for, but nothing is heard of it any more."""
        self._queue.put(None)
        self._thread.join(_STOP_S)
        self._ended = True

    def _run(self) -> None:
        positions: OwnPositions | None = OwnPositions()
        while (frame := self._queue.get()) is not None and not self._ended:
            if positions is None:
                continue
            try:
                found = positions.feed(frame)
            except Exception as error:  # the engine could not be loaded, say
                self._tell(f"no position of this antenna any more: {error!r}")
                positions = None
                continue
            for position in found:
                self._say(position)

    def _say(self, position: OwnPosition) -> None:
        if self._ended:
            return
        try:
            self._publish(position)
        except Exception as error:  # costs this position only
            if not self._has_refused:
                self._tell(f"a position of this antenna cannot be published: {error!r}")
            self._has_refused = True
