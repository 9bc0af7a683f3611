"""Kernels of the double differences: which rows there are, their values and covariance."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.satellites import SYSTEMS, System

_INDEX: Final = {system: i for i, system in enumerate(SYSTEMS)}
GLONASS: Final = _INDEX[System.GLONASS]
SHARING: Final = (_INDEX[System.GPS], _INDEX[System.GALILEO], _INDEX[System.QZSS])
"""Systems on one carrier and one time scale as far as two receivers of one make are concerned."""
CODES: Final = 1000
"""Satellite codes are smaller than this."""
CODE, PHASE = range(2)
"""Kinds of rows."""
BASE, BASE_PIVOT, OWN, PIVOT = range(4)
"""Columns of what belongs to the four observations of a row: satellite and pivot at the reference antenna, and at the other."""


@kernel
def add_rows(
    ends: Ints, number: int, shared: bool, preferred: Bools,
    base_satellite: Codes, base_signal: Codes, base_wavelength_m: Floats, base_direction: Floats, merit: Floats,
    base_code: Floats, base_phase: Floats, base_code_var: Floats, base_phase_var: Floats,
    satellite: Codes, signal: Codes, wavelength_m: Floats, code: Floats, phase: Floats, code_var: Floats, phase_var: Floats,
    out_baseline: Ints, out_codes: Codes, out_floats: Floats, out_design: Floats, out_part_m2: Floats,
) -> Any:  # fmt: skip
    """Write the rows of one baseline, CODE and PHASE, behind those that are there.

    ends      : (2,) rows there are of each kind; what is added is counted in it
    number    : of the baseline
    merit     : (n,) of the reference's satellites, up to pi: the best of a group becomes its pivot
    preferred : (CODES,) satellites that come before all others as pivots
    base_*    : (n,) of the reference antenna, base_direction (n, 3);  the others (m,) of the other antenna
    out_*     : by kind the fields of Rows: baseline (2, r), satellite and pivot (2, 2, r), wavelength and value (2, 2, r),
                design (2, r, 3), part_m2 (2, r, 4)
    """
    n = len(base_satellite)
    own_of, group, worth = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n)
    for kind in range(2):
        is_phase, j, at = kind == PHASE, 0, ends[kind]
        base_value, base_variance = (base_phase, base_phase_var) if is_phase else (base_code, base_code_var)
        value, variance = (phase, phase_var) if is_phase else (code, code_var)
        for i in range(n):
            name, own_of[i] = base_satellite[i], -1
            while j < len(satellite) and satellite[j] < name:
                j += 1
            if j == len(satellite) or satellite[j] != name or np.isnan(base_value[i]) or np.isnan(value[j]):
                continue
            system = int(name) // 100
            if is_phase and (system == GLONASS or not abs(base_wavelength_m[i] - wavelength_m[j]) < 1e-9):
                continue
            own_of[i] = j
            group[i] = _group(shared, system, int(base_signal[i]), int(signal[j]))
            worth[i] = merit[i] + np.pi if preferred[name] else merit[i]
        for i in range(n):
            p = _pivot(i, own_of, group, worth) if own_of[i] >= 0 else i
            if p == i:
                continue
            own, own_p = own_of[i], own_of[p]
            out_baseline[kind, at] = number
            out_codes[kind, 0, at], out_codes[kind, 1, at] = base_satellite[i], base_satellite[p]
            out_floats[kind, 0, at] = base_wavelength_m[i]
            out_floats[kind, 1, at] = (value[own] - base_value[i]) - (value[own_p] - base_value[p])
            for a in range(3):
                out_design[kind, at, a] = base_direction[p, a] - base_direction[i, a]
            out_part_m2[kind, at, BASE], out_part_m2[kind, at, BASE_PIVOT] = base_variance[i], base_variance[p]
            out_part_m2[kind, at, OWN], out_part_m2[kind, at, PIVOT] = variance[own], variance[own_p]
            at += 1
        ends[kind] = at


@kernel
def _pivot(i: int, own_of: Ints, group: Ints, worth: Floats) -> int:
    """The best satellite of the group of satellite i."""
    best, most = i, -np.inf
    for b in range(len(own_of)):
        if own_of[b] >= 0 and group[b] == group[i] and worth[b] > most:
            best, most = b, worth[b]
    return best


@kernel
def _group(shared: bool, system: int, base_signal: int, signal: int) -> int:
    """Number of a group, within which satellites may be differenced with one another."""
    if shared:
        together = system == SHARING[0] or system == SHARING[1] or system == SHARING[2]
        return (0 if together else system) * 1024 + (base_signal >> 5)
    return (system * 1024 + base_signal) * 1024 + signal


@kernel
def dd_covariance(baseline: Ints, satellite: Codes, pivot: Codes, part_m2: Floats) -> Floats:
    """Covariance (M, M) [m^2] of double differences, from variances (M, 4) of the observations they are made of."""
    m = len(baseline)
    out = np.empty((m, m))
    for r in range(m):
        base, base_pivot = part_m2[r, BASE], part_m2[r, BASE_PIVOT]
        for c in range(r + 1):
            same, total = baseline[r] == baseline[c], 0.0
            if pivot[r] == pivot[c]:
                total += base_pivot + (part_m2[r, PIVOT] if same else 0.0)
            if satellite[r] == satellite[c]:
                total += base + (part_m2[r, OWN] if same else 0.0)
            if satellite[r] == pivot[c]:
                total -= base
            if pivot[r] == satellite[c]:
                total -= base_pivot
            out[r, c] = out[c, r] = total
    return out
