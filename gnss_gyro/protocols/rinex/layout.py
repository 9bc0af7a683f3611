"""Which columns of an observation file belong to which signal, as tables the kernel can use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.satellites import SYSTEMS, System
from gnss_gyro.basics.signals import signal
from gnss_gyro.protocols.rinex.header import ANY_SYSTEM, RinexHeader

CODE, PHASE, DOPPLER, STRENGTH = range(4)
_KINDS: Final = "CLDS"
_NEAR_L1_BANDS: Final = dict.fromkeys(SYSTEMS, "1") | {System.BEIDOU: "12", System.GLONASS: "146"}

# RINEX 2 names codes by band and P or C only; to which of them the phase belongs is a convention: the first code of a
# band that the file has takes the phase, Doppler and strength.
_OLD_CODES: Final = {
    System.GPS: {"C1": "1C", "P1": "1W", "P2": "2W", "C2": "2X", "C5": "5X"},
    System.GLONASS: {"C1": "1C", "P1": "1P", "C2": "2C", "P2": "2P"},
    System.GALILEO: {"C1": "1C", "C5": "5X", "C6": "6X", "C7": "7X", "C8": "8X"},
    System.SBAS: {"C1": "1C", "C5": "5X"},
    System.QZSS: {"C1": "1C", "C2": "2X", "C5": "5X"},
    System.BEIDOU: {"C1": "2I", "C2": "2I", "C6": "6I", "C7": "7I"},
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each wanted signal stands, by index into SYSTEMS.

    signal          : (n_system, n_signal)    signal codes, 0 = none
    column          : (n_system, n_signal, 4) number of the field of code, phase, Doppler, strength; -1 = none
    scale           : (n_system, n_signal, 4) what the values of the fields are divided by
    use_indicator   : (n_system, n_signal)    strength comes from the one-digit indicator, for want of a field
    field_offset    : characters before the first field of a line
    fields_per_line : RINEX 2 breaks lines after five fields
    lines_per_satellite : lines of one satellite and epoch
    """

    signal: Codes
    column: Ints
    scale: Floats
    use_indicator: Bools
    field_offset: int
    fields_per_line: int
    lines_per_satellite: int


def layout_of(header: RinexHeader, all_bands: bool = False) -> Layout:
    """Layout of the signals near L1, or of all bands, of a file with this header."""
    old = header.version < 3.0
    rows = [_columns_of(system, header, all_bands) for system in SYSTEMS]
    n_signal = max(1, max(len(row) for row in rows))
    signals = np.zeros((len(SYSTEMS), n_signal), np.int16)
    columns = np.full((len(SYSTEMS), n_signal, 4), -1, np.int64)
    scale = np.ones(columns.shape)
    for i, row in enumerate(rows):
        for j, (name, fields) in enumerate(row.items()):
            signals[i, j] = signal(name)
            columns[i, j] = fields
            scale[i, j] = [_scale(SYSTEMS[i], number, header) for number in fields]
    n_fields = len(header.observation_codes.get(ANY_SYSTEM, ())) if old else 1
    return Layout(
        signals, columns, scale, columns[:, :, STRENGTH] < 0,
        field_offset=0 if old else 3,
        fields_per_line=5 if old else 1_000_000,
        lines_per_satellite=max(1, -(-n_fields // 5)) if old else 1,
    )  # fmt: skip


def _scale(system: System, field: int, header: RinexHeader) -> int:
    """What the values of a field, by its number, are divided by."""
    codes = header.observation_codes.get(system.value, ())
    return header.scale_factors.get((system.value, codes[field]), 1) if 0 <= field < len(codes) else 1


def _columns_of(system: System, header: RinexHeader, all_bands: bool) -> dict[str, list[int]]:
    """Field numbers [code, phase, Doppler, strength] by signal name of one system."""
    if header.version < 3.0:
        named = _old_names(system, header.observation_codes.get(ANY_SYSTEM, ()))
    else:
        named = [_new_name(system, code, header.version) for code in header.observation_codes.get(system.value, ())]
    fields: dict[str, list[int]] = {}
    for number, (kind, name) in enumerate(named):
        if kind < 0 or not (all_bands or name[0] in _NEAR_L1_BANDS[system]):
            continue
        columns = fields.setdefault(name, [-1] * 4)
        if columns[kind] < 0:
            columns[kind] = number
    return fields


def _new_name(system: System, code: str, version: float) -> tuple[int, str]:
    """Kind and signal name of a RINEX 3 code such as 'L1C'; kind -1 = not an observable of a signal."""
    kind, name = _KINDS.find(code[:1]), code[1:]
    if len(name) != 2 or not (name[0].isdigit() and "A" <= name[1] <= "Z"):
        return -1, ""
    if system is System.BEIDOU and name[0] == "1" and (version < 3.025 or name[1] in "IQ"):
        name = "2" + name[1]  # RINEX 3.02 counted B1I as band 1
    return kind, name


def _old_names(system: System, codes: Sequence[str]) -> list[tuple[int, str]]:
    """Kind and signal name of each RINEX 2 code of a system, in file order."""
    known = _OLD_CODES.get(system, {})
    of_band: dict[str, str] = {}
    for old, name in known.items():
        if old in codes:
            of_band.setdefault(old[1], name)
    named = []
    for code in codes:
        if code in known:
            named.append((CODE, known[code]))
        elif code[:1] in "LDS" and code[1:] in of_band:
            named.append((_KINDS.index(code[0]), of_band[code[1:]]))
        else:
            named.append((-1, ""))
    return named
