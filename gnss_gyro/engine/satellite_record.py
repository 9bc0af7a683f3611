"""What each antenna saw of each satellite in an epoch, gathered for plots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.satellites import SYSTEMS
from gnss_gyro.engine.positioning import Located
from gnss_gyro.engine.solution import SatelliteRecord
from gnss_gyro.estimation.array_fix import ArrayFix
from gnss_gyro.estimation.single_point import Usage

_CODES: Final = 100 * len(SYSTEMS)
"""So many satellite codes are there."""
_USED: Final = int(Usage.USED)


def satellite_record(array: AntennaArray, located: Mapping[str, Located], fix: ArrayFix) -> SatelliteRecord:
    """The record of all antennas, one behind the other."""
    antennas = list(located.values())
    lengths = [len(antenna.epoch.satellite) for antenna in antennas]
    satellite = np.concatenate([antenna.epoch.satellite for antenna in antennas])
    points = [antenna.point for antenna in antennas]
    floats = (
        *(point.azimuth for point in points), *(point.elevation for point in points),
        *(antenna.epoch.cn0_dbhz for antenna in antennas), *(point.residual_m for point in points),
    )  # fmt: skip
    azimuth, elevation, cn0_dbhz, code_residual_m = np.concatenate(floats).reshape(4, -1)
    code_residual_m[np.concatenate([point.usage for point in points]) != _USED] = np.nan
    return SatelliteRecord(
        antenna=np.repeat(np.array([array.index(name) for name in located], np.int16), lengths),
        satellite=satellite,
        azimuth=azimuth,
        elevation=elevation,
        cn0_dbhz=cn0_dbhz,
        phase_residual_m=_phase_residuals(list(located), np.repeat(np.arange(len(lengths)), lengths), satellite, fix),
        code_residual_m=code_residual_m,
    )


def _phase_residuals(names: list[str], antenna: Ints, satellite: Ints, fix: ArrayFix) -> Floats:
    """Double-difference phase residuals (n,) [m] of antennas' satellites, both increasing; NaN = not used, 0 = pivot."""
    out = np.full(len(satellite), np.nan)
    if fix.baselines is not None and fix.rows is not None:
        sight = _CODES * antenna + satellite
        rover = _CODES * np.array([names.index(name) for name in fix.names[1:]])[fix.rows.baseline]
        out[np.searchsorted(sight, rover + fix.rows.pivot)] = 0.0
        out[np.searchsorted(sight, rover + fix.rows.satellite)] = fix.baselines.residual_m
    return out
