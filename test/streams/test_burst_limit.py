"""Bursts are let through up to their size, then at the rate; nothing else waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnss_gyro.streams.burst_limit import BurstLimit


class Clock:
    """Time that passes only where somebody waits, or here."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0.0
        self.now_s += seconds


def limit(clock: Clock, burst: int = 4, rate_hz: float = 100.0) -> BurstLimit:
    return BurstLimit(burst, rate_hz, lambda: clock.now_s, clock.sleep)


def test_a_burst_does_not_wait_and_the_next_ones_go_at_the_rate() -> None:
    clock = Clock()
    bucket = limit(clock)
    gone_s = []
    for _ in range(7):
        bucket.wait()
        gone_s.append(clock.now_s - 100.0)
    assert gone_s[:4] == pytest.approx([0.0] * 4, abs=1e-9)
    assert gone_s[4:] == pytest.approx([0.01, 0.02, 0.03])


def test_after_a_pause_a_whole_burst_is_free_again_and_no_more() -> None:
    clock = Clock()
    bucket = limit(clock)
    for pause_s in (0.0, 1000.0):
        clock.now_s += pause_s
        began_s = clock.now_s
        for _ in range(5):
            bucket.wait()
        assert clock.now_s - began_s == pytest.approx(0.01)


@given(st.lists(st.floats(0.0, 0.2), max_size=80))
def test_no_span_holds_more_than_a_burst_and_its_rate(pauses_s: list[float]) -> None:
    clock = Clock()
    bucket = limit(clock)
    gone_s = []
    for pause_s in pauses_s:
        clock.now_s += pause_s
        bucket.wait()
        gone_s.append(clock.now_s)
    for first, begin_s in enumerate(gone_s):
        for last in range(first, len(gone_s)):
            assert last - first + 1 <= 4 + (gone_s[last] - begin_s) * 100.0 + 1e-6
