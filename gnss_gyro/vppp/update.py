"""Observations taken into the filter's state: the velocity, then the codes, then the phases.

Every step takes the covariance P to P - W^T W, where W = L^-1 H P and L L^T is the covariance of the innovations. The later steps
need P only where they observe it, so the rows W of all are gathered, and P itself changes once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.small_matrices import inverse_factor
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.factors import less, observe, product, transposed, whiten
from gnss_gyro.vppp.rows import Design
from gnss_gyro.vppp.screening import screen_innovations
from gnss_gyro.vppp.state import FilterState

REFUSED_W: Final = 4.0
"""Observations that deviate by more sigmas from what all others say are left out."""
_VELOCITY_CHI2: Final = 27.9
"""Of a Doppler velocity, 3 degrees of freedom, that is believed (probability 4e-6)."""
_VOUCHING: Final = 5
"""So many phases that go on without a break prove the predicted motion, one more than they determine."""
_MOVES: Final = layout.VELOCITY.start


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What of an epoch's n satellites agreed with the state.

    code_used, phase_used : (n,)
    phase_held : (n,) phases that went on without a break
    velocity   : the Doppler velocity was taken, or there was none
    codes, codes_used, phases, phases_used : how many there were, held in the case of phases, and how many were used
    phase_chi2 : of the innovations of the phases used
    """

    code_used: Bools
    phase_used: Bools
    phase_held: Bools
    velocity: bool
    codes: int
    codes_used: int
    phases: int
    phases_used: int
    phase_chi2: float

    @property
    def contradicts_motion(self) -> bool:
        """Do so many phases disagree, or so much else while no phases vouch for the motion, that rather the motion is wrong?"""
        if _many(self.phases - self.phases_used, self.phases):
            return True
        vouched_for = self.phases_used >= _VOUCHING
        return not vouched_for and (_many(self.codes - self.codes_used, self.codes) or not self.velocity)


def _many(refused: int, of: int) -> bool:
    """Three and more than a third."""
    return refused >= 3 and 3 * refused > of


def take_in(state: FilterState, design: Design, slip: Bools, at: Ints) -> Taken:
    """Update a state with what agrees of an epoch, of codes or phases none where more than half of them do not.

    slip : (n,) phases that broke off;  at : (n,) places of the epoch's satellites in the state
    """
    mean, cov, flags = state.mean.copy(), np.empty_like(state.cov), np.zeros((3, len(at)), np.bool_)
    told = _take_in(
        state.cov, design.common_code, design.common_phase, design.code_m, design.phase_m, design.code_cov_m2,
        design.phase_cov_m2, design.velocity_mps, design.velocity_cov, at, state.has_phase, slip, mean, cov, flags,
    )  # fmt: skip
    state.mean, state.cov = mean, cov
    return Taken(flags[0], flags[1], flags[2], *told)


@kernel
def _take_in(
    prior: Floats, common_code: Floats, common_phase: Floats, code_m: Floats, phase_m: Floats, code_cov: Floats,
    phase_cov: Floats, velocity_mps: Floats, velocity_cov: Floats, at: Ints, has_phase: Bools, slip: Bools,
    mean: Floats, cov: Floats, flags: Bools,
) -> tuple[bool, int, int, int, int, float]:  # fmt: skip
    """The other fields of Taken in their order; mean (N,) in place, cov (N, N) and flags (3, n), False before, out."""
    n, states = len(at), len(has_phase)
    white, count, believed = np.empty((3 + 2 * n, len(prior))), 0, True
    if not (math.isnan(velocity_mps[0]) or math.isnan(velocity_mps[1]) or math.isnan(velocity_mps[2])):
        believed = _take_velocity(prior, velocity_mps, velocity_cov, mean, white[:3])
        count = 3 if believed else 0
    there, of_code, of_phase = np.empty(n, np.bool_), np.empty((2, n), np.int64), np.empty((1, n), np.int64)
    for i in range(n):
        of_code[0, i], of_code[1, i] = layout.COMMON + at[i], layout.COMMON + states + at[i]
        of_phase[0, i] = layout.COMMON + 2 * states + at[i]
        there[i] = not math.isnan(code_m[i])
        flags[2, i] = has_phase[at[i]] and not slip[i] and not math.isnan(phase_m[i])
    codes, codes_used, _ = _take_rows(prior, white, count, common_code, of_code, code_m, code_cov, there, mean, flags[0])
    count += codes if codes_used else 0
    phases, phases_used, chi2 = _take_rows(
        prior, white, count, common_phase, of_phase, phase_m, phase_cov, flags[2], mean, flags[1]
    )
    count += phases if phases_used else 0
    less(prior, white[:count], cov)
    return believed, codes, codes_used, phases, phases_used, chi2


@kernel
def _take_velocity(prior: Floats, velocity_mps: Floats, noise_cov: Floats, mean: Floats, white: Floats) -> bool:
    """Is a velocity (3,) believed; then the mean (N,) with it in place, and its rows of W (3, N) out."""
    spread, factor, innovation = np.empty((3, 3)), np.zeros((3, 3)), np.empty(3)
    for i in range(3):
        innovation[i] = velocity_mps[i] - mean[_MOVES + i]
        for j in range(3):
            spread[i, j] = prior[_MOVES + i, _MOVES + j] + noise_cov[i, j]
    if not inverse_factor(spread, 0.0, factor):
        return False
    chi2 = 0.0
    for i in range(3):
        chi2 += (factor[i, 0] * innovation[0] + factor[i, 1] * innovation[1] + factor[i, 2] * innovation[2]) ** 2
    if not chi2 <= _VELOCITY_CHI2:
        return False
    whiten(factor, prior[_MOVES : _MOVES + 3], innovation, mean, white)
    return True


@kernel
def _take_rows(
    prior: Floats, white: Floats, count: int, common: Floats, own: Ints, observed_m: Floats, noise_cov: Floats, there: Bools,
    mean: Floats, used: Bools,
) -> tuple[int, int, float]:  # fmt: skip
    """Codes or phases that are there (n,): how many, how many of them agree, and the chi-square of these.

    white : (., N) its first `count` rows came before; the rows of W of these observations follow if any agrees
    own   : (b, n) places of the satellites' own numbers in the state
    used  : (n,) out, False before;  mean : (N,) in place
    """
    rows, m = np.empty(len(there), np.int64), 0
    for i in range(len(there)):
        if there[i]:
            rows[m] = i
            m += 1
    if m == 0:
        return 0, 0, 0.0
    design, index, innovation, spread = _picked(common, own, observed_m, noise_cov, rows[:m], mean)
    cross = _cross(prior, white[:count], design, index)
    seen = observe(cross, design, index)
    for i in range(m):
        for j in range(m):
            spread[i, j] += seen[i, j]
    factor, agrees = np.zeros((m, m)), np.ones(m, np.bool_)
    if not inverse_factor(spread, 0.0, factor):
        return m, 0, 0.0
    weight = np.empty((m, m))
    product(transposed(factor), factor, weight)
    if not screen_innovations(weight, innovation, REFUSED_W, m // 2, agrees):
        return m, 0, 0.0
    left = _leave_out(agrees, spread, cross, innovation)
    if left < m:
        inverse_factor(spread, 0.0, factor)
    for i in range(m):
        used[rows[i]] = agrees[i]
    return m, left, whiten(factor, cross, innovation, mean, white[count : count + m])


@kernel
def _picked(
    common: Floats, own: Ints, observed_m: Floats, noise_cov: Floats, rows: Ints, mean: Floats
) -> tuple[Floats, Ints, Floats, Floats]:
    """Of some rows (m,): common (m, COMMON), own (b, m), innovation (m,), noise (m, m)."""
    m, blocks = len(rows), len(own)
    design, index = np.empty((m, layout.COMMON)), np.empty((blocks, m), np.int64)
    innovation, noise = np.empty(m), np.empty((m, m))
    for i in range(m):
        row = rows[i]
        innovation[i] = observed_m[row]
        for k in range(layout.COMMON):
            design[i, k] = common[row, k]
            innovation[i] -= design[i, k] * mean[k]
        for block in range(blocks):
            index[block, i] = own[block, row]
            innovation[i] -= mean[own[block, row]]
        for j in range(m):
            noise[i, j] = noise_cov[row, rows[j]]
    return design, index, innovation, noise


@kernel
def _cross(prior: Floats, white: Floats, design: Floats, index: Ints) -> Floats:
    """H (P - W^T W) (m, N) of P (N, N), W (k, N), and H: design (m, COMMON) in its first columns, 1 at index (b, m)."""
    cross = np.empty((len(design), len(prior)))
    product(design, prior[: layout.COMMON], cross)
    for own in index:
        for i in range(len(own)):
            for j in range(len(prior)):
                cross[i, j] += prior[own[i], j]
    if len(white):
        known = np.empty(cross.shape)
        product(transposed(observe(white, design, index)), white, known)
        for i in range(len(cross)):
            for j in range(len(prior)):
                cross[i, j] -= known[i, j]
    return cross


@kernel
def _leave_out(agrees: Bools, spread: Floats, cross: Floats, innovation: Floats) -> int:
    """Make observations that do not agree (m,) such as say nothing, in place; how many are left?"""
    left = 0
    for i in range(len(agrees)):
        if agrees[i]:
            left += 1
            continue
        innovation[i] = 0.0
        for j in range(cross.shape[1]):
            cross[i, j] = 0.0
        for j in range(len(spread)):
            spread[i, j] = spread[j, i] = 0.0
        spread[i, i] = 1.0
    return left


def begin_ambiguities(state: FilterState, design: Design, at: Ints, rows: Ints) -> None:
    """Ambiguities of some phases (k,) of the epoch by what the state says of all else, in place; at : (n,) as in take_in.

    An ambiguity is the phase less its prediction, a linear function of the state and the phase noise: its covariance with
    all else follows exactly, and no large prior variance is needed.
    """
    places, common = state.ambiguity + at[rows], design.common_phase[rows]
    state.forget(places, np.zeros(len(rows)))
    cross = state.cov[:, : layout.COMMON] @ common.T
    state.mean[places] = design.phase_m[rows] - common @ state.mean[: layout.COMMON]
    state.cov[:, places] = -cross
    state.cov[places, :] = -cross.T
    state.cov[np.ix_(places, places)] = common @ cross[: layout.COMMON] + design.phase_cov_m2[np.ix_(rows, rows)]
    state.has_phase[at[rows]] = True
