"""A pseudo-terminal that stands in for a receiver's serial port: simulated receivers feed real drivers through it."""

from __future__ import annotations

import contextlib
import os
import select
import termios
import tty
from pathlib import Path


class PseudoTerminal:
    """The receiver's end of a serial line.

    device : what a driver opens; where `link` was given, that path, which appears and vanishes as a plugged device does
    """

    def __init__(self, link: Path | None = None) -> None:
        self._end, self._other = os.openpty()
        tty.setraw(self._other)
        os.set_blocking(self._end, False)
        self.device = os.ttyname(self._other)
        self._link = link
        if link is not None:
            link.unlink(missing_ok=True)
            link.symlink_to(self.device)
            self.device = str(link)

    @property
    def speed(self) -> int:
        """Speed that the driver's end is set to, as a constant of termios (B38400, ...)."""
        return int(termios.tcgetattr(self._end)[5])

    def read(self, wait_s: float = 0.0) -> bytes:
        """What the driver sent."""
        ready, _, _ = select.select([self._end], [], [], wait_s)
        with contextlib.suppress(OSError):
            return os.read(self._end, 1 << 16) if ready else b""
        return b""

    def write(self, data: bytes, wait_s: float = 5.0) -> int:
        """Send to the driver; returns how many bytes it took before it left the line full for too long."""
        sent = 0
        while sent < len(data):
            _, ready, _ = select.select([], [self._end], [], wait_s)
            if not ready:
                break
            with contextlib.suppress(BlockingIOError):
                sent += os.write(self._end, data[sent : sent + 1024])
        return sent

    def close(self) -> None:
        """Pull the plug."""
        if self._link is not None:
            self._link.unlink(missing_ok=True)
        for end in (self._end, self._other):
            with contextlib.suppress(OSError):
                os.close(end)
