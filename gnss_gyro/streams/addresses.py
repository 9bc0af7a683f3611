"""Where a receiver's bytes come from, as one line of text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from gnss_gyro.basics.errors import ConfigError


@dataclass(frozen=True, slots=True)
class SerialAddress:
    """A serial port, by its device."""

    device: str

    @property
    def is_usb(self) -> bool:
        """A receiver's own USB port, which has no speed (a USB to serial adapter is a ttyUSB and has)."""
        return "ttyACM" in Path(self.device).resolve().name or "usb-u-blox" in self.device


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A server to connect to."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class UdpAddress:
    """An own address that receives; an empty host is all of them."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class FileAddress:
    """A recording to be played."""

    path: Path


Address: TypeAlias = SerialAddress | TcpAddress | UdpAddress | FileAddress
_FORMS = "a device such as /dev/ttyACM0, tcp://host:port, udp://:port or file:path"


def parse_address(text: str) -> Address:
    """Address of a source: a device, tcp://host:port, udp://[host]:port, file:path. Raises ConfigError."""
    if text.startswith("/dev/"):
        return SerialAddress(text)
    if text.startswith("file:"):
        path = text.removeprefix("file://") if text.startswith("file://") else text.removeprefix("file:")
        return FileAddress(_filled(Path(path), text))
    if text.startswith("serial:"):
        return SerialAddress(text.removeprefix("serial://").removeprefix("serial:"))
    if text.startswith(("tcp://", "udp://")):
        return _socket(text)
    raise ConfigError(f"source {text!r} is not {_FORMS}")


def _filled(path: Path, text: str) -> Path:
    if not path.name:
        raise ConfigError(f"source {text!r} names no file")
    return path


def _socket(text: str) -> TcpAddress | UdpAddress:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")  # as the resolver will
    except UnicodeError:
        raise ConfigError(f"source {text!r} names no host: each part of a name has 1 to 63 letters") from None
    except ValueError as error:
        raise ConfigError(f"source {text!r}: {error}") from None
    if not port or parts.path.strip("/"):
        raise ConfigError(f"source {text!r} needs the form {parts.scheme}://host:port")
    if parts.scheme == "udp":
        return UdpAddress(host, port)
    if not host:
        raise ConfigError(f"source {text!r} names no host")
    return TcpAddress(host, port)
