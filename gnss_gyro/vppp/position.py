"""What the array filter says of an epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats
from gnss_gyro.basics.frames import enu_from_ecef, geodetic_of
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.vppp import state as layout

_MOVES: Final = layout.VELOCITY.start


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


NOTHING_REFUSED: Final = Refusals()


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
    refused: Refusals = NOTHING_REFUSED


@dataclass(frozen=True, slots=True, eq=False)
class LocalFrame:
    """Where a filter's position starts from (3,) ECEF [m], and its axes (3, 3): ENU there."""

    origin_ecef_m: Floats
    axes_from_ecef: Floats


def array_position(
    mean: Floats, cov: Floats, frame: LocalFrame, codes: int = 0, phases: int = 0, refused: Refusals = NOTHING_REFUSED
) -> ArrayPosition:
    """Position and velocity in a filter's mean (N,) and covariance (N, N), which count in a frame's axes."""
    place = np.empty(3), np.empty((3, 3)), np.empty(3), np.empty((3, 3)), np.empty((3, 3))
    _place(mean, cov, frame.origin_ecef_m, frame.axes_from_ecef, *place)
    return ArrayPosition(*place, codes, phases, refused)


@kernel
def _place(
    mean: Floats, cov: Floats, origin_ecef_m: Floats, axes_from_ecef: Floats,
    position_ecef_m: Floats, position_cov: Floats, velocity: Floats, velocity_cov: Floats, enu: Floats,
) -> None:  # fmt: skip
    """The first fields of ArrayPosition in their order."""
    for i in range(3):
        position_ecef_m[i] = origin_ecef_m[i]
        for k in range(3):
            position_ecef_m[i] += axes_from_ecef[k, i] * mean[k]
    latitude, longitude, _ = geodetic_of(position_ecef_m[0], position_ecef_m[1], position_ecef_m[2])
    axes, turn = enu_from_ecef(latitude, longitude), np.zeros((3, 3))
    for i in range(3):
        velocity[i] = 0.0
        for j in range(3):
            enu[i, j] = axes[i, j]
            for k in range(3):
                turn[i, j] += axes[i, k] * axes_from_ecef[j, k]
            velocity[i] += turn[i, j] * mean[_MOVES + j]
    turn_block(turn, cov, 0, position_cov)
    turn_block(turn, cov, _MOVES, velocity_cov)


@kernel
def turn_block(turn: Floats, cov: Floats, start: int, out: Floats) -> None:
    """T C T^T (3, 3) of the block C of a covariance (N, N) that begins at a row and column."""
    for i in range(3):
        for j in range(3):
            out[i, j] = 0.0
            for k in range(3):
                for m in range(3):
                    out[i, j] += turn[i, k] * cov[start + k, start + m] * turn[j, m]
