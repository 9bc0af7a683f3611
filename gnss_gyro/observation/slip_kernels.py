"""Kernels of the slip detector: one antenna's epoch against what was last seen of every satellite."""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.ordering import count_of, median
from gnss_gyro.basics.satellites import SYSTEMS

AGE, PHASE, CODE, RATE, LOCK, RATE_SIGMA, SIGNAL, HALF = range(8)
"""Rows of the memory (8, 700): what was last seen of every satellite, by satellite code; NaN = never."""
NEW, GAP, ABSENCE, TOLD, LOCK_TIME, HALF_CYCLE, SIGNAL_CHANGE, DOPPLER, CLOCK_RESET = range(9)
REASONS: Final = (
    "new satellite", "gap", "absence", "told by the receiver", "lock time", "half cycle", "signal change", "Doppler",
    "clock reset",
)  # fmt: skip
"""Words of NEW to CLOCK_RESET."""
_SLOTS: Final = 100 * len(SYSTEMS)
_GAUSS_FROM_MAD: Final = 1.4826
_INSTANT_S: Final = 1e-4
_LOWEST_RATE_SIGMA_MPS: Final = 0.005


def nothing_seen(doppler_sigma_mps: float) -> Floats:
    """The memory before the first epoch."""
    memory = np.full((8, _SLOTS), np.nan)
    memory[RATE_SIGMA] = doppler_sigma_mps
    return memory


@kernel
def find_slips(
    out_memory: Floats, satellite: Codes, signal: Codes, code_m: Floats, phase_m: Floats, rate_mps: Floats, lock_s: Floats,
    told: Bools, half_cycle: Bools, elapsed_s: float, clock_reset: bool, gap_s: float, lock_factor: float,
    lock_tolerance_s: float, doppler_interval_s: float, doppler_sigmas: float, doppler_floor_m: float, out_reasons: Ints,
) -> tuple[Bools, bool]:  # fmt: skip
    """Slips (n,) of an epoch, and whether its pseudoranges jumped by whole milliseconds; keeps the epoch in the memory.

    out_reasons (9,) counts the slips of phases that are there, by reason.
    """
    memory, n = out_memory, len(satellite)
    for code in range(_SLOTS):
        memory[AGE, code] += elapsed_s
    deviation, tolerance, jumped = doppler_deviation(
        memory, satellite, code_m, phase_m, rate_mps, elapsed_s, doppler_interval_s, doppler_sigmas, doppler_floor_m
    )
    slip, hits = np.empty(n, np.bool_), np.empty(len(out_reasons), np.bool_)
    for i in range(n):
        code = satellite[i]
        age = memory[AGE, code]
        known = not np.isnan(age)
        fell = lock_s[i] < memory[LOCK, code] - _INSTANT_S
        short = lock_s[i] * lock_factor < age - lock_tolerance_s
        hits[NEW] = not known
        hits[GAP] = age > gap_s
        hits[ABSENCE] = age > elapsed_s + _INSTANT_S and not lock_s[i] >= age - lock_tolerance_s
        hits[TOLD] = told[i]
        hits[LOCK_TIME] = known and (fell or short)
        hits[HALF_CYCLE] = known and half_cycle[i] != (memory[HALF, code] == 1.0)
        hits[SIGNAL_CHANGE] = known and signal[i] != memory[SIGNAL, code]
        hits[DOPPLER] = abs(deviation[i]) > tolerance[i]
        hits[CLOCK_RESET] = clock_reset and known and not abs(deviation[i]) <= tolerance[i]
        slip[i] = count_of(hits) > 0
        if not np.isnan(phase_m[i]):
            for reason in range(len(hits)):
                out_reasons[reason] += int(hits[reason])
            memory[AGE, code], memory[PHASE, code], memory[CODE, code] = 0.0, phase_m[i], code_m[i]
            memory[RATE, code], memory[LOCK, code] = rate_mps[i], lock_s[i]
            memory[SIGNAL, code], memory[HALF, code] = signal[i], half_cycle[i]
    return slip, jumped


@kernel(inline="always")
def doppler_deviation(
    out_memory: Floats, satellite: Codes, code_m: Floats, phase_m: Floats, rate_mps: Floats, elapsed_s: float,
    interval_s: float, sigmas: float, floor_m: float,
) -> tuple[Floats, Floats, bool]:  # fmt: skip
    """How far (n,) the phases are from their prediction by Doppler, and how far they may be [m]; NaN = cannot be told.

    Learns the noise of every satellite's Doppler. Last, whether the receiver's clock jumped.
    """
    memory, n = out_memory, len(satellite)
    deviation, tolerance, usable = np.empty(n), np.empty(n), np.empty(n, np.bool_)
    for i in range(n):
        deviation[i] = tolerance[i] = np.nan
        usable[i] = elapsed_s > 0.0 and memory[AGE, satellite[i]] <= elapsed_s + _INSTANT_S
    jump_ms = clock_jump_ms(memory, satellite, code_m, usable, elapsed_s)
    span_s = elapsed_s - jump_ms * 1e-3  # a clock that jumped by j has measured over j less of true time
    for i in range(n):
        if usable[i]:
            code = satellite[i]
            deviation[i] = phase_m[i] - memory[PHASE, code] - 0.5 * (memory[RATE, code] + rate_mps[i]) * span_s
            usable[i] = not np.isnan(deviation[i])
    if count_of(usable) < 4 or elapsed_s > interval_s:
        for i in range(n):
            deviation[i] = np.nan
        return deviation, tolerance, jump_ms != 0
    middle = median(deviation, usable)
    sizes = np.empty(n)
    for i in range(n):
        deviation[i] -= middle
        sizes[i] = abs(deviation[i])
    common = _GAUSS_FROM_MAD * median(sizes, usable)
    for i in range(n):
        learned = memory[RATE_SIGMA, satellite[i]]
        sigma = max(learned * elapsed_s, common)
        tolerance[i] = max(sigmas * sigma, floor_m)
        if usable[i]:
            bounded = min(sizes[i], 3.0 * sigma) / elapsed_s
            memory[RATE_SIGMA, satellite[i]] = max(np.sqrt(0.9 * learned**2 + 0.1 * bounded**2), _LOWEST_RATE_SIGMA_MPS)
    return deviation, tolerance, jump_ms != 0


@kernel(inline="always")
def clock_jump_ms(memory: Floats, satellite: Codes, code_m: Floats, current: Bools, elapsed_s: float) -> int:
    """Whole milliseconds by which the receiver clock jumped, by the pseudoranges."""
    steps, known = np.empty(len(satellite)), np.empty(len(satellite), np.bool_)
    for i in range(len(satellite)):
        steps[i] = code_m[i] - memory[CODE, satellite[i]]
        known[i] = current[i] and not np.isnan(steps[i])
    if count_of(known) < 3 or elapsed_s > 100.0:
        return 0
    return round(median(steps, known) / SPEED_OF_LIGHT * 1e3)
