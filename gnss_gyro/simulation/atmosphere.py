"""Delays of the atmosphere over arrays of directions, for the simulation's truth.

Deliberately simpler than, and apart from, the models the engine corrects with.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.protocols.messages import Klobuchar

ZENITH_DELAY_M: Final = 2.45
SCALE_HEIGHT_M: Final = 7_500.0


def tropospheric_delay(elevation: Floats, height_m: Floats) -> Floats:
    """Slant delay (t, s) [m] at heights (t,), with the mapping function of Black and Eisner (1984)."""
    sine = np.sin(np.maximum(elevation, 0.03))
    zenith = ZENITH_DELAY_M * np.exp(-height_m / SCALE_HEIGHT_M)
    return np.asarray(zenith[:, None] * 1.001 / np.sqrt(0.002001 + sine * sine))


def klobuchar_delay(
    model: Klobuchar, latitude: Floats, longitude: Floats, azimuth: Floats, elevation: Floats, tow_s: Floats
) -> Floats:
    """L1 delay (t, s) [m] by IS-GPS-200, 20.3.3.5.2.5; places (t,) and directions (t, s) [rad], time of week (t,)."""
    up = np.maximum(elevation, 0.0) / np.pi  # semicircles from here on
    earth_angle = 0.0137 / (up + 0.11) - 0.022
    pierce = np.clip(latitude[:, None] / np.pi + earth_angle * np.cos(azimuth), -0.416, 0.416)
    east = longitude[:, None] / np.pi + earth_angle * np.sin(azimuth) / np.cos(pierce * np.pi)
    magnetic = pierce + 0.064 * np.cos((east - 1.617) * np.pi)
    local_s = (43_200.0 * east + tow_s[:, None]) % 86_400.0
    slant = 1.0 + 16.0 * (0.53 - up) ** 3
    amplitude = np.maximum(np.polyval(model.alpha[::-1], magnetic), 0.0)
    period = np.maximum(np.polyval(model.beta[::-1], magnetic), 72_000.0)
    phase = 2.0 * np.pi * (local_s - 50_400.0) / period
    day = np.where(np.abs(phase) < 1.57, amplitude * (1.0 - phase**2 / 2.0 + phase**4 / 24.0), 0.0)
    return np.asarray(SPEED_OF_LIGHT * slant * (5e-9 + day))


def slant_factor(elevation: Floats) -> Floats:
    """Slant over vertical ionosphere (IS-GPS-200, figure 20-4)."""
    return np.asarray(1.0 + 16.0 * (0.53 - np.maximum(elevation, 0.0) / np.pi) ** 3)
