"""Kernels of the integer search with a known length: a depth-first walk over decorrelated integers.

Bare arrays in and out; nothing is allocated while candidates are walked. The equations are explained in integer_search. Kernels
hand arrays on in plain tuples: numba's cache stores named tuples by the name of their class and cannot be read once that is gone.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.small_matrices import inverted
from gnss_gyro.basics.symmetric import principal_axes
from gnss_gyro.estimation.reduction import decorrelate
from gnss_gyro.estimation.shortlist import INTEGERS, KEPT, best_first, keep
from gnss_gyro.estimation.sphere import nearest_on_sphere

Lattice: TypeAlias = tuple[Floats, Floats, Floats, Floats]
"""Decorrelated integers z: factors lower (n, n) and d (n,) of their covariance, their float values (n,), and a_from_z (n, n)."""
Phases: TypeAlias = tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats]
"""What integers cost: code_rhs, phase, design, wave, weight, prior_info, prior_mean as in BaselineModel."""
Metric: TypeAlias = tuple[Floats, Floats, Floats]
"""Normal equations of the vector from code and n phases: design^T weight (3, n), and the matrix's eigenvalues and axes."""
Sphere: TypeAlias = tuple[float, float]
"""Known length and its sigma [m]."""


@kernel
def search(
    code_normal: Floats, code_rhs: Floats, phase: Floats, design: Floats, wave: Floats, weight: Floats, cov: Floats,
    order: Ints, core_info: Floats, prior_info: Floats, prior_mean: Floats, length: float, sigma: float, core: int, window: float,
    max_kept: int, max_nodes: int,
) -> tuple[Floats, bool]:  # fmt: skip
    """The kernel behind search_sphere: rows 0..core-1 are enumerated, the others rounded.

    core_info : (core, core) of prior_info on the enumerated integers, whatever the others are; both (0, 0) for no prior

    Returns a shortlist (k, INTEGERS + m), k <= max_kept, best first, its integers in the order of the baseline, and whether all
    within the window are there.
    """
    found = np.empty((max_kept, INTEGERS + len(phase)))
    inverse_s2, offset = relaxed_length(length, sigma)
    mean, cov_a, z_float = np.empty(core), np.empty((core, core)), np.zeros(core)
    constant = _relaxed_float(code_normal, code_rhs, phase, design, wave, cov, inverse_s2, mean, cov_a)
    if len(core_info) > 0:
        constant += _add_prior(core_info, prior_mean, mean, cov_a)
    lower, d, a_from_z, ok = decorrelate(cov_a, mean, z_float)
    if not ok:
        return found[:0], False
    full = _metric(code_normal, design, weight)
    kept, complete = _walk(
        (lower, d, z_float, a_from_z), (code_rhs, phase, design, wave, weight, prior_info, prior_mean),
        full, full if core == len(phase) else _metric(code_normal, design, _core_weight(cov, core)), (length, sigma),
        constant + offset, window, max_nodes, found,
    )  # fmt: skip
    return best_first(found, kept, window, order), complete and kept > 0


@kernel(inline="always")
def relaxed_length(length: float, sigma: float) -> tuple[float, float]:
    """Weight w and offset of w |b|^2 + offset <= (|b| - l)^2 / sigma^2, which holds for any b and is tight near the sphere.

    w = 1 / s^2 with s about half the length; the offset is the smallest difference, at |b| = l / (1 - sigma^2 / s^2).
    """
    if length <= 0.0:
        return 1.0 / (sigma * sigma), 0.0
    s = max(0.5 * length, 2.0 * sigma)
    inverse_s2 = 1.0 / (s * s)
    slack = (length * sigma / (s * s)) ** 2 / (1.0 - (sigma / s) ** 2)
    return inverse_s2, -length * length * inverse_s2 - slack


@kernel(inline="always")
def _relaxed_float(
    code_normal: Floats, code_rhs: Floats, phase: Floats, design: Floats, wave: Floats, cov: Floats, inverse_s2: float,
    mean: Floats, cov_a: Floats,
) -> float:  # fmt: skip
    """Float integers `mean` (n,) and their covariance (n, n) with |b|^2 / s^2 added to the cost of the vector; the cost there."""
    n, normal, cov_b, vector, cost = len(mean), code_normal.copy(), np.empty((3, 3)), np.zeros(3), 0.0
    for k in range(3):
        normal[k, k] += inverse_s2
    inverted(normal, cov_b)
    for k in range(3):
        for p in range(3):
            vector[k] += cov_b[k, p] * code_rhs[p]
        cost -= code_rhs[k] * vector[k]
    for i in range(n):
        mean[i] = (phase[i] - _along(design, i, vector)) / wave[i]
        x = cov_b[0, 0] * design[i, 0] + cov_b[0, 1] * design[i, 1] + cov_b[0, 2] * design[i, 2]
        y = cov_b[1, 0] * design[i, 0] + cov_b[1, 1] * design[i, 1] + cov_b[1, 2] * design[i, 2]
        z = cov_b[2, 0] * design[i, 0] + cov_b[2, 1] * design[i, 1] + cov_b[2, 2] * design[i, 2]
        for j in range(i + 1):
            total = x * design[j, 0] + y * design[j, 1] + z * design[j, 2] + cov[i, j]
            cov_a[i, j] = cov_a[j, i] = total / (wave[i] * wave[j])
    return cost


@kernel(inline="always")
def _add_prior(info: Floats, prior_mean: Floats, mean: Floats, cov_a: Floats) -> float:
    """Take prior information (n, n) into float integers `mean` (n,) and their covariance; returns what it adds to the cost."""
    n, own, both, off, pull = len(mean), np.empty(info.shape), np.empty(info.shape), np.empty(len(mean)), np.zeros(len(mean))
    inverted(cov_a, own)
    for i in range(n):
        off[i] = prior_mean[i] - mean[i]
    for i in range(n):
        for j in range(n):
            both[i, j] = own[i, j] + info[i, j]
            pull[i] += info[i, j] * off[j]
    inverted(both, cov_a)
    cost = 0.0
    for i in range(n):
        for j in range(n):
            mean[i] += cov_a[i, j] * pull[j]
        cost += off[i] * pull[i]
    for i in range(n):
        for j in range(n):
            cost -= pull[i] * cov_a[i, j] * pull[j]
    return cost


@kernel(inline="always")
def _core_weight(cov: Floats, core: int) -> Floats:
    """Inverse (core, core) of the covariance of the enumerated rows by themselves."""
    own, weight = np.empty((core, core)), np.empty((core, core))
    for i in range(core):
        for j in range(core):
            own[i, j] = cov[i, j]
    inverted(own, weight)
    return weight


@kernel
def _metric(code_normal: Floats, design: Floats, weight: Floats) -> Metric:
    n, normal, values, axes = len(weight), code_normal.copy(), np.empty(3), np.empty((3, 3))
    at_w = np.zeros((3, n))
    for i in range(n):
        for k in range(3):
            for j in range(n):
                at_w[k, j] += design[i, k] * weight[i, j]
    for k in range(3):
        for j in range(n):
            for p in range(3):
                normal[k, p] += at_w[k, j] * design[j, p]
    principal_axes(normal, values, axes)
    return at_w, values, axes


@kernel
def _walk(
    lattice: Lattice, phases: Phases, full: Metric, core: Metric, sphere: Sphere,
    offset: float, window: float, max_nodes: int, found: Floats,
) -> tuple[int, bool]:  # fmt: skip
    """Depth first through the levels of z, nearest integer first, under a bound that shrinks with the best cost.

    full, core : metric of all phases and of the enumerated ones
    offset     : cost of the float solution, the length relaxed

    Returns how many candidates are kept, and False if nodes or room ran out.
    """
    lower, d, z_float, a_from_z = lattice
    n, m = d.shape[0], phases[1].shape[0]
    z, step, centre, distance, shift = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n + 1), np.zeros((n + 1, n))
    integers, residual, vector, gradient, difference = np.zeros(m), np.zeros(m), np.zeros(3), np.zeros(3), np.zeros(m)
    code_rhs, phase, design, wave, weight, prior_info, prior_mean = phases
    best, places, complete, level = np.inf, np.zeros(2, np.int64), True, n - 1
    _begin(level, z_float[level], z, step, centre)
    for _ in range(max_nodes):
        gap = z[level] - centre[level]
        here = distance[level + 1] + gap * gap / d[level]
        if not here + offset <= best + window:
            level += 1
            if level == n:
                return places[KEPT], complete
            _follow(level, z, step)
        elif level > 0:
            for j in range(level):
                shift[level, j] = shift[level + 1, j] + gap * lower[level, j]
            distance[level] = here
            level -= 1
            _begin(level, z_float[level] + shift[level + 1, level], z, step, centre)
        else:
            _remove_integers(a_from_z, z, phase, wave, integers, residual)
            if m > n:
                _nearest_vector(core, code_rhs, residual, sphere, gradient, vector)
                _round_others(n, phase, design, wave, vector, integers, residual)
            cost = _nearest_vector(full, code_rhs, residual, sphere, gradient, vector) + _quadratic(weight, residual)
            if len(prior_info) > 0:
                cost += _deviation(prior_info, integers, prior_mean, difference)
            if cost <= best + window:
                best = min(best, cost)
                chi2 = _misfit(weight, design, residual, vector, sphere, difference)
                complete = keep(cost, integers, vector, chi2, best + window, places, found) and complete
            _follow(level, z, step)
    return places[KEPT], False


@kernel
def _begin(level: int, value: float, z: Floats, step: Floats, centre: Floats) -> None:
    """Begin a level at the integer nearest to its float value."""
    centre[level] = value
    z[level] = np.rint(value)
    step[level] = 1.0 if value >= z[level] else -1.0


@kernel
def _follow(level: int, z: Floats, step: Floats) -> None:
    """Go to the next integer of a level, from side to side away from its float value (Schnorr and Euchner 1994)."""
    z[level] += step[level]
    step[level] = -step[level] - np.sign(step[level])


@kernel
def _remove_integers(a_from_z: Floats, z: Floats, phase: Floats, wave: Floats, integers: Floats, residual: Floats) -> None:
    """Integers of the first n rows from z (n,), and the phases without them."""
    for i in range(z.shape[0]):
        total = 0.0
        for j in range(z.shape[0]):
            total += a_from_z[i, j] * z[j]
        integers[i] = total
        residual[i] = phase[i] - wave[i] * total


@kernel
def _round_others(
    n: int, phase: Floats, design: Floats, wave: Floats, vector: Floats, integers: Floats, residual: Floats
) -> None:
    """Integers of the rows from n on, by rounding against a vector."""
    for i in range(n, phase.shape[0]):
        integers[i] = np.rint((phase[i] - _along(design, i, vector)) / wave[i])
        residual[i] = phase[i] - wave[i] * integers[i]


@kernel
def _deviation(matrix: Floats, v: Floats, mean: Floats, difference: Floats) -> float:
    """Quadratic form of v - mean."""
    for i in range(v.shape[0]):
        difference[i] = v[i] - mean[i]
    return _quadratic(matrix, difference)


@kernel
def _nearest_vector(
    metric: Metric, code_rhs: Floats, residual: Floats, sphere: Sphere, gradient: Floats, vector: Floats
) -> float:
    """Best vector near the sphere for the metric's phases without their integers; returns its part of the cost."""
    at_w, values, axes = metric
    for k in range(3):
        total = code_rhs[k]
        for i in range(at_w.shape[1]):
            total += at_w[k, i] * residual[i]
        gradient[k] = total
    return nearest_on_sphere(values, axes, gradient, sphere[0], sphere[1], vector)


@kernel
def _misfit(weight: Floats, design: Floats, residual: Floats, vector: Floats, sphere: Sphere, difference: Floats) -> float:
    """Chi-square of phases without their integers, and of the length, at a vector."""
    for i in range(residual.shape[0]):
        difference[i] = residual[i] - _along(design, i, vector)
    misfit = (np.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2) - sphere[0]) / sphere[1]
    return _quadratic(weight, difference) + misfit * misfit


@kernel
def _along(design: Floats, i: int, vector: Floats) -> float:
    return design[i, 0] * vector[0] + design[i, 1] * vector[1] + design[i, 2] * vector[2]


@kernel
def _quadratic(matrix: Floats, v: Floats) -> float:
    total = 0.0
    for i in range(v.shape[0]):
        row = 0.0
        for j in range(v.shape[0]):
            row += matrix[i, j] * v[j]
        total += row * v[i]
    return total
