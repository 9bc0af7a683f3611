"""The attitude over time: predict, test, take in, and begin again when the measurements insist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from gnss_gyro.attitude.motion import Motion
from gnss_gyro.attitude.rotation_fit import RotationFit, fit_rotation
from gnss_gyro.attitude.tracker_state import (
    Innovation,
    TrackerState,
    initial_state,
    predicted,
    updated_with_fit,
    updated_with_vectors,
)
from gnss_gyro.basics.arrays import Floats

_Update: TypeAlias = Callable[[TrackerState], "tuple[TrackerState, Innovation]"]

GATE_PROBABILITY: Final = 1e-5
"""Innovations less probable than this are not taken in."""
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
        if fit.rank == 0:
            return TrackerStep(TrackerOutcome.NOTHING_MEASURED, self.at(time_s), None)
        return self._step(time_s, lambda: fit, lambda state: updated_with_fit(state, fit))

    def update_vectors(self, time_s: float, vector_enu_m: Floats, covariance_m2: Floats, body_m: Floats) -> TrackerStep:
        """Take in baselines (k, 3) [m] with their covariance (3k, 3k), that of the body vectors (k, 3) included."""
        return self._step(
            time_s,
            lambda: fit_rotation(vector_enu_m, covariance_m2, body_m),
            lambda state: updated_with_vectors(state, vector_enu_m, covariance_m2, body_m),
        )

    def _step(self, time_s: float, fit: Callable[[], RotationFit], update: _Update) -> TrackerStep:
        prediction = self.at(time_s)
        if prediction is None:
            return self._begin(TrackerOutcome.STARTED, time_s, fit(), None)
        state, innovation = update(prediction)
        if innovation.probability >= self._gate_probability:
            self._keep(state)
            return TrackerStep(TrackerOutcome.UPDATED, state, innovation)
        self._rejections += 1
        if self._rejections >= self._max_rejections:
            return self._begin(TrackerOutcome.RESET, time_s, fit(), innovation)
        return TrackerStep(TrackerOutcome.REJECTED, prediction, innovation)

    def _begin(self, outcome: TrackerOutcome, time_s: float, fit: RotationFit, innovation: Innovation | None) -> TrackerStep:
        if fit.rank == 0:
            return TrackerStep(TrackerOutcome.NOTHING_MEASURED, None, innovation)
        self._keep(initial_state(time_s, fit, self._motion))
        return TrackerStep(outcome, self._state, innovation)

    def _keep(self, state: TrackerState) -> None:
        self._state, self._measured_s, self._rejections = state, state.time_s, 0
