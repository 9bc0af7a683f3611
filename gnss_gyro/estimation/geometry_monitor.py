"""The watch over the configured geometry.

With a length wrong by a few centimetres the few epochs that pass every test are often wrong, and no test of a single epoch
can tell. Over a session it shows: the share of confident epochs whose phases also fit is 99.8 % with the right length and
under 17 % with one 2 cm off (measured for this project). Where the sky is good enough to fix without leaning on the
length, one epoch proves it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

LOOSE_LENGTH_SIGMA_M: Final = 0.05
"""Length sigma [m] under which a fix counts as independent of the length."""
RUN_IN: Final = 8
"""Confident epochs, fitting all, that confirm a geometry: 0.17^8 is below 1e-6."""
_SIGMAS: Final = 4.0
_TOLERATED_M: Final = 0.012
"""A measured length this far off [m] is reported; less is within what antennas' phase centres do."""


@dataclass(frozen=True, slots=True)
class MonitorRule:
    """enabled: hold attitude back on a mismatch; window: confident epochs looked at; minimum_share of them must fit."""

    enabled: bool = True
    window: int = 20
    minimum_share: float = 0.85


class GeometryMonitor:
    """Judges the geometry from a session's confident epochs and measured lengths."""

    def __init__(self, rule: MonitorRule) -> None:
        self._rule = rule
        self._passes: deque[bool] = deque(maxlen=rule.window)
        self._proofs: deque[bool] = deque(maxlen=rule.window)
        self._measured: dict[tuple[str, str], _RunningMean] = {}
        self._expected: dict[tuple[str, str], tuple[float, float]] = {}

    def saw_confident_epoch(self, fits: bool) -> None:
        """An epoch whose integers look certain by their posterior; do its phases fit as well?"""
        self._passes.append(fits)

    def saw_independent_fix(self, matches: bool) -> None:
        """An epoch that was fixed without leaning on the geometry; does it match the geometry?"""
        self._proofs.append(matches)

    def saw_length(self, pair: tuple[str, str], measured: tuple[float, float], expected: tuple[float, float]) -> None:
        """A length measured by an independent fix, and the configured one, each with its sigma [m]."""
        self._expected[pair] = expected
        self._measured.setdefault(pair, _RunningMean()).add(*measured)

    @property
    def share(self) -> float:
        """Share of the confident epochs whose phases fit; NaN before any."""
        return float(np.mean(self._passes)) if self._passes else float("nan")

    @property
    def mismatch(self) -> bool:
        """Do the observations contradict the geometry?"""
        enough = len(self._passes) >= max(self._rule.window // 4, 3)
        if len(self._proofs) >= 3 and np.mean(self._proofs) < 0.5:
            return True
        return enough and self.share < self._rule.minimum_share

    @property
    def confirmed(self) -> bool:
        """Has the geometry been shown right, by an independent fix or by a run of confident epochs that fit?"""
        if self.mismatch:
            return False
        run = min(RUN_IN, self._rule.window)
        return any(self._proofs) or (len(self._passes) >= run and self.share >= 1.0 - 1.0 / RUN_IN)

    @property
    def holds_back(self) -> bool:
        """Must attitude be withheld now?"""
        return self._rule.enabled and not self.confirmed

    def complaint(self) -> str:
        """A sentence that names the lengths which do not match, with what was measured; "" if none is known."""
        parts = []
        for (a, b), mean in self._measured.items():
            expected, sigma = self._expected[a, b]
            if mean.contradicts(expected, sigma):
                parts.append(f"{a}-{b} measures {mean.value:.3f} m, configured {expected:.3f} m")
        return "; ".join(parts)

    def measured_lengths(self) -> dict[str, dict[str, float]]:
        """By pair "a-b": measured length, its sigma, the configured one [m], and of how many epochs."""
        return {
            f"{a}-{b}": {
                "measured_m": mean.value, "sigma_m": mean.sigma, "configured_m": self._expected[a, b][0], "epochs": mean.count
            }
            for (a, b), mean in self._measured.items()
        }  # fmt: skip


class _RunningMean:
    """Weighted mean over recent epochs, whose errors are partly common: its sigma never falls below 1/5 of one epoch's."""

    MEMORY = 200.0

    def __init__(self) -> None:
        self._weight, self._sum, self._latest_sigma = 0.0, 0.0, float("nan")
        self.count = 0

    def add(self, value: float, sigma: float) -> None:
        keep, weight = 1.0 - 1.0 / self.MEMORY, 1.0 / sigma**2
        self._weight = keep * self._weight + weight
        self._sum = keep * self._sum + weight * value
        self._latest_sigma = sigma
        self.count += 1

    @property
    def value(self) -> float:
        return self._sum / self._weight if self._weight else float("nan")

    @property
    def sigma(self) -> float:
        return max(1.0 / self._weight**0.5, self._latest_sigma / 5.0) if self._weight else float("nan")

    def contradicts(self, expected: float, sigma: float) -> bool:
        return abs(self.value - expected) > max(_SIGMAS * float(np.hypot(self.sigma, sigma)), _TOLERATED_M)

