"""Satellite states at transmission time: what the rest of the engine needs to know of a satellite."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from gnss_gyro.basics.arrays import Floats, Ints


class OrbitOutcome(IntEnum):
    """Why a satellite has, or has no, usable state."""

    OK = 0
    NO_EPHEMERIS = 1
    STALE = 2
    UNHEALTHY = 3
    NO_CODE = 4  # no pseudorange: transmission time unknown


@dataclass(frozen=True, slots=True)
class SatelliteStates:
    """States of n satellites, each at its own transmission time; rows where outcome is not OK are NaN.

    position_m    : (n, 3) ECEF of the transmission time [m] (Earth rotation during the flight not applied)
    velocity_mps  : (n, 3) ECEF [m/s]
    clock_s       : (n,)   satellite clock for single-frequency L1 users [s]: polynomial + relativity - group delay
    clock_drift   : (n,)   [s/s]
    variance_m2   : (n,)   of orbit and clock along the line of sight, by URA or SISA [m^2]
    outcome       : (n,)   OrbitOutcome
    """

    position_m: Floats
    velocity_mps: Floats
    clock_s: Floats
    clock_drift: Floats
    variance_m2: Floats
    outcome: Ints
