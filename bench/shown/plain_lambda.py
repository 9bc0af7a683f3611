"""Plain LAMBDA with the ratio test, as a textbook has it: float solution of one epoch, two best integer vectors, no length.

It sees the engine's own double differences and covariances, so that what differs is the method. Search: Schnorr and Euchner's
zig-zag in decorrelated integers, as in Chang, Yang and Zhou (2005), "MLAMBDA".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.estimation.differences import ArrayDifferences, Rows
from gnss_gyro.estimation.reduction import decorrelate

RATIO: Final = 3.0
_MOST_NODES: Final = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class LambdaFix:
    """vector_enu_m : (3,) with the best integers [m];  ratio : squared norm of the second best over that of the best."""

    vector_enu_m: Floats
    ratio: float

    @property
    def accepted(self) -> bool:
        """Does it pass the ratio test?"""
        return self.ratio >= RATIO


def plain_lambda(differences: ArrayDifferences) -> LambdaFix | None:
    """Best integers of the first baseline, without its length; None where code alone gives no vector."""
    phase = differences.phase.take(differences.phase.of(0))
    code = differences.code.take(differences.code.of(0))
    if len(code) < 3 or len(phase) < 1:
        return None
    weight = np.linalg.inv(code.cov_m2)
    normal = code.design.T @ weight @ code.design
    if np.linalg.cond(normal) > 1e12:
        return None
    covariance = np.linalg.inv(normal)
    vector = covariance @ code.design.T @ weight @ code.value_m
    wave = phase.wavelength_m
    floats = (phase.value_m - phase.design @ vector) / wave
    spread = (phase.cov_m2 + phase.design @ covariance @ phase.design.T) / np.outer(wave, wave)
    best, norms = two_best(floats, spread)
    if not np.isfinite(norms[0]):
        return None
    return LambdaFix(_vector(phase, code, best), float(norms[1] / max(norms[0], 1e-12)))


def two_best(floats: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Integers (n,) nearest to float ambiguities [cycles], and the squared norms (2,) of the best and the second best."""
    whole = np.rint(floats)
    z_floats = np.empty(len(whole))
    lower, d, a_from_z, ok = decorrelate(np.ascontiguousarray(0.5 * (covariance + covariance.T)), floats - whole, z_floats)
    if not ok:
        return whole, np.full(2, np.nan)
    integers, norms = _search(lower, d, z_floats)
    return np.rint(a_from_z @ integers) + whole, norms


def _vector(phase: Rows, code: Rows, integers: Floats) -> Floats:
    """Least squares of the vector from phases with integers and codes."""
    normal, rhs = np.zeros((3, 3)), np.zeros(3)
    for rows, value_m in ((phase, phase.value_m - phase.wavelength_m * integers), (code, code.value_m)):
        at_w = np.linalg.solve(rows.cov_m2, rows.design).T
        normal += at_w @ rows.design
        rhs += at_w @ value_m
    return np.asarray(np.linalg.solve(normal, rhs), np.float64)


@kernel
def _search(lower: Floats, d: Floats, z_float: Floats) -> tuple[Floats, Floats]:
    """Best integer vector (n,) and the two smallest squared norms under L^T diag(d) L; NaN if the search is cut short."""
    n = len(d)
    z, centre, step, partial = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n + 1)
    best, norms = np.zeros(n), np.full(2, np.inf)
    k = n - 1
    centre[k] = z_float[k]
    z[k] = np.rint(centre[k])
    step[k] = 1.0 if centre[k] >= z[k] else -1.0
    for _ in range(_MOST_NODES):
        norm = partial[k + 1] + (z[k] - centre[k]) ** 2 / d[k]
        if norm < norms[1]:
            if k > 0:
                partial[k] = norm
                k -= 1
                centre[k] = z_float[k]
                for i in range(k + 1, n):
                    centre[k] += (z[i] - centre[i]) * lower[i, k]
                z[k] = np.rint(centre[k])
                step[k] = 1.0 if centre[k] >= z[k] else -1.0
                continue
            if norm < norms[0]:
                norms[1], norms[0] = norms[0], norm
                best[:] = z
            else:
                norms[1] = norm
        else:
            k += 1
            if k == n:
                return best, norms
        z[k] += step[k]
        step[k] = -step[k] - (1.0 if step[k] > 0 else -1.0)
    return best, np.full(2, np.nan)
