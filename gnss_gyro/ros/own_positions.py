"""Where an antenna is, by its receiver's NAV-PVT, or by single points where it sends none; no ROS in here.

Only single points need what computes (numba, the engine), some 125 MB in each driver: it is loaded when they are needed.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from gnss_gyro.basics.errors import DecodeError
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.ubx.framing import is_ubx, unwrapped
from gnss_gyro.protocols.ubx.identifiers import NAV_PVT, RXM_RAWX, RXM_SFRBX
from gnss_gyro.protocols.ubx.nav import NavPvt, decode_nav_pvt
from gnss_gyro.protocols.ubx.rawx_layout import decode_header
from gnss_gyro.ros.own_position import OwnPosition, position_of_pvt

if TYPE_CHECKING:
    from gnss_gyro.ros.single_points import SinglePoints

PVT_FORGOTTEN_S: Final = 5.0
"""Receiver time without NAV-PVT after which single points take its place [s]."""
_LONGEST_STEP_S: Final = 1.0
"""A longer gap between observations counts as this: after a break of the link they may come before NAV-PVT does."""
_MOST_KEPT: Final = 2000
"""Frames; observations at 20 Hz and the navigation words of 60 satellites make some 400 in five seconds."""


class OwnPositions:
    """Frames of one receiver in, its own positions out."""

    def __init__(self) -> None:
        self._last_pvt: GpsTime | None = None
        self._last_epoch: GpsTime | None = None
        self._without_pvt_s = 0.0
        self._kept: deque[tuple[bytes, bool]] = deque(maxlen=_MOST_KEPT)
        self._points: SinglePoints | None = None

    def feed(self, frame: bytes) -> list[OwnPosition]:
        """The positions that a frame gives."""
        if not is_ubx(frame):
            return []
        message, payload = (frame[2], frame[3]), unwrapped(frame).payload
        try:
            if message == NAV_PVT:
                return self._own(decode_nav_pvt(payload))
            if message == RXM_RAWX:
                return self._observed(frame, decode_header(payload).time)
        except DecodeError:
            return []
        return self._single_points(frame, wanted=False) if message == RXM_SFRBX else []

    def _own(self, pvt: NavPvt) -> list[OwnPosition]:
        """Without the time the receiver has no position, but will have it as soon as anybody."""
        self._without_pvt_s = 0.0
        self._kept.clear()
        if pvt.time is None:
            return []
        self._last_pvt = pvt.time
        return [position_of_pvt(pvt, pvt.time)]

    def _observed(self, frame: bytes, now: GpsTime) -> list[OwnPosition]:
        if self._last_epoch is not None:
            self._without_pvt_s += min(abs(now - self._last_epoch), _LONGEST_STEP_S)
        self._last_epoch = now
        has_pvt = self._last_pvt is not None and abs(now - self._last_pvt) < PVT_FORGOTTEN_S
        late = self._begin() if self._points is None and self._without_pvt_s >= PVT_FORGOTTEN_S else []
        return late + self._single_points(frame, wanted=not has_pvt)

    def _single_points(self, frame: bytes, wanted: bool) -> list[OwnPosition]:
        """Of observations or navigation words; before single points are needed, these are kept."""
        if self._points is not None:
            return self._points.feed(frame, wanted)
        self._kept.append((frame, wanted))
        return []

    def _begin(self) -> list[OwnPosition]:
        """What would have been said since the last NAV-PVT."""
        from gnss_gyro.ros.single_points import SinglePoints

        self._points = points = SinglePoints(reference=self._last_pvt)
        positions = [position for frame, wanted in self._kept for position in points.feed(frame, wanted)]
        self._kept.clear()
        return positions
