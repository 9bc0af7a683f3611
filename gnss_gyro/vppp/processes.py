"""How every number of the filter's state but the motion starts, changes and is renewed."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.ordering import count_of, median
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.array_epoch import ArrayEpoch
from gnss_gyro.vppp.ionosphere_field import TERMS, slant_factor
from gnss_gyro.vppp.motion import KINEMATIC, Manoeuvres, Motion, initial_variance, write_motion
from gnss_gyro.vppp.prediction import Transition
from gnss_gyro.vppp.rows import Design
from gnss_gyro.vppp.signal_errors import BIAS_VARIANCE_M2, CLOCK_GROUPS, IS_FREE, clock_group, signal_in_space_sigma_m
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
    orbit = epoch.satellite, epoch.orbit_variance_m2, epoch.corrected
    return np.asarray(_range_error_variance(*orbit, epoch.ionosphere_m, epoch.ionosphere_variance_m2))


@kernel
def _range_error_variance(
    satellite: Codes, orbit_variance_m2: Floats, corrected: Bools, ionosphere_m: Floats, told_m2: Floats
) -> Floats:
    sigma_m = signal_in_space_sigma_m(clock_group(satellite), orbit_variance_m2)
    variance = np.empty(len(satellite))
    for i in range(len(satellite)):
        orbit = orbit_variance_m2[i] if corrected[i] else sigma_m[i] ** 2
        ionosphere = (_LEFT_OF_IONOSPHERE * ionosphere_m[i]) ** 2 if math.isnan(told_m2[i]) else told_m2[i]
        variance[i] = orbit + ionosphere
    return variance


def multipath_variance(epoch: ArrayEpoch) -> Floats:
    """Variance (n,) of the part of the code noise that stands still [m^2]; NaN without a code."""
    return np.asarray(MULTIPATH_SHARE * np.diag(epoch.code_cov_m2))


def transition_of(state: FilterState, epoch: ArrayEpoch, at: Ints, dt_s: float, motion: Motion) -> Transition:
    """Transition and noise of the whole state over a time; satellites of the epoch stand at places `at` (n,) in it."""
    coupled, own = np.zeros((2, layout.COUPLED, layout.COUPLED)), np.zeros((2, len(state.mean)))
    transition = Transition(coupled[0], coupled[1], own[0], own[1])
    _write_transition(
        motion, dt_s, state.mean, epoch.field_variance, at, epoch.satellite, epoch.orbit_variance_m2, epoch.corrected,
        epoch.ionosphere_m, epoch.ionosphere_variance_m2, epoch.code_cov_m2, epoch.elevation,
        transition.coupled, transition.coupled_noise, transition.decay, transition.noise,
    )  # fmt: skip
    return transition


@kernel
def _write_transition(
    motion: Motion, dt_s: float, mean: Floats, field_variance: Floats, at: Ints, satellite: Codes, orbit_variance_m2: Floats,
    corrected: Bools, ionosphere_m: Floats, told_m2: Floats, code_cov_m2: Floats, elevation: Floats,
    coupled: Floats, coupled_noise: Floats, decay: Floats, noise: Floats,
) -> None:  # fmt: skip
    """The fields of Transition, zero before."""
    write_motion(motion, dt_s, mean, coupled, coupled_noise)
    _write_field(dt_s, field_variance, coupled, coupled_noise)
    range_variance = _range_error_variance(satellite, orbit_variance_m2, corrected, ionosphere_m, told_m2)
    _write_changes(dt_s, at, range_variance, code_cov_m2, slant_factor(elevation), decay, noise)


@kernel
def _write_field(dt_s: float, field_variance: Floats, transition: Floats, noise: Floats) -> None:
    """Transition and noise of the ionosphere field, whose rate is a Gauss-Markov process."""
    stay = math.exp(-dt_s / _FIELD_S)
    for term in range(TERMS):
        value, rate = KINEMATIC + term, KINEMATIC + TERMS + term
        transition[value, value] = 1.0
        transition[value, rate] = _FIELD_S * (1.0 - stay)
        transition[rate, rate] = stay
        density = 2.0 * field_variance[term] / _FIELD_S**3
        noise[value, value] = density * dt_s**3 / 3.0
        noise[value, rate] = noise[rate, value] = density * dt_s**2 / 2.0
        noise[rate, rate] = density * dt_s


@kernel
def _write_changes(
    dt_s: float, at: Ints, range_variance_m2: Floats, code_cov_m2: Floats, slant: Floats, decay: Floats, noise: Floats
) -> None:
    """Decay and noise (N,) of all numbers that change by themselves; what was observed (n,) stands at places `at` (n,)."""
    stays, n = math.exp(-dt_s / MULTIPATH_S), (len(decay) - layout.COMMON) // layout.EACH
    multipath, ambiguity = layout.COMMON + n, layout.COMMON + 2 * n
    decay[:] = 1.0
    decay[layout.CLOCK], noise[layout.CLOCK] = 0.0, CLOCK_VARIANCE_M2
    noise[layout.WET] = _WET_WALK * dt_s
    for bias in range(layout.WET + 1, layout.COMMON):
        noise[bias] = _BIAS_WALK * dt_s
    for place in range(n):
        decay[multipath + place], noise[multipath + place] = stays, 1.0 - stays**2
        noise[layout.COMMON + place] = _RANGE_WALK * dt_s
        noise[ambiguity + place] = (_RANGE_WALK + _AMBIGUITY_WALK) * dt_s
    for i, place in enumerate(at):
        walk = _RANGE_WALK * range_variance_m2[i]
        noise[layout.COMMON + place] = walk * dt_s
        noise[ambiguity + place] = (walk + _AMBIGUITY_WALK * slant[i] ** 2) * dt_s
        if not math.isnan(code_cov_m2[i, i]):
            noise[multipath + place] *= MULTIPATH_SHARE * code_cov_m2[i, i]


def start_satellites(state: FilterState, epoch: ArrayEpoch, at: Ints, rows: Ints) -> None:
    """Give satellites new to the state (rows (k,) of the epoch) what is known of any satellite, in place."""
    state.forget(state.range_error + at[rows], range_error_variance(epoch)[rows])
    state.forget(state.multipath + at[rows], np.nan_to_num(multipath_variance(epoch), nan=1.0)[rows])


def guess_clocks(state: FilterState, epoch: ArrayEpoch, design: Design, at: Ints) -> None:
    """Put the receiver's clock, and clock groups of which nothing is known yet, where the codes are, in place."""
    _guess(state.mean, state.cov, design.common_code, design.code_m, at, epoch.satellite)


@kernel
def _guess(mean: Floats, cov: Floats, common: Floats, code_m: Floats, at: Ints, satellite: Codes) -> None:
    group, misfit = clock_group(satellite), code_m.copy()
    known, wanted, nothing = np.ones(CLOCK_GROUPS, np.bool_), np.zeros(CLOCK_GROUPS, np.bool_), True
    for g in range(1, CLOCK_GROUPS):
        bias = layout.WET + g
        known[g] = not (IS_FREE[g] and cov[bias, bias] >= BIAS_VARIANCE_M2[g])
    for i in range(len(group)):
        nothing = nothing and not known[group[i]]
        misfit[i] -= mean[layout.COMMON + at[i]]
        for k in range(layout.COMMON):
            misfit[i] -= common[i, k] * mean[k]
    if nothing:
        known[:] = True
    step = _median(misfit, group, known, 0.0)
    mean[layout.CLOCK] += step
    for g in range(1, CLOCK_GROUPS):
        if not known[g]:
            wanted[:] = False
            wanted[g] = True
            mean[layout.WET + g] += _median(misfit, group, wanted, step) - step


@kernel
def _median(misfit: Floats, group: Ints, wanted: Bools, none: float) -> float:
    """Of the misfits (n,) that are there and of a wanted clock group; none = there are none."""
    chosen = np.empty(len(misfit), np.bool_)
    for i in range(len(misfit)):
        chosen[i] = wanted[group[i]] and not math.isnan(misfit[i])
    return median(misfit, chosen) if count_of(chosen) else none
