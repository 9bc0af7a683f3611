"""What an epoch says of a baseline's length, whichever integers are true.

The likelihood of a length is the sum over all integer vectors of exp(-cost / 2) under that length. Compared between the
configured length and others a few centimetres off it needs no decision on integers, and so works where single epochs cannot
be fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.estimation.differences import ArrayDifferences
from gnss_gyro.estimation.integer_fix import baseline_model
from gnss_gyro.estimation.integer_search import Candidates, search_sphere
from gnss_gyro.estimation.known_length import known_length

OFFSETS_M: Final = (-0.08, -0.05, -0.035, -0.02, 0.02, 0.035, 0.05, 0.08)
"""Other lengths a configured one is compared with, by their difference [m]: the errors of tape measures and typing."""
SHORTEST_M: Final = 0.05
_MAX_NODES: Final = 20_000
"""Searches that would go on longer have nothing to say: no candidate fits."""


@dataclass(frozen=True, slots=True, eq=False)
class LengthEvidence:
    """The configured length of one baseline against others.

    log_ratio : (len(OFFSETS_M),) log likelihood of the configured length minus that of the other; inf = impossible length
    differs   : (len(OFFSETS_M),) would the other length choose other integers, and so another attitude?
    """

    log_ratio: Floats
    differs: Bools


def length_evidence(differences: ArrayDifferences, baseline: int, array: AntennaArray) -> LengthEvidence | None:
    """Evidence of one epoch on the length of a baseline (index into differences.antennas); None with too few phases."""
    if differences.phases(baseline) < 4:
        return None
    model = baseline_model(differences, baseline, None)
    length, sigma = known_length(array, differences.reference, differences.antennas[baseline])
    here = search_sphere(model, length, sigma, max_nodes=_MAX_NODES)
    if len(here) == 0:
        return None
    log_ratio = np.full(len(OFFSETS_M), np.inf)
    differs = np.zeros(len(OFFSETS_M), bool)
    for i, offset in enumerate(OFFSETS_M):
        if length + offset >= SHORTEST_M:
            there = search_sphere(model, length + offset, sigma, max_nodes=_MAX_NODES)
            log_ratio[i] = _log_likelihood(here) - _log_likelihood(there)
            differs[i] = len(there) > 0 and bool(np.any(there.integers[0] != here.integers[0]))
    return LengthEvidence(log_ratio, differs)


def _log_likelihood(candidates: Candidates) -> float:
    if len(candidates) == 0:
        return -np.inf
    best = candidates.cost[0]
    return float(np.log(np.exp(-0.5 * (candidates.cost - best)).sum()) - 0.5 * best)
