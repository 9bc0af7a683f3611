"""Serial ports, pseudo-terminals included."""

from __future__ import annotations

import termios
from collections.abc import Iterator
from contextlib import contextmanager

import serial


class SerialLink:
    """An open serial port that nobody else may open. Raises OSError where it cannot be opened or is unplugged."""

    def __init__(self, device: str, baud_rate: int) -> None:
        with _all_as_os_errors():
            self._port = serial.Serial(device, baud_rate, timeout=0.0, write_timeout=1.0, exclusive=True)

    def read(self, wait_s: float) -> bytes:
        """What has arrived."""
        self._port.timeout = wait_s
        first: bytes = self._port.read(1)
        return first + self._port.read(self._port.in_waiting) if first else b""

    def write(self, data: bytes) -> None:
        """Send to the receiver."""
        self._port.write(data)

    def set_baud_rate(self, baud_rate: int) -> None:
        """Change the speed of our end, once all that was sent is on the line."""
        with _all_as_os_errors():
            self._port.flush()
            self._port.baudrate = baud_rate

    def close(self) -> None:
        """Give the device back."""
        self._port.close()


@contextmanager
def _all_as_os_errors() -> Iterator[None]:
    """Unplugged while the line is being set up, a port raises termios.error; a speed that it does not have, ValueError."""
    try:
        yield
    except (termios.error, ValueError) as error:
        raise OSError(*error.args) from error
