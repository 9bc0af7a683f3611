"""What the array filter says of an epoch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats
from gnss_gyro.basics.frames import enu_from_ecef_at
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
    place = frame.origin_ecef_m + frame.axes_from_ecef.T @ mean[layout.POSITION]
    axes = enu_from_ecef_at(place)
    turn = axes @ frame.axes_from_ecef.T
    return ArrayPosition(
        position_ecef_m=place,
        position_cov_enu_m2=turn @ cov[layout.POSITION, layout.POSITION] @ turn.T,
        velocity_enu_mps=turn @ mean[layout.VELOCITY],
        velocity_cov_enu=turn @ cov[layout.VELOCITY, layout.VELOCITY] @ turn.T,
        enu_from_ecef=axes,
        codes=codes,
        phases=phases,
        refused=refused or Refusals(),
    )
