"""Integers of new or slipped satellites, by rounding against the known attitude."""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.estimation.differences import Rows
from gnss_gyro.estimation.fixed_solution import FixedBaselines

_FAILURE: Final = 1e-6
"""Tolerated probability that the neighbouring integer is the true one."""
_SIGMAS: Final = 4.0
"""A satellite farther than this from an integer is not rounded: something else is wrong with it."""
_UNKNOWN: Final = np.full((3, 3), np.nan)
_MISFIT: Final = 2.0
"""Mean square distance from integers, in variances, above which an antenna that holds none is not where it should be."""


def round_against_attitude(rows: Rows, known: Floats, baselines: FixedBaselines, array: AntennaArray) -> Floats:
    """Integers (M,) of the rows not yet known, where rounding is safe; NaN elsewhere and for those already known.

    rows      : all phase rows (M) of the epoch
    known     : (M,) integers held; NaN = unknown
    baselines : solved with the known rows
    array     : the antennas, reference first
    """
    spread = array.sigma_m[1:] ** 2 + array.sigma_m[0] ** 2
    turn_cov = _UNKNOWN if baselines.rotation is None else baselines.rotation.covariance_rad2
    return nearest_integers(
        rows.baseline, rows.design, rows.value_m, rows.wavelength_m, rows.part_m2, known, baselines.rigid_enu_m,
        baselines.covariance_m2, turn_cov, spread,
    )  # fmt: skip


@kernel
def nearest_integers(
    baseline: Ints, design: Floats, value_m: Floats, wavelength_m: Floats, part_m2: Floats, known: Floats, vectors_m: Floats,
    vectors_cov_m2: Floats, turn_cov_rad2: Floats, spread_m2: Floats,
) -> Floats:  # fmt: skip
    """Kernel of round_against_attitude.

    vectors_m, vectors_cov_m2 : (k, 3) of the rigid body, (3k, 3k) of the free vectors
    turn_cov_rad2, spread_m2  : (3, 3) of the rotation, NaN = there is none; (k,) of the rig's body vectors, a coordinate each
    """
    m, k = len(value_m), len(vectors_m)
    out, off, safe = np.empty(m), np.empty(m), np.empty(m, np.bool_)
    held, misfit, count = np.zeros(k, np.bool_), np.zeros(k), np.zeros(k)
    for i in range(m):
        b, e, part = baseline[i], design[i], part_m2[i]
        v = vectors_m[b]
        cycles = (value_m[i] - (e[0] * v[0] + e[1] * v[1] + e[2] * v[2])) / wavelength_m[i]
        out[i] = np.rint(cycles)
        variance = part[0] + part[1] + part[2] + part[3]
        variance += _vector_variance(e, v, vectors_cov_m2, 3 * b, turn_cov_rad2, spread_m2[b])
        sigma = np.sqrt(variance) / wavelength_m[i]
        off[i] = abs(cycles - out[i])
        odds = np.exp(-0.5 * ((1.0 - off[i]) ** 2 - off[i] ** 2) / sigma**2)
        safe[i] = np.isnan(known[i]) and off[i] <= _SIGMAS * sigma and odds <= _FAILURE
        held[b] = held[b] or not np.isnan(known[i])
        misfit[b] += (off[i] / sigma) ** 2
        count[b] += 1.0
    for i in range(m):
        b = baseline[i]  # an antenna without a known integer whose phases the attitude does not explain: on another mount, say
        if not safe[i] or (not held[b] and misfit[b] > _MISFIT * count[b]):
            out[i] = np.nan
    return out


@kernel
def _vector_variance(
    design: Floats, vector_m: Floats, free_cov_m2: Floats, at: int, turn_cov_rad2: Floats, spread_m2: float
) -> float:
    """Variance [m^2] that an uncertain vector adds to a row: the better of the free and the rigid vector.

    free_cov_m2 : of all free vectors, this one's block beginning at row `at`
    """
    e, v = design, vector_m
    turned = (v[1] * e[2] - v[2] * e[1], v[2] * e[0] - v[0] * e[2], v[0] * e[1] - v[1] * e[0])  # d(row) / d(small rotation)
    free, rigid = 0.0, spread_m2 * (e[0] * e[0] + e[1] * e[1] + e[2] * e[2])
    for a in range(3):
        for b in range(3):
            free += e[a] * free_cov_m2[at + a, at + b] * e[b]
            rigid += turned[a] * turn_cov_rad2[a, b] * turned[b]
    return rigid if rigid < free else free  # free, where there is no rotation
