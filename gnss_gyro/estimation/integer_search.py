"""Integer least squares with the baseline's known length inside the search.

The cost of integers a is  min over b of  code(b) + phase(a, b) + prior(a) + (|b| - l)^2 / sigma_l^2  (the constrained
LAMBDA problem: Teunissen 2006, "The LAMBDA method for the GNSS compass"). A depth-first search over decorrelated
integers needs a lower bound that is a plain quadratic form in a: replace the length term by |b|^2 / s^2 - l^2 / s^2, which is a
constant on the sphere, so that the optimum does not move while the bound grows tight. Everything within a window above the
best is kept, so that the posterior can be normalised.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.estimation.shortlist import CHI2, COST, INTEGERS, VECTOR
from gnss_gyro.estimation.sphere_search import search

WINDOW = 35.0
"""Costs up to this much above the best are enumerated: e^-17 of the best's likelihood."""
CORE = 14
"""Ambiguities searched by enumeration; the others follow by rounding, the vector being known to millimetres by then."""
_MAX_KEPT = 1024
MAX_NODES = 100_000
"""Nodes that a search visits at most."""


@dataclass(frozen=True, slots=True)
class BaselineModel:
    """One baseline at one epoch: what code says of the vector, and the phases with their integers.

    code_normal : (3, 3) inverse covariance of the vector from code alone [1/m^2]
    code_rhs    : (3,)   code_normal @ vector from code [1/m]
    phase_m     : (m,)   double-difference phase minus computed [m]
    design      : (m, 3) d(phase_m) / d(vector) [-]
    wavelength_m: (m,)   phase_m = design @ vector + wavelength_m * integer + noise
    weight      : (m, m) inverse covariance of phase_m [1/m^2]
    covariance  : (m, m) of phase_m [m^2]
    order       : (m,)   where the phases stand among those of the baseline
    prior_info  : (m, m) information on the integers from earlier epochs [1/cycles^2]; (0, 0) = none
    prior_mean  : (m,)   their float values from earlier epochs [cycles]
    """

    code_normal: Floats
    code_rhs: Floats
    phase_m: Floats
    design: Floats
    wavelength_m: Floats
    weight: Floats
    covariance: Floats
    order: Ints
    prior_info: Floats
    prior_mean: Floats


@dataclass(frozen=True, slots=True)
class Candidates:
    """Integer vectors within the window above the best, best first.

    cost       : (k,)   total cost [-]; differences are -2 log likelihood ratios
    integers   : (k, m) [cycles], in the order of the baseline's phases
    vector_m   : (k, 3) the vector that goes with them [m]
    phase_chi2 : (k,)   phase residuals and length misfit alone [-]
    complete   : False if the search hit its bounds: then no posterior can be trusted
    """

    cost: Floats
    integers: Floats
    vector_m: Floats
    phase_chi2: Floats
    complete: bool

    def __len__(self) -> int:
        return len(self.cost)


@kernel
def core_first(variance: Floats, size: int) -> Ints:
    """Order (m,) of the rows with the `size` most precise phases first, otherwise as they were."""
    m = len(variance)
    order, front, back = np.empty(m, np.int64), 0, min(size, m)
    for i in range(m):
        better = 0
        for j in range(m):
            better += variance[j] < variance[i] or (j < i and variance[j] == variance[i])
        if better < size:
            order[front] = i
            front += 1
        else:
            order[back] = i
            back += 1
    return order


def search_sphere(
    model: BaselineModel, length_m: float, sigma_m: float, window: float = WINDOW, max_nodes: int = MAX_NODES
) -> Candidates:
    """All integer vectors of a baseline of known length whose cost lies within `window` of the best.

    model : m >= 3 phases; where m exceeds CORE its first CORE rows should be the most precise (core_first)
    length_m, sigma_m : known length and its standard deviation [m]; length 0 is a shared antenna

    Raises ValueError for fewer than three phases or a sigma that is not positive.
    """
    m = len(model.phase_m)
    if m < 3 or not sigma_m > 0.0:
        raise ValueError("a baseline search needs at least three double differences and a positive length sigma")
    found, complete = search(
        model.code_normal, model.code_rhs, model.phase_m, model.design, model.wavelength_m, model.weight, model.covariance,
        model.order, _marginal(model.prior_info, CORE), model.prior_info, model.prior_mean, float(length_m), float(sigma_m),
        min(m, CORE), float(window), _MAX_KEPT, max_nodes,
    )  # fmt: skip
    return Candidates(found[:, COST], found[:, INTEGERS:], found[:, VECTOR:INTEGERS], found[:, CHI2], complete)


def _marginal(info: Floats, n: int) -> Floats:
    """Information (n, n) on the first n integers, whatever the others are (Schur complement)."""
    if len(info) <= n:
        return info
    first, cross = info[:n, :n], info[:n, n:]
    return np.ascontiguousarray(first - cross @ np.linalg.pinv(info[n:, n:]) @ cross.T)
