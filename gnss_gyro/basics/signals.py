"""Signals by RINEX 3 observation code (band and attribute) and their carrier frequencies."""

from __future__ import annotations

from typing import Final

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import System

L1_HZ: Final = 1_575.42e6
B1I_HZ: Final = 1_561.098e6
GLONASS_L1_HZ: Final = 1_602.0e6
GLONASS_L1_STEP_HZ: Final = 562.5e3

_CARRIER_HZ: Final = {
    "G1": L1_HZ, "G2": 1_227.60e6, "G5": 1_176.45e6,
    "R1": GLONASS_L1_HZ, "R2": 1_246.0e6, "R3": 1_202.025e6, "R4": 1_600.995e6, "R6": 1_248.06e6,
    "E1": L1_HZ, "E5": 1_176.45e6, "E7": 1_207.14e6, "E8": 1_191.795e6, "E6": 1_278.75e6,
    "C1": L1_HZ, "C2": B1I_HZ, "C5": 1_176.45e6, "C6": 1_268.52e6, "C7": 1_207.14e6, "C8": 1_191.795e6,
    "J1": L1_HZ, "J2": 1_227.60e6, "J5": 1_176.45e6, "J6": 1_278.75e6,
    "S1": L1_HZ, "S5": 1_176.45e6,
    "I5": 1_176.45e6, "I9": 2_492.028e6, "I1": L1_HZ,
}  # fmt: skip
_FDMA_STEP_HZ: Final = {"R1": GLONASS_L1_STEP_HZ, "R2": 437.5e3}

L1_PREFERENCE: Final[dict[System, tuple[str, ...]]] = {
    System.GPS: ("1C", "1X", "1L", "1S", "1P", "1W"),
    System.QZSS: ("1C", "1X", "1L", "1S", "1E"),
    System.GALILEO: ("1C", "1X", "1B"),
    System.BEIDOU: ("2I", "2X", "1P", "1X", "1D"),
    System.GLONASS: ("1C", "1P"),
    System.SBAS: ("1C",),
}
"""Tracking codes near L1, the one most receivers share first (RINEX 4.01, tables 11 to 17)."""


def signal(code: str) -> int:
    """Code of a RINEX observation code without its type: '1C' -> 1 * 32 + index of 'C' in the alphabet."""
    return int(code[0]) * 32 + ord(code[1]) - ord("A")


def signal_name(code: int) -> str:
    """RINEX band and attribute of a signal code, e.g. '1C'."""
    return f"{int(code) >> 5}{chr((int(code) & 31) + ord('A'))}"


def carrier_hz(system: System, signal_code: int, glonass_channel: int = 0) -> float:
    """Carrier frequency [Hz]; NaN where system and band do not go together (RINEX 4.01, 5.2.17)."""
    key = f"{system.value}{int(signal_code) >> 5}"
    return _CARRIER_HZ.get(key, float("nan")) + glonass_channel * _FDMA_STEP_HZ.get(key, 0.0)


def wavelength_m(system: System, signal_code: int, glonass_channel: int = 0) -> float:
    """Carrier wavelength [m]; NaN where system and band do not go together."""
    return SPEED_OF_LIGHT / carrier_hz(system, signal_code, glonass_channel)
