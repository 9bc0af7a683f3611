"""What every kind of link to a receiver offers, and how one is opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from gnss_gyro.streams.addresses import Address, FileAddress, SerialAddress, TcpAddress
from gnss_gyro.streams.playback import Pace, PlaybackLink
from gnss_gyro.streams.serial_port import SerialLink
from gnss_gyro.streams.tcp import TcpLink
from gnss_gyro.streams.udp import UdpLink

READ_S: Final = 0.1
"""The longest that a read waits: so quickly a thread hears that it shall stop."""


class Link(Protocol):
    """An open way to a receiver. Everything raises OSError where the way is gone."""

    def read(self, wait_s: float) -> bytes:
        """What has arrived, at the latest after a while; empty = nothing yet. Raises EOFError at a wanted end."""
        ...

    def write(self, data: bytes) -> None:
        """Send to the receiver; without effect where there is no way back."""
        ...

    def set_baud_rate(self, baud_rate: int) -> None:
        """Change the speed of our end; without effect where there is none."""
        ...

    def close(self) -> None:
        """Give the device or socket back."""
        ...


def opener(address: Address, baud_rate: int, pace: Pace) -> Callable[[], Link]:
    """A function that opens the link, again and again. It raises OSError (or DataError for a file that cannot be played)."""
    if isinstance(address, SerialAddress):
        return lambda: SerialLink(address.device, baud_rate)
    if isinstance(address, TcpAddress):
        return lambda: TcpLink(address.host, address.port)
    if isinstance(address, FileAddress):
        return lambda: PlaybackLink(address.path, pace)
    return lambda: UdpLink(address.host, address.port)
