"""From one fixed baseline to all antennas: a turn about it, then every integer by rounding.

A first baseline leaves one angle of the body free. Each angle on a fine circle predicts all other baselines, so their
integers follow by rounding; one Newton step in the angle gives the cost at the nearest minimum. The best minima become rotations,
refined on SO(3) against all phases and codes of the array together.
"""

from __future__ import annotations

import numpy as np

from gnss_gyro.attitude.rotation_kernel import exponential, product, rotated_rows, solve_ridged
from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.estimation.loose_directions import across, cross
from gnss_gyro.estimation.weighing_kernels import gathered

FINENESS = 8.0
"""Steps a wavelength along the widest circle: the rounding error of a step stays well inside half a wavelength."""
_ITERATIONS = 12


@kernel
def _turn_aligning(source: Floats, target: Floats) -> Floats:
    """Smallest rotation (3, 3) that turns direction `source` (3,) into direction `target` (3,)."""
    x, y, z = cross(source, target)
    sine, cosine = np.sqrt(x * x + y * y + z * z), source[0] * target[0] + source[1] * target[1] + source[2] * target[2]
    if sine > 1e-9 * abs(cosine):
        return _turn(x / sine, y / sine, z / sine, np.arctan2(sine, cosine))
    x, y, z = across(source)
    return _turn(x, y, z, np.pi if cosine < 0.0 else 0.0)


@kernel
def _turn(x: float, y: float, z: float, angle: float) -> Floats:
    """Rotation (3, 3) about a unit axis by an angle."""
    return exponential(np.array((x * angle, y * angle, z * angle)))


@kernel
def scan_circle(
    vector: Floats, first: int, body: Floats, baseline: Ints, design: Floats, phase: Floats, wave: Floats, part_m2: Floats,
    spread_m2: Floats, circle_m: float, most: int,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Rotations that keep the first baseline and explain the other phases best.

    vector      : (3,) the fixed baseline, ENU [m];  first : which one it is
    body        : (k, 3) all baselines in the body [m];  spread_m2 : (k,) variance of each of their coordinates [m^2]
    baseline    : (M,) which of them a phase belongs to; design (M, 3), phase (M,), wave (M,), part_m2 (M, 4) as in Rows
    circle_m    : length of the widest circle that an antenna describes [m], 0 where it is a point
    most        : minima that are wanted

    Returns rotations (j, 3, 3), j <= most, and their approximate costs (j,), best first.
    """
    start = _turn_aligning(body[first], vector)
    axis, length = np.empty(3), np.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2)
    for a in range(3):
        axis[a] = vector[a] / length
    steps = _points(circle_m, wave)
    increment = 2.0 * np.pi / steps
    cosine, sine = np.ones(steps), np.zeros(steps)
    square, slope, curvature = np.zeros(steps), np.zeros(steps), np.zeros(steps)
    c, s = np.cos(increment), np.sin(increment)
    for t in range(1, steps):
        cosine[t], sine[t] = c * cosine[t - 1] - s * sine[t - 1], s * cosine[t - 1] + c * sine[t - 1]
    moved = rotated_rows(start, body)
    for i in range(len(phase)):
        if baseline[i] == first:
            continue
        e, b = design[i], moved[baseline[i]]
        weight = 1.0 / (_total(part_m2[i]) + spread_m2[baseline[i]] * (e[0] * e[0] + e[1] * e[1] + e[2] * e[2]))
        along = axis[0] * b[0] + axis[1] * b[1] + axis[2] * b[2]
        still = along * (e[0] * axis[0] + e[1] * axis[1] + e[2] * axis[2])
        out = e[0] * b[0] + e[1] * b[1] + e[2] * b[2] - still
        x, y, z = cross(axis, b)
        across = e[0] * x + e[1] * y + e[2] * z
        _add_circle(phase[i] - still, out, across, wave[i], weight, cosine, sine, square, slope, curvature)
    for t in range(steps):
        step = min(max(slope[t] / (curvature[t] + 1e-12), -increment), increment)
        square[t] -= step * (2.0 * slope[t] - step * curvature[t])
        slope[t] = t * increment + step
    return _minima(start, axis, square, slope, most)


@kernel
def _points(circle_m: float, wave: Floats) -> int:
    """Points on the widest circle, FINENESS of them to the shortest wavelength."""
    shortest = np.inf
    for length in wave:
        shortest = min(shortest, length)
    return max(int(np.ceil(circle_m / shortest * FINENESS)), 1)


@kernel
def _total(part: Floats) -> float:
    return part[0] + part[1] + part[2] + part[3]


@kernel
def _add_circle(
    rest: float, out: float, across: float, wave: float, weight: float, cosine: Floats, sine: Floats, square: Floats,
    slope: Floats, curvature: Floats,
) -> None:  # fmt: skip
    """Add what one phase costs at every point of the circle, where its vector is out * cosine + across * sine along it."""
    per_wave = 1.0 / wave
    for t in range(len(square)):
        off = rest - out * cosine[t] - across * sine[t]
        off -= wave * np.rint(off * per_wave)
        rate = across * cosine[t] - out * sine[t]
        square[t] += weight * off * off
        slope[t] += weight * off * rate
        curvature[t] += weight * rate * rate


@kernel
def _minima(start: Floats, axis: Floats, cost: Floats, angle: Floats, most: int) -> tuple[Floats, Floats]:
    """The `most` lowest local minima of the costs round the circle, as rotations."""
    steps = len(cost)
    lowest, found = np.empty(most, np.int64), 0
    for t in range(steps):
        if steps > 1 and not (cost[t] <= cost[t - 1] and cost[t] < cost[(t + 1) % steps]):
            continue
        place = found if found < most else most
        while place > 0 and cost[t] < cost[lowest[place - 1]]:
            if place < most:
                lowest[place] = lowest[place - 1]
            place -= 1
        if place < most:
            lowest[place] = t
            found = min(found + 1, most)
    rotations, costs = np.empty((found, 3, 3)), np.empty(found)
    for j in range(found):
        t = lowest[j]
        turned = product(_turn(axis[0], axis[1], axis[2], angle[t]), start)
        costs[j] = cost[t]
        for p in range(3):
            for q in range(3):
                rotations[j, p, q] = turned[p, q]
    return rotations, costs


@kernel
def _turn_to_minimum(moved: Floats, normal: Floats, rhs: Floats) -> Floats:
    """The small rotation (3,) that brings vectors (k, 3) nearest to what their normal equations (3k, 3k), (3k,) say."""
    n = len(rhs)
    slope, information, gradient = np.zeros((n, 3)), np.zeros((3, 3)), np.zeros(3)
    for b in range(len(moved)):  # d(vectors) / d(small rotation) = -skew(vector)
        x, y, z = moved[b, 0], moved[b, 1], moved[b, 2]
        slope[3 * b, 1], slope[3 * b, 2] = z, -y
        slope[3 * b + 1, 0], slope[3 * b + 1, 2] = -z, x
        slope[3 * b + 2, 0], slope[3 * b + 2, 1] = y, -x
    for p in range(n):
        w0, w1, w2, rest = 0.0, 0.0, 0.0, rhs[p]
        for q in range(n):
            w0 += normal[p, q] * slope[q, 0]
            w1 += normal[p, q] * slope[q, 1]
            w2 += normal[p, q] * slope[q, 2]
            rest -= normal[p, q] * moved[q // 3, q % 3]
        for a in range(3):
            information[a, 0] += slope[p, a] * w0
            information[a, 1] += slope[p, a] * w1
            information[a, 2] += slope[p, a] * w2
            gradient[a] += slope[p, a] * rest
    return solve_ridged(information, gradient)


@kernel
def refine_rotations(
    rotations: Floats, body: Floats, baseline: Ints, design: Floats, phase: Floats, wave: Floats,
    entry: Ints, precision: Floats, common: Floats, cofactor: Floats, response: Floats, x: Floats, z: Floats, normal: Floats,
    code_normal: Floats, code_rhs: Floats, code_constant: float,
) -> tuple[Floats, Floats, Floats]:  # fmt: skip
    """Rotations, integers and exact costs of the whole array from starts (j, 3, 3) near minima; of equal integers only the first.

    Gauss-Newton on SO(3) over phases (M,) and codes; integers are rounded at every step. The phases' W is that of Weighed, x, z
    and normal are those of LooseRig, the codes' normal equations those of Weighed. Returns rotations (i, 3, 3), integers (i, M),
    phase and code chi-square (i, 2), i <= j.
    """
    m, n, count, constant = len(phase), len(x), 0, 0.0
    found, integers, chi2 = np.empty(rotations.shape), np.zeros((len(rotations), m)), np.empty((len(rotations), 2))
    rest, own, loose, rhs, both = np.empty(m), np.empty(n), np.empty(n), np.empty(n), np.empty((n, n))
    for p in range(n):
        for q in range(n):
            both[p, q] = normal[p, q] + code_normal[p, q]
    for start in rotations:
        rotation = start
        moved = rotated_rows(rotation, body)
        for iteration in range(_ITERATIONS):
            changed = _rounded(moved, baseline, design, phase, wave, integers[count], rest) or iteration == 0
            if changed:
                constant = gathered(baseline, design, rest, entry, precision, common, cofactor, response, own)
                constant -= _loosen(x, z, own, loose)
                for p in range(n):
                    rhs[p] = loose[p] + code_rhs[p]
            step = _turn_to_minimum(moved, both, rhs)
            if not changed and step[0] ** 2 + step[1] ** 2 + step[2] ** 2 < 1e-14:
                break
            rotation = product(exponential(step), rotation)
            moved = rotated_rows(rotation, body)
        if _is_among(integers, count):
            continue
        chi2[count, 0] = constant + _vector_cost(moved, normal, loose)
        chi2[count, 1] = code_constant + _vector_cost(moved, code_normal, code_rhs)
        for p in range(3):
            for q in range(3):
                found[count, p, q] = rotation[p, q]
        count += 1
    return found[:count], integers[:count], chi2[:count]


@kernel
def _is_among(integers: Floats, count: int) -> bool:
    """Are integers (j, M) number `count` equal to those of a smaller number?"""
    for j in range(count):
        i = 0
        while i < integers.shape[1] and integers[j, i] == integers[count, i]:
            i += 1
        if i == integers.shape[1]:
            return True
    return False


@kernel
def _rounded(
    moved: Floats, baseline: Ints, design: Floats, phase: Floats, wave: Floats, integers: Floats, rest: Floats
) -> bool:
    """Round the integers (M,) at vectors (k, 3), and take them off the phases; did any change?"""
    changed = False
    for i in range(len(phase)):
        b, e = moved[baseline[i]], design[i]
        whole = np.rint((phase[i] - (e[0] * b[0] + e[1] * b[1] + e[2] * b[2])) / wave[i])
        changed = changed or whole != integers[i]
        integers[i] = whole + 0.0  # a -0 would be another integer for `distinct`
        rest[i] = phase[i] - wave[i] * whole
    return changed


@kernel
def _loosen(x: Floats, z: Floats, own: Floats, out: Floats) -> float:
    """What phases on a rig whose antennas are loose (LooseRig) say: out = own - z x own; returns |x own|^2, which their
    chi-square loses."""
    n, total = len(own), 0.0
    for p in range(n):
        out[p] = own[p]
    for p in range(n):
        lent = 0.0
        for q in range(n):
            lent += x[p, q] * own[q]
        for q in range(n):
            out[q] -= z[q, p] * lent
        total += lent * lent
    return total


@kernel
def _vector_cost(moved: Floats, normal: Floats, rhs: Floats) -> float:
    """Part of a chi-square that depends on the vectors (k, 3), by its normal equations."""
    total = 0.0
    for p in range(len(rhs)):
        row = -2.0 * rhs[p]
        for q in range(len(rhs)):
            row += normal[p, q] * moved[q // 3, q % 3]
        total += row * moved[p // 3, p % 3]
    return total
