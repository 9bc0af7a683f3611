"""Navigation messages take effect with the observations they preceded in their own stream.

So a solution does not depend on how the streams of several antennas were interleaved on their way: live, from a bag and from
files the same recording gives the same solutions to the last bit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import CorrectionMessage, NavigationMessage

News: TypeAlias = NavigationMessage | CorrectionMessage
"""What receivers hear from satellites besides their signals."""
_PATIENCE: Final = 1000
"""Messages held for an antenna that sends no observations; more are passed on at once."""


class NavigationNews:
    """Holds each antenna's navigation messages until an epoch is solved that is not older than their next observations.

    tell : takes each message then
    """

    def __init__(self, antennas: Iterable[str], tell: Callable[[News], object]) -> None:
        self._tell = tell
        self._heard: dict[str, list[News]] = {name: [] for name in antennas}
        self._due: dict[str, deque[tuple[int, News]]] = {name: deque() for name in self._heard}

    def hear(self, antenna: str, message: News) -> None:
        """Take in a message. Raises KeyError for an antenna that was not announced."""
        heard = self._heard[antenna]
        heard.append(message)
        if len(heard) > _PATIENCE:
            for each in heard:
                self._tell(each)
            heard.clear()

    def observed(self, antenna: str, time: GpsTime) -> None:
        """The antenna's next observations have come: what it told before them is due with them."""
        due = self._due[antenna]
        if due and due[-1][0] > time.ns:  # its clock was set back
            self._due[antenna] = due = deque((time.ns, message) for _, message in due)
        due.extend((time.ns, message) for message in self._heard[antenna])
        self._heard[antenna].clear()

    def deliver(self, time: GpsTime) -> None:
        """Everything due until a time is passed on, antenna by antenna."""
        for due in self._due.values():
            while due and due[0][0] <= time.ns:
                self._tell(due.popleft()[1])
