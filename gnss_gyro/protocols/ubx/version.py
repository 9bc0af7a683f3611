"""UBX-MON-VER: which receiver this is, and in which words it is configured (u-blox M8, 32.16.14; F9 HPG, 3.14.15)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from gnss_gyro.basics.errors import DecodeError

MON_VER: Final = (0x0A, 0x04)
_SOFTWARE, _HARDWARE, _EXTENSION = 30, 10, 30
_PROTOCOL = re.compile(r"PROTVER[ =](\d+(?:\.\d+)?)")
_MODEL = re.compile(r"MOD=(\S+)")
_FIRMWARE = re.compile(r"FWVER=(.+)")
_FIRST_WITH_KEYS: Final = 27.0


class Generation(str, Enum):
    """How a receiver is configured."""

    MESSAGES = "CFG-MSG, CFG-RATE, ..."
    KEYS = "CFG-VALSET"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class ReceiverVersion:
    """What a receiver tells of itself; texts are empty where it does not.

    protocol : of UBX, NaN = not told
    """

    model: str
    firmware: str
    hardware: str
    protocol: float

    @property
    def generation(self) -> Generation | None:
        """Generation 9 and later have configuration keys, 7 and 8 messages; None for what is older or unknown."""
        if self.protocol >= _FIRST_WITH_KEYS or self.hardware in ("00190000", "000A0000"):
            return Generation.KEYS
        if self.protocol >= 14.0 or self.hardware in ("00070000", "00080000"):
            return Generation.MESSAGES
        return None

    def __str__(self) -> str:
        return f"{self.model or f'receiver {self.hardware}'} {self.firmware} (protocol {self.protocol:.2f})"


def decode_mon_ver(payload: bytes) -> ReceiverVersion:
    """Version of a receiver. Raises DecodeError."""
    if len(payload) < _SOFTWARE + _HARDWARE:
        raise DecodeError(f"MON-VER of {len(payload)} bytes")
    software, hardware = _text(payload[:_SOFTWARE]), _text(payload[_SOFTWARE : _SOFTWARE + _HARDWARE])
    rest = payload[_SOFTWARE + _HARDWARE :]
    lines = [software, *(_text(rest[at : at + _EXTENSION]) for at in range(0, len(rest), _EXTENSION))]
    protocol = _first(_PROTOCOL, lines)
    return ReceiverVersion(_first(_MODEL, lines), _first(_FIRMWARE, lines) or software, hardware, float(protocol or "nan"))


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("latin-1").strip()


def _first(pattern: re.Pattern[str], lines: list[str]) -> str:
    return next((found[1] for found in map(pattern.search, lines) if found), "")
