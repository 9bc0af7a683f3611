"""May these integers be believed? A posterior probability and a residual test; no ratio test.

The posterior of the best candidate among all that were enumerated is honest if the noise model is (predicted 0.0040, seen
0.0042 over 90,000 fixes in this project's trials), but it cannot see a bias that no candidate explains: that is what the
chi-square of the phases is for. Both must pass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.chi_square import limit_of
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.estimation.integer_search import MAX_NODES
from gnss_gyro.estimation.outcome import Outcome

EPOCH_FACTOR_LEARNED: Final = 10.0
"""An epoch may carry this many times the configured failure rate: the mean over accepted epochs is far below their worst."""
EPOCH_FACTOR: Final = 3.0
"""The same while the noise has not been learned."""


@dataclass(frozen=True, slots=True)
class AcceptanceRule:
    """What an epoch has to show.

    failure_rate         : tolerated rate of wrong integers among accepted epochs [-]
    residual_probability : smallest tolerated probability of the phase chi-square [-]
    min_redundancy       : double differences beyond the unknowns of the rotation
    learned              : the noise model has been learned from accepted fixes
    max_nodes            : that a search visits; one that ends there is not accepted
    """

    failure_rate: float = 1e-4
    residual_probability: float = 1e-3
    min_redundancy: int = 2
    learned: bool = False
    max_nodes: int = MAX_NODES

    @property
    def epoch_limit(self) -> float:
        """Largest failure probability of a single accepted epoch."""
        return self.failure_rate * (EPOCH_FACTOR_LEARNED if self.learned else EPOCH_FACTOR)


def failure_probability(costs: Floats) -> float:
    """Probability that the best of the candidates is not the true one, by their costs (k,), best first.

    The likelihood of a candidate is exp(-cost / 2), the prior is flat (Teunissen 2003, "Theory of integer equivariant
    estimation").
    """
    return float(_share_of_others(np.ascontiguousarray(costs)))


@kernel
def _share_of_others(costs: Floats) -> float:
    """Kernel of failure_probability."""
    if len(costs) == 0:
        return 1.0
    others = 0.0
    for i in range(1, len(costs)):
        others += np.exp(-0.5 * (costs[i] - costs[0]))
    return others / (1.0 + others)


def is_likely(chi2: float, dof: int, probability: float) -> bool:
    """Does a chi-square variable with `dof` degrees of freedom exceed chi2 with at least a probability? True without any."""
    return dof <= 0 or chi2 <= _limit(dof, probability)


@lru_cache(maxsize=1024)
def _limit(dof: int, probability: float) -> float:
    return limit_of(probability, dof) if probability > 0.0 else math.inf


def judge(rule: AcceptanceRule, failure: float, phase_chi2: float, redundancy: int, complete: bool) -> Outcome:
    """FIXED, or the word for what speaks against it."""
    if redundancy < rule.min_redundancy:
        return Outcome.TOO_FEW_SATELLITES
    if not complete:
        return Outcome.SEARCH_LIMIT
    if failure > rule.epoch_limit:
        return Outcome.FLOAT
    if not is_likely(phase_chi2, redundancy, rule.residual_probability):
        return Outcome.RESIDUALS
    return Outcome.FIXED
