"""What the array filter says of an epoch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Codes, Floats
from gnss_gyro.basics.frames import enu_from_ecef, geodetic_of
from gnss_gyro.vppp import state as layout


@dataclass(frozen=True, slots=True, eq=False)
class Refusals:
    """Observations that the others contradict.

    code  : (k,) satellites whose pseudorange was left out
    phase : (k,) satellites whose phase was left out and begins anew
    velocity : the Doppler velocity was left out
    """

    code: Codes = field(default_factory=lambda: np.zeros(0, np.int16))
    phase: Codes = field(default_factory=lambda: np.zeros(0, np.int16))
    velocity: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ArrayPosition:
    """Position and velocity of the body point.

    position_ecef_m   : (3,) [m]
    position_cov_enu_m2 : (3, 3) in the axes of enu_from_ecef [m^2]
    velocity_enu_mps  : (3,) [m/s]
    velocity_cov_enu  : (3, 3) [m^2/s^2]
    enu_from_ecef     : (3, 3) axes of the above
    codes, phases     : how many were used
    refused           : what was left out
    """

    position_ecef_m: Floats
    position_cov_enu_m2: Floats
    velocity_enu_mps: Floats
    velocity_cov_enu: Floats
    enu_from_ecef: Floats
    codes: int
    phases: int
    refused: Refusals = Refusals()


@dataclass(frozen=True, slots=True, eq=False)
class LocalFrame:
    """Where a filter's position starts from (3,) ECEF [m], and its axes (3, 3): ENU there."""

    origin_ecef_m: Floats
    axes_from_ecef: Floats


def array_position(
    mean: Floats, cov: Floats, frame: LocalFrame, codes: int = 0, phases: int = 0, refused: Refusals | None = None
) -> ArrayPosition:
    """Position and velocity in a filter's mean (N,) and covariance (N, N), which count in a frame's axes."""
    place = _placed(mean, cov, frame.origin_ecef_m, frame.axes_from_ecef)
    return ArrayPosition(*place, codes, phases, refused or Refusals())


@njit(cache=True)
def _placed(
    mean: Floats, cov: Floats, origin_ecef_m: Floats, axes_from_ecef: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """The first fields of ArrayPosition in their order."""
    place = origin_ecef_m + np.dot(axes_from_ecef.T, mean[:3])
    latitude, longitude, _ = geodetic_of(place[0], place[1], place[2])
    axes = enu_from_ecef(latitude, longitude)
    turn = np.dot(axes, axes_from_ecef.T)
    moves = layout.VELOCITY.start
    position_cov = np.dot(np.dot(turn, np.ascontiguousarray(cov[:3, :3])), turn.T)
    velocity_cov = np.dot(np.dot(turn, np.ascontiguousarray(cov[moves : moves + 3, moves : moves + 3])), turn.T)
    return place, position_cov, np.dot(turn, mean[moves : moves + 3]), velocity_cov, axes
