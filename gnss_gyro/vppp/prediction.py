"""The state a time later: the body moves, clocks wander, the atmosphere changes, multipath turns over."""

from __future__ import annotations

from dataclasses import dataclass

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
    """Move a state on, to a mean and a covariance of its own."""
    step = transition.coupled, transition.coupled_noise, transition.decay, transition.noise
    state.mean, state.cov = _moved(state.mean, state.cov, *step)


@njit(cache=True)
def _moved(
    mean: Floats, cov: Floats, coupled: Floats, coupled_noise: Floats, decay: Floats, noise: Floats
) -> tuple[Floats, Floats]:
    """F x and F P F^T + Q."""
    n, k = len(decay), len(coupled)
    moved, out = mean * decay, np.empty((n, n))
    moved[:k] = np.dot(coupled, mean[:k])
    top = np.dot(coupled, cov[:k])
    for i in range(k, n):
        row, left = cov[i], decay[i]
        for j in range(k, n):
            out[i, j] = row[j] * left * decay[j]
        out[i, i] += noise[i]
        for j in range(k):
            out[j, i] = top[j, i] * decay[i]
            out[i, j] = out[j, i]
    out[:k, :k] = np.dot(np.ascontiguousarray(top[:, :k]), coupled.T) + coupled_noise
    return moved, out
