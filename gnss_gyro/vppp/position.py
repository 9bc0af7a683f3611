"""What the array filter says of an epoch."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats


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
