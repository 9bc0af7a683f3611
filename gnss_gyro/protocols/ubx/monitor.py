"""UBX-MON-RF and MON-HW: what the receiver says of its antenna (u-blox F9 HPG, 3.14.11; M8, 32.16.5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from gnss_gyro.basics.errors import DecodeError
from gnss_gyro.protocols.ubx.identifiers import MON_HW, MON_RF

_RF_HEADER, _RF_BLOCK, _HW_SIZE = 4, 24, 60


class AntennaState(str, Enum):
    """What the antenna's supervisor found."""

    INITIALISING = "initialising"
    UNKNOWN = "unknown"
    OK = "ok"
    SHORT = "short circuit"
    OPEN = "open: no antenna"

    def __str__(self) -> str:
        return self.value


class Jamming(str, Enum):
    """What the jamming monitor found."""

    UNKNOWN = "unknown"
    NONE = "none"
    WARNING = "warning: interference, but fix ok"
    CRITICAL = "critical: interference, no fix"

    def __str__(self) -> str:
        return self.value


_STATES: Final = tuple(AntennaState)
_JAMMING: Final = tuple(Jamming)


@dataclass(frozen=True, slots=True)
class AntennaMonitor:
    """State of the antenna, and the worst of jamming in all bands."""

    state: AntennaState
    jamming: Jamming


def decode_monitor(message: tuple[int, int], payload: bytes) -> AntennaMonitor | None:
    """State of the antenna by MON-RF or MON-HW; None for other messages. Raises DecodeError."""
    if message == MON_RF:
        return _decode_rf(payload)
    return _decode_hw(payload) if message == MON_HW else None


def _decode_rf(payload: bytes) -> AntennaMonitor:
    blocks = [payload[at : at + _RF_BLOCK] for at in range(_RF_HEADER, len(payload), _RF_BLOCK)]
    if not blocks or payload[1] != len(blocks) or len(blocks[-1]) != _RF_BLOCK:
        raise DecodeError(f"MON-RF of {len(payload)} bytes")
    jamming = max(block[1] & 3 for block in blocks)
    return AntennaMonitor(_worst([block[2] for block in blocks]), _JAMMING[jamming])


def _decode_hw(payload: bytes) -> AntennaMonitor:
    if len(payload) < _HW_SIZE:
        raise DecodeError(f"MON-HW of {len(payload)} bytes")
    return AntennaMonitor(_worst([payload[20]]), _JAMMING[payload[22] >> 2 & 3])


def _worst(states: list[int]) -> AntennaState:
    """The highest number is the worst news; 1 is 'unknown' beside an antenna that is known to be well."""
    known = [number for number in states if number < len(_STATES)]
    return _STATES[max(known)] if known else AntennaState.UNKNOWN
