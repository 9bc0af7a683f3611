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
def _turned(moved: Floats, normal: Floats, rhs: Floats, information: Floats, gradient: Floats) -> None:
    """Add to information (3, 3) and gradient (3,) of a small rotation what normal equations of the vectors (3k,) say of it.

    moved : (k, 3) vectors where they are now
    """
    n = rhs.shape[0]
    slope, rest = np.zeros((n, 3)), rhs.copy()  # d(vectors) / d(small rotation) = -skew(vector); rhs - normal @ vectors
    for b in range(moved.shape[0]):
        x, y, z = moved[b, 0], moved[b, 1], moved[b, 2]
        slope[3 * b, 1], slope[3 * b, 2] = z, -y
        slope[3 * b + 1, 0], slope[3 * b + 1, 2] = -z, x
        slope[3 * b + 2, 0], slope[3 * b + 2, 1] = y, -x
        for p in range(n):
            rest[p] -= normal[p, 3 * b] * x + normal[p, 3 * b + 1] * y + normal[p, 3 * b + 2] * z
    for p in range(n):
        w0, w1, w2 = 0.0, 0.0, 0.0
        for q in range(n):
            w0 += normal[p, q] * slope[q, 0]
            w1 += normal[p, q] * slope[q, 1]
            w2 += normal[p, q] * slope[q, 2]
        for a in range(3):
            information[a, 0] += slope[p, a] * w0
            information[a, 1] += slope[p, a] * w1
            information[a, 2] += slope[p, a] * w2
            gradient[a] += slope[p, a] * rest[p]


@njit(cache=True)
def _chi_square(moved: Floats, baseline: Ints, design: Floats, value: Floats, weight: Floats) -> float:
    """Weighted square of the residuals of rows (M,) at vectors (k, 3)."""
    m = value.shape[0]
    residual, weighted = np.empty(m), np.zeros(m)
    for i in range(m):
        b, e = moved[baseline[i]], design[i]
        residual[i] = value[i] - (e[0] * b[0] + e[1] * b[1] + e[2] * b[2])
    for i in range(m):
        for j in range(m):
            weighted[j] += residual[i] * weight[i, j]
    return float(residual @ weighted)


@njit(cache=True)
def refine_rotation(
    rotation: Floats, body: Floats,
    baseline: Ints, design: Floats, phase: Floats, wave: Floats, weight: Floats, at_w: Floats, normal: Floats,
    code_baseline: Ints, code_design: Floats, code: Floats, code_weight: Floats, code_normal: Floats, code_rhs: Floats,
) -> tuple[Floats, Floats, float, float]:  # fmt: skip
    """Rotation, integers and exact cost of the whole array from a start near a minimum.

    Gauss-Newton on SO(3) over phases (M,) with weight (M, M) and codes (C,) with weight (C, C); integers are rounded at
    every step. at_w, normal, code_normal and code_rhs are those of `weighing.Weighed`. Returns rotation (3, 3), integers (M,),
    phase and code chi-square.
    """
    m = phase.shape[0]
    integers, rest, rhs = np.zeros(m), phase.copy(), at_w @ phase
    moved = rotated_rows(rotation, body)
    for iteration in range(_ITERATIONS):
        changed = iteration == 0
        for i in range(m):
            b, e = moved[baseline[i]], design[i]
            whole = np.rint((phase[i] - (e[0] * b[0] + e[1] * b[1] + e[2] * b[2])) / wave[i])
            if whole != integers[i]:
                step_m = wave[i] * (whole - integers[i])
                for p in range(rhs.shape[0]):
                    rhs[p] -= at_w[p, i] * step_m
                integers[i] = whole
                rest[i] = phase[i] - wave[i] * whole
                changed = True
        information, gradient = np.zeros((3, 3)), np.zeros(3)
        _turned(moved, normal, rhs, information, gradient)
        _turned(moved, code_normal, code_rhs, information, gradient)
        ridge = 1e-9 * (information[0, 0] + information[1, 1] + information[2, 2]) + 1e-30
        step = np.linalg.solve(information + ridge * np.eye(3), gradient)
        if not changed and step @ step < 1e-14:
            break
        rotation = product(exponential(step), rotation)
        moved = rotated_rows(rotation, body)
    phase_chi2 = _chi_square(moved, baseline, design, rest, weight)
    return rotation, integers, phase_chi2, _chi_square(moved, code_baseline, code_design, code, code_weight)


@njit(cache=True)
def refine_rotations(
    rotations: Floats, body: Floats,
    baseline: Ints, design: Floats, phase: Floats, wave: Floats, weight: Floats, at_w: Floats, normal: Floats,
    code_baseline: Ints, code_design: Floats, code: Floats, code_weight: Floats, code_normal: Floats, code_rhs: Floats,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """refine_rotation from several starts (j, 3, 3): rotations (j, 3, 3), integers (j, M), phase and code chi-square (j, 2)."""
    j = len(rotations)
    found, integers, chi2 = np.empty((j, 3, 3)), np.empty((j, len(phase))), np.empty((j, 2))
    for i in range(j):
        found[i], integers[i], chi2[i, 0], chi2[i, 1] = refine_rotation(
            rotations[i].copy(), body, baseline, design, phase, wave, weight, at_w, normal,
            code_baseline, code_design, code, code_weight, code_normal, code_rhs,
        )  # fmt: skip
    return found, integers, chi2


@njit(cache=True)
def loosest_direction(vector: Floats, normal: Floats) -> tuple[Floats, float]:
    """Direction (3,) across a vector (3,) in which normal equations (3, 3) know it worst, and the sigma there [m]."""
    outward = vector / np.sqrt(vector @ vector)
    helper = np.zeros(3)
    helper[np.argmin(np.abs(outward))] = 1.0
    first = np.cross(outward, helper)
    tangent = np.empty((2, 3))
    tangent[0] = first / np.sqrt(first @ first)
    tangent[1] = np.cross(outward, tangent[0])
    values, axes = np.linalg.eigh(tangent @ normal @ tangent.T)
    return np.ascontiguousarray(axes[:, 0]) @ tangent, 1.0 / np.sqrt(max(values[0], 1e-6))
