"""Cycle slips of one antenna: where the phase may have lost count since the last epoch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import SYSTEMS
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.protocols.messages import Counts

_SLOTS: Final = 100 * len(SYSTEMS)
_PATIENCE: Final = 3
"""Epochs older than the last one, in a row, after which time itself is taken to have stepped back."""
_GAUSS_FROM_MAD: Final = 1.4826


@dataclass(frozen=True, slots=True)
class SlipSettings:
    """How slips are recognised.

    gap_s                : a phase older than this is not continued
    lock_time_factor     : lock times may be told short by this factor (1 exact as u-blox, 2 for RTCM MSM)
    lock_tolerance_s     : rounding of lock times and time tags
    doppler_interval_s   : Doppler predicts the phase over at most this time
    doppler_sigmas       : deviations from the prediction beyond so many sigmas are slips
    doppler_sigma_mps    : noise of a mean Doppler before it is learned
    doppler_floor_m      : smaller deviations are never slips
    """

    gap_s: float = 61.0
    lock_time_factor: float = 1.0
    lock_tolerance_s: float = 0.02
    doppler_interval_s: float = 5.0
    doppler_sigmas: float = 5.0
    doppler_sigma_mps: float = 0.05
    doppler_floor_m: float = 0.09


class _Memory:
    """What was last seen of every satellite, in columns addressed by satellite code; NaN = never."""

    def __init__(self, doppler_sigma_mps: float) -> None:
        self.age_s, self.phase, self.code, self.rate, self.lock = (np.full(_SLOTS, np.nan) for _ in range(5))
        self.signal = np.full(_SLOTS, -1, np.int16)
        self.half = np.zeros(_SLOTS, bool)
        self.rate_sigma = np.full(_SLOTS, doppler_sigma_mps)

    def keep(self, epoch: Epoch) -> None:
        seen = ~np.isnan(epoch.phase_m)
        rows = epoch.satellite[seen]
        self.age_s[rows] = 0.0
        for column, value in (
            (self.phase, epoch.phase_m),
            (self.code, epoch.code_m),
            (self.rate, epoch.range_rate_mps),
            (self.lock, epoch.lock_time_s),
        ):
            column[rows] = value[seen]
        self.signal[rows] = epoch.signal[seen]
        self.half[rows] = epoch.half_cycle[seen]


class SlipDetector:
    """Marks the slips of one antenna's epochs, which come in order of time.

    Slips are: a satellite new or gone for an epoch (unless its lock time spans the absence) or for too long, the
    receiver's own flag, a lock time that fell or does not span the interval, a change of signal or of the half-cycle
    state, and a phase that left the prediction by Doppler. What is common to all satellites (clock drift, clock jumps
    of whole milliseconds) is taken out by the median and is no slip. A receiver that resets its clock gets every phase
    marked that Doppler cannot vouch for.

    counts      : slips by reason
    clock_jump  : how many jumps of a millisecond or more the pseudoranges showed
    """

    def __init__(self, settings: SlipSettings | None = None) -> None:
        self.settings = settings or SlipSettings()
        self.counts = Counts()
        self.clock_jump = 0
        self._time_ns: int | None = None
        self._late = 0
        self._memory = _Memory(self.settings.doppler_sigma_mps)

    def update(self, epoch: Epoch, clock_reset: bool = False) -> Epoch:
        """The epoch with slip set; an epoch older than the last one has all its phases marked."""
        elapsed_s = 0.0 if self._time_ns is None else (epoch.time.ns - self._time_ns) * 1e-9
        if elapsed_s < 0.0 and not self._time_stepped_back():
            return replace(epoch, slip=np.ones(len(epoch), bool))
        self._late = 0
        slip = self._slips(epoch, elapsed_s, clock_reset)
        self._memory.keep(epoch)
        self._time_ns = epoch.time.ns
        return replace(epoch, slip=slip)

    def _time_stepped_back(self) -> bool:
        """Whether epochs from the past have become the rule; then everything is forgotten."""
        self._late += 1
        self.counts.add("epoch from the past")
        if self._late < _PATIENCE:
            return False
        self._memory = _Memory(self.settings.doppler_sigma_mps)
        return True

    def _slips(self, epoch: Epoch, elapsed_s: float, clock_reset: bool) -> Bools:
        memory, rows, limits = self._memory, epoch.satellite, self.settings
        memory.age_s += max(elapsed_s, 0.0)
        age = memory.age_s[rows]
        known = ~np.isnan(age)
        deviation, tolerance = self._doppler_deviation(epoch, elapsed_s, known)
        vouched = np.abs(deviation) <= tolerance
        reasons = {
            "new satellite": ~known,
            "gap": age > limits.gap_s,
            "absence": (age > elapsed_s + 1e-4) & ~(epoch.lock_time_s >= age - limits.lock_tolerance_s),
            "told by the receiver": epoch.slip,
            "lock time": known & self._lock_lost(epoch, age),
            "half cycle": known & (epoch.half_cycle != memory.half[rows]),
            "signal change": known & (epoch.signal != memory.signal[rows]),
            "Doppler": np.abs(deviation) > tolerance,
            "clock reset": known & ~vouched if clock_reset else np.zeros(len(epoch), bool),
        }
        table = np.array(tuple(reasons.values()))
        slip: Bools = np.logical_or.reduce(table)
        if slip.any():
            for reason, hits in zip(reasons, (table & ~np.isnan(epoch.phase_m)).sum(axis=1).tolist(), strict=True):
                self.counts.add(reason, hits)
        return slip

    def _lock_lost(self, epoch: Epoch, age_s: Floats) -> Bools:
        """Lock times that fell, or are shorter than the time since the phase was last seen."""
        limits = self.settings
        before = self._memory.lock[epoch.satellite]
        fell = epoch.lock_time_s < before - 1e-4
        short = epoch.lock_time_s * limits.lock_time_factor < age_s - limits.lock_tolerance_s
        return fell | short

    def _doppler_deviation(self, epoch: Epoch, elapsed_s: float, known: Bools) -> tuple[Floats, Floats]:
        """How far (n,) the phases are from their prediction, and how far they may be [m]; NaN = cannot be told."""
        memory, rows, limits = self._memory, epoch.satellite, self.settings
        unknown = np.full(len(epoch), np.nan)
        current = known & (memory.age_s[rows] <= elapsed_s + 1e-4)
        if not current.any() or elapsed_s <= 0.0:
            return unknown, unknown
        steps = np.where(current, epoch.code_m - memory.code[rows], np.nan)
        jump_s = self._clock_jump_s(steps, elapsed_s)
        rate = 0.5 * (memory.rate[rows] + epoch.range_rate_mps)
        # a clock that jumped by j has measured over j less of true time
        deviation = np.where(current, epoch.phase_m - memory.phase[rows] - rate * (elapsed_s - jump_s), np.nan)
        usable = ~np.isnan(deviation)
        if np.count_nonzero(usable) < 4 or elapsed_s > limits.doppler_interval_s:
            return unknown, unknown
        deviation -= _middle(deviation[usable])
        return deviation, self._tolerance_m(epoch, deviation, usable, elapsed_s)

    def _clock_jump_s(self, code_step_m: Floats, elapsed_s: float) -> float:
        """Whole milliseconds [s] by which the receiver clock jumped, by the pseudoranges; counts it."""
        steps = code_step_m[~np.isnan(code_step_m)]
        if len(steps) < 3 or elapsed_s > 100.0:
            return 0.0
        jump_ms = round(_middle(steps) / SPEED_OF_LIGHT * 1e3)
        if jump_ms:
            self.clock_jump += 1
            self.counts.add("receiver clock jump")
        return jump_ms * 1e-3

    def _tolerance_m(self, epoch: Epoch, deviation: Floats, usable: Bools, elapsed_s: float) -> Floats:
        """Largest deviations (n,) [m] that noise explains; learns the noise of every satellite's Doppler."""
        memory, rows, limits = self._memory, epoch.satellite, self.settings
        size = np.abs(deviation[usable])
        common = _GAUSS_FROM_MAD * _middle(size)
        sigma = np.maximum(memory.rate_sigma[rows] * elapsed_s, common)
        tolerance = np.maximum(limits.doppler_sigmas * sigma, limits.doppler_floor_m)
        bounded = np.minimum(size, 3.0 * sigma[usable]) / elapsed_s
        learned = memory.rate_sigma[rows[usable]]
        memory.rate_sigma[rows[usable]] = np.maximum(np.sqrt(0.9 * learned**2 + 0.1 * bounded**2), 0.005)
        return tolerance


def _middle(values: Floats) -> float:
    """Median, several times faster than numpy's."""
    ordered = np.sort(values)
    return 0.5 * float(ordered[(len(values) - 1) // 2] + ordered[len(values) // 2])
