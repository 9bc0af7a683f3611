"""What each antenna saw of each satellite in an epoch, gathered for plots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Codes, Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.engine.positioning import Located
from gnss_gyro.engine.solution import SatelliteRecord
from gnss_gyro.estimation.array_fix import ArrayFix
from gnss_gyro.estimation.single_point import Usage

_USED: Final = int(Usage.USED)
_NO_ROWS: Final = (np.zeros(0, np.int64), np.zeros(0, np.int16), np.zeros(0, np.int16), np.zeros(0))
AZIMUTH, ELEVATION, CN0, PHASE, CODE = range(5)
"""Rows of the floats, in the order of SatelliteRecord."""


def satellite_record(array: AntennaArray, located: Mapping[str, Located], fix: ArrayFix) -> SatelliteRecord:
    """The record of all antennas, one behind the other."""
    size, at = sum(len(antenna.epoch) for antenna in located.values()), 0
    codes, floats, rows = np.empty((2, size), np.int16), np.empty((5, size)), _NO_ROWS
    if fix.baselines is not None and fix.rows is not None:
        rows = fix.rows.baseline, fix.rows.satellite, fix.rows.pivot, fix.baselines.residual_m
    for name, antenna in located.items():
        epoch, point = antenna.epoch, antenna.point
        baseline = fix.names.index(name) - 1 if name in fix.names else -1
        at = add_antenna(
            at, array.index(name), baseline, *rows, epoch.satellite, epoch.cn0_dbhz, point.azimuth, point.elevation,
            point.residual_m, point.usage, codes, floats,
        )  # fmt: skip
    return SatelliteRecord(*codes, *floats)


@kernel
def add_antenna(
    at: int, antenna: int, number: int, baseline: Ints, row_satellite: Codes, row_pivot: Codes, phase_residual_m: Floats,
    satellite: Codes, cn0_dbhz: Floats, azimuth: Floats, elevation: Floats, code_residual_m: Floats, usage: Ints,
    out_codes: Codes, out_floats: Floats,
) -> int:  # fmt: skip
    """Write what one antenna saw into the fields of SatelliteRecord, from place `at` on; returns the place after the last.

    number         : of the antenna's baseline, -1 = it has none
    baseline, row_satellite, row_pivot, phase_residual_m : (M,) of the phase rows, baseline by baseline, satellites increasing
    satellite, ... : (n,) of the antenna, satellites increasing
    """
    n, k, pivot = len(satellite), 0, np.int16(-1)
    for i in range(n):
        out_codes[0, at + i], out_codes[1, at + i] = antenna, satellite[i]
        out_floats[AZIMUTH, at + i], out_floats[ELEVATION, at + i] = azimuth[i], elevation[i]
        out_floats[CN0, at + i], out_floats[PHASE, at + i] = cn0_dbhz[i], np.nan
        out_floats[CODE, at + i] = code_residual_m[i] if usage[i] == _USED else np.nan
    for r in range(len(baseline)):
        if baseline[r] != number:
            continue
        while satellite[k] < row_satellite[r]:
            k += 1
        out_floats[PHASE, at + k] = phase_residual_m[r]
        if row_pivot[r] != pivot:
            pivot, j = row_pivot[r], 0
            while satellite[j] < pivot:
                j += 1
            out_floats[PHASE, at + j] = 0.0
    return at + n
