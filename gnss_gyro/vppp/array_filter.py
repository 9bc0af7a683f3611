"""The array as one precise receiver: a Kalman filter over position, motion, clocks, atmosphere and every satellite's errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Ints
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.array_epoch import ArrayEpoch
from gnss_gyro.vppp.motion import KINEMATIC, MANOEUVRES, Manoeuvres, MotionModel, doubted_motion, motion_step
from gnss_gyro.vppp.phase_noise import PhaseNoise
from gnss_gyro.vppp.position import ArrayPosition, LocalFrame, Refusals, array_position
from gnss_gyro.vppp.prediction import Transition, predict
from gnss_gyro.vppp.processes import guess_clocks, initial_common, range_error_variance, start_satellites, transition_of
from gnss_gyro.vppp.rows import Design, Rows, code_rows, design_of, phase_rows
from gnss_gyro.vppp.smoothing import FilterRecord
from gnss_gyro.vppp.state import FilterState
from gnss_gyro.vppp.update import begin_ambiguities, take_and_weigh, take_in, take_velocity

_KEPT_S: Final = 15.0
"""Satellites unseen for longer are forgotten [s]."""
_STUBBORN: Final = 15
"""A code refused so many epochs in a row has another range error now: what was known of it is forgotten."""
_GAP_S: Final = 60.0
"""After so long without an epoch the filter begins anew [s]."""
_FEWEST_CODES: Final = 4
DOPPLER_DOUBT: Final = 4.0
"""On the variance of Doppler velocities: they are those of a moment, and bodies shake."""
_VOUCHING: Final = 5
"""So many phases that go on without a break prove the predicted motion, one more than they determine."""
_ASTRAY: Final = 3
"""Epochs in a row in which most codes contradict the state; then the state is wrong, and the filter begins anew."""


@dataclass(frozen=True, slots=True)
class VpppSettings:
    """How the body moves."""

    motion: MotionModel = MotionModel.EXTENDED
    manoeuvres: Manoeuvres = MANOEUVRES["vehicle"]


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """What of an epoch agreed with the state.

    codes, phases : (m,) of the rows
    velocity      : the Doppler velocity was taken, or there was none
    phase_chi2    : of the phases' innovations
    """

    codes: Bools
    phases: Bools
    velocity: bool
    phase_chi2: float

    @property
    def contradicts_motion(self) -> bool:
        """Do so many phases disagree, or so much else while no phases vouch for the motion, that rather the motion is wrong?"""
        vouched_for = np.count_nonzero(self.phases) >= _VOUCHING
        return _many(~self.phases) or bool(not vouched_for and (_many(~self.codes) or not self.velocity))


class ArrayFilter:
    """Follows the body point from epoch to epoch; time is the caller's count of seconds and never runs back.

    record : what a smoother needs to know of the last epoch; None before the first
    """

    def __init__(self, settings: VpppSettings | None = None) -> None:
        self._settings = settings or VpppSettings()
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
        if self._phase_noise.factor > 1.0:
            epoch = replace(epoch, phase_cov_m2=self._phase_noise.factor * epoch.phase_cov_m2)
        return self._followed(time_s, epoch)

    def _followed(self, time_s: float, epoch: ArrayEpoch) -> ArrayPosition | None:
        state, at = self._predicted(epoch, time_s)
        design = design_of(epoch, self._frame)
        guess_clocks(state, epoch, design, at)
        codes, phases = code_rows(epoch, design, state, at), self._held_phases(state, epoch, design, at)
        predicted, predicted_cov = state.mean, state.cov
        taken = self._taken_in(state, epoch, codes, phases)
        if taken.contradicts_motion:
            state.mean, state.cov = predicted, predicted_cov
            self._doubt_motion(state)
            taken = self._taken_in(state, epoch, codes, phases)
        if self._is_astray(taken.codes):
            self.reset()
            return self._followed(time_s, epoch) if self._begin(epoch) else None
        self._phase_noise.update(taken.phase_chi2, int(np.count_nonzero(taken.phases)))
        refused = Refusals(_left_out(epoch, codes, taken.codes), _left_out(epoch, phases, taken.phases), not taken.velocity)
        state.has_phase[at[phases.satellite[~taken.phases]]] = False
        self._begin_phases(state, epoch, design, at)
        _judge_codes(state, epoch, at, codes, taken.codes)
        state.seen_s[at] = time_s
        self._state, self._time_s = state, time_s
        self.record = FilterRecord(state, self._transition, predicted, self._frame)
        return array_position(
            state.mean, state.cov, self._frame, int(taken.codes.sum()), int(taken.phases.sum()), refused
        )  # fmt: skip

    def _taken_in(self, state: FilterState, epoch: ArrayEpoch, codes: Rows, phases: Rows) -> Taken:
        velocity = self._take_velocity(state, epoch)
        codes_used, (phases_used, chi2) = take_in(state, codes), take_and_weigh(state, phases)
        return Taken(codes_used, phases_used, velocity, chi2)

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
        state = self._state.with_satellites(self._satellites_at(epoch, time_s))
        at = state.rows(epoch.satellite)
        if not state.has_phase.all():
            state.inherited[state.ambiguity :][~state.has_phase] = -1
        self._transition = None
        if np.isfinite(self._time_s):
            dt_s = time_s - self._time_s
            velocity, acceleration = state.mean[layout.VELOCITY], state.mean[layout.ACCELERATION]
            step = motion_step(self._settings.motion, self._settings.manoeuvres, dt_s, velocity, acceleration)
            self._transition = transition_of(state, epoch, at, dt_s, step)
            predict(state, self._transition)
        is_new = np.isinf(state.seen_s[at])
        start_satellites(state, epoch, at, np.flatnonzero(is_new))
        if epoch.range_step_m.any():
            for block in (state.range_error, state.ambiguity):
                state.mean[block + at[~is_new]] -= epoch.range_step_m[~is_new]
        return state, at

    def _satellites_at(self, epoch: ArrayEpoch, time_s: float) -> Codes:
        """Those of the epoch and those seen not long ago."""
        assert self._state is not None
        before, recent = self._state.satellite, time_s - self._state.seen_s <= _KEPT_S
        if recent.all() and np.array_equal(before, epoch.satellite):
            return before
        return np.union1d(before[recent], epoch.satellite)

    def _is_astray(self, codes_used: Bools) -> bool:
        """Have most codes contradicted the state for some epochs? One that has just begun has nothing to contradict."""
        contradicted = 2 * np.count_nonzero(~codes_used) >= max(len(codes_used), _FEWEST_CODES)
        self._astray = self._astray + 1 if contradicted else 0
        return self._astray >= _ASTRAY

    def _take_velocity(self, state: FilterState, epoch: ArrayEpoch) -> bool:
        if np.isnan(epoch.velocity_enu_mps).any():
            return True
        turn = self._frame.axes_from_ecef @ epoch.enu_from_ecef.T
        cov = DOPPLER_DOUBT * turn @ epoch.velocity_cov @ turn.T
        return take_velocity(state, turn @ epoch.velocity_enu_mps, cov)

    @staticmethod
    def _held_phases(state: FilterState, epoch: ArrayEpoch, design: Design, at: Ints) -> Rows:
        """Phases whose ambiguity is known; those that slipped or broke off lose it."""
        there = ~np.isnan(design.phase_m)
        state.has_phase[at[epoch.slip | ~there]] = False
        return phase_rows(epoch, design, state, at, np.flatnonzero(there & state.has_phase[at]))

    @staticmethod
    def _begin_phases(state: FilterState, epoch: ArrayEpoch, design: Design, at: Ints) -> None:
        new = np.flatnonzero(~np.isnan(design.phase_m) & ~state.has_phase[at])
        if len(new):
            begin_ambiguities(state, phase_rows(epoch, design, state, at, new), at)


def _many(refused: Bools) -> bool:
    """Three and more than a third."""
    count = int(np.count_nonzero(refused))
    return count >= 3 and 3 * count > len(refused)


def _left_out(epoch: ArrayEpoch, rows: Rows, used: Bools) -> Codes:
    """Satellites of the rows that were not used."""
    return np.asarray(epoch.satellite[rows.satellite[~used]])


def _judge_codes(state: FilterState, epoch: ArrayEpoch, at: Ints, codes: Rows, used: Bools) -> None:
    """Count refusals of each code; one that is refused for long has another range error now."""
    places = at[codes.satellite]
    state.refused[places] = np.where(used, 0, state.refused[places] + 1)
    stubborn = np.flatnonzero(state.refused[at] >= _STUBBORN)
    if len(stubborn):
        state.forget(state.range_error + at[stubborn], 100.0 * range_error_variance(epoch)[stubborn])
        state.has_phase[at[stubborn]] = False
        state.refused[at[stubborn]] = 0
