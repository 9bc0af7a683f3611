"""All that a receiver measured at one epoch -> one L1 signal per satellite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gnss_gyro.basics.arrays import Codes, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import SYSTEMS, System
from gnss_gyro.basics.signals import GLONASS_L1_HZ, GLONASS_L1_STEP_HZ, L1_PREFERENCE, signal, wavelength_m
from gnss_gyro.observation.epoch import Epoch
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
) -> Epoch:
    """One L1 signal per satellite: the most complete, then the most preferred, then the strongest.

    systems          : the others are left out
    glonass_channels : frequency channel by satellite code, for receivers that do not tell it
    counts           : receives how much was dropped, by reason
    Satellites with neither code nor phase are left out; Epoch.slip holds only what the receiver told.
    """
    obs, tally = observations, counts if counts is not None else Counts()
    columns, dropped = selected(
        _rank_table(tuple(systems)), _wavelength_table(), obs.satellite, obs.signal, obs.pseudorange_m, obs.phase_cycles,
        obs.doppler_hz, obs.cn0_dbhz, obs.lock_time_s, obs.pseudorange_std_m, obs.phase_std_cycles,
        _channels(obs, glonass_channels or {}), obs.flags,
    )  # fmt: skip
    if dropped.any():
        for reason, number in zip(_DROPPED, dropped.tolist(), strict=True):
            tally.add(reason, number)
    return Epoch(antenna, obs.time, *columns)


def _channels(observations: Observations, known: Mapping[int, int]) -> NDArray[np.int8]:
    """GLONASS channels (n,), those that the receiver did not tell from what is known of the satellites."""
    untold = np.flatnonzero(observations.glonass_channel == CHANNEL_NOT_TOLD)
    if not len(untold):
        return observations.glonass_channel
    told = observations.glonass_channel.copy()
    told[untold] = [known.get(code, CHANNEL_NOT_TOLD) for code in observations.satellite[untold].tolist()]
    return told


@njit(cache=True)
def selected(
    rank_of: Codes, wavelength_of: Floats, satellite: Codes, signal_code: Codes, code_m: Floats, phase_cycles: Floats,
    doppler_hz: Floats, cn0_dbhz: Floats, lock_time_s: Floats, code_std_m: Floats, phase_std_cycles: Floats,
    channel: NDArray[np.int8], flags: NDArray[np.uint8],
) -> tuple[Any, Ints]:  # fmt: skip
    """Kernel of select_l1: the columns of Epoch in their order, and how much was dropped (3,) by the reasons of _DROPPED."""
    rows, dropped = best_rows(rank_of, satellite, signal_code, code_m, phase_cycles, cn0_dbhz)
    n = len(rows)
    wavelength, code, phase, rate, phase_std = np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    slip, half_cycle = np.empty(n, np.bool_), np.empty(n, np.bool_)
    for k in range(n):
        i = rows[k]
        wavelength[k] = wavelength_of[satellite[i] // 100, signal_code[i]]
        if satellite[i] // 100 == _GLONASS:
            carrier_hz = GLONASS_L1_HZ + channel[i] * GLONASS_L1_STEP_HZ
            wavelength[k] = np.nan if channel[i] == CHANNEL_NOT_TOLD else SPEED_OF_LIGHT / carrier_hz
        code[k] = code_m[i] if is_plausible(code_m[i]) else np.nan
        phase[k], rate[k] = phase_cycles[i] * wavelength[k], -doppler_hz[i] * wavelength[k]
        phase_std[k] = phase_std_cycles[i] * wavelength[k]
        slip[k], half_cycle[k] = (flags[i] & _SLIP) != 0, (flags[i] & _HALF_CYCLE) != 0
    return (
        satellite[rows], signal_code[rows], wavelength, code, phase, rate, cn0_dbhz[rows], lock_time_s[rows], code_std_m[rows],
        phase_std, slip, half_cycle,
    ), dropped  # fmt: skip


@njit(cache=True)
def is_plausible(code_m: float) -> bool:
    """Whether this can be a pseudorange [m]; a missing one is none."""
    return NEAREST_CODE_M <= code_m <= FARTHEST_CODE_M


@njit(cache=True)
def best_rows(
    rank_of: Codes, satellite: Codes, signal_code: Codes, code_m: Floats, phase_cycles: Floats, cn0_dbhz: Floats
) -> tuple[Ints, Ints]:
    """Rows of the chosen signals by increasing satellite, and how much was dropped (3,) by the reasons of _DROPPED."""
    best, merit = np.full(_SATELLITES, -1, np.int64), np.zeros(_SATELLITES, np.int64)
    seen, dropped = np.zeros(_SATELLITES, np.int64), np.zeros(3, np.int64)
    for i in range(len(satellite)):
        code, rank = satellite[i], np.int64(rank_of[satellite[i] // 100, signal_code[i] & (_SIGNALS - 1)])
        if rank >= _UNWANTED:
            continue
        missing = int(not is_plausible(code_m[i])) + int(np.isnan(phase_cycles[i]))
        dropped[0] += int(code_m[i] < NEAREST_CODE_M or code_m[i] > FARTHEST_CODE_M)
        dropped[1] += (seen[code] >> rank) & 1
        seen[code] |= 1 << rank
        strength = 0.0 if np.isnan(cn0_dbhz[i]) else min(max(cn0_dbhz[i], 0.0), 127.0)
        demerit = (missing * 32 + rank) * 128 + 127 - np.int64(strength)
        if best[code] < 0 or demerit < merit[code]:
            best[code], merit[code] = i, demerit
    rows, n = np.empty(len(satellite), np.int64), 0
    for code in range(_SATELLITES):
        if best[code] >= 0 and merit[code] < 2 * 32 * 128:
            rows[n] = best[code]
            n += 1
        dropped[2] += int(best[code] >= 0 and merit[code] >= 2 * 32 * 128)
    return rows[:n], dropped


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
