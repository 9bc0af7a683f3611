"""Broadcast Kepler elements to ECEF position, velocity and clock: GPS, QZSS, Galileo, BeiDou (geostationary too).

IS-GPS-200 table 20-IV, Galileo OS SIS ICD 5.1.1, BDS-SIS-ICD B1I 5.2.4.12: one algorithm, three sets of constants.
The elements of a satellite are one row of floats; times enter as seconds since toe, taken from whole nanoseconds.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.constants import (
    EARTH_ROTATION_RATE,
    EARTH_ROTATION_RATE_BEIDOU,
    MU_GALILEO,
    MU_GPS,
    SPEED_OF_LIGHT,
)
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.satellites import System, number_of, system_of
from gnss_gyro.basics.time import BEIDOU_MINUS_GPS_S
from gnss_gyro.protocols.messages import KeplerEphemeris

State: TypeAlias = tuple[float, float, float, float, float, float, float, float]
"""x, y, z [m], vx, vy, vz [m/s], clock [s], clock drift [s/s]."""

# The columns of an element row.
TOC_AFTER_TOE, AF0, AF1, AF2, RELATIVITY = 0, 1, 2, 3, 4
SEMI_MAJOR_AXIS, ECCENTRICITY, MEAN_ANOMALY, MEAN_MOTION = 5, 6, 7, 8
INCLINATION, INCLINATION_RATE, NODE, NODE_RATE, PERIGEE = 9, 10, 11, 12, 13
CUC, CUS, CRC, CRS, CIC, CIS = 14, 15, 16, 17, 18, 19
GEOSTATIONARY_SPIN = 20
"""Earth rotation [rad/s] still to be applied after the tilt; 0 unless the satellite is a BeiDou GEO."""
COLUMNS: Final = 21

_SIN_TILT: Final = math.sin(math.radians(-5.0))
_COS_TILT: Final = math.cos(math.radians(-5.0))
_KEPLER_TOLERANCE: Final = 1e-8
"""A step of Newton's method [rad] whose successor would be below rounding: errors are squared from step to step."""
_KEPLER_ITERATIONS: Final = 20


def is_geostationary(satellite: int) -> bool:
    """Whether a satellite is a BeiDou GEO, whose elements refer to a tilted frame (C01-C05, C59-C63)."""
    number = number_of(satellite)
    return system_of(satellite) is System.BEIDOU and (number <= 5 or 59 <= number <= 63)


def gravity_and_spin(system: System) -> tuple[float, float]:
    """Gravitational parameter [m^3/s^2] and Earth rotation rate [rad/s] that a system's ICD fixes."""
    if system is System.BEIDOU:
        return MU_GALILEO, EARTH_ROTATION_RATE_BEIDOU
    return (MU_GALILEO if system is System.GALILEO else MU_GPS), EARTH_ROTATION_RATE


def element_row(ephemeris: KeplerEphemeris) -> Floats:
    """Elements (COLUMNS,) of an ephemeris, with what does not depend on time already computed."""
    eph = ephemeris
    system = system_of(eph.satellite)
    mu, spin = gravity_and_spin(system)
    geostationary = is_geostationary(eph.satellite)
    week_time_s = (eph.toe + (BEIDOU_MINUS_GPS_S if system is System.BEIDOU else 0)).tow_s
    semi_major_axis = eph.sqrt_a**2
    row = np.empty(COLUMNS)
    row[TOC_AFTER_TOE] = eph.toc - eph.toe
    row[AF0:RELATIVITY] = eph.af0, eph.af1, eph.af2
    row[RELATIVITY] = -2.0 * math.sqrt(mu) / SPEED_OF_LIGHT**2 * eph.eccentricity * eph.sqrt_a
    row[SEMI_MAJOR_AXIS : MEAN_ANOMALY + 1] = semi_major_axis, eph.eccentricity, eph.mean_anomaly
    row[MEAN_MOTION] = math.sqrt(mu / semi_major_axis**3) + eph.mean_motion_difference
    row[INCLINATION : INCLINATION_RATE + 1] = eph.inclination, eph.inclination_rate
    row[NODE] = eph.ascending_node - spin * week_time_s
    row[NODE_RATE] = eph.ascending_node_rate - (0.0 if geostationary else spin)
    row[PERIGEE] = eph.perigee
    row[CUC:GEOSTATIONARY_SPIN] = eph.cuc, eph.cus, eph.crc, eph.crs, eph.cic, eph.cis
    row[GEOSTATIONARY_SPIN] = spin if geostationary else 0.0
    return row


@kernel
def eccentric_anomaly(mean_anomaly: float, eccentricity: float) -> float:
    """Root E [rad] of E - e sin E = M, by Newton's method; e < 0.9."""
    mean = mean_anomaly % (2.0 * math.pi)
    anomaly = mean + eccentricity * math.sin(mean)
    for _ in range(_KEPLER_ITERATIONS):
        step = (anomaly - eccentricity * math.sin(anomaly) - mean) / (1.0 - eccentricity * math.cos(anomaly))
        anomaly -= step
        if abs(step) < _KEPLER_TOLERANCE:
            break
    return anomaly


@kernel(inline="always")
def anomaly_at(row: Floats, since_toe_s: float) -> float:
    """Eccentric anomaly [rad]."""
    return eccentric_anomaly(row[MEAN_ANOMALY] + row[MEAN_MOTION] * since_toe_s, row[ECCENTRICITY])


@kernel
def _clock(row: Floats, since_toe_s: float, anomaly: float) -> tuple[float, float]:
    since_toc_s = since_toe_s - row[TOC_AFTER_TOE]
    anomaly_rate = row[MEAN_MOTION] / (1.0 - row[ECCENTRICITY] * math.cos(anomaly))
    clock = row[AF0] + (row[AF1] + row[AF2] * since_toc_s) * since_toc_s + row[RELATIVITY] * math.sin(anomaly)
    drift = row[AF1] + 2.0 * row[AF2] * since_toc_s + row[RELATIVITY] * math.cos(anomaly) * anomaly_rate
    return clock, drift


@kernel
def kepler_state(row: Floats, since_toe_s: float) -> State:
    """Position and velocity in the ECEF frame of that instant, clock and drift (without group delay)."""
    return _state(row, since_toe_s, anomaly_at(row, since_toe_s))


@kernel
def kepler_state_by_clock(row: Floats, reading_s: float) -> State:
    """kepler_state when the satellite's own clock reads so long after toe (without group delay).

    The clock is taken at its own reading, which is off by drift x clock, under 1e-13 s, and moves the anomaly back in a straight
    line: over a millisecond that bends by 1e-15 rad.
    """
    anomaly = anomaly_at(row, reading_s)
    clock, _ = _clock(row, reading_s, anomaly)
    anomaly_rate = row[MEAN_MOTION] / (1.0 - row[ECCENTRICITY] * math.cos(anomaly))
    return _state(row, reading_s - clock, anomaly - anomaly_rate * clock)


@kernel
def _state(row: Floats, since_toe_s: float, anomaly: float) -> State:
    """kepler_state with its eccentric anomaly [rad]."""
    tk, ecc = since_toe_s, row[ECCENTRICITY]
    clock, drift = _clock(row, tk, anomaly)
    sin_e, cos_e = math.sin(anomaly), math.cos(anomaly)
    nearness = 1.0 - ecc * cos_e
    anomaly_rate = row[MEAN_MOTION] / nearness

    # Argument of latitude, radius and inclination, each with its second harmonic of the argument.
    flattening = math.sqrt(1.0 - ecc * ecc)
    argument = math.atan2(flattening * sin_e, cos_e - ecc) + row[PERIGEE]
    argument_rate = flattening * anomaly_rate / nearness
    sin2, cos2 = math.sin(2.0 * argument), math.cos(2.0 * argument)
    latitude = argument + row[CUS] * sin2 + row[CUC] * cos2
    latitude_rate = argument_rate * (1.0 + 2.0 * (row[CUS] * cos2 - row[CUC] * sin2))
    radius = row[SEMI_MAJOR_AXIS] * nearness + row[CRS] * sin2 + row[CRC] * cos2
    radius_rate = row[SEMI_MAJOR_AXIS] * ecc * sin_e * anomaly_rate
    radius_rate += 2.0 * argument_rate * (row[CRS] * cos2 - row[CRC] * sin2)
    tilt = row[INCLINATION] + row[INCLINATION_RATE] * tk + row[CIS] * sin2 + row[CIC] * cos2
    tilt_rate = row[INCLINATION_RATE] + 2.0 * argument_rate * (row[CIS] * cos2 - row[CIC] * sin2)

    # In the orbital plane, then about the node.
    sin_u, cos_u = math.sin(latitude), math.cos(latitude)
    plane_x, plane_y = radius * cos_u, radius * sin_u
    plane_vx = radius_rate * cos_u - plane_y * latitude_rate
    plane_vy = radius_rate * sin_u + plane_x * latitude_rate
    node = row[NODE] + row[NODE_RATE] * tk
    sin_n, cos_n, sin_i, cos_i = math.sin(node), math.cos(node), math.sin(tilt), math.cos(tilt)
    across, up = plane_y * cos_i, plane_y * sin_i
    across_rate, up_rate = plane_vy * cos_i - up * tilt_rate, plane_vy * sin_i + across * tilt_rate
    x, y = plane_x * cos_n - across * sin_n, plane_x * sin_n + across * cos_n
    vx = plane_vx * cos_n - across_rate * sin_n - y * row[NODE_RATE]
    vy = plane_vx * sin_n + across_rate * cos_n + x * row[NODE_RATE]
    if row[GEOSTATIONARY_SPIN] == 0.0:
        return x, y, up, vx, vy, up_rate, clock, drift
    return _untilted(x, y, up, vx, vy, up_rate, clock, drift, row[GEOSTATIONARY_SPIN], tk)


@kernel
def _untilted(
    x: float, y: float, z: float, vx: float, vy: float, vz: float, clock: float, drift: float, spin: float, tk: float
) -> State:
    """BeiDou GEO: from the frame tilted by -5 degrees and fixed at toe to ECEF (BDS-SIS-ICD B1I, table 5-11)."""
    y, z = y * _COS_TILT + z * _SIN_TILT, -y * _SIN_TILT + z * _COS_TILT
    vy, vz = vy * _COS_TILT + vz * _SIN_TILT, -vy * _SIN_TILT + vz * _COS_TILT
    sin_s, cos_s = math.sin(spin * tk), math.cos(spin * tk)
    ex, ey = x * cos_s + y * sin_s, -x * sin_s + y * cos_s
    evx = vx * cos_s + vy * sin_s + spin * ey
    evy = -vx * sin_s + vy * cos_s - spin * ex
    return ex, ey, z, evx, evy, vz, clock, drift
