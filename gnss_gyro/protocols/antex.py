"""ANTEX 1.4 -> calibrated antennas, of receivers and of satellites: lines are handed in, nothing here opens a file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.errors import DataError
from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import Counts
from gnss_gyro.protocols.rinex.text import calendar_time, number

_VERSION: Final = "ANTEX VERSION / SYST"
_KIND: Final = "PCV TYPE / REFANT"
_GPS_NEAREST: Final = {"C02": "G01"}
"""BeiDou B1I, 14 MHz from L1, has the number of another band."""
_LONGEST_BLOCK: Final = 20_000
"""Lines of one antenna: ten times what one of a degree's step and six frequencies has."""
_MOST_NODES: Final = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class AntennaModel:
    """Where one antenna's phase is received, or sent, on one frequency.

    frequency    : by ANTEX's name: G01, E05
    offset_m     : (3,) mean phase centre from the reference point [m]: east, north, up in the antenna's frame, of a
                   satellite x, y, z in its body frame
    zenith_angle : (z,) nodes from the boresight [rad], increasing; of satellites nadir angles
    azimuth      : (a,) nodes, north over east (of satellites y over x) [rad], increasing, 0 and 2 pi included; (0,) = not known
    variation_m  : (max(a, 1), z) what the range is longer by, besides the offset [m]
    """

    frequency: str
    offset_m: Floats
    zenith_angle: Floats
    azimuth: Floats
    variation_m: Floats

    def __post_init__(self) -> None:
        expected = (max(len(self.azimuth), 1), len(self.zenith_angle))
        if self.offset_m.shape != (3,) or self.variation_m.shape != expected or expected[1] < 2:
            raise ValueError(f"AntennaModel {self.frequency}: variations {self.variation_m.shape}, nodes {expected}")


@dataclass(frozen=True, slots=True, eq=False)
class CalibratedAntenna:
    """An antenna's models by frequency.

    name                    : IGS name with its radome, 20 characters ("TRM59800.80     NONE"); of satellites the block
    satellite               : code of basics.satellites; None = an antenna on the ground
    serial                  : of one calibrated piece; empty = holds for its kind
    valid_from, valid_until : None = open
    """

    name: str
    satellite: int | None
    serial: str
    valid_from: GpsTime | None
    valid_until: GpsTime | None
    models: Mapping[str, AntennaModel]

    def model(self, frequency: str) -> AntennaModel | None:
        """Model of a frequency such as E01, else that of GPS's band nearest to it, as is the custom, else None."""
        nearest = _GPS_NEAREST.get(frequency, f"G{frequency[1:]}")
        return self.models.get(frequency, self.models.get(nearest))


def read_antex(lines: Iterable[str], counts: Counts | None = None) -> Iterator[CalibratedAntenna]:
    """Antennas of a text's lines, one by one.

    counts : takes how many were read, and how many could not be
    Raises DataError where the text does not begin as ANTEX, or holds calibrations relative to another antenna.
    """
    counts = counts if counts is not None else Counts()
    rest = iter(lines)
    _check_head(rest)
    block: list[str] | None = None
    for line in rest:
        label = _label(line)
        if label == "START OF ANTENNA":
            counts.add("antennas cut short", int(block is not None))
            block = []
        elif label == "END OF ANTENNA" and block is not None:
            antenna = _antenna(block)
            counts.add("antennas read" if antenna else "antennas that cannot be read")
            block = None
            if antenna:
                yield antenna
        elif block is not None and len(block) < _LONGEST_BLOCK:
            block.append(line.rstrip("\r\n"))
    counts.add("antennas cut short", int(block is not None))


def _check_head(lines: Iterator[str]) -> None:
    """Take the header off."""
    first = next(lines, "")
    if _label(first) != _VERSION:
        raise DataError("the text does not begin with ANTEX VERSION / SYST")
    for line in lines:
        label = _label(line)
        if label == _KIND and line[:1] != "A":
            raise DataError("an ANTEX file of relative calibrations: only absolute ones can be used")
        if label == "END OF HEADER":
            return


def _label(line: str) -> str:
    return line[60:80].strip()


def _antenna(block: list[str]) -> CalibratedAntenna | None:
    """The antenna of a block's lines; None = it makes no sense."""
    try:
        return _parsed(block)
    except (ValueError, KeyError, IndexError, ArithmeticError):
        return None


def _parsed(block: list[str]) -> CalibratedAntenna:
    fields = {label: line[:60].ljust(60) for line in block for label in (_label(line),) if label}
    identity = fields["TYPE / SERIAL NO"]
    orbits = bool(identity[40:50].strip())
    zenith, azimuth = _nodes(fields["ZEN1 / ZEN2 / DZEN"], float(fields["DAZI"][2:8]))
    models = dict(_models(block, zenith, azimuth, orbits))
    if not models:
        raise ValueError("no frequency")
    return CalibratedAntenna(
        identity[:20].rstrip(),
        satellite_from_name(identity[20:23]) if orbits else None,
        "" if orbits else identity[20:40].strip(),
        _time(fields.get("VALID FROM")),
        _time(fields.get("VALID UNTIL")),
        models,
    )


def _nodes(text: str, step: float) -> tuple[Floats, Floats]:
    """Zenith angles (z,) and azimuths (a,) [rad] at which variations are given."""
    first, last, dzen = (float(text[i : i + 6]) for i in (2, 8, 14))
    count = round((last - first) / dzen) + 1
    azimuths = round(360.0 / step) + 1 if step > 0.0 else 0
    whole = azimuths == 0 or math.isclose(step * (azimuths - 1), 360.0)
    if not 2 <= count <= _MOST_NODES or not 0 <= azimuths <= _MOST_NODES or not whole:
        raise ValueError("nodes out of proportion")
    return np.radians(first + dzen * np.arange(count)), np.radians(step * np.arange(azimuths))


def _models(block: list[str], zenith: Floats, azimuth: Floats, orbits: bool) -> Iterator[tuple[str, AntennaModel]]:
    """Models by frequency; lines of the calibration's scatter (FREQ RMS) are passed over."""
    frequency, offset = "", np.full(3, np.nan)
    rows: list[str] = []
    for line in block:
        label = _label(line)
        if label == "START OF FREQUENCY":
            frequency, rows, offset = line[3:6].strip(), [], np.full(3, np.nan)
        elif label == "END OF FREQUENCY" and frequency:
            yield frequency, _model(frequency, offset, rows, zenith, azimuth)
            frequency = ""
        elif label == "NORTH / EAST / UP" and frequency:
            north_x, east_y, up_z = (1e-3 * float(line[i : i + 10]) for i in (0, 10, 20))
            offset = np.array([north_x, east_y, up_z] if orbits else [east_y, north_x, up_z])
        elif frequency and label != "COMMENT":
            rows.append(line)


def _model(frequency: str, offset_m: Floats, rows: list[str], zenith: Floats, azimuth: Floats) -> AntennaModel:
    """One frequency's model: the first row knows no azimuth, the others begin with theirs."""
    values = np.array([[number(row[8 + 8 * k : 16 + 8 * k]) for k in range(len(zenith))] for row in rows])
    begins = [row[:8].strip() for row in rows]
    table = values if len(azimuth) == 0 else values[1:]
    if not begins or begins[0] != "NOAZI" or not np.isfinite(table).all() or not np.isfinite(offset_m).all():
        raise ValueError("a table with gaps")
    if not np.allclose([number(text) for text in begins[1:]], np.degrees(azimuth)):
        raise ValueError("rows of other azimuths")
    return AntennaModel(frequency, offset_m, zenith, azimuth, 1e-3 * table)


def _time(text: str | None) -> GpsTime | None:
    """Time of a field such as '  2011     7    16     0     0    0.0000000'."""
    if text is None or math.isnan(number(text[:6])):
        return None
    return calendar_time(text[:30], text[30:43])
