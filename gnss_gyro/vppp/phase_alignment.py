"""Several antennas' phases on the same cycles: their integers against the base antenna's are taken out."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.vppp.signal_errors import GLONASS_GROUP

_KNOWN_LEVER_M: Final = 0.03
"""Levers known to this (1 sigma) tell how many cycles apart two antennas' phases are."""
_NEAR_INTEGER: Final = 0.2
"""Phases of two antennas further from whole cycles [cycles] have nothing to do with one another."""


@kernel
def is_placed(lever_cov_m2: Floats) -> bool:
    """Is a lever of this covariance (3, 3) known to a fraction of a wavelength?"""
    return bool(lever_cov_m2[0, 0] + lever_cov_m2[1, 1] + lever_cov_m2[2, 2] < _KNOWN_LEVER_M**2)


@kernel
def align_phases(
    out_phase_m: Floats, wavelength_m: Floats, lever_cov_m2: Floats, clock: Ints, signal: Ints, out_group: Ints
) -> Any:
    """Take whole cycles out of all antennas' phases (k, n) at the body point, so that they agree with the base antenna's, row 0.

    NaN where that cannot be: the base antenna has no phase, one of both levers (k, 3, 3) is not known well, the satellite is of
    GLONASS, whose receivers' delays differ from one to the next, or the phases are not whole cycles apart.

    wavelength_m : (n,);  signal : (k, n);  clock : (n,) group
    out_group    : (k, n) clock group of each phase: those of one group and one pair of signals agree up to one number
    """
    antennas, n = out_phase_m.shape
    cycles = np.empty(n)
    for k in range(1, antennas):
        placed = is_placed(lever_cov_m2[0]) and is_placed(lever_cov_m2[k])
        for s in range(n):
            known = placed and clock[s] != GLONASS_GROUP
            cycles[s] = (out_phase_m[k, s] - out_phase_m[0, s]) / wavelength_m[s] if known else math.nan
            out_group[k, s] = _first_alike(clock, signal, k, s)
        for name in range(n):
            if out_group[k, name] == name:
                _align_group(out_phase_m[k], wavelength_m, cycles, out_group[k], name)


@kernel
def _first_alike(clock: Ints, signal: Ints, k: int, s: int) -> int:
    """The first satellite of the same clock and pair of signals: the name of their group."""
    first = 0
    while clock[first] != clock[s] or signal[0, first] != signal[0, s] or signal[k, first] != signal[k, s]:
        first += 1
    return first


@kernel
def _align_group(out_phase_m: Floats, wavelength_m: Floats, cycles: Floats, group: Ints, name: int) -> Any:
    """Whole cycles of one group's phases (n,) about the fraction that they share; NaN where there are none."""
    real, imaginary, members = 0.0, 0.0, 0
    for s in range(len(cycles)):
        if group[s] == name and not math.isnan(cycles[s]):
            real += math.cos(2.0 * math.pi * cycles[s])
            imaginary += math.sin(2.0 * math.pi * cycles[s])
            members += 1
    fraction = math.atan2(imaginary, real) / (2.0 * math.pi)
    for s in range(len(cycles)):
        if group[s] == name:
            whole = np.rint(cycles[s] - fraction)
            if members >= 2 and abs(cycles[s] - fraction - whole) < _NEAR_INTEGER:
                out_phase_m[s] -= wavelength_m[s] * whole
            else:
                out_phase_m[s] = math.nan
