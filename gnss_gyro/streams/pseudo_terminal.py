"""A pseudo-terminal that stands in for a receiver's serial port: simulated receivers feed real drivers through it."""

from __future__ import annotations

import contextlib
import os
import select
import termios
import tty
from pathlib import Path
from typing import Final

from gnss_gyro.basics.errors import ConfigError

_TERMINALS: Final = "/dev/pts/"


class PseudoTerminal:
    """The receiver's end of a serial line.

    device : what a driver opens; where `link` was given, that path, which appears and vanishes as a plugged device does

    Raises ConfigError where anything but the link of an earlier pseudo-terminal is in that place: it stays as it is.
    """

    def __init__(self, link: Path | None = None) -> None:
        if link is not None:
            _make_room(link)
        self._end, self._other = os.openpty()
        tty.setraw(self._other)
        os.set_blocking(self._end, False)
        self.device = self._tty = os.ttyname(self._other)
        self._link = link
        if link is not None:
            link.symlink_to(self._tty)
            self.device = str(link)

    @property
    def speed(self) -> int:
        """Speed that the driver's end is set to, as a constant of termios (B38400, ...)."""
        return int(termios.tcgetattr(self._end)[5])

    @property
    def has_room(self) -> bool:
        """Whether the line would take anything now."""
        return bool(select.select([], [self._end], [], 0.0)[1])

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
        if self._link is not None and _target(self._link) == self._tty:
            self._link.unlink()
        for end in (self._end, self._other):
            with contextlib.suppress(OSError):
                os.close(end)


def _make_room(link: Path) -> None:
    """Remove the link that a killed process left. Raises ConfigError for anything else in its place."""
    if _target(link).startswith(_TERMINALS):
        link.unlink()
    elif os.path.lexists(link):
        raise ConfigError(f"{link} is in the way of a simulated port: remove it, or choose another folder")


def _target(link: Path) -> str:
    """Where a link points; "" where there is none."""
    return os.readlink(link) if link.is_symlink() else ""
