"""The state a time later: the body moves, clocks wander, the atmosphere changes, multipath turns over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.vppp.state import COUPLED, FilterState


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """From one epoch to the next: x -> F x + noise of covariance Q.

    coupled       : (COUPLED, COUPLED) transition of motion and ionosphere field
    coupled_noise : (COUPLED, COUPLED)
    decay         : (N,) share of each other number that is left (the first COUPLED are not read)
    noise         : (N,) variance each other number gains
    """

    coupled: Floats
    coupled_noise: Floats
    decay: Floats
    noise: Floats

    def moved(self, matrix: Floats) -> Floats:
        """F @ A (N, k) of a matrix A (N, k)."""
        out = matrix * self.decay[:, None]
        out[:COUPLED] = self.coupled @ matrix[:COUPLED]
        return np.asarray(out)


def predict(state: FilterState, transition: Transition) -> None:
    """Move a state on, in place."""
    state.mean = transition.moved(state.mean[:, None])[:, 0]
    _move(state.cov, transition.coupled, transition.coupled_noise, transition.decay, transition.noise)


@njit(cache=True)
def _move(cov: Floats, coupled: Floats, coupled_noise: Floats, decay: Floats, noise: Floats) -> Any:
    """F P F^T + Q in place."""
    n, k = len(decay), len(coupled)
    top = coupled @ np.ascontiguousarray(cov[:k])
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
    cov[:k, :k] = np.ascontiguousarray(top[:, :k]) @ coupled.T + coupled_noise
