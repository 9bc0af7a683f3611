"""The array as one precise receiver: a Kalman filter over position, motion, clocks, atmosphere and every satellite's errors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.array_epoch import ArrayEpoch
from gnss_gyro.vppp.motion import KINEMATIC, MANOEUVRES, Manoeuvres, MotionModel, doubted_motion, motion_of
from gnss_gyro.vppp.phase_noise import PhaseNoise
from gnss_gyro.vppp.position import NOTHING_REFUSED, ArrayPosition, LocalFrame, Refusals, array_position
from gnss_gyro.vppp.prediction import Transition, predict
from gnss_gyro.vppp.processes import guess_clocks, initial_common, range_error_variance, start_satellites, transition_of
from gnss_gyro.vppp.rows import Design, design_of
from gnss_gyro.vppp.smoothing import FilterRecord
from gnss_gyro.vppp.state import FilterState
from gnss_gyro.vppp.update import Taken, begin_ambiguities, take_in

_KEPT_S: Final = 15.0
"""Satellites unseen for longer are forgotten [s]."""
_STUBBORN: Final = 15
"""A code refused so many epochs in a row has another range error now: what was known of it is forgotten."""
_GAP_S: Final = 60.0
"""After so long without an epoch the filter begins anew [s]."""
_FEWEST_CODES: Final = 4
_ASTRAY: Final = 3
"""Epochs in a row in which most codes contradict the state; then the state is wrong, and the filter begins anew."""


@dataclass(frozen=True, slots=True)
class VpppSettings:
    """How the body moves."""

    motion: MotionModel = MotionModel.EXTENDED
    manoeuvres: Manoeuvres = MANOEUVRES["vehicle"]


class ArrayFilter:
    """Follows the body point from epoch to epoch; time is the caller's count of seconds and never runs back.

    record : what a smoother needs to know of the last epoch; None before the first
    """

    def __init__(self, settings: VpppSettings | None = None) -> None:
        self._settings = settings or VpppSettings()
        self._motion = motion_of(self._settings.motion, self._settings.manoeuvres)
        self._phase_noise = PhaseNoise()
        self.reset()

    def reset(self) -> None:
        """Forget everything but how noisy phases are."""
        self._state: FilterState | None = None
        self._time_s = -np.inf
        self._astray = 0
        self._frame = LocalFrame(np.full(3, np.nan), np.eye(3))
        self._transition: Transition | None = None
        self.record: FilterRecord | None = None

    def process(self, time_s: float, epoch: ArrayEpoch) -> ArrayPosition | None:
        """Take in an epoch; None while there are too few satellites to begin with."""
        if time_s - self._time_s > _GAP_S:
            self.reset()
        if self._state is None and not self._begin(epoch):
            return None
        return self._followed(time_s, epoch)

    def _followed(self, time_s: float, epoch: ArrayEpoch) -> ArrayPosition | None:
        state, at = self._predicted(epoch, time_s)
        design = design_of(epoch, self._frame, self._phase_noise.factor)
        guess_clocks(state, epoch, design, at)
        predicted, predicted_cov = state.mean, state.cov
        taken = take_in(state, design, epoch.slip, at)
        if taken.contradicts_motion:
            state.mean, state.cov = predicted, predicted_cov
            self._doubt_motion(state)
            taken = take_in(state, design, epoch.slip, at)
        if self._is_astray(taken):
            self.reset()
            return self._followed(time_s, epoch) if self._begin(epoch) else None
        self._phase_noise.update(taken.phase_chi2, taken.phases_used)
        judged = state.has_phase, state.refused, state.seen_s
        stubborn = _judge(at, design.code_m, taken.code_used, taken.phase_used, time_s, *judged)
        new = np.flatnonzero(~(np.isnan(design.phase_m) | taken.phase_used))
        if len(new):
            begin_ambiguities(state, design, at, new)
        if stubborn:
            _renew_range_errors(state, epoch, at)
        self._state, self._time_s = state, time_s
        self.record = FilterRecord(state, self._transition, predicted, self._frame)
        refused = _refusals(epoch, design, taken)
        return array_position(state.mean, state.cov, self._frame, taken.codes_used, taken.phases_used, refused)

    def _doubt_motion(self, state: FilterState) -> None:
        """Let the body have moved otherwise than foreseen: an unlikely manoeuvre, or a drift without phases."""
        variance = doubted_motion(self._settings.manoeuvres)
        state.cov = state.cov.copy()
        places = np.arange(KINEMATIC)
        state.cov[places, places] += variance
        if self._transition is not None:
            self._transition.coupled_noise[places, places] += variance

    def _begin(self, epoch: ArrayEpoch) -> bool:
        """The first state, at the epoch's place."""
        if np.count_nonzero(~np.isnan(epoch.code_m)) < _FEWEST_CODES:
            return False
        self._frame = LocalFrame(epoch.place_ecef_m, epoch.enu_from_ecef)
        variance = initial_common(epoch, self._settings.manoeuvres)
        self._state = FilterState.empty(np.zeros(layout.COMMON), np.diag(variance))
        return True

    def _predicted(self, epoch: ArrayEpoch, time_s: float) -> tuple[FilterState, Ints]:
        """The state at the time of an epoch, with its satellites, and their places (n,) in it."""
        assert self._state is not None
        state, at, new = self._state.lined_up(epoch.satellite, time_s - _KEPT_S)
        self._transition = None
        if np.isfinite(self._time_s):
            self._transition = transition_of(state, epoch, at, time_s - self._time_s, self._motion)
            predict(state, self._transition)
        if len(new):
            start_satellites(state, epoch, at, new)
        if epoch.range_step_m.any():
            _step_ranges(state, epoch, at, new)
        return state, at

    def _is_astray(self, taken: Taken) -> bool:
        """Have most codes contradicted the state for some epochs? One that has just begun has nothing to contradict."""
        contradicted = 2 * (taken.codes - taken.codes_used) >= max(taken.codes, _FEWEST_CODES)
        self._astray = self._astray + 1 if contradicted else 0
        return self._astray >= _ASTRAY


def _step_ranges(state: FilterState, epoch: ArrayEpoch, at: Ints, new: Ints) -> None:
    """Range errors and ambiguities of satellites that are not new (k,) go along with what ranges are computed by, in place."""
    step_m = epoch.range_step_m.copy()
    step_m[new] = 0.0
    state.mean[state.range_error + at] -= step_m
    state.mean[state.ambiguity + at] -= step_m


def _refusals(epoch: ArrayEpoch, design: Design, taken: Taken) -> Refusals:
    if taken.velocity and taken.codes_used == taken.codes and taken.phases_used == taken.phases:
        return NOTHING_REFUSED
    codes, phases = ~(np.isnan(design.code_m) | taken.code_used), taken.phase_held & ~taken.phase_used
    return Refusals(epoch.satellite[codes], epoch.satellite[phases], not taken.velocity)


@kernel
def _judge(
    at: Ints, code_m: Floats, code_used: Bools, phase_used: Bools, time_s: float, has_phase: Bools, refused: Ints, seen_s: Floats
) -> int:
    """Which satellites were seen, whose phases go on, and for how long each code has been refused; how many for too long?"""
    stubborn = 0
    for i in range(len(at)):
        place = at[i]
        has_phase[place], seen_s[place] = phase_used[i], time_s
        if code_used[i]:
            refused[place] = 0
        elif not math.isnan(code_m[i]):
            refused[place] += 1
        stubborn += refused[place] >= _STUBBORN
    return stubborn


def _renew_range_errors(state: FilterState, epoch: ArrayEpoch, at: Ints) -> None:
    """Codes refused for too long have other range errors now."""
    stubborn = np.flatnonzero(state.refused[at] >= _STUBBORN)
    state.forget(state.range_error + at[stubborn], 100.0 * range_error_variance(epoch)[stubborn])
    state.has_phase[at[stubborn]] = False
    state.refused[at[stubborn]] = 0
