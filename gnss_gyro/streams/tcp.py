"""A TCP client: receivers behind a serial server, ser2net, str2str."""

from __future__ import annotations

import select
import socket
from typing import Final

_CONNECT_S: Final = 3.0
_READ_BYTES: Final = 1 << 16
_KEEPALIVE: Final = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 3}
"""A peer that vanished without a word is noticed after about 11 s."""


class TcpLink:
    """A connection that this side opened. Raises OSError where it cannot be made or is lost."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=_CONNECT_S)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            if hasattr(socket, name):
                self._socket.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    def read(self, wait_s: float) -> bytes:
        """What has arrived."""
        ready, _, _ = select.select([self._socket], [], [], wait_s)
        if not ready:
            return b""
        data = self._socket.recv(_READ_BYTES)
        if not data:
            raise ConnectionResetError("the other side closed the connection")
        return data

    def write(self, data: bytes) -> None:
        """Send to the receiver."""
        self._socket.sendall(data)

    def set_baud_rate(self, baud_rate: int) -> None:
        """No speed to change: the serial server has its own."""

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()
