"""Satellites over time for sky and residual plots: thinned evenly so that long runs stay small."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.errors import DataError
from gnss_gyro.engine.solution import SatelliteRecord, Solution

MOST_ROWS: Final = 60_000


@dataclass(frozen=True, slots=True)
class SatelliteTable:
    """n sights of satellites.

    time_ns : (n,) GPS time [ns]
    antenna : (n,) index into names
    satellite : (n,) codes of basics.satellites
    azimuth_deg, elevation_deg : (n,)
    cn0_dbhz : (n,)
    phase_residual_m : (n,) double-difference phase residual of accepted epochs [m]; NaN = not used, 0 = pivot
    code_residual_m : (n,) of the single point [m]
    names : (k,) of the antennas
    """

    time_ns: Ints
    antenna: Codes
    satellite: Codes
    azimuth_deg: Floats
    elevation_deg: Floats
    cn0_dbhz: Floats
    phase_residual_m: Floats
    code_residual_m: Floats
    names: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.time_ns)

    def take(self, rows: Ints | Bools) -> SatelliteTable:
        """Some of the rows."""
        return replace(self, **{field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name != "names"})


class SatelliteLog:
    """Collects the records of every k-th epoch; k doubles whenever there are too many rows."""

    def __init__(self, antennas: Sequence[str], most_rows: int = MOST_ROWS) -> None:
        self._antennas = tuple(antennas)
        self._most = most_rows
        self._kept: list[tuple[int, SatelliteRecord]] = []
        self._rows = 0
        self._every = 1
        self._epochs = 0

    def add(self, solution: Solution) -> None:
        """Take in one epoch."""
        self._epochs += 1
        if solution.record is None or (self._epochs - 1) % self._every:
            return
        self._kept.append((solution.time.ns, solution.record))
        self._rows += len(solution.record.satellite)
        if self._rows > self._most and len(self._kept) > 1:
            self._kept = self._kept[::2]
            self._rows = sum(len(record.satellite) for _, record in self._kept)
            self._every *= 2

    def table(self) -> SatelliteTable:
        """All rows that were kept."""
        records = [record for _, record in self._kept]
        return SatelliteTable(
            np.repeat(np.array([time for time, _ in self._kept], np.int64), [len(record.satellite) for record in records]),
            _codes([record.antenna for record in records]), _codes([record.satellite for record in records]),
            np.degrees(_floats([record.azimuth for record in records])) % 360.0,
            np.degrees(_floats([record.elevation for record in records])), _floats([record.cn0_dbhz for record in records]),
            _floats([record.phase_residual_m for record in records]), _floats([record.code_residual_m for record in records]),
            np.array(self._antennas, np.str_),
        )  # fmt: skip


def save_table(table: SatelliteTable, path: Path) -> None:
    """Write the rows as a compressed numpy file."""
    small = {name: getattr(table, name) for name in ("time_ns", "antenna", "satellite", "names")}
    small |= {name: getattr(table, name).astype(np.float32) for name in _FLOATS}
    with path.open("wb") as file:
        np.savez_compressed(file, **small)


def load_table(path: Path) -> SatelliteTable:
    """Read the rows again. Raises DataError."""
    try:
        with np.load(path) as stored:
            columns = {field.name: stored[field.name] for field in fields(SatelliteTable)}
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{path.name} cannot be read: {error}") from error
    return SatelliteTable(**{name: value.astype(float) if name in _FLOATS else value for name, value in columns.items()})


_FLOATS: Final = ("azimuth_deg", "elevation_deg", "cn0_dbhz", "phase_residual_m", "code_residual_m")


def _codes(parts: list[Codes]) -> Codes:
    return np.concatenate(parts) if parts else np.zeros(0, np.int16)


def _floats(parts: list[Floats]) -> Floats:
    return np.concatenate(parts) if parts else np.zeros(0)
