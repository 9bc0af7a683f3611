"""Account of what one receiver delivers: totals since the start, rates since it was last asked."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from gnss_gyro.basics.errors import DecodeError
from gnss_gyro.protocols.ubx.framing import is_ubx, unwrapped
from gnss_gyro.protocols.ubx.identifiers import RXM_RAWX, SATELLITE_TABLE, SIGNAL_TABLE
from gnss_gyro.protocols.ubx.monitor import AntennaMonitor, decode_monitor
from gnss_gyro.protocols.ubx.rawx_layout import decode_header, measurements

_NAN: Final = float("nan")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a receiver delivers.

    total_bytes, frames, epochs            : since the start
    bytes_per_s, frames_per_s, epochs_per_s : since the snapshot before
    cn0_mean_dbhz, cn0_max_dbhz, satellites : of the last epoch; NaN and 0 where there was none since the snapshot before
    antenna                                : as told last
    """

    total_bytes: int = 0
    frames: int = 0
    epochs: int = 0
    bytes_per_s: float = 0.0
    frames_per_s: float = 0.0
    epochs_per_s: float = 0.0
    cn0_mean_dbhz: float = _NAN
    cn0_max_dbhz: float = _NAN
    satellites: int = 0
    antenna: AntennaMonitor | None = None


@dataclass(slots=True)
class Statistics:
    """Counts from one thread, asked from another."""

    total_bytes: int = 0
    frames: int = 0
    epochs: int = 0
    antenna: AntennaMonitor | None = None
    last: bytes | None = None
    _before: tuple[float, int, int, int] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, size: int, frames: tuple[bytes, ...]) -> None:
        """Count bytes that arrived and the frames they completed."""
        with self._lock:
            self.total_bytes += size
            self.frames += len(frames)
            for frame in frames:
                if is_ubx(frame):
                    self._look_into(frame)

    def _look_into(self, frame: bytes) -> None:
        message, payload = (frame[2], frame[3]), unwrapped(frame).payload
        try:
            if message == RXM_RAWX:
                decode_header(payload)
                self.last = payload
                self.epochs += 1
            else:
                self.antenna = decode_monitor(message, payload) or self.antenna
        except DecodeError:
            return

    def snapshot(self, now_s: float) -> Snapshot:
        """State at a time of any steady clock [s]."""
        with self._lock:
            totals = (now_s, self.total_bytes, self.frames, self.epochs)
            before, self._before = self._before or totals, totals
            elapsed = max(totals[0] - before[0], 1e-3)
            bytes_per_s, frames_per_s, epochs_per_s = ((totals[i] - before[i]) / elapsed for i in (1, 2, 3))
            sky = _sky(self.last)
            self.last = None
            return Snapshot(*totals[1:], bytes_per_s, frames_per_s, epochs_per_s, *sky, antenna=self.antenna)


def _sky(payload: bytes | None) -> tuple[float, float, int]:
    """Mean and highest C/N0 [dB-Hz], number of satellites of an RXM-RAWX; of those with known numbers."""
    if payload is None:
        return _NAN, _NAN, 0
    rows = measurements(payload)
    satellite = SATELLITE_TABLE[rows["gnss"], rows["number"]]
    signal = SIGNAL_TABLE[rows["gnss"], rows["signal"] if decode_header(payload).version else 0]
    known = (satellite >= 0) & (signal >= 0)
    cn0 = rows["cn0_dbhz"][known & (rows["cn0_dbhz"] > 0)]
    return (float(cn0.mean()), float(cn0.max()), len(np.unique(satellite[known]))) if len(cn0) else (_NAN, _NAN, 0)
