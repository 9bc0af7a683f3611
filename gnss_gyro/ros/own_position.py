"""An antenna's own position: the receiver's NAV-PVT, or a single point solution where it sends none; no ROS in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import enu_from_ecef, geodetic_from_ecef
from gnss_gyro.basics.satellites import System, system_of
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.positioning import Located, Locator
from gnss_gyro.estimation.noise import DEFAULT_NOISE, NoiseClass
from gnss_gyro.observation.selection import select_l1
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import Observations
from gnss_gyro.protocols.ubx.decoder import UbxDecoder, UbxMessage
from gnss_gyro.protocols.ubx.nav import NavPvt
from gnss_gyro.protocols.ubx.sfrbx import NavigationWords

ELEVATION_MASK: Final = float(np.radians(10.0))
PVT_FORGOTTEN_S: Final = 5.0
"""Receiver time without NAV-PVT after which single points take its place [s]."""


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


class OwnPositions:
    """Frames of one receiver in, its own positions out."""

    def __init__(self) -> None:
        self._decoder = UbxDecoder()
        self._store = EphemerisStore()
        self._locator = Locator(self._store, ELEVATION_MASK, carry=True)
        self._last_pvt: GpsTime | None = None

    def feed(self, frame: bytes) -> list[OwnPosition]:
        """The positions that a frame gives."""
        return [position for message in self._decoder.feed(frame) for position in self._take(message)]

    def _take(self, message: UbxMessage) -> list[OwnPosition]:
        if isinstance(message, NavPvt):
            if message.time is None:
                return []
            self._last_pvt = message.time
            return [position_of_pvt(message, message.time)]
        if isinstance(message, Observations):
            return [] if self._has_pvt(message.time) else self._single_point(message)
        if hasattr(message, "tow_s") or isinstance(message, NavigationWords):
            return []
        self._store.hear(message)
        return []

    def _has_pvt(self, now: GpsTime) -> bool:
        return self._last_pvt is not None and abs(now - self._last_pvt) < PVT_FORGOTTEN_S

    def _single_point(self, observations: Observations) -> list[OwnPosition]:
        epoch = select_l1("", observations, glonass_channels=self._store.glonass_channels)
        noise = DEFAULT_NOISE[NoiseClass.PATCH]
        return [position_of_point(self._locator.locate({"": epoch}, {"": noise}, {"": 0.0})[""])]


def position_of_pvt(pvt: NavPvt, time: GpsTime) -> OwnPosition:
    """The receiver's own solution; its sigma is of horizontal distance, half of the variance in each direction."""
    east_m2 = 0.5 * pvt.horizontal_std_m**2
    geodetic = pvt.geodetic if pvt.valid else np.full(3, np.nan)
    return OwnPosition(time, geodetic, np.diag([east_m2, east_m2, pvt.vertical_std_m**2]), frozenset({System.GPS}))


def position_of_point(located: Located) -> OwnPosition:
    """A single point solution."""
    point, time = located.point, located.epoch.time
    if not located.has_position:
        return OwnPosition(time, np.full(3, np.nan), np.full((3, 3), np.nan), frozenset())
    geodetic = geodetic_from_ecef(point.position_ecef_m)
    to_enu = enu_from_ecef(float(geodetic[0]), float(geodetic[1]))
    cov_enu_m2 = to_enu @ point.covariance_m2[:3, :3] @ to_enu.T
    used = frozenset(system_of(code) for code in located.epoch.satellite[point.used])
    return OwnPosition(time, geodetic, cov_enu_m2, used)
