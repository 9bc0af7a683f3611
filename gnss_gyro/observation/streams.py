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
_ONE_INSTANT_NS: Final = 5_000_000
"""No receiver measures twice within this time: those for the highest rates do at 100 Hz."""
_WITHHELD_NS: Final = 10 * NS
"""So long nothing of an antenna is used after two receivers were heard under its name."""


class Arrival(IntEnum):
    """What became of an epoch."""

    ACCEPTED = 0
    DUPLICATE = 1
    BACKWARD = 2  # older than the newest: disorder, or time stepped back
    FORWARD = 3  # implausibly far ahead: a hole in the recording, or a corrupted time
    RIVAL = 4  # of the newest epoch's instant, but not the same: two receivers send under one name


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
        self._newest: Epoch | None = None
        self._withheld_until_ns: int | None = None

    @property
    def is_disputed(self) -> bool:
        """Whether two receivers were heard under this antenna's name a short while ago."""
        return self._withheld_until_ns is not None

    def offer(self, epoch: Epoch) -> Arrival:
        """Take an epoch in, or keep it aside as a suspect."""
        arrival = self._judge(epoch)
        if arrival is Arrival.ACCEPTED:
            self.accept(epoch)
        elif arrival is Arrival.RIVAL:
            self._withhold(epoch.time.ns)
        elif arrival is not Arrival.DUPLICATE:
            self._suspect(epoch)
        return arrival

    def _judge(self, epoch: Epoch) -> Arrival:
        if self.newest_ns is None or self._newest is None:
            return Arrival.ACCEPTED
        step = epoch.time.ns - self.newest_ns
        if step >= _ONE_INSTANT_NS:
            return Arrival.FORWARD if step > JUMP_NS else Arrival.ACCEPTED
        if step <= -_ONE_INSTANT_NS:
            return Arrival.BACKWARD
        return Arrival.DUPLICATE if step == 0 and not _differ(epoch, self._newest) else Arrival.RIVAL

    def _withhold(self, from_ns: int) -> None:
        """Which of two receivers is the antenna's own nobody knows: neither counts, of what waits and for a while from now on."""
        self._withheld_until_ns = from_ns + _WITHHELD_NS
        self.waiting = deque(map(self._emptied, self.waiting))

    def _emptied(self, epoch: Epoch) -> Epoch:
        self.carry(epoch)
        return epoch.take(np.zeros(len(epoch), bool))

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
        self.newest_ns, self._newest = time_ns, epoch
        if self.first_ns is None:
            self.first_ns = time_ns
        if self._withheld_until_ns is not None and time_ns > self._withheld_until_ns:
            self._withheld_until_ns = None
        self.waiting.append(epoch if self._withheld_until_ns is None else self._emptied(epoch))

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
        self.first_ns = self.newest_ns = self.step_ns = self._newest = self._withheld_until_ns = None

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


def _differ(one: Epoch, other: Epoch) -> bool:
    """Whether two epochs of one time are of two receivers: their codes of some satellite are not the same."""
    _, mine, others = np.intersect1d(one.satellite, other.satellite, assume_unique=True, return_indices=True)
    return not np.array_equal(one.code_m[mine], other.code_m[others], equal_nan=True)
