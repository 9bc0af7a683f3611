"""The state a time later: the body moves, clocks wander, the atmosphere changes, multipath turns over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel
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
    mean, cov = np.empty_like(state.mean), np.empty_like(state.cov)
    step = transition.coupled, transition.coupled_noise, transition.decay, transition.noise
    _move(state.mean, state.cov, *step, mean, cov)
    state.mean, state.cov = mean, cov


@kernel
def _move(
    mean: Floats, cov: Floats, coupled: Floats, coupled_noise: Floats, decay: Floats, noise: Floats,
    moved: Floats, moved_cov: Floats,
) -> None:  # fmt: skip
    """F x and F P F^T + Q into the last two."""
    n = len(decay)
    top, front = np.dot(coupled, cov[:COUPLED]), np.empty((COUPLED, COUPLED))
    for i in range(n):
        moved[i] = mean[i] * decay[i]
        for j in range(n):
            moved_cov[i, j] = cov[i, j] * (decay[i] * decay[j])
        moved_cov[i, i] += noise[i]
    for i in range(COUPLED):
        moved[i] = 0.0
        for k in range(COUPLED):
            moved[i] += coupled[i, k] * mean[k]
            front[i, k] = top[i, k]
    corner = np.dot(front, coupled.T)
    for i in range(COUPLED):
        for j in range(COUPLED):
            moved_cov[i, j] = corner[i, j] + coupled_noise[i, j]
        for j in range(COUPLED, n):
            moved_cov[i, j] = moved_cov[j, i] = top[i, j] * decay[j]
