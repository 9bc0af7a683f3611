"""An antenna's own position as its driver publishes it, and the receiver's NAV-PVT as one; no ROS in here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.ubx.nav import NavPvt


@dataclass(frozen=True, slots=True)
class OwnPosition:
    """Where one antenna is.

    geodetic   : (3,) latitude [rad], longitude [rad], ellipsoidal height [m]; NaN = no position
    cov_enu_m2 : (3, 3)
    systems    : that were used, as far as known
    """

    time: GpsTime
    geodetic: Floats
    cov_enu_m2: Floats
    systems: frozenset[System]


def position_of_pvt(pvt: NavPvt, time: GpsTime) -> OwnPosition:
    """The receiver's own solution; its sigma is of horizontal distance, half of the variance in each direction."""
    east_m2 = 0.5 * pvt.horizontal_std_m**2
    geodetic = pvt.geodetic if pvt.valid else np.full(3, np.nan)
    return OwnPosition(time, geodetic, np.diag([east_m2, east_m2, pvt.vertical_std_m**2]), frozenset({System.GPS}))
