"""All that a receiver measured at one epoch -> one L1 signal per satellite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import SYSTEMS, System, system_index
from gnss_gyro.basics.signals import GLONASS_L1_HZ, GLONASS_L1_STEP_HZ, L1_PREFERENCE, signal, wavelength_m
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.protocols.messages import HALF_CYCLE, SLIP, Counts, Observations

NEAREST_CODE_M: Final = 1.5e7
FARTHEST_CODE_M: Final = 5.0e7
"""Pseudoranges outside these are garbage: satellites are 19,000 to 42,000 km away, receiver clocks within 20 ms."""

CHANNEL_NOT_TOLD: Final = -128
_SIGNALS: Final = 512
_UNWANTED: Final = 31
_GLONASS: Final = SYSTEMS.index(System.GLONASS)


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
    tally = counts if counts is not None else Counts()
    rank = _rank_table(tuple(systems))[system_index(observations.satellite), observations.signal & (_SIGNALS - 1)]
    wanted = np.flatnonzero(rank < _UNWANTED)
    code = _plausible(observations.pseudorange_m[wanted], tally)
    rows, code = _best_rows(observations, wanted, rank[wanted], code, tally)
    return _epoch(antenna, observations, rows, code, glonass_channels)


def _plausible(code_m: Floats, tally: Counts) -> Floats:
    """The pseudoranges with impossible ones as NaN."""
    impossible = (code_m < NEAREST_CODE_M) | (code_m > FARTHEST_CODE_M)
    if not impossible.any():
        return code_m
    tally.add("implausible pseudorange", int(np.count_nonzero(impossible)))
    return np.where(impossible, np.nan, code_m)


def _best_rows(observations: Observations, wanted: Ints, rank: Codes, code_m: Floats, tally: Counts) -> tuple[Ints, Floats]:
    """Rows of the chosen signals by increasing satellite, and their pseudoranges."""
    satellite = observations.satellite[wanted].astype(np.int64)
    missing = np.isnan(code_m).astype(np.int64) + np.isnan(observations.phase_cycles[wanted])
    weakness = 127 - np.nan_to_num(observations.cn0_dbhz[wanted], nan=0.0).clip(0.0, 127.0).astype(np.int64)
    order = np.argsort(((satellite * 4 + missing) * 32 + rank) * 128 + weakness, kind="stable")
    satellite = satellite[order]
    first = np.ones(len(order), bool)
    first[1:] = satellite[1:] != satellite[:-1]
    if not first.all():
        tally.add("duplicate signal of a satellite", _repetitions(satellite, rank[order]))
    empty = first & (missing[order] == 2)
    if empty.any():
        tally.add("satellite without code and phase", int(np.count_nonzero(empty)))
        first &= ~empty
    chosen = order[first]
    return wanted[chosen], code_m[chosen]


def _repetitions(satellite: Ints, rank: Codes) -> int:
    """How many rows repeat the satellite and signal of another."""
    pair = np.sort(satellite * 32 + rank)
    return int(np.count_nonzero(pair[1:] == pair[:-1]))


def _epoch(
    antenna: str, observations: Observations, rows: Ints, code_m: Floats, glonass_channels: Mapping[int, int] | None
) -> Epoch:
    satellite, signals, flags = observations.satellite[rows], observations.signal[rows], observations.flags[rows]
    wavelength = _wavelengths(satellite, signals, observations.glonass_channel[rows], glonass_channels or {})
    return Epoch(
        antenna=antenna,
        time=observations.time,
        satellite=satellite,
        signal=signals,
        wavelength_m=wavelength,
        code_m=code_m,
        phase_m=observations.phase_cycles[rows] * wavelength,
        range_rate_mps=observations.doppler_hz[rows] * -wavelength,
        cn0_dbhz=observations.cn0_dbhz[rows],
        lock_time_s=observations.lock_time_s[rows],
        code_std_m=observations.pseudorange_std_m[rows],
        phase_std_m=observations.phase_std_cycles[rows] * wavelength,
        slip=(flags & SLIP) != 0,
        half_cycle=(flags & HALF_CYCLE) != 0,
    )


def _wavelengths(satellite: Codes, signals: Codes, told: NDArray[np.int8], known: Mapping[int, int]) -> Floats:
    """Wavelengths (n,) [m]; NaN for a GLONASS satellite whose channel nobody told."""
    system = system_index(satellite)
    wavelength = _wavelength_table()[system, signals]
    fdma: Bools = system == _GLONASS
    if fdma.any():
        channel = told[fdma].astype(float)
        for i in np.flatnonzero(channel == CHANNEL_NOT_TOLD):
            channel[i] = known.get(int(satellite[fdma][i]), np.nan)
        wavelength[fdma] = SPEED_OF_LIGHT / (GLONASS_L1_HZ + channel * GLONASS_L1_STEP_HZ)
    return wavelength


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
