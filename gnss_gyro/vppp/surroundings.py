"""What the place of an epoch makes of directions and velocities: east, north and up against the Earth's axes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import enu_from_ecef, geodetic_of
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.estimation.path_delay import carriers_hz


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """Fields of ArrayEpoch that follow from its place, n satellites.

    enu_from_ecef    : (3, 3)
    direction        : (n, 3) ECEF [-]
    azimuth          : (n,) [rad]
    carrier_hz       : (n,)
    velocity_enu_mps : (3,);  velocity_cov : (3, 3) [m^2/s^2]
    """

    enu_from_ecef: Floats
    direction: Floats
    azimuth: Floats
    carrier_hz: Floats
    velocity_enu_mps: Floats
    velocity_cov: Floats


def surroundings(
    place_ecef_m: Floats, direction_enu: Floats, wavelength_m: Floats, velocity_ecef_mps: Floats, velocity_cov: Floats
) -> Surroundings:
    """At a place (3,), with directions (n, 3) and wavelengths (n,) of satellites, a velocity (3,) and its covariance (4, 4).

    The covariance's last row is that of a clock's drift.
    """
    n = len(direction_enu)
    out = Surroundings(np.empty((3, 3)), np.empty((n, 3)), np.empty(n), np.empty(n), np.empty(3), np.empty((3, 3)))
    _fill(
        place_ecef_m, direction_enu, wavelength_m, velocity_ecef_mps, velocity_cov, out.enu_from_ecef, out.direction,
        out.azimuth, out.carrier_hz, out.velocity_enu_mps, out.velocity_cov,
    )  # fmt: skip
    return out


@kernel
def _fill(
    place_ecef_m: Floats, direction_enu: Floats, wavelength_m: Floats, velocity_ecef_mps: Floats, velocity_cov: Floats,
    out_axes: Floats, out_direction: Floats, out_azimuth: Floats, out_carrier_hz: Floats, out_velocity_mps: Floats,
    out_velocity_cov: Floats,
) -> Any:  # fmt: skip
    """Write the fields of Surroundings."""
    latitude, longitude, _ = geodetic_of(place_ecef_m[0], place_ecef_m[1], place_ecef_m[2])
    axes, carrier_hz = enu_from_ecef(latitude, longitude), carriers_hz(wavelength_m)
    for i in range(len(direction_enu)):
        east, north, up = direction_enu[i, 0], direction_enu[i, 1], direction_enu[i, 2]
        for axis in range(3):
            out_direction[i, axis] = east * axes[0, axis] + north * axes[1, axis] + up * axes[2, axis]
        out_azimuth[i], out_carrier_hz[i] = math.atan2(east, north), carrier_hz[i]
    for i in range(3):
        out_velocity_mps[i] = 0.0
        for j in range(3):
            out_axes[i, j] = axes[i, j]
            out_velocity_mps[i] += axes[i, j] * velocity_ecef_mps[j]
            out_velocity_cov[i, j] = 0.0
            for a in range(3):
                for b in range(3):
                    out_velocity_cov[i, j] += axes[i, a] * velocity_cov[a, b] * axes[j, b]
