"""The watch over the configured geometry.

With a length wrong by a few centimetres the few epochs that pass every test are often wrong, and no test of the integers of
a single epoch can tell. Two things can: the evidence on the length itself, gathered over epochs, and the share of confident
epochs whose phases also fit, which is 99.8 % with the right length and under 17 % with one 2 cm off (measured for this
project).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.estimation.length_evidence import OFFSETS_M, LengthEvidence

Pair = tuple[str, str]

_DOUBT: Final = 0.01
"""A geometry is confirmed when other lengths that would mean another attitude are less probable than this together."""
_CONTRADICTION: Final = float(np.log(1000.0))
"""A geometry is contradicted when another length is this much more likely (log)."""
_MEMORY: Final = 20.0
"""Epochs over which evidence is gathered: a length 1 cm off, about as likely as one 2 cm off, is not condemned by drift."""
_MOST_OF_AN_EPOCH: Final = 30.0
"""One epoch says no more than this (log): a multipath outlier must not decide alone for long."""
_PHASE_CORRELATION_S: Final = 2.0
_FEW: Final = 5
"""Confident epochs before their share means anything."""


@dataclass(frozen=True, slots=True)
class MonitorRule:
    """enabled: hold attitude back on a mismatch; window: confident epochs looked at; minimum_share of them must fit."""

    enabled: bool = True
    window: int = 20
    minimum_share: float = 0.85


class GeometryMonitor:
    """Judges the geometry by what a session's epochs say of it."""

    def __init__(self, rule: MonitorRule) -> None:
        self._rule = rule
        self._passes: deque[bool] = deque(maxlen=rule.window)
        self._rigid: deque[bool] = deque(maxlen=rule.window)
        self._proofs = 0
        self._proven = False
        self._evidence: dict[Pair, _Evidence] = {}

    def saw_confident_epoch(self, fits: bool) -> None:
        """An epoch whose integers look certain by their posterior; do its phases fit as well?"""
        self._passes.append(fits)

    def saw_rigid_epoch(self, fits: bool, proves: bool = False) -> None:
        """An epoch of three or more antennas that fitted the rigid body, or not; `proves`: with redundancy to spare.

        Swapped antennas fit now and then by chance, but not often.
        """
        self._rigid.append(fits)
        self._proofs += fits and proves
        whole_window = len(self._rigid) == self._rule.window and self._proofs >= self._rule.window // 2
        self._proven = self._proven or (whole_window and self._rigid_share_suffices)

    def saw_evidence(self, pair: Pair, length_m: float, evidence: LengthEvidence, elapsed_s: float) -> None:
        """Evidence of an epoch on a configured length, `elapsed_s` after the last on the same pair."""
        self._evidence.setdefault(pair, _Evidence(length_m)).add(evidence, elapsed_s)

    @property
    def share(self) -> float:
        """Share of the epochs that can tell which fit, of arrays or else of confident ones; NaN before any."""
        return _share(self._rigid or self._passes)

    @property
    def mismatch(self) -> bool:
        """Do the observations contradict the geometry?

        Confident epochs that do not fit speak against it only while nothing speaks for it: else they are multipath.
        """
        if any(evidence.contradicted for evidence in self._evidence.values()):
            return True
        if self._shown_right:
            return False
        too_few_fit = len(self._passes) >= _FEW and _share(self._passes) < self._rule.minimum_share
        return too_few_fit or (len(self._rigid) >= _FEW and not self._rigid_share_suffices)

    @property
    def confirmed(self) -> bool:
        """Has the geometry been shown right?"""
        return self._shown_right and not self.mismatch

    @property
    def _shown_right(self) -> bool:
        if self._proven or not self._rigid_share_suffices:
            return self._proven
        if self._proofs:
            return True
        return bool(self._evidence) and all(evidence.confirmed for evidence in self._evidence.values())

    @property
    def _rigid_share_suffices(self) -> bool:
        return not self._rigid or _share(self._rigid) >= self._rule.minimum_share

    @property
    def holds_back(self) -> bool:
        """Must attitude be withheld now?"""
        return self._rule.enabled and not self.confirmed

    def complaint(self) -> str:
        """A sentence that names the lengths that are contradicted, with the best of those near them; "" if none is."""
        return "; ".join(
            f"{a}-{b} is not {evidence.length_m:.3f} m: within {OFFSETS_M[-1]:.2f} m of it {evidence.likeliest_m:.2f} m fits best"
            for (a, b), evidence in self._evidence.items()
            if evidence.contradicted
        )

    def lengths(self) -> dict[str, dict[str, float]]:
        """By pair "a-b": configured and likeliest length [m], and by what log likelihood the configured one leads."""
        return {
            f"{a}-{b}": {"configured_m": e.length_m, "likeliest_m": e.likeliest_m, "log_likelihood_lead": e.lead}
            for (a, b), e in self._evidence.items()
        }


def _share(seen: Collection[bool]) -> float:
    """Share of those that are true; NaN of none."""
    return sum(seen) / len(seen) if seen else float("nan")


class _Evidence:
    """Log likelihood of one configured length over each of the others, gathered over epochs."""

    def __init__(self, length_m: float) -> None:
        self.length_m = length_m
        self._sum: Floats = np.zeros(len(OFFSETS_M))
        self._differs: Bools = np.ones(len(OFFSETS_M), bool)
        self._count = 0
        self.lead = 0.0
        self.confirmed = self.contradicted = False

    def add(self, evidence: LengthEvidence, elapsed_s: float) -> None:
        rho = 1.0 / (1.0 + elapsed_s / _PHASE_CORRELATION_S)
        share = (1.0 - rho) / (1.0 + rho) if self._count else 1.0
        bounded = np.clip(evidence.log_ratio, -_MOST_OF_AN_EPOCH, _MOST_OF_AN_EPOCH)
        self._sum = (1.0 - 1.0 / _MEMORY) * self._sum + share * bounded
        self._differs = evidence.differs
        self._count += 1
        self.lead = float(self._sum.min())
        self.contradicted = self._count > 1 and self.lead < -_CONTRADICTION
        self.confirmed = self._is_confirmed()

    def _is_confirmed(self) -> bool:
        if self.lead <= -_CONTRADICTION:  # hopelessly wrong lengths would overflow below
            return False
        return bool(np.exp(-self._sum[self._differs]).sum() < _DOUBT)

    @property
    def likeliest_m(self) -> float:
        best = int(np.argmin(self._sum))
        return self.length_m + (OFFSETS_M[best] if self._sum[best] < 0.0 else 0.0)
