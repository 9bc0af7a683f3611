"""u-blox's numbers for messages, satellites and signals, and ours (u-blox F9 HPG interface description, 1.5.2 to 1.5.4)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.satellites import SYSTEMS, System, number_of, satellite, system_of
from gnss_gyro.basics.signals import signal

RXM_RAWX: Final = (0x02, 0x15)
RXM_SFRBX: Final = (0x02, 0x13)
NAV_PVT: Final = (0x01, 0x07)
NAV_RELPOSNED: Final = (0x01, 0x3C)
MON_RF: Final = (0x0A, 0x38)
MON_HW: Final = (0x0A, 0x09)
"""Class and id of messages."""
NAMES: Final = {
    RXM_RAWX: "RXM-RAWX", RXM_SFRBX: "RXM-SFRBX", NAV_PVT: "NAV-PVT", NAV_RELPOSNED: "NAV-RELPOSNED",
    MON_RF: "MON-RF", MON_HW: "MON-HW",
}  # fmt: skip
"""What our receivers send; pyubx2 knows all."""

SYSTEM_OF_GNSS: Final = {
    0: System.GPS,
    1: System.SBAS,
    2: System.GALILEO,
    3: System.BEIDOU,
    5: System.QZSS,
    6: System.GLONASS,
    7: System.NAVIC,
}
GNSS_OF_SYSTEM: Final = {system: gnss for gnss, system in SYSTEM_OF_GNSS.items()}

_SIGNALS: Final = {
    0: {0: "1C", 3: "2L", 4: "2S", 6: "5I", 7: "5Q"},
    1: {0: "1C"},
    2: {0: "1C", 1: "1B", 3: "5I", 4: "5Q", 5: "7I", 6: "7Q", 8: "6B", 9: "6C", 10: "6A"},
    3: {0: "2I", 1: "2I", 2: "7I", 3: "7I", 4: "6I", 5: "1P", 6: "1D", 7: "5P", 8: "5D", 10: "6I"},
    5: {0: "1C", 1: "1Z", 4: "2S", 5: "2L", 8: "5I", 9: "5Q", 12: "1E"},
    6: {0: "1C", 2: "2C"},
    7: {0: "5A"},
}
"""RINEX code by gnssId and sigId; BeiDou's D1 and D2 variants of a signal share its code."""

_NUMBERS: Final = {0: (1, 32), 1: (120, 158), 2: (1, 36), 3: (1, 63), 5: (1, 10), 6: (1, 32), 7: (1, 14)}
_SBAS_OFFSET: Final = 100
_QZSS_OFFSET: Final = 192
_UNKNOWN: Final = -1


def _satellite_table() -> NDArray[np.int16]:
    table = np.full((256, 256), _UNKNOWN, np.int16)
    for gnss, (first, last) in _NUMBERS.items():
        offset = _SBAS_OFFSET if gnss == 1 else 0
        for number in range(first, last + 1):
            table[gnss, number] = satellite(SYSTEM_OF_GNSS[gnss], number - offset)
    for number in range(1, 11):  # the numbering by PRN of older protocols
        table[5, _QZSS_OFFSET + number] = satellite(System.QZSS, number)
    return table


def _signal_table() -> NDArray[np.int16]:
    table = np.full((256, 256), _UNKNOWN, np.int16)
    for gnss, codes in _SIGNALS.items():
        for sig, code in codes.items():
            table[gnss, sig] = signal(code)
    return table


def _identifier_table() -> NDArray[np.int16]:
    table = np.full((len(SYSTEMS), 320), _UNKNOWN, np.int16)
    for gnss, codes in _SIGNALS.items():
        for sig, code in reversed(codes.items()):  # the lowest sigId of a code wins
            table[SYSTEMS.index(SYSTEM_OF_GNSS[gnss]), signal(code)] = sig
    return table


SATELLITE_TABLE: Final = _satellite_table()
"""(256, 256) satellite code by gnssId and svId, -1 = unknown."""
SIGNAL_TABLE: Final = _signal_table()
"""(256, 256) signal code by gnssId and sigId, -1 = unknown."""
SIGNAL_ID_TABLE: Final = _identifier_table()
"""(systems, 320) sigId by index of the system and signal code, -1 = u-blox has no such signal."""


def gnss_and_number(satellite_code: int) -> tuple[int, int]:
    """u-blox's gnssId and svId of a satellite code."""
    system = system_of(satellite_code)
    offset = _SBAS_OFFSET if system is System.SBAS else 0
    return GNSS_OF_SYSTEM[system], number_of(satellite_code) + offset
