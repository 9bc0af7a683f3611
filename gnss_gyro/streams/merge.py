"""Several antennas' messages as one sequence in order of receiver time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

from gnss_gyro.protocols.messages import Observations

M = TypeVar("M")

WINDOW: Final = 32
"""Messages of one antenna that are put in order among themselves before they leave."""
_BEFORE_ALL: Final = -1


def merge_by_time(streams: Mapping[str, Iterator[M]], window: int = WINDOW) -> Iterator[tuple[str, M]]:
    """(antenna, message) of all streams by receiver time; equal times in the order of the mapping.

    Navigation messages leave with the observations they followed in their own stream, those before the first observation at
    once. A stream that is out of order within a window of messages is put in order; one whose time jumps further is passed on as
    it comes: nothing waits for a time that never arrives, and no more than a window of each stream is held.
    """
    heads: list[tuple[int, int, str, M]] = []
    ordered = {name: _in_order(stream, window) for name, stream in streams.items()}
    ranks = {name: rank for rank, name in enumerate(ordered)}
    for name in ordered:
        _push(heads, ordered[name], ranks[name], name)
    while heads:
        _, _, name, message = heapq.heappop(heads)
        yield name, message
        _push(heads, ordered[name], ranks[name], name)


def _push(heads: list[tuple[int, int, str, M]], stream: Iterator[tuple[int, int, M]], rank: int, name: str) -> None:
    item = next(stream, None)
    if item is not None:
        heapq.heappush(heads, (item[0], rank, name, item[2]))


def _in_order(stream: Iterator[M], size: int) -> Iterator[tuple[int, int, M]]:
    """One stream's messages with their times [ns] and running numbers, in order within the window."""
    window: list[tuple[int, int, M]] = []
    newest = _BEFORE_ALL
    for number, message in enumerate(stream):
        if isinstance(message, Observations):
            newest = key = message.time.ns
        else:
            key = newest
        heapq.heappush(window, (key, number, message))
        if len(window) > size:
            yield heapq.heappop(window)
    while window:
        yield heapq.heappop(window)
