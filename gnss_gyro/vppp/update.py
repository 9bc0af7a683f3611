"""Observations taken into the filter's state."""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.rows import Rows
from gnss_gyro.vppp.screening import screen_innovations
from gnss_gyro.vppp.state import FilterState

REFUSED_W: Final = 4.0
"""Observations that deviate by more sigmas from what all others say are left out."""
_VELOCITY_CHI2: Final = 27.9
"""Of a Doppler velocity, 3 degrees of freedom, that is believed (probability 4e-6)."""


def take_in(state: FilterState, rows: Rows) -> Bools:
    """Update a state in place with the rows that agree; returns which (m,): none where half of them do not."""
    used = np.ones(len(rows), bool)
    if not len(rows):
        return used
    innovation = rows.innovation(state)
    state_cov = rows.state_covariance(state.cov)
    inverse = np.linalg.inv(rows.observed(state_cov) + rows.cov_m2)
    inverse = 0.5 * (inverse + inverse.T)
    if not screen_innovations(inverse, innovation, REFUSED_W, len(rows) // 2, used):
        used[:] = False
        return used
    gain = state_cov @ inverse
    state.mean = state.mean + gain @ innovation
    cov = state.cov - gain @ state_cov.T
    state.cov = 0.5 * (cov + cov.T)
    return used


def take_velocity(state: FilterState, velocity_mps: Floats, cov: Floats) -> bool:
    """Update a state in place with a velocity (3,) in its axes, unless it is too unlikely; was it taken?"""
    innovation = velocity_mps - state.mean[layout.VELOCITY]
    inverse = np.linalg.inv(state.cov[layout.VELOCITY, layout.VELOCITY] + cov)
    if not innovation @ inverse @ innovation <= _VELOCITY_CHI2:
        return False
    gain = state.cov[:, layout.VELOCITY] @ inverse
    state.mean = state.mean + gain @ innovation
    state.cov = state.cov - gain @ state.cov[layout.VELOCITY]
    return True


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
