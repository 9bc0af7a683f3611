"""Observations taken into the filter's state."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.rows import Rows
from gnss_gyro.vppp.screening import screen_innovations
from gnss_gyro.vppp.state import FilterState

REFUSED_W: Final = 4.0
"""Observations that deviate by more sigmas from what all others say are left out."""
_VELOCITY_CHI2: Final = 27.9
"""Of a Doppler velocity, 3 degrees of freedom, that is believed (probability 4e-6)."""
_STRIP: Final = 32
"""Rows of the covariance that are updated at a time."""
_MOVES: Final = layout.VELOCITY.start


def take_in(state: FilterState, rows: Rows) -> Bools:
    """Update a state with the rows that agree; returns which (m,): none where more than half of them do not."""
    return take_and_weigh(state, rows)[0]


def take_and_weigh(state: FilterState, rows: Rows) -> tuple[Bools, float]:
    """As take_in, and the chi-square of the innovations that were used; 0 where there are none."""
    used = np.ones(len(rows), bool)
    if not len(rows):
        return used, 0.0
    given = rows.common, rows.own, rows.observed_m, rows.cov_m2
    agreed, mean, cov, chi2 = _updated(state.mean, state.cov, *given, REFUSED_W, used)
    if agreed:
        state.mean, state.cov = mean, cov
    else:
        used[:] = False
    return used, float(chi2)


@njit(cache=True)
def _updated(
    mean: Floats, cov: Floats, common: Floats, own: Ints, observed_m: Floats, noise_cov: Floats, limit: float, used: Bools
) -> tuple[bool, Floats, Floats, float]:
    """Do most rows agree, the mean (N,) and covariance (N, N) with those that do, and their chi-square.

    used : (m,) out, all True at the start
    """
    numbers, m = common.shape[1], len(observed_m)
    cross = np.dot(common, np.ascontiguousarray(cov[:numbers]))  # (m, N): of the observed quantities and the state
    innovation = observed_m - np.dot(common, np.ascontiguousarray(mean[:numbers]))
    for index in own:
        for i in range(m):
            innovation[i] -= mean[index[i]]
            cross[i] += cov[index[i]]
    spread = np.dot(np.ascontiguousarray(cross[:, :numbers]), common.T) + noise_cov
    for index in own:
        for j in range(m):
            spread[:, j] += cross[:, index[j]]
    if not np.isfinite(spread).all():
        return False, mean, cov, 0.0
    inverse = np.linalg.inv(spread)
    inverse = 0.5 * (inverse + inverse.T)
    if not screen_innovations(inverse, innovation, limit, m // 2, used):
        return False, mean, cov, 0.0
    gain = np.dot(inverse, cross)  # transposed
    chi2 = np.dot(innovation, np.dot(inverse, innovation))
    return True, mean + np.dot(innovation, gain), _less(cov, cross, gain), chi2


@njit(cache=True)
def _less(cov: Floats, cross: Floats, gain: Floats) -> Floats:
    """P - C^T G (N, N) of C and G (m, N), symmetric to the last digit: the lower half in strips of rows, mirrored."""
    out = np.empty_like(cov)
    for start in range(0, len(cov), _STRIP):
        stop = min(start + _STRIP, len(cov))
        gained = np.dot(np.ascontiguousarray(cross[:, start:stop]).T, np.ascontiguousarray(gain[:, :stop]))
        for i in range(start, stop):
            for j in range(i + 1):
                out[i, j] = cov[i, j] - gained[i - start, j]
            for j in range(i):
                out[j, i] = out[i, j]
    return out


def take_velocity(state: FilterState, velocity_mps: Floats, cov: Floats) -> bool:
    """Update a state with a velocity (3,) in its axes, unless it is too unlikely; was it taken?"""
    taken, mean, updated = _with_velocity(state.mean, state.cov, velocity_mps, cov, _VELOCITY_CHI2)
    if taken:
        state.mean, state.cov = mean, updated
    return bool(taken)


@njit(cache=True)
def _with_velocity(
    mean: Floats, cov: Floats, velocity_mps: Floats, noise_cov: Floats, limit: float
) -> tuple[bool, Floats, Floats]:
    """Is the velocity believed, and mean (N,) and covariance (N, N) with it."""
    cross = np.ascontiguousarray(cov[_MOVES : _MOVES + 3])
    innovation = velocity_mps - mean[_MOVES : _MOVES + 3]
    spread = cross[:, _MOVES : _MOVES + 3] + noise_cov
    if not np.isfinite(spread).all():
        return False, mean, cov
    inverse = np.linalg.inv(spread)
    gain = np.dot(inverse, cross)
    if not np.dot(innovation, np.dot(inverse, innovation)) <= limit:
        return False, mean, cov
    return True, mean + np.dot(innovation, gain), _less(cov, cross, gain)


def begin_ambiguities(state: FilterState, rows: Rows, at: Ints) -> None:
    """Ambiguities of phases by what the state says of all else, in place; at : (n,) place of the epoch's satellites in it.

    An ambiguity is the phase less its prediction, a linear function of the state and the phase noise: its covariance with
    all else follows exactly, and no large prior variance is needed.
    """
    if not len(rows):
        return
    places = rows.own[0]
    state.forget(places, np.zeros(len(rows)))
    cross = rows.state_covariance(state.cov)
    own = rows.observed(cross) + rows.cov_m2
    state.mean[places] = rows.innovation(state)
    state.cov[:, places] = -cross
    state.cov[places, :] = -cross.T
    state.cov[np.ix_(places, places)] = own
    state.has_phase[at[rows.satellite]] = True
