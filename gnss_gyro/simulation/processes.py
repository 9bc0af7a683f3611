"""Random processes that run on from block to block: Gauss-Markov errors, receiver clocks, phase lock."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.protocols.messages import HALF_CYCLE, SLIP
from gnss_gyro.simulation.errors import ErrorModel


class GaussMarkov:
    """First-order Gauss-Markov sequences of unit variance, one for each of a number of satellites."""

    def __init__(self, size: int, time_s: float, step_s: float, rng: np.random.Generator) -> None:
        self._keep = float(np.exp(-step_s / time_s))
        self._rng = rng
        self._last = rng.standard_normal(size)

    def next(self, epochs: int, columns: Ints) -> Floats:
        """The next values (epochs, k) of some of the sequences (k,)."""
        white = self._rng.standard_normal((epochs, len(columns))) * np.sqrt(1.0 - self._keep**2)
        values, last = np.empty_like(white), self._last[columns]
        for epoch in range(epochs):
            last = values[epoch] = self._keep * last + white[epoch]
        self._last[columns] = last
        return values


class SmoothGaussMarkov:
    """Second-order, critically damped Gauss-Markov sequences of unit variance: their rate is a process, too, with 1 / time_s.

    Autocorrelation (1 + t / T) exp(-t / T). Satellites' errors and the ionosphere move like that: a first-order process of the
    same time would jitter by centimetres within a second, which no carrier phase ever showed.
    """

    def __init__(self, size: int, time_s: float, step_s: float, rng: np.random.Generator) -> None:
        x = step_s / time_s
        self._rng = rng
        self._keep = np.exp(-x) * np.array([[1.0 + x, x], [-x, 1.0 - x]])  # of value and rate times T
        values, axes = np.linalg.eigh(np.eye(2) - self._keep @ self._keep.T)
        self._noise = axes * np.sqrt(np.maximum(values, 0.0))
        self._last = rng.standard_normal((2, size))

    def next(self, epochs: int, columns: Ints) -> Floats:
        """The next values (epochs, k) of some of the sequences (k,)."""
        white = self._noise @ self._rng.standard_normal((epochs, 2, len(columns)))
        values, state = np.empty((epochs, len(columns))), self._last[:, columns]
        for epoch in range(epochs):
            state = self._keep @ state + white[epoch]
            values[epoch] = state[0]
        self._last[:, columns] = state
        return values


@dataclass(frozen=True, slots=True)
class ClockTrack:
    """A receiver clock over t epochs.

    offset_s : (t,) tag minus true time [s]
    rate     : (t,) [s/s]
    jumped   : (t,) the clock was stepped since the epoch before
    """

    offset_s: Floats
    rate: Floats
    jumped: Bools


class ReceiverClock:
    """Offset, drifting drift, and steps that keep the offset small."""

    def __init__(self, errors: ErrorModel, step_s: float, rng: np.random.Generator) -> None:
        self._rng, self._errors, self._step_s = rng, errors, step_s
        self._offset = rng.uniform(-1.0, 1.0) * errors.clock_offset_s
        self._rate = rng.uniform(-1.0, 1.0) * errors.clock_drift
        self._steps = self._steps_of(np.array([self._offset]))[0]

    def _steps_of(self, free_s: Floats) -> Floats:
        jump = self._errors.clock_jump_s
        return np.round(free_s / jump) if np.isfinite(jump) else np.zeros_like(free_s)

    def next(self, epochs: int) -> ClockTrack:
        """The next epochs."""
        walk = self._rng.standard_normal(epochs) * self._errors.clock_walk * np.sqrt(self._step_s)
        rate = self._rate + np.concatenate([[0.0], np.cumsum(walk)])
        free = self._offset + np.concatenate([[0.0], np.cumsum(rate[:-1])]) * self._step_s
        steps = self._steps_of(free[:-1])
        jumped = np.diff(np.concatenate([[self._steps], steps])) != 0.0
        jump = self._errors.clock_jump_s if np.isfinite(self._errors.clock_jump_s) else 0.0
        self._offset, self._rate, self._steps = float(free[-1]), float(rate[-1]), steps[-1]
        return ClockTrack(free[:-1] - steps * jump, rate[:-1], jumped)


@dataclass(frozen=True, slots=True)
class LockTrack:
    """How k satellites were tracked over t epochs.

    ambiguity   : (t, k) [cycles], with unresolved half cycles
    lock_time_s : (t, k)
    flags       : (t, k) bits SLIP, HALF_CYCLE
    """

    ambiguity: Floats
    lock_time_s: Floats
    flags: NDArray[np.uint8]


class PhaseLock:
    """Integer ambiguities, lock times, cycle slips and half cycles of one receiver."""

    def __init__(self, size: int, errors: ErrorModel, step_s: float, rng: np.random.Generator) -> None:
        self._rng, self._errors, self._step_s = rng, errors, step_s
        self._integer = rng.integers(-1_000_000, 1_000_000, size).astype(float)
        self._since_s = -rng.uniform(0.0, 1.0, size) * errors.initial_lock_s - errors.half_cycle_s
        self._resolved_s = np.zeros(size)  # how long after the last lock the polarity was known
        self._half = np.zeros(size)
        self._tracked = np.zeros(size, bool)
        self._first = True

    def next(self, time_s: Floats, columns: Ints, present: Bools) -> LockTrack:
        """The next epochs at times (t,) since the start, of some satellites (k,) present (t, k)."""
        rng, shape = self._rng, present.shape
        before = self._tracked[columns] | (self._first & present[0])
        acquired = present & ~np.vstack([before[None], present[:-1]])
        slipped = present & ~acquired
        slipped &= (rng.random(shape) < self._errors.slip_rate_hz * self._step_s) if self._errors.slip_rate_hz > 0.0 else False
        told = slipped & ((rng.random(shape) >= self._errors.silent_slips) if self._errors.silent_slips > 0.0 else True)
        restart = acquired | told

        change = np.zeros(shape)
        change[acquired] = rng.integers(-1_000_000, 1_000_000, int(acquired.sum()))
        change[slipped] = rng.integers(1, 12, int(slipped.sum())) * rng.choice([-1.0, 1.0], int(slipped.sum()))
        integer = self._integer[columns] + np.cumsum(change, axis=0)
        since, resolved, half = self._last_restart(time_s, columns, restart)
        lock_time = time_s[:, None] - since
        unresolved = present & (lock_time < resolved)
        flags = (restart * SLIP | unresolved * HALF_CYCLE).astype(np.uint8)
        self._remember(columns, present[-1], integer[-1], since[-1], resolved[-1], half[-1])
        return LockTrack(integer + 0.5 * half * unresolved, lock_time, flags)

    def _last_restart(self, time_s: Floats, columns: Ints, restart: Bools) -> tuple[Floats, Floats, Floats]:
        """Time of the last restart before each epoch (t, k), and what was drawn for it."""
        epochs, k = restart.shape
        events = int(restart.sum())
        since, resolved, half = (np.zeros((epochs + 1, k)) for _ in range(3))
        since[0], resolved[0], half[0] = self._since_s[columns], self._resolved_s[columns], self._half[columns]
        since[1:] = time_s[:, None]
        resolved[1:][restart] = self._rng.uniform(0.0, 1.0, events) * self._errors.half_cycle_s
        half[1:][restart] = self._rng.integers(0, 2, events)
        row = np.maximum.accumulate(np.where(restart, np.arange(1, epochs + 1)[:, None], 0), axis=0)
        column = np.arange(k)
        return since[row, column], resolved[row, column], half[row, column]

    def _remember(self, columns: Ints, tracked: Bools, integer: Floats, since: Floats, resolved: Floats, half: Floats) -> None:
        self._first = False
        self._tracked[:] = False
        self._tracked[columns] = tracked
        self._integer[columns], self._since_s[columns] = integer, since
        self._resolved_s[columns], self._half[columns] = resolved, half
