"""Every epoch's position with what was observed after it as well: fixed-interval smoothing in pieces.

Backward recursion of Rauch, Tung and Striebel (1965). Satellites come and go and ambiguities begin anew, so each step runs over
the numbers that an epoch inherited from the one before it; those that begin later tell an earlier epoch nothing directly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.position import ArrayPosition, LocalFrame, array_position
from gnss_gyro.vppp.prediction import Transition
from gnss_gyro.vppp.state import FilterState

LAG: Final = 600
"""Epochs that are looked ahead, at least; twice as many are kept at most."""


@dataclass(frozen=True, slots=True, eq=False)
class FilterRecord:
    """One epoch of a filter.

    state          : after it
    transition     : that led to it from the epoch before; None = the filter began here
    predicted_mean : (N,) of the state before the epoch's observations
    frame          : of its position
    """

    state: FilterState
    transition: Transition | None
    predicted_mean: Floats
    frame: LocalFrame


class Smoother:
    """Takes a filter's records in order and gives smoothed positions back, late."""

    def __init__(self, lag: int = LAG) -> None:
        self._lag = lag
        self._records: list[FilterRecord | None] = []

    def add(self, record: FilterRecord | None) -> list[ArrayPosition | None]:
        """The next epoch (None: it has no position); returns the positions that are finished, in order."""
        self._records.append(record)
        return self._finish(self._lag) if len(self._records) >= 2 * self._lag else []

    def flush(self) -> list[ArrayPosition | None]:
        """All that is left."""
        return self._finish(len(self._records))

    def _finish(self, count: int) -> list[ArrayPosition | None]:
        smoothed = _backward(self._records)[:count]
        self._records = self._records[count:]
        return smoothed


def _backward(records: list[FilterRecord | None]) -> list[ArrayPosition | None]:
    positions: list[ArrayPosition | None] = []
    later: FilterRecord | None = None
    mean, cov = np.zeros(0), np.zeros((0, 0))
    for record in reversed(records):
        if record is None:
            positions.append(None)
            continue
        if later is None or later.transition is None:
            mean, cov = record.state.mean, record.state.cov
        else:
            mean, cov = _step_back(record, later, later.transition, mean, cov)
        positions.append(array_position(mean, cov, record.frame))
        later = record
    return positions[::-1]


def _step_back(
    record: FilterRecord, later: FilterRecord, transition: Transition, later_mean: Floats, later_cov: Floats
) -> tuple[Floats, Floats]:
    """Smoothed mean (N,) and covariance (N, N) of an epoch from those of the next."""
    now = np.flatnonzero(later.state.inherited >= 0)
    before = later.state.inherited[now]
    filtered = record.state.cov
    part = Transition(transition.coupled, transition.coupled_noise, transition.decay[now], transition.noise[now])
    cross = part.moved(filtered[before])
    predicted = part.moved(cross[:, before].T)
    predicted[: layout.COUPLED, : layout.COUPLED] += part.coupled_noise
    predicted[np.arange(layout.COUPLED, len(now)), np.arange(layout.COUPLED, len(now))] += part.noise[layout.COUPLED :]
    gain = np.linalg.solve(0.5 * (predicted + predicted.T), cross).T
    mean = record.state.mean + gain @ (later_mean[now] - later.predicted_mean[now])
    cov = filtered + gain @ (later_cov[np.ix_(now, now)] - predicted) @ gain.T
    return mean, 0.5 * (cov + cov.T)
