"""The attitude over time: predict, test, take in, and begin again when the measurements insist."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from gnss_gyro.attitude.motion import Motion
from gnss_gyro.attitude.rotation_fit import RotationFit
from gnss_gyro.attitude.tracker_state import (
    Innovation,
    TrackerState,
    initial_state,
    predicted,
    updated_with_fit,
)

GATE_PROBABILITY: Final = 1e-5
"""Innovations less probable than this are not taken in; nor is a state kept that has taken one in and is still so far from it."""
MAX_REJECTIONS: Final = 3
"""So many rejected measurements in a row and the tracker begins again from the last."""
MAX_GAP_S: Final = 10.0
"""After so long without a measurement the tracker begins again [s]."""


class TrackerOutcome(str, Enum):
    """What became of a measurement."""

    STARTED = "started"
    UPDATED = "updated"
    REJECTED = "rejected"
    RESET = "reset"
    NOTHING_MEASURED = "nothing measured"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, eq=False)
class TrackerStep:
    """What a measurement did: the state after it (None before the first), and how well it agreed with the prediction.

    The innovation is None where there was no prediction to agree with.
    """

    outcome: TrackerOutcome
    state: TrackerState | None
    innovation: Innovation | None


class AttitudeTracker:
    """Follows attitude and angular rate of one body; time is the caller's count of seconds and never runs back."""

    def __init__(
        self,
        motion: Motion,
        gate_probability: float = GATE_PROBABILITY,
        max_rejections: int = MAX_REJECTIONS,
        max_gap_s: float = MAX_GAP_S,
    ) -> None:
        self._motion = motion
        self._gate_probability = gate_probability
        self._max_rejections = max_rejections
        self._max_gap_s = max_gap_s
        self._state: TrackerState | None = None
        self._measured_s = float("nan")
        self._rejections = 0

    @property
    def state(self) -> TrackerState | None:
        """The last state, None before the first measurement and after a reset."""
        return self._state

    def reset(self) -> None:
        """Forget everything."""
        self._state, self._rejections = None, 0

    def at(self, time_s: float) -> TrackerState | None:
        """The state predicted for a time, without changing the tracker; None where the last measurement is too old.

        Raises ValueError for a time before the last measurement.
        """
        if self._state is None or time_s - self._measured_s > self._max_gap_s:
            return None
        if time_s < self._state.time_s:
            raise ValueError(f"time runs back from {self._state.time_s} to {time_s} s")
        return predicted(self._state, time_s - self._state.time_s, self._motion)

    def update(self, time_s: float, fit: RotationFit) -> TrackerStep:
        """Take in a fitted rotation, of whatever rank."""
        prediction = self.at(time_s)
        if fit.rank == 0:
            return TrackerStep(TrackerOutcome.NOTHING_MEASURED, prediction, None)
        if prediction is None:
            return self._begin(TrackerOutcome.STARTED, time_s, fit, None)
        return self._step(prediction, fit)

    def _step(self, prediction: TrackerState, fit: RotationFit) -> TrackerStep:
        state, innovation = updated_with_fit(prediction, fit)
        if innovation.probability >= self._gate_probability:
            if innovation.probability_left < self._gate_probability:
                return self._begin(TrackerOutcome.RESET, prediction.time_s, fit, innovation)
            self._keep(state)
            return TrackerStep(TrackerOutcome.UPDATED, state, innovation)
        self._rejections += 1
        if self._rejections >= self._max_rejections:
            return self._begin(TrackerOutcome.RESET, prediction.time_s, fit, innovation)
        return TrackerStep(TrackerOutcome.REJECTED, prediction, innovation)

    def _begin(self, outcome: TrackerOutcome, time_s: float, fit: RotationFit, innovation: Innovation | None) -> TrackerStep:
        self._keep(initial_state(time_s, fit, self._motion))
        return TrackerStep(outcome, self._state, innovation)

    def _keep(self, state: TrackerState) -> None:
        self._state, self._measured_s, self._rejections = state, state.time_s, 0
