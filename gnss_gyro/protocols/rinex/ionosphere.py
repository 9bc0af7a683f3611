"""Ionosphere models in RINEX navigation files: header lines of RINEX 2 and 3, ION records of RINEX 4."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.protocols.messages import BdgimCoefficients, IonosphereMessage, Klobuchar, NequickCoefficients
from gnss_gyro.protocols.rinex.scales import gps_minus_scale_s
from gnss_gyro.protocols.rinex.text import RecordError, calendar_time, number, record_numbers

_OLD_SYSTEM = "G"
_PAIRS = {"GPS": "G", "QZS": "J", "BDS": "C", "IRN": "I"}
_JAPAN = 1.0
"""Region code of QZSS parameters fitted to Japan alone (RINEX 4.01, table A33); the wide-area set serves everywhere."""


def header_ionosphere(lines: Sequence[tuple[str, str]]) -> list[IonosphereMessage]:
    """Models of the header's ionosphere lines (key, line); halves without their other half are left out."""
    models: list[IonosphereMessage] = []
    alphas: dict[str, list[float]] = {}
    for key, line in lines:
        if key == "GAL":
            ai = _values(line, 5)[:3]
            if any(ai) and not any(math.isnan(v) for v in ai):
                models.append(NequickCoefficients(np.array(ai)))
            continue
        mark = line[53:60].strip()  # BeiDou: time mark and satellite; both halves carry it
        system = _OLD_SYSTEM if key.startswith("ION") else _PAIRS.get(key[:3], "")
        values = _values(line, 2 if key.startswith("ION") else 5)
        if not system or any(math.isnan(v) for v in values):
            continue
        if key in ("ION ALPHA", f"{key[:3]}A"):
            alphas[system + mark] = values
        elif (alpha := alphas.get(system + mark)) is not None and any(alpha + values):
            models.append(Klobuchar(system, np.array(alpha), np.array(values)))
    return models


def _values(line: str, first: int) -> list[float]:
    return [number(line[i : i + 12]) for i in range(first, first + 48, 12)]


def read_ionosphere(lines: Sequence[str], source: str) -> IonosphereMessage | str:
    """Model of an ION record (its first line begins with the satellite), or the name of what is not used.

    Raises ValueError for a record that cannot be read.
    """
    system = lines[0][:1]
    scale = "BDT" if system == "C" else "GPS"
    tag = calendar_time(lines[0][4:20], lines[0][20:23])
    time = tag + gps_minus_scale_s(scale, tag)
    values = record_numbers(lines, head=23, margin=4)
    if system == "E":
        return NequickCoefficients(_known(values, 3), time)
    if source == "CNVX" and system == "C":
        return BdgimCoefficients(_known(values, 9), time)
    if system not in "GJCI":
        return f"ionosphere models of {system} (not used)"
    if system == "J" and len(values) > 8 and values[8] == _JAPAN:
        return "QZSS ionosphere models of Japan alone (not used)"
    known = _known(values, 8)
    return Klobuchar(system, known[:4], known[4:], time)


def _known(values: Sequence[float], count: int) -> Floats:
    wanted = values[:count]
    if len(wanted) < count or any(math.isnan(v) for v in wanted):
        raise RecordError("an ionosphere record with blanks")
    return np.array(wanted)
