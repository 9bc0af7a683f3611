"""Epochs of several antennas, brought together one to one by receiver time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gnss_gyro.basics.time import NS
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.observation.streams import PATIENCE, Arrival, Stream
from gnss_gyro.protocols.messages import Counts

_SILENT_GROUPS: Final = 5
"""An antenna absent from so many groups in a row is not waited for until it is heard again."""


class EpochAligner:
    """Forms groups {antenna: Epoch} of epochs within a tolerance of each other.

    A group goes out as soon as every antenna that is expected has an epoch in it or is known to have none; incomplete,
    at the latest, when any antenna's receiver time is more than wait_s past it. Of antennas with different rates only
    the common instants are grouped, as long as the slower one is heard. Groups are released by increasing time; their
    members are at most tolerance_s (or nearly half the sampling interval, if that is less) apart.

    A time that steps back, or far ahead, is believed after a few consistent epochs, or when the antennas agree.
    Slips of epochs that were dropped are carried over to the antenna's next epoch. counts tells what was dropped.

    Two different epochs of one antenna and time are of two receivers that send under its name (two vehicles on one network):
    its epochs are without satellites then, until only one has been heard for ten seconds.
    """

    def __init__(self, antennas: Iterable[str], tolerance_s: float = 0.005, wait_s: float = 1.0) -> None:
        self._streams = {name: Stream() for name in antennas}
        if not self._streams:
            raise ValueError("alignment needs the names of the antennas")
        self._every = tuple(self._streams.values())
        self._tolerance_ns = round(tolerance_s * NS)
        self._wait_ns = round(wait_s * NS)
        self._released_ns: int | None = None
        self.counts = Counts()

    def feed(self, epoch: Epoch) -> list[dict[str, Epoch]]:
        """Groups that this epoch completes, oldest first. Raises KeyError for an antenna that was not announced."""
        stream = self._streams[epoch.antenna]
        arrival = stream.offer(epoch)
        if arrival is Arrival.DUPLICATE:
            self.counts.add("duplicate epoch")
        elif arrival is Arrival.RIVAL:
            self.counts.add(f"antenna {epoch.antenna}: epoch of a second receiver")
        elif arrival is Arrival.BACKWARD:
            return self._backward(stream)
        elif arrival is Arrival.FORWARD:
            self._forward(stream)
        else:
            self.counts.add("implausible time", stream.reject_suspects())
            self._drop_late(stream)
        return self._release()

    @property
    def disputed(self) -> tuple[str, ...]:
        """The antennas under whose names two receivers are heard."""
        return tuple(name for name, stream in self._streams.items() if stream.is_disputed)

    def flush(self) -> list[dict[str, Epoch]]:
        """All groups still waiting, complete or not; the recordings have ended."""
        for stream in self._every:
            if stream.suspects and stream.newest_ns is not None and stream.suspects[0].time.ns > stream.newest_ns:
                stream.believe()
        return self._release() + self._drain()

    def _drain(self) -> list[dict[str, Epoch]]:
        groups: list[dict[str, Epoch]] = []
        while (start_ns := self._earliest_ns()) is not None:
            groups.append(self._group(start_ns, self._reach_ns()))
        return groups

    def _backward(self, stream: Stream) -> list[dict[str, Epoch]]:
        """Drop an epoch from the past; when they become the rule, start anew with this antenna or with all."""
        if len(stream.suspects) < PATIENCE:
            self.counts.add("epoch out of order")
            return self._release()
        self.counts.add("time stepped back")
        if any(self._goes_on(other) for other in self._every if other is not stream):
            stream.believe()
            self._drop_late(stream)
            return self._release()
        groups = self._drain()
        self._released_ns = None
        for other in self._every:
            other.restart()
            other.believe()
        return groups + self._release()

    def _goes_on(self, stream: Stream) -> bool:
        """Whether an antenna is heard, and at times that did not step back."""
        if stream.newest_ns is None or stream.suspects or stream.missed:
            return False
        return self._released_ns is None or stream.newest_ns + self._wait_ns >= self._released_ns

    def _forward(self, stream: Stream) -> None:
        """Believe a jump ahead that lasts, or that another antenna has made too."""
        ahead_ns = stream.suspects[-1].time.ns
        agreeing = [
            other
            for other in self._every
            if other is not stream and other.foremost_ns is not None and abs(other.foremost_ns - ahead_ns) <= self._near_ns
        ]
        if not agreeing and len(stream.suspects) < PATIENCE:
            return
        self.counts.add("time jumped ahead")
        for other in (stream, *agreeing):
            if other.suspects:
                other.believe()

    @property
    def _near_ns(self) -> int:
        return self._wait_ns + 60 * NS

    def _drop_late(self, stream: Stream) -> None:
        """Drop epochs whose group has gone; an antenna that is only a little late is waited for again."""
        while stream.first_ns is not None and self._is_late(stream.first_ns):
            if (self._released_ns or 0) - stream.first_ns <= 10 * self._wait_ns:
                stream.missed = 0
            self._drop_first(stream, "late epoch")

    def _drop_first(self, stream: Stream, reason: str) -> None:
        self.counts.add(reason)
        stream.carry(stream.take_first())

    def _is_late(self, time_ns: int) -> bool:
        return self._released_ns is not None and time_ns <= self._released_ns

    def _release(self) -> list[dict[str, Epoch]]:
        groups: list[dict[str, Epoch]] = []
        while (start_ns := self._earliest_ns()) is not None:
            reach_ns = self._reach_ns()
            absent = [stream for stream in self._every if stream.first_ns is None or stream.first_ns > start_ns + reach_ns]
            if absent and any(_is_between_instants(stream, start_ns, reach_ns) for stream in absent):
                self._drop_instant(start_ns, reach_ns)
            elif not absent or self._is_ready(start_ns, absent):
                groups.append(self._group(start_ns, reach_ns))
            else:
                break
        return groups

    def _earliest_ns(self) -> int | None:
        return min([stream.first_ns for stream in self._every if stream.first_ns is not None], default=None)

    def _reach_ns(self) -> int:
        """Tolerance, shortened so that no epoch has two partners."""
        steps = [stream.step_ns for stream in self._every if stream.step_ns is not None]
        return min(self._tolerance_ns, min(steps) * 45 // 100) if steps else self._tolerance_ns

    def _drop_instant(self, start_ns: int, reach_ns: int) -> None:
        for stream in self._every:
            if _has_member(stream, start_ns, reach_ns):
                self._drop_first(stream, "epoch between the instants of a slower antenna")

    def _is_ready(self, start_ns: int, absent: list[Stream]) -> bool:
        newest_ns = max(stream.newest_ns for stream in self._every if stream.newest_ns is not None)
        if newest_ns > start_ns + self._wait_ns:
            return True
        return not any(_may_come(stream, start_ns) for stream in absent)

    def _group(self, start_ns: int, reach_ns: int) -> dict[str, Epoch]:
        group: dict[str, Epoch] = {}
        for name, stream in self._streams.items():
            if _has_member(stream, start_ns, reach_ns):
                group[name] = stream.take_first()
                stream.missed = 0
            else:
                stream.missed += 1
        self._released_ns = max(epoch.time.ns for epoch in group.values())
        if len(group) < len(self._streams):
            self.counts.add("incomplete group")
        return group


def _has_member(stream: Stream, start_ns: int, reach_ns: int) -> bool:
    """Whether an antenna's oldest waiting epoch belongs to the group of a time."""
    return stream.first_ns is not None and stream.first_ns <= start_ns + reach_ns


def _is_between_instants(stream: Stream, start_ns: int, reach_ns: int) -> bool:
    """Whether an antenna without an epoch at this time is a slower one that is being heard and has none due."""
    return stream.missed < _SILENT_GROUPS and stream.between_epochs(start_ns, reach_ns)


def _may_come(stream: Stream, start_ns: int) -> bool:
    """Whether the epoch of this time of an antenna that has none yet is not known to be missing."""
    return stream.missed < _SILENT_GROUPS and (stream.newest_ns is None or stream.newest_ns < start_ns)
