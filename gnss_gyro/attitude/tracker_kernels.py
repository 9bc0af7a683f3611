"""Error-state Kalman filter of attitude and angular rate in bare arrays: prediction and update.

A state is a rotation (3, 3), a rate (3,) and the covariance (6, 6) of both; `tracker_state` has what it means.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

import numpy as np

from gnss_gyro.attitude.angles import FREE_VARIANCE_RAD2, LEVEL_SIGMA_RAD, OBSERVABLE_VARIANCE_RAD2, free_direction
from gnss_gyro.attitude.rotation_kernel import exponential, most_upright, product, scaled
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.rotations import skew_polynomial, vector_from_rotation
from gnss_gyro.basics.symmetric import congruent, eigen

Triple: TypeAlias = tuple[float, float, float]
_NOTHING: Final = 1e-12
"""Eigenvalues of the information that are so much smaller than the largest say nothing."""


@kernel
def predict(
    enu_from_body: Floats, rate_body_radps: Floats, covariance: Floats,
    time_s: float, decay: float, density: Triple, growth: Triple,
) -> Floats:  # fmt: skip
    """The state a time later, packed.

    time_s  : by which a rate turns the body, its decay included
    density : of the noise about each body axis
    growth  : variance of angle, covariance of angle and rate, variance of rate, for a density of one

    A line's turning is known in ENU, whatever the angle about it is: an unknown angle about one axis goes along with the line and
    into nothing else. Which body axis the line turns about is known as well as the body is level, and so is the noise.
    """
    turn = scaled(time_s, rate_body_radps)
    rotation = product(enu_from_body, exponential(turn))
    free, axis = free_direction(covariance[:3, :3].copy())
    spread = product(rotation, left_jacobian(scaled(-1.0, turn)))  # d(delta) / d(turn)
    transition = np.zeros((6, 6))
    for i in range(3):
        transition[i, i], transition[3 + i, 3 + i] = 1.0, decay
        for j in range(3):
            transition[i, 3 + j] = spread[i, j] * time_s
    added = congruent(transition, without(covariance, axis))
    if free > 0.0:
        total = density[0] + density[1] + density[2]
        density = (tilted(density[0], total), tilted(density[1], total), tilted(density[2], total))
    for k in range(3):
        for i in range(3):
            for j in range(3):
                added[i, j] += spread[i, k] * spread[j, k] * density[k] * growth[0]
            added[i, 3 + k] += spread[i, k] * density[k] * growth[1]
            added[3 + k, i] += spread[i, k] * density[k] * growth[1]
        added[3 + k, 3 + k] += density[k] * growth[2]
    carried = _applied(_product_transposed(rotation, enu_from_body), axis)
    for i in range(3):
        for j in range(3):
            added[i, j] += free * carried[i] * carried[j]
    return packed(rotation, scaled(decay, rate_body_radps), added, 0.0, 0.0)


@kernel
def update(
    enu_from_body: Floats, rate_body_radps: Floats, covariance: Floats,
    measured: Floats, information: Floats, rank: int, free_axis_enu: Floats,
) -> Floats:  # fmt: skip
    """The state with a fit of rank 1 to 3 taken in, packed with the chi-square of the innovation and what is left of it.

    measured, information : (3, 3) rotation and inverse covariance of its small rotation
    free_axis_enu         : (3,) about which a fit of rank 2 knows nothing

    In the eigenvectors of its information a fit is so many independent measurements, taken in one after the other. A line says
    nothing of the angle about it; the prior's, where that is unknown, is left out, for steps are not small in it.
    """
    difference = _difference(measured, rank, free_axis_enu, enu_from_body)
    values, axes = eigen(congruent(left_jacobian(scaled(-1.0, difference)), information))  # error of the fit -> of the difference
    nothing = _NOTHING * max(values[0], values[1], values[2])
    step, chi2 = np.zeros(6), 0.0
    free, axis = free_direction(covariance[:3, :3].copy()) if rank == 2 else (0.0, np.zeros(3))
    remaining = without(covariance, axis)
    for i in range(3):
        if values[i] > nothing:
            chi2 += _take_in(step, remaining, axes, i, difference, 1.0 / values[i])
    rotation, remaining = correct(enu_from_body, step, remaining)
    rate, left = np.empty(3), distance(rotation, measured, information, rank, free_axis_enu)
    for i in range(3):
        rate[i] = rate_body_radps[i] + step[3 + i]
    if free > 0.0 or is_unknown(covariance, free_axis_enu):  # the line as it is seen now, not as this fit alone has it
        return regauged(rotation, rate, remaining, _applied(_product_transposed(rotation, measured), free_axis_enu), chi2, left)
    return packed(rotation, rate, remaining, chi2, left)


@kernel
def tilted(own: float, total: float) -> float:
    """The noise about a body axis of one's own and that of all three, where the axis may be tilted out of the level."""
    share = LEVEL_SIGMA_RAD * LEVEL_SIGMA_RAD
    return (1.0 - share) * own + share * (total - own)


@kernel
def distance(enu_from_body: Floats, measured: Floats, information: Floats, rank: int, free_axis_enu: Floats) -> float:
    """Chi-square of a fit, as of `update`, about a rotation (3, 3)."""
    difference, chi2 = _difference(measured, rank, free_axis_enu, enu_from_body), 0.0
    for i in range(3):
        for j in range(3):
            chi2 += difference[i] * information[i, j] * difference[j]
    return chi2


@kernel
def is_unknown(covariance: Floats, axis: Floats) -> bool:
    """Whether a covariance (6, 6) has the angle about an axis (3,) unknown."""
    variance = 0.0
    for i in range(3):
        for j in range(3):
            variance += axis[i] * covariance[i, j] * axis[j]
    return variance >= OBSERVABLE_VARIANCE_RAD2


@kernel
def without(covariance: Floats, axis: Floats) -> Floats:
    """A covariance (6, 6) as if the angle about an axis (3,) were known; zeros as an axis leave it as it is."""
    keep = np.zeros((6, 6))
    for i in range(3):
        keep[i, i] = keep[3 + i, 3 + i] = 1.0
        for j in range(3):
            keep[i, j] -= axis[i] * axis[j]
    return congruent(keep, covariance)


@kernel
def packed(rotation: Floats, rate: Floats, covariance: Floats, chi2: float, left: float) -> Floats:
    """(50,): rotation (3, 3), rate (3,), covariance (6, 6) and the two numbers of Innovation, one after the other."""
    out = np.empty(50)
    for i in range(3):
        out[9 + i] = rate[i]
        for j in range(3):
            out[3 * i + j] = rotation[i, j]
    for i in range(6):
        for j in range(6):
            out[12 + 6 * i + j] = covariance[i, j]
    out[48], out[49] = chi2, left
    return out


@kernel
def left_jacobian(vector: Floats) -> Floats:
    """J (3, 3) of SO(3): exp(vector + e) = exp(J e) exp(vector) for small e; J(-vector) is its transpose."""
    angle2 = vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2]
    if angle2 < 1e-8:
        return skew_polynomial(vector, 0.5, 1.0 / 6.0)
    angle = math.sqrt(angle2)
    return skew_polynomial(vector, (1.0 - math.cos(angle)) / angle2, (angle - math.sin(angle)) / (angle2 * angle))


@kernel
def correct(enu_from_body: Floats, step: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Rotation (3, 3) moved by a step (6,), orthogonal again, and the covariance (6, 6) at the new linearisation point."""
    carry, jacobian = np.zeros((6, 6)), left_jacobian(step)
    for i in range(3):
        carry[3 + i, 3 + i] = 1.0
        for j in range(3):
            carry[i, j] = jacobian[i, j]
    rotation = product(exponential(step), enu_from_body)
    return exponential(vector_from_rotation(rotation)), congruent(carry, covariance)


@kernel
def regauged(
    enu_from_body: Floats, rate_body_radps: Floats, covariance: Floats, free_axis_enu: Floats, chi2: float, left: float
) -> Floats:
    """The state, packed, with the angle about an axis (3,) set most upright and unknown.

    Without this a linear filter that only ever sees one line imagines, as the line turns, that it learns the angle about it.
    """
    rotation = most_upright(enu_from_body, free_axis_enu)
    keep, rate = np.zeros((6, 6)), np.zeros(3)
    for i in range(3):
        keep[i, i] = 1.0
        for j in range(3):
            keep[i, j] -= free_axis_enu[i] * free_axis_enu[j]
            for k in range(3):  # from the body's axes before to those after
                keep[3 + i, 3 + j] += rotation[k, i] * enu_from_body[k, j]
            rate[i] += keep[3 + i, 3 + j] * rate_body_radps[j]
    covariance = congruent(keep, covariance)
    for i in range(3):
        for j in range(3):
            covariance[i, j] += FREE_VARIANCE_RAD2 * free_axis_enu[i] * free_axis_enu[j]
    return packed(rotation, rate, covariance, chi2, left)


@kernel
def _take_in(step: Floats, covariance: Floats, axes: Floats, which: int, difference: Floats, variance: float) -> float:
    """Kalman update of step (6,) and covariance (6, 6), in place, by the angle about one of the axes; returns its chi-square."""
    spread, innovation = np.zeros(6), 0.0
    for i in range(3):
        innovation += axes[i, which] * (difference[i] - step[i])
        for j in range(6):
            spread[j] += covariance[j, i] * axes[i, which]
    for i in range(3):
        variance += axes[i, which] * spread[i]
    for i in range(6):
        step[i] += spread[i] * innovation / variance
        for j in range(6):
            covariance[i, j] -= spread[i] * spread[j] / variance
    return innovation * innovation / variance


@kernel
def _applied(matrix: Floats, vector: Floats) -> Floats:
    """matrix (3, 3) @ vector (3,)."""
    out = np.zeros(3)
    for i in range(3):
        for j in range(3):
            out[i] += matrix[i, j] * vector[j]
    return out


@kernel
def _product_transposed(a: Floats, b: Floats) -> Floats:
    """a @ b.T of two (3, 3)."""
    out = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            out[i, j] = a[i, 0] * b[j, 0] + a[i, 1] * b[j, 1] + a[i, 2] * b[j, 2]
    return out


@kernel
def _difference(measured: Floats, rank: int, free_axis_enu: Floats, enu_from_body: Floats) -> Floats:
    """Small rotation (3,) from a rotation (3, 3) to a fit, to the nearest of all that one of rank 2 allows."""
    target = _nearest(measured, free_axis_enu, enu_from_body) if rank == 2 else measured
    return vector_from_rotation(_product_transposed(target, enu_from_body))


@kernel
def _nearest(fitted: Floats, free_axis_enu: Floats, enu_from_body: Floats) -> Floats:
    """The rotation (3, 3) nearest to another among all that a fit of rank 2 allows: turned about its free axis."""
    offset = _product_transposed(fitted, enu_from_body)
    x, y, z = free_axis_enu[0], free_axis_enu[1], free_axis_enu[2]
    sine = x * (offset[1, 2] - offset[2, 1]) + y * (offset[2, 0] - offset[0, 2]) + z * (offset[0, 1] - offset[1, 0])
    cosine = 0.0
    for i in range(3):
        cosine += offset[i, i]
        for j in range(3):
            cosine -= free_axis_enu[i] * offset[i, j] * free_axis_enu[j]
    return product(exponential(scaled(math.atan2(sine, cosine), free_axis_enu)), fitted)
