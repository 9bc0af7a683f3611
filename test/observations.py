"""Builders of small observations and epochs for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.basics.signals import L1_HZ, signal
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.protocols.messages import Observations

WAVELENGTH_M = SPEED_OF_LIGHT / L1_HZ
T0 = GpsTime.from_week_tow(2300, 345_600.0)


def observations_of(rows: list[tuple[str, str]], **columns: Any) -> Observations:
    """Complete, unremarkable observations of (satellite, signal) rows at T0; columns replace what is given."""
    n = len(rows)
    values: dict[str, Any] = {
        "time": T0,
        "satellite": np.array([satellite_from_name(name) for name, _ in rows], np.int16),
        "signal": np.array([signal(code) for _, code in rows], np.int16),
        "pseudorange_m": np.full(n, 2.2e7),
        "phase_cycles": np.full(n, 1.1e8),
        "doppler_hz": np.full(n, 100.0),
        "cn0_dbhz": np.full(n, 45.0),
        "lock_time_s": np.full(n, np.nan),
        "pseudorange_std_m": np.full(n, np.nan),
        "phase_std_cycles": np.full(n, np.nan),
        "glonass_channel": np.zeros(n, np.int8),
        "flags": np.zeros(n, np.uint8),
    }
    return Observations(**(values | columns))


def epoch_at(seconds: float, antenna: str = "a", satellites: tuple[str, ...] = ("G01", "G02"), **columns: Any) -> Epoch:
    """A complete epoch so long after T0; columns replace what is given."""
    n = len(satellites)
    values: dict[str, Any] = {
        "satellite": np.array([satellite_from_name(name) for name in satellites], np.int16),
        "signal": np.full(n, signal("1C"), np.int16),
        "wavelength_m": np.full(n, WAVELENGTH_M),
        "code_m": np.full(n, 2.2e7),
        "phase_m": np.full(n, 2.2e7),
        "range_rate_mps": np.zeros(n),
        "cn0_dbhz": np.full(n, 45.0),
        "lock_time_s": np.full(n, np.nan),
        "code_std_m": np.full(n, np.nan),
        "phase_std_m": np.full(n, np.nan),
        "slip": np.zeros(n, bool),
        "half_cycle": np.zeros(n, bool),
    }
    return Epoch(antenna=antenna, time=T0 + seconds, **(values | columns))
