"""Integers of one baseline whose vector is unknown, or only roughly known.

The search of the sphere serves here too: a sphere of radius 0 with a wide sigma, laid round a rough vector, is an
ordinary Gaussian prior on the vector, and a length from a tape measure is a sphere with a sigma of centimetres.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.estimation.acceptance import failure_probability, is_likely
from gnss_gyro.estimation.differences import ArrayDifferences, Rows
from gnss_gyro.estimation.integer_fix import Prior, baseline_model
from gnss_gyro.estimation.integer_search import search_sphere

ANYWHERE_M: Final = 30.0
"""Antennas of one body are about so close to each other, 1 sigma of each coordinate [m]."""
_MAX_NODES: Final = 100_000
_FEWEST: Final = 3
_SIGMAS: Final = 4.0
"""A phase farther than this from an integer is not rounded: something else is wrong with it."""


@dataclass(frozen=True, slots=True, eq=False)
class Whereabouts:
    """What is known of a vector beforehand: that it lies near a sphere.

    centre_enu_m : (3,) of the sphere [m]
    length_m     : radius of the sphere [m]; 0 = near the centre itself
    sigma_m      : of the distance from the sphere [m]
    """

    centre_enu_m: Floats = field(default_factory=lambda: np.zeros(3))
    length_m: float = 0.0
    sigma_m: float = ANYWHERE_M


@dataclass(frozen=True, slots=True, eq=False)
class FreeIntegers:
    """The best integers of a baseline.

    integers            : (m,) [cycles], in the order of the baseline's phase rows
    vector_enu_m        : (3,) that goes with them [m]
    failure_probability : that they are wrong; 1 where the search was cut short
    phase_chi2, dof     : of the phases round their own best vector, whatever is known beforehand
    """

    integers: Floats
    vector_enu_m: Floats
    failure_probability: float
    phase_chi2: float
    dof: int

    @property
    def complete(self) -> bool:
        """Was the search not cut short?"""
        return self.failure_probability < 1.0

    def accepted(self, failure_rate: float, residual_probability: float, min_dof: int) -> bool:
        """Are the integers certain, and do they explain the phases?"""
        if self.dof < min_dof or not self.failure_probability <= failure_rate:
            return False
        return is_likely(self.phase_chi2, self.dof, residual_probability)


def free_integers(
    differences: ArrayDifferences, baseline: int, where: Whereabouts | None = None, prior: tuple[Floats, Floats] | None = None
) -> FreeIntegers | None:
    """Integers of one baseline (index into differences.antennas); None with too few phases or codes.

    prior : information (m, m) [1/cycles^2] and mean (m,) [cycles] from earlier epochs
    """
    rows = differences.phase.of(baseline)
    if len(rows) < _FEWEST or len(differences.code.of(baseline)) < _FEWEST:
        return None
    where = where or Whereabouts()
    model = baseline_model(differences, baseline, _prior_of(differences, baseline, prior))
    shifted = replace(
        model,
        phase_m=model.phase_m - model.design @ where.centre_enu_m,
        code_rhs=model.code_rhs - model.code_normal @ where.centre_enu_m,
    )
    found = search_sphere(shifted, where.length_m, where.sigma_m, max_nodes=_MAX_NODES)
    if len(found) == 0:
        return None
    integers = found.integers[0]
    failure = failure_probability(found.cost) if found.complete else 1.0
    chi2 = _phase_misfit(differences.phase.take(rows), integers)
    return FreeIntegers(integers, found.vector_m[0] + where.centre_enu_m, failure, chi2, len(rows) - 3)


def round_against_vector(rows: Rows, vector_enu_m: Floats, covariance_m2: Floats, failure: float) -> Floats:
    """Integers (m,) of one baseline's phase rows by rounding against its vector, where that is safe; NaN elsewhere.

    covariance_m2 : (3, 3) of the vector
    failure       : tolerated probability that the neighbouring integer is the true one
    """
    cycles = (rows.value_m - rows.design @ vector_enu_m) / rows.wavelength_m
    nearest = np.rint(cycles)
    variance = rows.variance_m2 + np.einsum("ij,jk,ik->i", rows.design, covariance_m2, rows.design)
    sigma = np.sqrt(variance) / rows.wavelength_m
    off = np.abs(cycles - nearest)
    odds = np.exp(-0.5 * ((1.0 - off) ** 2 - off**2) / sigma**2)
    return np.where((off <= _SIGMAS * sigma) & (odds <= failure), nearest, np.nan)


def _prior_of(differences: ArrayDifferences, baseline: int, prior: tuple[Floats, Floats] | None) -> Prior | None:
    """The prior of one baseline in the form that is asked for, which has a place for each."""
    if prior is None:
        return None
    k = len(differences.antennas)
    nothing = np.zeros((0, 0)), np.zeros(0)
    parts = [prior if index == baseline else nothing for index in range(k)]
    return Prior(tuple(info for info, _ in parts), tuple(mean for _, mean in parts))


def _phase_misfit(phase: Rows, integers: Floats) -> float:
    """Chi-square of phases freed of their integers, round the vector they themselves choose."""
    phase_m = phase.value_m - phase.wavelength_m * integers
    weight = np.linalg.inv(phase.cov_m2)
    at_w = phase.design.T @ weight
    residual = phase_m - phase.design @ np.linalg.lstsq(at_w @ phase.design, at_w @ phase_m, rcond=None)[0]
    return float(residual @ weight @ residual)
