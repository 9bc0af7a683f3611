"""Cycle slips of one antenna: where the phase may have lost count since the last epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.observation.slip_kernels import REASONS, find_slips, nothing_seen
from gnss_gyro.protocols.messages import Counts

_PATIENCE: Final = 3
"""Epochs older than the last one, in a row, after which time itself is taken to have stepped back."""


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
        self._memory = nothing_seen(self.settings.doppler_sigma_mps)

    def update(self, epoch: Epoch, clock_reset: bool = False) -> Epoch:
        """The epoch with slip set; an epoch older than the last one has all its phases marked."""
        return epoch.with_slip(self.slips_of(
            epoch.time, epoch.satellite, epoch.signal, epoch.code_m, epoch.phase_m, epoch.range_rate_mps, epoch.lock_time_s,
            epoch.slip, epoch.half_cycle, clock_reset,
        ))  # fmt: skip

    def slips_of(
        self, time: GpsTime, satellite: Codes, signal: Codes, code_m: Floats, phase_m: Floats, range_rate_mps: Floats,
        lock_time_s: Floats, told: Bools, half_cycle: Bools, clock_reset: bool,
    ) -> Bools:  # fmt: skip
        """Slips (n,) of an epoch that is still in columns (n,), with those that the receiver told."""
        elapsed_s = 0.0 if self._time_ns is None else (time.ns - self._time_ns) * 1e-9
        if elapsed_s < 0.0 and not self._time_stepped_back():
            return np.ones(len(satellite), bool)
        self._late, self._time_ns = 0, time.ns
        limits, reasons = self.settings, np.zeros(len(REASONS), np.int64)
        slip, jumped = find_slips(
            self._memory, satellite, signal, code_m, phase_m, range_rate_mps, lock_time_s, told, half_cycle, max(elapsed_s, 0.0),
            clock_reset, limits.gap_s, limits.lock_time_factor, limits.lock_tolerance_s, limits.doppler_interval_s,
            limits.doppler_sigmas, limits.doppler_floor_m, reasons,
        )  # fmt: skip
        self._count(slip, reasons, jumped)
        return slip

    def _time_stepped_back(self) -> bool:
        """Whether epochs from the past have become the rule; then everything is forgotten."""
        self._late += 1
        self.counts.add("epoch from the past")
        if self._late < _PATIENCE:
            return False
        self._memory = nothing_seen(self.settings.doppler_sigma_mps)
        return True

    def _count(self, slip: Bools, reasons: Ints, jumped: bool) -> None:
        if jumped:
            self.clock_jump += 1
            self.counts.add("receiver clock jump")
        if slip.any():
            for reason, hits in zip(REASONS, reasons.tolist(), strict=True):
                self.counts.add(reason, hits)
