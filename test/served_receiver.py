"""A receiver of test/ubx_receiver.py that lives on a pseudo-terminal: it answers, sends epochs, is unplugged and comes back."""

from __future__ import annotations

import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ubx_receiver import UbxReceiver

from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.basics.signals import signal
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import Observations
from gnss_gyro.protocols.ubx.framing import encode_frame
from gnss_gyro.protocols.ubx.identifiers import NAV_PVT, RXM_RAWX
from gnss_gyro.protocols.ubx.rawx import encode_rawx
from gnss_gyro.simulation.own_solution import encode_nav_pvt
from gnss_gyro.streams.pseudo_terminal import PseudoTerminal

BEGIN = GpsTime.from_week_tow(2400, 100_000.0)
PLACE_ECEF_M = np.array([-3_813_000.0, 3_554_000.0, 3_662_000.0])
SATELLITES = tuple(f"G{n:02d}" for n in range(1, 33)) + tuple(f"E{n:02d}" for n in range(1, 25))
SPEED = {38_400: termios.B38400, 9_600: termios.B9600, 115_200: termios.B115200, 460_800: termios.B460800}


def epoch(number: int, rate_hz: float = 10.0, rows: int = 56) -> bytes:
    """RXM-RAWX of 56 measurements (1.8 kB), each epoch different."""
    n, none = rows, np.full(rows, np.nan)
    observations = Observations(
        time=BEGIN + number / rate_hz,
        satellite=np.array([satellite_from_name(name) for name in SATELLITES[:n]], np.int16),
        signal=np.full(n, signal("1C"), np.int16),
        pseudorange_m=np.linspace(2.0e7, 2.5e7, n) + number, phase_cycles=np.linspace(1.0e8, 1.2e8, n), doppler_hz=np.zeros(n),
        cn0_dbhz=np.linspace(30.0, 50.0, n), lock_time_s=np.ones(n), pseudorange_std_m=none, phase_std_cycles=none,
        glonass_channel=np.zeros(n, np.int8), flags=np.zeros(n, np.uint8),
    )  # fmt: skip
    return encode_frame(*RXM_RAWX, encode_rawx(observations))


def own_solution(number: int, rate_hz: float = 10.0) -> bytes:
    return encode_frame(*NAV_PVT, encode_nav_pvt(BEGIN + number / rate_hz, PLACE_ECEF_M, np.zeros(3), 12))


class ServedReceiver:
    """Sends `epochs()` at a rate, while it is plugged in, and answers commands at its speed only."""

    def __init__(self, link: Path, receiver: UbxReceiver | None = None, make: Callable[[int], list[bytes]] | None = None) -> None:
        self.sent: list[bytes] = []
        self.receiver = receiver
        self.rate_hz = 10.0
        self._link, self._make = link, make or (lambda number: [own_solution(number), epoch(number)])
        self._terminal: PseudoTerminal | None = None
        self._number = 0
        self._talk = threading.Event()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> ServedReceiver:
        self.plug()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.unplug()

    def plug(self) -> None:
        with self._lock:
            self._terminal = PseudoTerminal(self._link)

    def unplug(self) -> None:
        with self._lock:
            if self._terminal is not None:
                self._terminal.close()
            self._terminal = None

    def talk(self, on: bool = True) -> None:
        """Begin or cease to send epochs; none is on its way afterwards."""
        with self._lock:
            self._talk.set() if on else self._talk.clear()

    def count(self) -> int:
        """Frames sent, none being on its way."""
        with self._lock:
            return len(self.sent)

    def send(self, data: bytes) -> None:
        with self._lock:
            if self._terminal is not None:
                self._terminal.write(data)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.wait(0.005):
            self._answer()
            if self._talk.is_set() and time.monotonic() >= due:
                due = max(due, time.monotonic() - 0.5) + 1.0 / self.rate_hz
                self._send_epoch()

    def _send_epoch(self) -> None:
        with self._lock:
            if self._terminal is None or not self._talk.is_set():
                return
            frames = self._make(self._number)
            self._number += 1
            if self._terminal.write(b"".join(frames), wait_s=0.5) == sum(map(len, frames)):
                self.sent += frames

    def _answer(self) -> None:
        with self._lock:
            if self._terminal is None or self.receiver is None:
                return
            heard, speed = self._terminal.read(), self._terminal.speed
            if heard and speed == SPEED.get(self.receiver.baud_rate):
                self._terminal.write(self.receiver.feed(heard))
