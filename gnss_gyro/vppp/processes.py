"""How every number of the filter's state but the motion starts, changes and is renewed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Bools, Floats, Ints
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
_AMBIGUITY_WALK: Final = 3e-6
"""What ambiguities gain in the zenith through small-scale ionosphere [m^2/s]: 13 mm in a minute (bench/ionosphere.py: 0.1 to 0.5
mm/s by two frequencies, most of it the field's); orbits and clocks add theirs."""
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
    orbit = clock_group(epoch.satellite), epoch.orbit_variance_m2, epoch.corrected
    return np.asarray(_range_error_variance(*orbit, epoch.ionosphere_m, epoch.ionosphere_variance_m2))


@njit(cache=True)
def _range_error_variance(
    group: Ints, orbit_variance_m2: Floats, corrected: Bools, ionosphere_m: Floats, told_m2: Floats
) -> Floats:
    orbit = np.where(corrected, orbit_variance_m2, signal_in_space_sigma_m(group, orbit_variance_m2) ** 2)
    return orbit + np.where(np.isnan(told_m2), (_LEFT_OF_IONOSPHERE * ionosphere_m) ** 2, told_m2)


def multipath_variance(epoch: ArrayEpoch) -> Floats:
    """Variance (n,) of the part of the code noise that stands still [m^2]; NaN without a code."""
    return np.asarray(MULTIPATH_SHARE * np.diag(epoch.code_cov_m2))


def transition_of(state: FilterState, epoch: ArrayEpoch, at: Ints, dt_s: float, motion: Step) -> Transition:
    """Transition and noise of the whole state over a time; satellites of the epoch stand at places `at` (n,) in it."""
    return Transition(*_transition(
        motion.transition, motion.noise, epoch.field_variance, dt_s, len(state), at, clock_group(epoch.satellite),
        epoch.orbit_variance_m2, epoch.corrected, epoch.ionosphere_m, epoch.ionosphere_variance_m2, epoch.code_cov_m2,
        epoch.elevation,
    ))  # fmt: skip


@njit(cache=True)
def _transition(
    motion: Floats, motion_noise: Floats, field_variance: Floats, dt_s: float, satellites: int, at: Ints, group: Ints,
    orbit_variance_m2: Floats, corrected: Bools, ionosphere_m: Floats, told_m2: Floats, code_cov_m2: Floats, elevation: Floats,
) -> tuple[Floats, Floats, Floats, Floats]:  # fmt: skip
    """The fields of Transition in their order."""
    coupled, coupled_noise = _coupled(motion, motion_noise, field_variance, dt_s)
    range_variance = _range_error_variance(group, orbit_variance_m2, corrected, ionosphere_m, told_m2)
    multipath = MULTIPATH_SHARE * np.diag(code_cov_m2)
    decay, noise = _changes(satellites, at, dt_s, range_variance, multipath, slant_factor(elevation))
    return coupled, coupled_noise, decay, noise


@njit(cache=True)
def _changes(
    satellites: int, at: Ints, dt_s: float, range_variance_m2: Floats, multipath_m2: Floats, slant: Floats
) -> tuple[Floats, Floats]:
    """Decay and noise (N,) of all numbers that change by themselves; what was observed (n,) stands at places `at` (n,)."""
    multipath, ambiguity = layout.COMMON + satellites, layout.COMMON + 2 * satellites
    decay, noise = np.ones(ambiguity + satellites), np.zeros(ambiguity + satellites)
    decay[layout.CLOCK], noise[layout.CLOCK] = 0.0, CLOCK_VARIANCE_M2
    noise[layout.WET] = _WET_WALK * dt_s
    noise[layout.WET + 1 : layout.COMMON] = _BIAS_WALK * dt_s
    noise[layout.COMMON : multipath] = _RANGE_WALK * dt_s
    decay[multipath:ambiguity] = np.exp(-dt_s / MULTIPATH_S)
    noise[multipath:ambiguity] = 1.0 - np.exp(-2.0 * dt_s / MULTIPATH_S)
    noise[ambiguity:] = _AMBIGUITY_WALK * dt_s
    for i, place in enumerate(at):
        noise[layout.COMMON + place] *= range_variance_m2[i]
        if not np.isnan(multipath_m2[i]):
            noise[multipath + place] *= multipath_m2[i]
        noise[ambiguity + place] *= slant[i] ** 2
    noise[ambiguity:] += noise[layout.COMMON : multipath]
    return decay, noise


@njit(cache=True)
def _coupled(motion: Floats, motion_noise: Floats, field_variance: Floats, dt_s: float) -> tuple[Floats, Floats]:
    """Transition and noise of motion and ionosphere field, whose rate is a Gauss-Markov process."""
    transition, noise = np.eye(layout.COUPLED), np.zeros((layout.COUPLED, layout.COUPLED))
    transition[:KINEMATIC, :KINEMATIC], noise[:KINEMATIC, :KINEMATIC] = motion, motion_noise
    stay = np.exp(-dt_s / _FIELD_S)
    for term in range(TERMS):
        value, rate = KINEMATIC + term, KINEMATIC + TERMS + term
        transition[value, rate] = _FIELD_S * (1.0 - stay)
        transition[rate, rate] = stay
        density = 2.0 * field_variance[term] / _FIELD_S**3
        noise[value, value] = density * dt_s**3 / 3.0
        noise[value, rate] = noise[rate, value] = density * dt_s**2 / 2.0
        noise[rate, rate] = density * dt_s
    return transition, noise


def start_satellites(state: FilterState, epoch: ArrayEpoch, at: Ints, rows: Ints) -> None:
    """Give satellites new to the state (rows (k,) of the epoch) what is known of any satellite, in place."""
    if len(rows):
        state.forget(state.range_error + at[rows], range_error_variance(epoch)[rows])
        state.forget(state.multipath + at[rows], np.nan_to_num(multipath_variance(epoch), nan=1.0)[rows])


def guess_clocks(state: FilterState, epoch: ArrayEpoch, design: Design, at: Ints) -> None:
    """Put the receiver's clock, and clock groups of which nothing is known yet, where the codes are, in place."""
    biases = np.diag(state.cov)[layout.BIASES]
    _guess(state.mean, biases, design.common_code, design.code_m, layout.COMMON + at, clock_group(epoch.satellite))


@njit(cache=True)
def _guess(mean: Floats, bias_variance_m2: Floats, common: Floats, code_m: Floats, range_error: Ints, group: Ints) -> None:
    misfit = code_m - np.dot(common, mean[: layout.COMMON]) - mean[range_error]
    known = np.ones(len(group), np.bool_)
    for i, g in enumerate(group):
        known[i] = g == 0 or not (IS_FREE[g] and bias_variance_m2[g - 1] >= BIAS_VARIANCE_M2[g])
    if not known.any():
        known[:] = True
    step = _median(misfit[known])
    mean[layout.CLOCK] += step
    for g in np.unique(group[~known]):
        mean[layout.WET + g] += _median(misfit[group == g] - step)


@njit(cache=True)
def _median(misfit: Floats) -> float:
    """Of those that are there; 0 = there are none."""
    misfit = misfit[~np.isnan(misfit)]
    return float(np.median(misfit)) if len(misfit) else 0.0
