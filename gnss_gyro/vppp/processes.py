"""How every number of the filter's state but the motion starts, changes and is renewed."""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.array_epoch import ArrayEpoch
from gnss_gyro.vppp.ionosphere_field import TERMS, slant_factor
from gnss_gyro.vppp.motion import KINEMATIC, Manoeuvres, Step, initial_variance
from gnss_gyro.vppp.prediction import Transition
from gnss_gyro.vppp.rows import Design
from gnss_gyro.vppp.signal_errors import BIAS_VARIANCE_M2, IS_FREE, clock_group, signal_in_space_sigma_m
from gnss_gyro.vppp.state import FilterState

MULTIPATH_SHARE: Final = 0.85
"""Of the variance of code noise, that part stands still for a while (measured on static pairs: correlation 0.9 after 1 s, 0.5
after 5 to 10 s, 0.25 to 0.4 after 30 s)."""
MULTIPATH_S: Final = 30.0
"""Its correlation time [s]."""
_START_M: Final = 300.0
_START_MPS: Final = 50.0
CLOCK_VARIANCE_M2: Final = 30.0**2
"""Of the receiver clock about a guess by the median of the codes; far larger ones cost the phases their digits."""
_WET_M: Final = 0.10
"""Of the zenith delay without measured weather (RTCA DO-229, A.4.2.4: 0.12 m in all)."""
_WET_WALK: Final = 3e-8
"""Of the zenith wet delay [m^2/s]: 1 cm in an hour."""
_FIELD_S: Final = 5400.0
"""What the model leaves of the ionosphere changes by itself in this time [s], and smoothly: phases would feel a walk."""
_RANGE_WALK: Final = 1e-5
"""Of orbit and clock errors, as a share of their variance, per second: 3 mm after a second, 10 cm after a quarter of an hour."""
_LEFT_OF_IONOSPHERE: Final = 0.04
"""Share of the slant delay that a smooth field leaves per satellite, 1 sigma."""
_AMBIGUITY_WALK: Final = 1e-6
"""What ambiguities gain in the zenith through small-scale ionosphere [m^2/s]: 8 mm in a minute; orbits and clocks add theirs."""
_BIAS_WALK: Final = 1e-6
"""What clock groups gain against GPS [m^2/s]."""


def initial_common(epoch: ArrayEpoch, manoeuvres: Manoeuvres) -> Floats:
    """Variances (COMMON,) of the common numbers before anything was observed."""
    variance = np.empty(layout.COMMON)
    variance[layout.POSITION] = _START_M**2
    variance[layout.VELOCITY] = _START_MPS**2
    variance[layout.ACCELERATION] = initial_variance(manoeuvres)
    variance[layout.CLOCK] = CLOCK_VARIANCE_M2
    variance[layout.WET] = _WET_M**2
    variance[layout.FIELD] = epoch.field_variance
    variance[layout.FIELD_RATE] = epoch.field_variance / _FIELD_S**2
    variance[layout.BIASES] = BIAS_VARIANCE_M2[1:]
    return variance


def range_error_variance(epoch: ArrayEpoch) -> Floats:
    """Variance (n,) of what orbit, clock, group delay and ionosphere leave in the range to each satellite [m^2]."""
    broadcast = signal_in_space_sigma_m(clock_group(epoch.satellite), epoch.orbit_variance_m2) ** 2
    orbit = np.where(epoch.corrected, epoch.orbit_variance_m2, broadcast)
    ionosphere = (_LEFT_OF_IONOSPHERE * epoch.ionosphere_m) ** 2
    told = ~np.isnan(epoch.ionosphere_variance_m2)
    return np.asarray(orbit + np.where(told, epoch.ionosphere_variance_m2, ionosphere))


def multipath_variance(epoch: ArrayEpoch) -> Floats:
    """Variance (n,) of the part of the code noise that stands still [m^2]; NaN without a code."""
    return np.asarray(MULTIPATH_SHARE * np.diag(epoch.code_cov_m2))


def transition_of(state: FilterState, epoch: ArrayEpoch, at: Ints, dt_s: float, motion: Step) -> Transition:
    """Transition and noise of the whole state over a time; satellites of the epoch stand at places `at` (n,) in it."""
    decay, noise = np.ones(len(state.mean)), np.zeros(len(state.mean))
    decay[layout.CLOCK], noise[layout.CLOCK] = 0.0, CLOCK_VARIANCE_M2
    noise[layout.WET] = _WET_WALK * dt_s
    noise[layout.BIASES] = _BIAS_WALK * dt_s
    noise[state.range_error : state.multipath] = _RANGE_WALK * dt_s
    noise[state.range_error + at] *= range_error_variance(epoch)
    decay[state.multipath : state.ambiguity] = np.exp(-dt_s / MULTIPATH_S)
    noise[state.multipath : state.ambiguity] = 1.0 - np.exp(-2.0 * dt_s / MULTIPATH_S)
    noise[state.multipath + at] *= np.nan_to_num(multipath_variance(epoch), nan=1.0)
    noise[state.ambiguity :] = _AMBIGUITY_WALK * dt_s
    noise[state.ambiguity + at] *= slant_factor(epoch.elevation) ** 2
    noise[state.ambiguity :] += noise[state.range_error : state.multipath]
    return Transition(*_coupled(motion, epoch.field_variance, dt_s), decay, noise)


def _coupled(motion: Step, field_variance: Floats, dt_s: float) -> tuple[Floats, Floats]:
    """Transition and noise of motion and ionosphere field, whose rate is a Gauss-Markov process."""
    transition, noise = np.eye(layout.COUPLED), np.zeros((layout.COUPLED, layout.COUPLED))
    transition[:KINEMATIC, :KINEMATIC], noise[:KINEMATIC, :KINEMATIC] = motion.transition, motion.noise
    terms, stay = np.eye(TERMS), np.exp(-dt_s / _FIELD_S)
    transition[layout.FIELD, layout.FIELD_RATE] = _FIELD_S * (1.0 - stay) * terms
    transition[layout.FIELD_RATE, layout.FIELD_RATE] = stay * terms
    density = 2.0 * np.diag(field_variance) / _FIELD_S**3
    noise[layout.FIELD, layout.FIELD] = density * dt_s**3 / 3.0
    noise[layout.FIELD, layout.FIELD_RATE] = noise[layout.FIELD_RATE, layout.FIELD] = density * dt_s**2 / 2.0
    noise[layout.FIELD_RATE, layout.FIELD_RATE] = density * dt_s
    return transition, noise


def start_satellites(state: FilterState, epoch: ArrayEpoch, at: Ints, rows: Ints) -> None:
    """Give satellites new to the state (rows (k,) of the epoch) what is known of any satellite, in place."""
    state.forget(state.range_error + at[rows], range_error_variance(epoch)[rows])
    state.forget(state.multipath + at[rows], np.nan_to_num(multipath_variance(epoch), nan=1.0)[rows])


def guess_clocks(state: FilterState, epoch: ArrayEpoch, design: Design, at: Ints) -> None:
    """Put the receiver's clock, and clock groups of which nothing is known yet, where the codes are, in place."""
    group = clock_group(epoch.satellite)
    unknown = IS_FREE[1:] & (np.diag(state.cov)[layout.BIASES] >= BIAS_VARIANCE_M2[1:])
    known = np.concatenate([[True], ~unknown])[group]
    misfit = design.code_m - design.common_code @ state.mean[: layout.COMMON] - state.mean[state.range_error + at]
    if not known.any():
        known[:] = True
    misfit = misfit - _median(misfit[known], state, layout.CLOCK)
    for g in np.unique(group[~known]):
        _median(misfit[group == g], state, layout.BIASES.start + int(g) - 1)


def _median(misfit: Floats, state: FilterState, index: int) -> float:
    """Move a number of the state by the median misfit, which is returned; NaN = none."""
    misfit = misfit[~np.isnan(misfit)]
    step = float(np.median(misfit)) if len(misfit) else 0.0
    state.mean[index] += step
    return step
