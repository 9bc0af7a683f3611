"""One antenna's epochs on their way into alignment: kept in order of time, jumps of time confirmed first."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from enum import IntEnum
from typing import Final

import numpy as np

from gnss_gyro.basics.time import NS
from gnss_gyro.observation.epoch import Epoch

JUMP_NS: Final = 300 * NS
"""A step forward beyond this wants confirmation before it is believed."""
PATIENCE: Final = 3
"""So many consistent epochs in a row confirm a jump of time."""


class Arrival(IntEnum):
    """What became of an epoch."""

    ACCEPTED = 0
    DUPLICATE = 1
    BACKWARD = 2  # older than the newest: disorder, or time stepped back
    FORWARD = 3  # implausibly far ahead: a hole in the recording, or a corrupted time


class Stream:
    """Epochs of one antenna that wait for their partners.

    waiting     : accepted epochs, by increasing time
    suspects    : epochs behind a jump of time that is not confirmed yet, by increasing time
    first_ns    : time of the oldest waiting epoch, None without any
    newest_ns   : time of the newest accepted epoch, None before the first
    step_ns     : usual time between epochs, None before two have come
    missed      : groups in a row that went without this antenna
    """

    def __init__(self) -> None:
        self.waiting: deque[Epoch] = deque()
        self.suspects: list[Epoch] = []
        self.first_ns: int | None = None
        self.newest_ns: int | None = None
        self.step_ns: int | None = None
        self.missed = 0
        self._steps_ns: deque[int] = deque(maxlen=5)
        self._carried: set[int] = set()

    def offer(self, epoch: Epoch) -> Arrival:
        """Take an epoch in, or keep it aside as a suspect."""
        arrival = self._judge(epoch.time.ns)
        if arrival is Arrival.ACCEPTED:
            self.accept(epoch)
        elif arrival is not Arrival.DUPLICATE:
            self._suspect(epoch)
        return arrival

    def _judge(self, time_ns: int) -> Arrival:
        if self.newest_ns is None:
            return Arrival.ACCEPTED
        step = time_ns - self.newest_ns
        if step == 0:
            return Arrival.DUPLICATE
        if step < 0:
            return Arrival.BACKWARD
        return Arrival.FORWARD if step > JUMP_NS else Arrival.ACCEPTED

    def _suspect(self, epoch: Epoch) -> None:
        """Suspects are consistent among themselves; one that is not starts the list anew."""
        if self.suspects and not 0 < epoch.time.ns - self.suspects[-1].time.ns <= JUMP_NS:
            self.suspects.clear()
        self.suspects.append(epoch)

    def accept(self, epoch: Epoch) -> None:
        """Take in an epoch newer than all before."""
        time_ns = epoch.time.ns
        if self.newest_ns is not None:
            self._steps_ns.append(time_ns - self.newest_ns)
            self.step_ns = sorted(self._steps_ns)[len(self._steps_ns) // 2]
        self.newest_ns = time_ns
        if self.first_ns is None:
            self.first_ns = time_ns
        self.waiting.append(epoch)

    def reject_suspects(self) -> int:
        """An epoch in order proves the suspects wrong; how many of them were ahead of it."""
        if not self.suspects:
            return 0
        ahead = sum(self.newest_ns is not None and suspect.time.ns > self.newest_ns for suspect in self.suspects)
        self.suspects.clear()
        return ahead

    def believe(self) -> None:
        """Suspects are right: a jump forward is followed, a step back starts the stream anew."""
        suspects, self.suspects = self.suspects, []
        if suspects and self.newest_ns is not None and suspects[0].time.ns < self.newest_ns:
            self.restart()
        for epoch in suspects:
            self.accept(epoch)

    def restart(self) -> None:
        """Forget everything but the suspects."""
        self.waiting.clear()
        self._steps_ns.clear()
        self._carried.clear()
        self.first_ns = self.newest_ns = self.step_ns = None

    @property
    def foremost_ns(self) -> int | None:
        """Time of the newest epoch, suspects included."""
        return self.suspects[-1].time.ns if self.suspects else self.newest_ns

    def between_epochs(self, time_ns: int, slack_ns: int) -> bool:
        """Whether by its usual rate this antenna measures before and after, but not at, a time near its newest epochs."""
        if self.newest_ns is None or len(self._steps_ns) < 2:
            return False
        step, since_ns = min(self._steps_ns), time_ns - self.newest_ns
        if since_ns > step + slack_ns:
            return False
        phase = since_ns % step
        return slack_ns < phase < step - slack_ns

    def carry(self, epoch: Epoch) -> None:
        """An epoch that no group got: its slips are told with the next one."""
        self._carried.update(epoch.satellite[epoch.slip].tolist())

    def take_first(self) -> Epoch:
        """The oldest waiting epoch, with the slips of those dropped since the last."""
        epoch = self.waiting.popleft()
        self.first_ns = self.waiting[0].time.ns if self.waiting else None
        if not self._carried:
            return epoch
        carried = np.array([satellite in self._carried for satellite in epoch.satellite.tolist()], bool)
        self._carried.difference_update(epoch.satellite.tolist())
        return replace(epoch, slip=epoch.slip | carried)
