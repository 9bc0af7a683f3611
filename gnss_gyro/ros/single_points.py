"""Single point solutions of one receiver that sends none of its own. This loads numba and the engine: import it late."""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.basics.frames import enu_from_ecef, geodetic_from_ecef
from gnss_gyro.basics.satellites import system_of
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.positioning import Located, Locator
from gnss_gyro.estimation.noise import DEFAULT_NOISE, NoiseClass
from gnss_gyro.observation.selection import select_l1
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import Observations
from gnss_gyro.protocols.ubx.decoder import UbxDecoder
from gnss_gyro.protocols.ubx.framing import unwrapped
from gnss_gyro.protocols.ubx.nav import NavPvt, RelPosNed
from gnss_gyro.protocols.ubx.sfrbx import NavigationWords
from gnss_gyro.ros.own_position import OwnPosition

ELEVATION_MASK: Final = float(np.radians(10.0))


class SinglePoints:
    """Frames with observations and navigation words in, positions out.

    reference : a time within some years, for what comes before the first observations
    """

    def __init__(self, reference: GpsTime | None = None) -> None:
        self._decoder = UbxDecoder(reference)
        self._store = EphemerisStore()
        self._locator = Locator(self._store, ELEVATION_MASK, carry=True)

    def feed(self, frame: bytes, wanted: bool) -> list[OwnPosition]:
        """The positions that a whole UBX frame gives, if they are wanted; what it says of satellites is kept."""
        positions = []
        for message in self._decoder.decode(unwrapped(frame)):
            if isinstance(message, Observations):
                positions += [self._position(message)] if wanted else []
            elif not isinstance(message, (NavPvt, RelPosNed, NavigationWords)):
                self._store.hear(message)
        return positions

    def _position(self, observations: Observations) -> OwnPosition:
        epoch = select_l1("", observations, glonass_channels=self._store.glonass_channels)
        noise = DEFAULT_NOISE[NoiseClass.PATCH]
        return position_of_point(self._locator.locate({"": epoch}, {"": noise}, {"": 0.0})[""])


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
