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
from numba import njit

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.estimation.reduction import decorrelate
from gnss_gyro.estimation.sphere import nearest_on_sphere

WINDOW = 35.0
"""Costs up to this much above the best are enumerated: e^-17 of the best's likelihood."""
CORE = 14
"""Ambiguities searched by enumeration; the others follow by rounding, the vector being known to millimetres by then."""
_MAX_KEPT = 1024
_MAX_NODES = 400_000


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
    prior_info  : (m, m) information on the integers from earlier epochs [1/cycles^2]; zeros = none
    prior_mean  : (m,)   their float values from earlier epochs [cycles]
    """

    code_normal: Floats
    code_rhs: Floats
    phase_m: Floats
    design: Floats
    wavelength_m: Floats
    weight: Floats
    covariance: Floats
    prior_info: Floats
    prior_mean: Floats


@dataclass(frozen=True, slots=True)
class Candidates:
    """Integer vectors within the window above the best, best first.

    cost       : (k,)   total cost [-]; differences are -2 log likelihood ratios
    integers   : (k, m) [cycles]
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


def core_first(model_variance: Floats, size: int = CORE) -> Floats:
    """Order (m,) of the rows with the `size` most precise phases first."""
    order = np.argsort(model_variance, kind="stable")
    return np.concatenate([np.sort(order[:size]), np.sort(order[size:])])


@njit(cache=True)
def _augmented_float(
    code_normal: Floats, code_rhs: Floats, phase: Floats, design: Floats, wave: Floats, cov: Floats,
    prior_info: Floats, prior_mean: Floats, inverse_s2: float,
) -> tuple[Floats, Floats, float]:  # fmt: skip
    """Float integers, their covariance and the cost at them, with |b|^2 / s^2 added to the cost of the vector."""
    n = phase.shape[0]
    normal = code_normal + inverse_s2 * np.eye(3)
    cov_b = np.linalg.inv(normal)
    vector = cov_b @ code_rhs
    float_a = (phase - design @ vector) / wave
    cov_a = (design @ cov_b @ design.T + cov) / np.outer(wave, wave)
    constant = -(code_rhs @ vector)
    if not np.any(prior_info):
        return float_a, cov_a, constant
    info = np.linalg.inv(cov_a)
    joint = np.linalg.inv(info + prior_info)
    mean = joint @ (info @ float_a + prior_info @ prior_mean)
    d0, d1 = mean - float_a, mean - prior_mean
    constant += d0 @ info @ d0 + d1 @ prior_info @ d1
    return mean, 0.5 * (joint + joint.T), constant + 0.0 * n


@njit(cache=True)
def _quadratic(matrix: Floats, v: Floats) -> float:
    total = 0.0
    for i in range(v.shape[0]):
        row = 0.0
        for j in range(v.shape[0]):
            row += matrix[i, j] * v[j]
        total += row * v[i]
    return total


@njit(cache=True)
def _gradient(at_w: Floats, code_rhs: Floats, residual: Floats, out: Floats) -> None:
    """Right-hand side (3,) of the vector's normal equations for phases from which the integers are removed."""
    for k in range(3):
        out[k] = code_rhs[k]
        for i in range(residual.shape[0]):
            out[k] += at_w[k, i] * residual[i]


@njit(cache=True)
def _search(
    code_normal: Floats, code_rhs: Floats, phase: Floats, design: Floats, wave: Floats, weight: Floats, cov: Floats,
    prior_info: Floats, prior_mean: Floats, length: float, sigma: float, core: int, window: float,
    max_kept: int, max_nodes: int,
) -> tuple[Floats, Floats, Floats, Floats, int, bool]:  # fmt: skip
    """The kernel behind search_sphere: rows 0..core-1 are enumerated, the others rounded. See Candidates."""
    m = phase.shape[0]
    costs = np.full(max_kept, np.inf)
    integers = np.zeros((max_kept, m))
    vectors = np.zeros((max_kept, 3))
    chi2s = np.zeros(max_kept)
    s = max(0.5 * length, 2.0 * sigma) if length > 0.0 else sigma
    inverse_s2 = 1.0 / (s * s)
    slack = 0.0
    if length > 0.0:
        slack = (length * sigma / (s * s)) ** 2 / (1.0 - (sigma / s) ** 2)
    mean, cov_a, constant = _augmented_float(
        code_normal, code_rhs, phase[:core], design[:core], wave[:core], cov[:core, :core],
        prior_info[:core, :core].copy(), prior_mean[:core], inverse_s2,
    )  # fmt: skip
    lower, d, z_t, a_from_z, ok = decorrelate(cov_a)
    if not ok:
        return costs, integers, vectors, chi2s, 0, False
    offset = constant - length * length * inverse_s2 - slack

    at_w = np.ascontiguousarray(design.T) @ weight
    values, axes = np.linalg.eigh(code_normal + at_w @ design)
    weight_core = np.linalg.inv(cov[:core, :core].copy())
    at_w_core = np.ascontiguousarray(design[:core].T) @ weight_core
    values_core, axes_core = np.linalg.eigh(code_normal + at_w_core @ design[:core])

    n = core
    z_float = z_t @ mean
    z = np.zeros(n)
    centre = np.zeros(n)
    distance = np.zeros(n + 1)
    step = np.zeros(n)
    shift = np.zeros((n + 1, n))
    a = np.zeros(m)
    residual = np.zeros(m)
    gradient = np.zeros(3)
    vector = np.zeros(3)
    difference = np.zeros(m)
    best = np.inf
    kept, nodes, worst = 0, 0, 0

    level = n - 1
    centre[level] = z_float[level]
    z[level] = np.rint(centre[level])
    step[level] = 1.0 if centre[level] >= z[level] else -1.0
    complete = True
    while True:
        nodes += 1
        if nodes > max_nodes:
            complete = False
            break
        gap = z[level] - centre[level]
        here = distance[level + 1] + gap * gap / d[level]
        if here + offset <= best + window:
            if level > 0:
                for j in range(level):
                    shift[level, j] = shift[level + 1, j] + gap * lower[level, j]
                distance[level] = here
                level -= 1
                centre[level] = z_float[level] + shift[level + 1, level]
                z[level] = np.rint(centre[level])
                step[level] = 1.0 if centre[level] >= z[level] else -1.0
                continue
            for i in range(n):
                total = 0.0
                for j in range(n):
                    total += a_from_z[i, j] * z[j]
                a[i] = total
                residual[i] = phase[i] - wave[i] * total
            if m > n:
                _gradient(at_w_core, code_rhs, residual[:n], gradient)
                nearest_on_sphere(values_core, axes_core, gradient, length, sigma, vector)
                for i in range(n, m):
                    rest = phase[i] - (design[i, 0] * vector[0] + design[i, 1] * vector[1] + design[i, 2] * vector[2])
                    a[i] = np.rint(rest / wave[i])
                    residual[i] = phase[i] - wave[i] * a[i]
            _gradient(at_w, code_rhs, residual, gradient)
            cost = nearest_on_sphere(values, axes, gradient, length, sigma, vector)
            cost += _quadratic(weight, residual)
            for i in range(m):
                difference[i] = a[i] - prior_mean[i]
            cost += _quadratic(prior_info, difference)
            if cost <= best + window:
                slot = kept
                if kept == max_kept:
                    slot = worst
                    complete = complete and not costs[worst] <= best + window
                if kept < max_kept or cost < costs[worst]:
                    costs[slot] = cost
                    integers[slot] = a
                    vectors[slot] = vector
                    for i in range(m):
                        difference[i] = residual[i] - (
                            design[i, 0] * vector[0] + design[i, 1] * vector[1] + design[i, 2] * vector[2]
                        )
                    misfit = (np.sqrt(vector @ vector) - length) / sigma
                    chi2s[slot] = _quadratic(weight, difference) + misfit * misfit
                    kept = min(kept + 1, max_kept)
                    if kept == max_kept:
                        worst = int(np.argmax(costs))
                best = min(best, cost)
            z[0] += step[0]
            step[0] = -step[0] - np.sign(step[0])
        else:
            level += 1
            if level == n:
                break
            z[level] += step[level]
            step[level] = -step[level] - np.sign(step[level])
    return costs, integers, vectors, chi2s, kept, complete


def search_sphere(
    model: BaselineModel, length_m: float, sigma_m: float, window: float = WINDOW, max_nodes: int = _MAX_NODES
) -> Candidates:
    """All integer vectors of a baseline of known length whose cost lies within `window` of the best.

    model : m >= 3 phases; where m exceeds CORE its first CORE rows should be the most precise (core_first)
    length_m, sigma_m : known length and its standard deviation [m]; length 0 is a shared antenna

    Raises ValueError for fewer than three phases or a sigma that is not positive.
    """
    m = len(model.phase_m)
    if m < 3 or not sigma_m > 0.0:
        raise ValueError("a baseline search needs at least three double differences and a positive length sigma")
    cost, integers, vector, chi2, kept, complete = _search(
        model.code_normal, model.code_rhs, model.phase_m, model.design, model.wavelength_m, model.weight,
        model.covariance, model.prior_info, model.prior_mean, float(length_m), float(sigma_m), min(m, CORE),
        float(window), _MAX_KEPT, max_nodes,
    )  # fmt: skip
    cost, order = cost[:kept], np.argsort(cost[:kept], kind="stable")
    order = order[cost[order] <= cost.min(initial=np.inf) + window]
    return Candidates(cost[order], integers[order], vector[order], chi2[order], complete and kept > 0)
