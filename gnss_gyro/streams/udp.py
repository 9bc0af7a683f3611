"""UDP datagrams from a receiver or a relay."""

from __future__ import annotations

import select
import socket
from typing import Any, Final

_LARGEST: Final = 1 << 16
_BUFFER_BYTES: Final = 1 << 20


class UdpLink:
    """A bound socket; answers go to whom spoke last. Raises OSError where the address cannot be bound."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self._peer: Any = None
        try:
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise

    def read(self, wait_s: float) -> bytes:
        """The next datagram."""
        ready, _, _ = select.select([self._socket], [], [], wait_s)
        if not ready:
            return b""
        data, self._peer = self._socket.recvfrom(_LARGEST)
        return data

    def write(self, data: bytes) -> None:
        """Send to whom spoke last."""
        if self._peer is not None:
            self._socket.sendto(data, self._peer)

    def set_baud_rate(self, baud_rate: int) -> None:
        """No speed to change."""

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()
