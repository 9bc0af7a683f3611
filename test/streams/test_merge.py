"""Streams of several antennas come out in order of time, whatever one of them does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from observations import T0, observations_of

from gnss_gyro.protocols.messages import LeapSeconds, Message, Observations
from gnss_gyro.streams.merge import WINDOW, merge_by_time


def at(seconds: float) -> Observations:
    return observations_of([("G01", "1C")], time=T0 + seconds)


def times(merged: list[tuple[str, Message]], name: str | None = None) -> list[float]:
    return [m.time - T0 for n, m in merged if isinstance(m, Observations) and name in (None, n)]


@given(st.lists(st.lists(st.integers(0, 500), max_size=60), min_size=1, max_size=4))
def test_ordered_streams_merge_in_order(streams: list[list[int]]) -> None:
    merged = list(merge_by_time({str(i): iter([at(s) for s in sorted(stream)]) for i, stream in enumerate(streams)}))
    assert times(merged) == sorted(s for stream in streams for s in stream)


def test_equal_times_keep_the_order_of_the_antennas() -> None:
    merged = merge_by_time({"b": iter([at(0), at(1)]), "a": iter([at(0), at(1)])})
    assert [name for name, _ in merged] == ["b", "a", "b", "a"]


def test_navigation_messages_keep_their_place() -> None:
    stream: list[Message] = [LeapSeconds(1), at(5), LeapSeconds(2), at(6), LeapSeconds(3)]
    merged = list(merge_by_time({"a": iter(stream), "b": iter([at(s) for s in range(10)])}))
    own = [m for name, m in merged if name == "a"]
    assert [type(m) for m in own] == [type(m) for m in stream]
    place = [name for name, _ in merged].index("a")
    assert place == 0, "what stands before the first observation comes first"
    second = next(i for i, (_, m) in enumerate(merged) if m == LeapSeconds(2))
    assert max(times(merged[:second])) == 5.0


def test_a_stream_out_of_order_by_some_epochs_is_put_in_order() -> None:
    rng = np.random.default_rng(3)
    shuffled = sorted(range(200), key=lambda s: s + rng.uniform(0, 6))
    merged = list(merge_by_time({"a": iter([at(s) for s in shuffled]), "b": iter([at(s + 0.5) for s in range(200)])}))
    assert times(merged) == sorted(times(merged))


def test_without_a_window_a_stream_comes_as_it_is() -> None:
    stream = [at(s) for s in (5.0, 6.0, 4.0, 5.0, 7.0)]
    merged = list(merge_by_time({"a": iter(stream), "b": iter([at(s + 0.5) for s in range(8)])}, window=0))
    assert times(merged, "a") == [5.0, 6.0, 4.0, 5.0, 7.0]
    assert times(merged, "b") == [s + 0.5 for s in range(8)]


def test_one_time_far_ahead_holds_nothing_back() -> None:
    """A corrupt time: all other epochs of its stream come in order, itself at the end."""
    stream = [at(float(s)) for s in range(100)]
    stream[50] = at(1e6)
    merged = list(merge_by_time({"a": iter(stream), "b": iter([at(float(s)) for s in range(100)])}))
    assert len(merged) == 200
    assert times(merged)[:-1] == sorted(times(merged)[:-1])
    assert times(merged)[-1] == 1e6


def test_jumps_of_a_clock_lose_nothing() -> None:
    for jump in (-3600.0, 3600.0):
        stream = [at(s if s < 100 else s + jump) for s in range(200)]
        merged = list(merge_by_time({"a": iter(stream), "b": iter([at(float(s)) for s in range(200)])}))
        assert len(merged) == 400
        assert times(merged, "b") == sorted(times(merged, "b"))


def test_no_more_than_a_window_is_held() -> None:
    drawn = 0

    def endless() -> Iterator[Message]:
        nonlocal drawn
        while True:
            drawn += 1
            yield at(float(drawn))

    merged = merge_by_time({"a": endless(), "b": iter([at(1e5)])})
    for handed_on in range(1, 300):
        next(merged)
        assert drawn <= handed_on + WINDOW + 1


def test_nothing_at_all() -> None:
    assert list(merge_by_time({})) == []
    assert list(merge_by_time({"a": iter(())})) == []
