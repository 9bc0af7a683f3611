"""The state a time later: the body moves, clocks wander, the atmosphere changes, multipath turns over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.vppp.motion import KINEMATIC, Step
from gnss_gyro.vppp.state import FilterState


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """From one epoch to the next: x -> F x + noise of covariance Q.

    motion : transition and noise of position, velocity, acceleration
    decay  : (N,) share of each other number that is left (the first 9 are not read)
    noise  : (N,) variance each other number gains
    """

    motion: Step
    decay: Floats
    noise: Floats

    def moved(self, matrix: Floats) -> Floats:
        """F @ A (N, k) of a matrix A (N, k)."""
        out = matrix * self.decay[:, None]
        out[:KINEMATIC] = self.motion.transition @ matrix[:KINEMATIC]
        return np.asarray(out)


def predict(state: FilterState, transition: Transition) -> None:
    """Move a state on, in place."""
    step = transition.motion
    mean = state.mean * transition.decay
    mean[:KINEMATIC] = step.transition @ state.mean[:KINEMATIC]
    state.mean = mean
    _move(state.cov, step.transition, step.noise, transition.decay, transition.noise)


@njit(cache=True)
def _move(cov: Floats, motion: Floats, motion_noise: Floats, decay: Floats, noise: Floats) -> Any:
    """F P F^T + Q in place."""
    n, k = len(decay), len(motion)
    top = motion @ np.ascontiguousarray(cov[:k])
    for i in range(k, n):
        for j in range(k, i + 1):
            value = cov[i, j] * decay[i] * decay[j]
            if i == j:
                value += noise[i]
            cov[i, j] = value
            cov[j, i] = value
        for j in range(k):
            value = top[j, i] * decay[i]
            cov[j, i] = value
            cov[i, j] = value
    cov[:k, :k] = np.ascontiguousarray(top[:, :k]) @ motion.T + motion_noise
