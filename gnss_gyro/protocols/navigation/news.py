"""What is worth handing on: satellites repeat their messages every few seconds."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from gnss_gyro.basics.time import GpsTime

REPEAT_S: Final = 1800.0


class News:
    """Remembers what was handed on, and says whether something has changed since, or is half an hour old."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[Hashable, GpsTime]] = {}

    def is_new(self, subject: Hashable, content: Hashable, time: GpsTime) -> bool:
        """True where the content of a subject differs from the one last handed on, or that was long ago."""
        known = self._known.get(subject)
        if known is not None and known[0] == content and abs(time - known[1]) < REPEAT_S:
            return False
        self._known[subject] = (content, time)
        return True
