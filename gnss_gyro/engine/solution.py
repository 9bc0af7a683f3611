"""What the engine says of one epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.vppp.position import Refusals


def _unknown(*shape: int) -> Floats:
    return np.full(shape, np.nan)


class PositionKind(str, Enum):
    """How a position was found."""

    NONE = "none"
    SINGLE = "single point"
    VPPP = "vppp"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Attitude:
    """Rotation of the body and what is known of it.

    enu_from_body : (3, 3) rotation; where roll is not observable it is the one of level wings
    angles        : (3,)   heading clockwise from north in [0, 2 pi), pitch nose up, roll right side down [rad]; NaN = not
                    observable
    angle_cov     : (3, 3) covariance of the angles [rad^2]; NaN rows = unobservable
    rotation_cov  : (3, 3) covariance of the small rotation delta in ENU [rad^2], R_true = exp(delta) @ enu_from_body; what is
                    not observable has the variance of an even angle
    rate_body     : (3,)   angular rate about the body axes [rad/s], from the attitudes so far; NaN = not known: the first epoch,
                    and every epoch by itself (`mode: epoch`)
    rate_cov      : (3, 3) of it [rad^2/s^2]; what is not observable has the variance usual for the vehicle
    """

    enu_from_body: Floats
    angles: Floats
    angle_cov: Floats
    rotation_cov: Floats
    rate_body: Floats = field(default_factory=lambda: _unknown(3))
    rate_cov: Floats = field(default_factory=lambda: _unknown(3, 3))


@dataclass(frozen=True, slots=True)
class SatelliteRecord:
    """One satellite at one antenna in one epoch, for sky plots and residual plots.

    antenna         : (n,) index into Solution.antennas
    satellite       : (n,) codes of basics.satellites
    azimuth         : (n,) [rad] clockwise from north
    elevation       : (n,) [rad]
    cn0_dbhz        : (n,) [dB-Hz]
    phase_residual_m: (n,) double-difference phase residual at the accepted solution [m]; NaN = not used, 0 = pivot
    code_residual_m : (n,) single point code residual [m]; NaN = not used
    """

    antenna: Codes
    satellite: Codes
    azimuth: Floats
    elevation: Floats
    cn0_dbhz: Floats
    phase_residual_m: Floats
    code_residual_m: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """All that the engine found out about one epoch of the array; unknown = NaN or None.

    time                : receiver time tag of the reference antenna
    outcome             : what became of the attitude; only FIXED carries one
    detail              : a sentence for people where the outcome has a cause worth naming, else ""
    antennas            : names of all antennas in the rig, in its order
    present             : names of the antennas that had an epoch now
    reference           : name of the antenna whose position and velocity these are; "" without a position
    position_kind       : how the position was found
    satellites          : satellites used in the attitude (or, without one, in the reference antenna's single point)
    attitude            : None unless outcome is FIXED
    failure_probability : of wrong integers, as estimated
    baselines_enu_m     : (k - 1, 3) vectors from the first antenna to each other antenna of the rig [m]
    position_ecef_m     : (3,) of the first antenna; a single point may be that of another in its stead [m]
    position_cov_enu_m2 : (3, 3) [m^2]
    velocity_enu_mps    : (3,) [m/s]
    velocity_cov_enu    : (3, 3) [m^2/s^2]
    ratio               : runner-up cost / best cost, for the curious; acceptance does not use it
    held                : integers carried over from earlier epochs rather than searched anew
    refused             : observations that the array's position left out, being contradicted by the others
    """

    time: GpsTime
    outcome: Outcome
    antennas: tuple[str, ...]
    present: tuple[str, ...]
    reference: str = ""
    position_kind: PositionKind = PositionKind.NONE
    refused: Refusals = Refusals()
    detail: str = ""
    satellites: int = 0
    attitude: Attitude | None = None
    failure_probability: float = float("nan")
    baselines_enu_m: Floats = field(default_factory=lambda: _unknown(0, 3))
    position_ecef_m: Floats = field(default_factory=lambda: _unknown(3))
    position_cov_enu_m2: Floats = field(default_factory=lambda: _unknown(3, 3))
    velocity_enu_mps: Floats = field(default_factory=lambda: _unknown(3))
    velocity_cov_enu: Floats = field(default_factory=lambda: _unknown(3, 3))
    ratio: float = float("nan")
    held: bool = False
    record: SatelliteRecord | None = None
