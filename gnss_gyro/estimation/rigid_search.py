"""From one fixed baseline to all antennas: a turn about it, then every integer by rounding.

A first baseline leaves one angle of the body free. Each angle on a fine circle predicts all other baselines, so their
integers follow by rounding; one Newton step in the angle gives the cost at the nearest minimum. The best minima become rotations,
refined on SO(3) against all phases and codes of the array together.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from gnss_gyro.attitude.rotation_kernel import exponential, product, rotated_rows
from gnss_gyro.basics.arrays import Floats, Ints

FINENESS = 8.0
"""Steps a wavelength along the widest circle: the rounding error of a step stays well inside half a wavelength."""
_ITERATIONS = 12


@njit(cache=True)
def _turn_aligning(source: Floats, target: Floats) -> Floats:
    """Smallest rotation (3, 3) that turns direction `source` (3,) into direction `target` (3,)."""
    a = source / np.sqrt(source @ source)
    b = target / np.sqrt(target @ target)
    cosine = float(a @ b)
    axis = np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])
    sine = np.sqrt(axis @ axis)
    if sine < 1e-9:
        axis = np.array([1.0, 0.0, 0.0]) if abs(a[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
        axis = axis - (axis @ a) * a
        sine = np.sqrt(axis @ axis)
        return exponential(axis / sine * (np.pi if cosine < 0.0 else 0.0))
    return exponential(axis / sine * np.arctan2(sine, cosine))


@njit(cache=True)
def scan_circle(
    vector: Floats, first_body: Floats, body: Floats, baseline: Ints, design: Floats, phase: Floats, wave: Floats,
    weight: Floats, steps: int, most: int,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Rotations that keep the first baseline and explain the other phases best.

    vector      : (3,) the fixed baseline, ENU [m];  first_body : (3,) the same in the body [m]
    body        : (k, 3) all baselines in the body [m]
    baseline    : (M,) which of them a phase belongs to; design (M, 3), phase (M,), wave (M,) as in Rows
    weight      : (M,) 1 / variance of a single phase [1/m^2]; 0 leaves a row out
    steps, most : points on the circle, and how many minima are wanted

    Returns rotations (j, 3, 3), j <= most, and their approximate costs (j,), best first.
    """
    start = _turn_aligning(first_body, vector)
    axis = vector / np.sqrt(vector @ vector)
    cost, angle_step = np.empty(steps), np.empty(steps)
    increment = 2.0 * np.pi / steps
    turn = exponential(axis * increment)
    rotation = start.copy()
    for t in range(steps):
        moved = rotated_rows(rotation, body)
        square, slope, curvature = 0.0, 0.0, 1e-12
        for i in range(phase.shape[0]):
            if weight[i] == 0.0:
                continue
            b = moved[baseline[i]]
            e = design[i]
            rest = phase[i] - (e[0] * b[0] + e[1] * b[1] + e[2] * b[2])
            rest -= wave[i] * np.rint(rest / wave[i])
            rate = (
                e[0] * (axis[1] * b[2] - axis[2] * b[1])
                + e[1] * (axis[2] * b[0] - axis[0] * b[2])
                + e[2] * (axis[0] * b[1] - axis[1] * b[0])
            )
            square += weight[i] * rest * rest
            slope += weight[i] * rest * rate
            curvature += weight[i] * rate * rate
        step = min(max(slope / curvature, -increment), increment)
        angle_step[t] = step
        cost[t] = square - step * (2.0 * slope - step * curvature)
        rotation = product(turn, rotation)
    return _minima(start, axis, cost, angle_step, increment, most)


@njit(cache=True)
def _minima(
    start: Floats, axis: Floats, cost: Floats, angle_step: Floats, increment: float, most: int
) -> tuple[Floats, Floats]:
    """The `most` lowest local minima of the costs round the circle, as rotations."""
    steps = cost.shape[0]
    is_minimum = np.empty(steps, np.bool_)
    for t in range(steps):
        is_minimum[t] = cost[t] <= cost[t - 1] and cost[t] < cost[(t + 1) % steps]
    if steps == 1:
        is_minimum[0] = True
    order = np.argsort(cost)
    rotations, costs = np.empty((most, 3, 3)), np.empty(most)
    found = 0
    for t in order:
        if found == most:
            break
        if is_minimum[t]:
            rotations[found] = product(exponential(axis * (t * increment + angle_step[t])), start)
            costs[found] = cost[t]
            found += 1
    return rotations[:found], costs[:found]


@njit(cache=True)
def _residuals(
    rotation: Floats, body: Floats, baseline: Ints, design: Floats, value: Floats, jacobian: Floats, out: Floats
) -> None:
    """Residuals (M,) of values at a rotation, and d(model) / d(small rotation) (M, 3)."""
    moved = rotated_rows(rotation, body)
    for i in range(value.shape[0]):
        b = moved[baseline[i]]
        e = design[i]
        out[i] = value[i] - (e[0] * b[0] + e[1] * b[1] + e[2] * b[2])
        jacobian[i, 0] = e[2] * b[1] - e[1] * b[2]
        jacobian[i, 1] = e[0] * b[2] - e[2] * b[0]
        jacobian[i, 2] = e[1] * b[0] - e[0] * b[1]


@njit(cache=True)
def _accumulate(weight: Floats, jacobian: Floats, residual: Floats, normal: Floats, rhs: Floats) -> float:
    """Add J^T W J and J^T W r of one kind of rows; returns r^T W r."""
    weighted = weight @ residual
    weighted_jacobian = weight @ jacobian
    normal += jacobian.T @ weighted_jacobian
    rhs += jacobian.T @ weighted
    return float(residual @ weighted)


@njit(cache=True)
def refine_rotation(
    rotation: Floats, body: Floats,
    baseline: Ints, design: Floats, phase: Floats, wave: Floats, weight: Floats,
    code_baseline: Ints, code_design: Floats, code: Floats, code_weight: Floats,
) -> tuple[Floats, Floats, Floats, float, float]:  # fmt: skip
    """Rotation, integers and exact cost of the whole array from a start near a minimum.

    Gauss-Newton on SO(3) over phases (M,) with weight (M, M) and codes (C,) with weight (C, C); integers are rounded at
    every step. Returns rotation (3, 3), integers (M,), information (3, 3) [1/rad^2], phase and code chi-square.
    """
    m, c = phase.shape[0], code.shape[0]
    jacobian, residual = np.empty((m, 3)), np.empty(m)
    code_jacobian, code_residual = np.empty((c, 3)), np.empty(c)
    integers = np.full(m, np.nan)
    for _ in range(_ITERATIONS):
        _residuals(rotation, body, baseline, design, phase, jacobian, residual)
        changed = False
        for i in range(m):
            whole = np.rint(residual[i] / wave[i])
            changed = changed or whole != integers[i]
            integers[i] = whole
            residual[i] -= wave[i] * whole
        _residuals(rotation, body, code_baseline, code_design, code, code_jacobian, code_residual)
        normal, rhs = np.zeros((3, 3)), np.zeros(3)
        phase_chi2 = _accumulate(weight, jacobian, residual, normal, rhs)
        code_chi2 = _accumulate(code_weight, code_jacobian, code_residual, normal, rhs)
        ridge = 1e-9 * (normal[0, 0] + normal[1, 1] + normal[2, 2]) + 1e-30
        step = np.linalg.solve(normal + ridge * np.eye(3), rhs)
        if not changed and step @ step < 1e-14:
            break
        rotation = product(exponential(step), rotation)
    return rotation, integers, normal, phase_chi2, code_chi2
