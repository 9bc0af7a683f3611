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
_SILENT_S: Final = 5.0
_LONGEST_WAIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a receiver delivers.

    total_bytes, frames, epochs            : since the start
    bytes_per_s, frames_per_s, epochs_per_s : since the snapshot before
    cn0_mean_dbhz, cn0_max_dbhz, satellites : of the last epoch; NaN and 0 where there was none since the snapshot before
    antenna                                : as told last
    garbage_per_s                          : bytes that belong to nothing known, since the snapshot before
    silent_s                               : since when no epoch has come, though some had; 0 = they come, or never came
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
    garbage_per_s: float = 0.0
    silent_s: float = 0.0


@dataclass(slots=True)
class Statistics:
    """Counts from one thread, asked from another. Times [s] are of any steady clock."""

    total_bytes: int = 0
    frames: int = 0
    epochs: int = 0
    garbage_bytes: int = 0
    antenna: AntennaMonitor | None = None
    last: bytes | None = None
    _epoch_s: float | None = None
    _interval_s: float = 0.0
    _before: tuple[float, int, int, int, int] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, size: int, frames: tuple[bytes, ...], now_s: float, garbage_bytes: int = 0) -> None:
        """Count bytes that arrived, the frames they completed and, of all bytes so far, those that belong to nothing known."""
        with self._lock:
            self.total_bytes += size
            self.garbage_bytes = garbage_bytes
            self.frames += len(frames)
            for frame in frames:
                if is_ubx(frame):
                    self._look_into(frame, now_s)

    def silent_s(self, now_s: float) -> float:
        """Since when no epoch has come, though some had; 0 where they come as they did. Slow ones are waited for longer."""
        if self._epoch_s is None:
            return 0.0
        since_s = now_s - self._epoch_s
        return since_s if since_s > min(max(_SILENT_S, 3.0 * self._interval_s), _LONGEST_WAIT_S) else 0.0

    def _look_into(self, frame: bytes, now_s: float) -> None:
        message, payload = (frame[2], frame[3]), unwrapped(frame).payload
        try:
            if message == RXM_RAWX:
                decode_header(payload)
                self.last = payload
                self.epochs += 1
                self._interval_s = 0.0 if self._epoch_s is None else now_s - self._epoch_s
                self._epoch_s = now_s
            else:
                self.antenna = decode_monitor(message, payload) or self.antenna
        except DecodeError:
            return

    def snapshot(self, now_s: float) -> Snapshot:
        """State at this time."""
        with self._lock:
            totals = (now_s, self.total_bytes, self.frames, self.epochs, self.garbage_bytes)
            before, self._before = self._before or totals, totals
            elapsed = max(totals[0] - before[0], 1e-3)
            bytes_per_s, frames_per_s, epochs_per_s, garbage_per_s = ((totals[i] - before[i]) / elapsed for i in (1, 2, 3, 4))
            sky = _sky(self.last)
            self.last = None
            rates = (bytes_per_s, frames_per_s, epochs_per_s)
            return Snapshot(*totals[1:4], *rates, *sky, self.antenna, garbage_per_s, self.silent_s(now_s))


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
