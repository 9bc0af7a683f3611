"""GLONASS broadcast states integrated to another time (GLONASS ICD L1/L2 5.1, appendix 3: simplified equations).

The state of a satellite is one row of floats; the frame is PZ-90, Earth-fixed.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.constants import (
    EARTH_RADIUS_GLONASS,
    EARTH_ROTATION_RATE_GLONASS,
    J2_GLONASS,
    MU_GLONASS,
)
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.orbits.kepler import State
from gnss_gyro.protocols.messages import GlonassEphemeris

# The columns of a state row: position 0-2, velocity 3-5, acceleration of sun and moon 6-8, clock.
CLOCK_BIAS, FREQUENCY_BIAS = 9, 10
COLUMNS: Final = 11

STEP_S: Final = 60.0
"""Longest step of the Runge-Kutta integration: keeps its error below a millimetre over half an hour."""
_OBLATENESS: Final = 1.5 * J2_GLONASS * MU_GLONASS * EARTH_RADIUS_GLONASS**2

Vector: TypeAlias = tuple[float, float, float]


def state_row(ephemeris: GlonassEphemeris) -> Floats:
    """State row (COLUMNS,) of an ephemeris."""
    clock = (ephemeris.clock_bias_s, ephemeris.frequency_bias)
    return np.concatenate((ephemeris.position_m, ephemeris.velocity_mps, ephemeris.acceleration_mps2, clock))


@kernel
def glonass_clock(row: Floats, since_toe_s: float) -> tuple[float, float]:
    """Satellite clock -tau_n + gamma_n dt [s] and its drift [s/s]."""
    return row[CLOCK_BIAS] + row[FREQUENCY_BIAS] * since_toe_s, row[FREQUENCY_BIAS]


@kernel
def glonass_state(row: Floats, since_toe_s: float) -> State:
    """Position and velocity in the ECEF frame of that instant, clock and drift."""
    x, y, z, vx, vy, vz = row[0], row[1], row[2], row[3], row[4], row[5]
    steps = math.ceil(abs(since_toe_s) / STEP_S)
    for k in range(steps):
        done_s = k * math.copysign(STEP_S, since_toe_s)
        step_s = since_toe_s - done_s if k == steps - 1 else math.copysign(STEP_S, since_toe_s)
        x, y, z, vx, vy, vz = _runge_kutta(x, y, z, vx, vy, vz, row, step_s)
    clock, drift = glonass_clock(row, since_toe_s)
    return x, y, z, vx, vy, vz, clock, drift


@kernel
def _runge_kutta(
    x: float, y: float, z: float, vx: float, vy: float, vz: float, row: Floats, step_s: float
) -> tuple[float, float, float, float, float, float]:
    """One classical fourth-order step."""
    half = 0.5 * step_s
    ax1, ay1, az1 = acceleration(x, y, z, vx, vy, row)
    vx2, vy2, vz2 = vx + half * ax1, vy + half * ay1, vz + half * az1
    ax2, ay2, az2 = acceleration(x + half * vx, y + half * vy, z + half * vz, vx2, vy2, row)
    vx3, vy3, vz3 = vx + half * ax2, vy + half * ay2, vz + half * az2
    ax3, ay3, az3 = acceleration(x + half * vx2, y + half * vy2, z + half * vz2, vx3, vy3, row)
    vx4, vy4, vz4 = vx + step_s * ax3, vy + step_s * ay3, vz + step_s * az3
    ax4, ay4, az4 = acceleration(x + step_s * vx3, y + step_s * vy3, z + step_s * vz3, vx4, vy4, row)
    sixth = step_s / 6.0
    return (
        x + sixth * (vx + 2.0 * (vx2 + vx3) + vx4),
        y + sixth * (vy + 2.0 * (vy2 + vy3) + vy4),
        z + sixth * (vz + 2.0 * (vz2 + vz3) + vz4),
        vx + sixth * (ax1 + 2.0 * (ax2 + ax3) + ax4),
        vy + sixth * (ay1 + 2.0 * (ay2 + ay3) + ay4),
        vz + sixth * (az1 + 2.0 * (az2 + az3) + az4),
    )


@kernel
def acceleration(x: float, y: float, z: float, vx: float, vy: float, row: Floats) -> Vector:
    """Acceleration [m/s^2] in the rotating frame: gravity with J2, centrifugal, Coriolis, sun and moon."""
    r2 = x * x + y * y + z * z
    r3 = r2 * math.sqrt(r2)
    bulge = _OBLATENESS / (r2 * r3)
    slope = 5.0 * z * z / r2
    spin = EARTH_ROTATION_RATE_GLONASS
    radial = -MU_GLONASS / r3 - bulge * (1.0 - slope)
    ax = (radial + spin * spin) * x + 2.0 * spin * vy + row[6]
    ay = (radial + spin * spin) * y - 2.0 * spin * vx + row[7]
    az = (-MU_GLONASS / r3 - bulge * (3.0 - slope)) * z + row[8]
    return ax, ay, az
