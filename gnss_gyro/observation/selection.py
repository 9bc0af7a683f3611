"""All that a receiver measured at one epoch -> one L1 signal per satellite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.satellites import SYSTEMS, System
from gnss_gyro.basics.signals import GLONASS_L1_HZ, GLONASS_L1_STEP_HZ, L1_PREFERENCE, signal, wavelength_m
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.observation.slips import SlipDetector
from gnss_gyro.protocols.messages import HALF_CYCLE, SLIP, Counts, Observations

NEAREST_CODE_M: Final = 1.5e7
FARTHEST_CODE_M: Final = 5.0e7
"""Pseudoranges outside these are garbage: satellites are 19,000 to 42,000 km away, receiver clocks within 20 ms."""

CHANNEL_NOT_TOLD: Final = -128
_SIGNALS: Final = 512
_UNWANTED: Final = 31
_SATELLITES: Final = 100 * len(SYSTEMS)
_GLONASS: Final = SYSTEMS.index(System.GLONASS)
_SLIP, _HALF_CYCLE = int(SLIP), int(HALF_CYCLE)
_DROPPED: Final = ("implausible pseudorange", "duplicate signal of a satellite", "satellite without code and phase")


def select_l1(
    antenna: str,
    observations: Observations,
    systems: Iterable[System] = tuple(L1_PREFERENCE),
    glonass_channels: Mapping[int, int] | None = None,
    counts: Counts | None = None,
    slips: SlipDetector | None = None,
) -> Epoch:
    """One L1 signal per satellite: the most complete, then the most preferred, then the strongest.

    systems          : the others are left out
    glonass_channels : frequency channel by satellite code, for receivers that do not tell it
    counts           : receives how much was dropped, by reason
    slips            : finds the slips since the antenna's last epoch; without, Epoch.slip holds only what the receiver told
    Satellites with neither code nor phase are left out.
    """
    obs = observations
    (satellite, chosen), columns, (slip, half_cycle), dropped = selected(
        _rank_table(tuple(systems)), _wavelength_table(), obs.satellite, obs.signal, obs.pseudorange_m, obs.phase_cycles,
        obs.doppler_hz, obs.cn0_dbhz, obs.lock_time_s, obs.pseudorange_std_m, obs.phase_std_cycles,
        _channels(obs, glonass_channels or {}), obs.flags,
    )  # fmt: skip
    if counts is not None and any(dropped):
        for reason, number in zip(_DROPPED, dropped, strict=True):
            counts.add(reason, number)
    wavelength_m, code_m, phase_m, range_rate_mps, cn0_dbhz, lock_time_s, code_std_m, phase_std_m = columns
    if slips is not None:
        slip = slips.slips_of(
            obs.time, satellite, chosen, code_m, phase_m, range_rate_mps, lock_time_s, slip, half_cycle, obs.clock_reset
        )
    return Epoch(
        antenna, obs.time, satellite, chosen, wavelength_m, code_m, phase_m, range_rate_mps, cn0_dbhz, lock_time_s, code_std_m,
        phase_std_m, slip, half_cycle,
    )  # fmt: skip


def _channels(observations: Observations, known: Mapping[int, int]) -> NDArray[np.int8]:
    """GLONASS channels (n,), those that the receiver did not tell from what is known of the satellites."""
    if not known:
        return observations.glonass_channel
    untold = np.flatnonzero(observations.glonass_channel == CHANNEL_NOT_TOLD)
    if not len(untold):
        return observations.glonass_channel
    told = observations.glonass_channel.copy()
    told[untold] = [known.get(code, CHANNEL_NOT_TOLD) for code in observations.satellite[untold].tolist()]
    return told


@kernel
def selected(
    rank_of: Codes, wavelength_of: Floats, satellite: Codes, signal_code: Codes, code_m: Floats, phase_cycles: Floats,
    doppler_hz: Floats, cn0_dbhz: Floats, lock_time_s: Floats, code_std_m: Floats, phase_std_cycles: Floats,
    channel: NDArray[np.int8], flags: NDArray[np.uint8],
) -> tuple[Codes, Floats, Bools, tuple[int, int, int]]:  # fmt: skip
    """Kernel of select_l1: the columns of Epoch in their order by kind, and how much was dropped by the reasons of _DROPPED."""
    rows = np.empty(len(satellite), np.int64)
    n, dropped = best_rows(rank_of, satellite, signal_code, code_m, phase_cycles, cn0_dbhz, rows)
    codes, columns, told = np.empty((2, n), np.int16), np.empty((8, n)), np.empty((2, n), np.bool_)
    for k in range(n):
        i = rows[k]
        wavelength_m = wavelength_of[satellite[i] // 100, signal_code[i]]
        if satellite[i] // 100 == _GLONASS:
            carrier_hz = GLONASS_L1_HZ + channel[i] * GLONASS_L1_STEP_HZ
            wavelength_m = np.nan if channel[i] == CHANNEL_NOT_TOLD else SPEED_OF_LIGHT / carrier_hz
        codes[0, k], codes[1, k], columns[0, k] = satellite[i], signal_code[i], wavelength_m
        columns[1, k] = code_m[i] if is_plausible(code_m[i]) else np.nan
        columns[2, k], columns[3, k] = phase_cycles[i] * wavelength_m, -doppler_hz[i] * wavelength_m
        columns[4, k], columns[5, k], columns[6, k] = cn0_dbhz[i], lock_time_s[i], code_std_m[i]
        columns[7, k] = phase_std_cycles[i] * wavelength_m
        told[0, k], told[1, k] = (flags[i] & _SLIP) != 0, (flags[i] & _HALF_CYCLE) != 0
    return codes, columns, told, dropped


@kernel
def is_plausible(code_m: float) -> bool:
    """Whether this can be a pseudorange [m]; a missing one is none."""
    return NEAREST_CODE_M <= code_m <= FARTHEST_CODE_M


@kernel(inline="always")
def best_rows(
    rank_of: Codes, satellite: Codes, signal_code: Codes, code_m: Floats, phase_cycles: Floats, cn0_dbhz: Floats, out_rows: Ints
) -> tuple[int, tuple[int, int, int]]:
    """How many signals were chosen, and how much was dropped by the reasons of _DROPPED; writes the rows of those chosen by
    increasing satellite."""
    best, merit, seen = np.empty(_SATELLITES, np.int64), np.empty(_SATELLITES, np.int64), np.empty(_SATELLITES, np.int64)
    for code in range(_SATELLITES):
        best[code], seen[code] = -1, 0
    implausible, duplicate, empty, n = 0, 0, 0, 0
    for i in range(len(satellite)):
        code, rank = satellite[i], np.int64(rank_of[satellite[i] // 100, signal_code[i] & (_SIGNALS - 1)])
        if rank >= _UNWANTED:
            continue
        missing = int(not is_plausible(code_m[i])) + int(np.isnan(phase_cycles[i]))
        implausible += int(code_m[i] < NEAREST_CODE_M or code_m[i] > FARTHEST_CODE_M)
        duplicate += (seen[code] >> rank) & 1
        seen[code] |= 1 << rank
        strength = 0.0 if np.isnan(cn0_dbhz[i]) else min(max(cn0_dbhz[i], 0.0), 127.0)
        demerit = (missing * 32 + rank) * 128 + 127 - np.int64(strength)
        if best[code] < 0 or demerit < merit[code]:
            best[code], merit[code] = i, demerit
    for code in range(_SATELLITES):
        if best[code] >= 0 and merit[code] < 2 * 32 * 128:
            out_rows[n] = best[code]
            n += 1
        empty += int(best[code] >= 0 and merit[code] >= 2 * 32 * 128)
    return n, (implausible, duplicate, empty)


@lru_cache(maxsize=64)
def _rank_table(systems: tuple[System, ...]) -> Codes:
    """Place (system, signal) in the order of preference; _UNWANTED for all that is not L1 of a chosen system."""
    table = np.full((len(SYSTEMS), _SIGNALS), _UNWANTED, np.int16)
    for system in map(System, systems):
        for place, name in enumerate(L1_PREFERENCE.get(system, ())):
            table[SYSTEMS.index(system), signal(name)] = place
    return table


@lru_cache(maxsize=1)
def _wavelength_table() -> Floats:
    """Wavelength (system, signal) [m] at GLONASS channel 0; NaN where unknown."""
    table = np.full((len(SYSTEMS), _SIGNALS), np.nan)
    for system, names in L1_PREFERENCE.items():
        for name in names:
            table[SYSTEMS.index(system), signal(name)] = wavelength_m(system, signal(name))
    return table
