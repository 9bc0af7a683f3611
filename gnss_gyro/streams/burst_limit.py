"""Bursts made no longer than what is behind them can hold."""

from __future__ import annotations

import time
from collections.abc import Callable


class BurstLimit:
    """A token bucket: `burst` calls at once, then `rate_hz`; who comes too soon waits.

    now_s, sleep : a clock, and how to wait [s]
    """

    def __init__(
        self, burst: int, rate_hz: float, now_s: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._step_s, self._span_s = 1.0 / rate_hz, burst / rate_hz
        self._now_s, self._sleep = now_s, sleep
        self._full_s = now_s()

    def wait(self) -> None:
        """Return when the next one may go."""
        now_s = self._now_s()
        self._full_s = max(self._full_s, now_s) + self._step_s
        early_s = self._full_s - self._span_s - now_s
        if early_s > 0.0:
            self._sleep(early_s)
