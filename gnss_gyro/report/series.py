"""solution.csv (and truth.csv, which has the same columns) read back as arrays over time."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.basics.errors import DataError
from gnss_gyro.basics.time import WEEK_NS, GpsTime
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.report.csv_writer import FIXED_COLUMNS, TIME_COLUMNS, vector_columns

_TEXT: Final = "outcome"
_SUFFIX: Final = "_east_m"


@dataclass(frozen=True, slots=True)
class Series:
    """n epochs by column.

    time_ns : (n,) GPS time [ns]
    outcome : (n,) words of Outcome; "" in a truth
    columns : the numbers of every other column (n,), NaN = unknown; units stand in the names
    others  : antennas that have a vector from the first one
    """

    time_ns: Ints
    outcome: NDArray[np.str_]
    columns: Mapping[str, Floats]
    others: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time_ns)

    def __getitem__(self, column: str) -> Floats:
        """A column (n,); NaN throughout where the file has none of that name."""
        return self.columns.get(column, np.full(len(self), np.nan))

    @property
    def accepted(self) -> Bools:
        """Mask (n,) of the epochs that carry an attitude."""
        return np.asarray(self.outcome == str(Outcome.FIXED))

    @property
    def elapsed_s(self) -> Floats:
        """(n,) since the first epoch [s]."""
        return (self.time_ns - (self.time_ns[0] if len(self) else 0)) / 1e9

    def vector_m(self, antenna: str) -> Floats:
        """(n, 3) east, north, up from the first antenna [m]."""
        return np.stack([self[column] for column in vector_columns(antenna)], axis=-1)

    def stacked(self, names: Sequence[str]) -> Floats:
        """(n, k) some columns side by side."""
        return np.stack([self[name] for name in names], axis=-1)

    def time(self, row: int) -> GpsTime:
        """GPS time of a row."""
        return GpsTime(int(self.time_ns[row]))

    def take(self, rows: Ints | Bools) -> Series:
        """Some of the epochs."""
        return Series(
            self.time_ns[rows], self.outcome[rows], {name: column[rows] for name, column in self.columns.items()}, self.others
        )


def read_series(path: Path) -> Series:
    """The file as arrays; a last line that was cut off is left out. Raises DataError where it is no such file."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path.name} cannot be read: {error}") from error
    if tuple(header[:2]) != TIME_COLUMNS:
        raise DataError(f"{path.name} is no solution.csv: its first columns are not gps_week,tow_s")
    try:
        return _series(header, [row for row in rows if len(row) == len(header)])
    except ValueError as error:
        raise DataError(f"{path.name} holds something that is no number: {error}") from error


def _series(header: list[str], rows: list[list[str]]) -> Series:
    columns = {name: [row[i] for row in rows] for i, name in enumerate(header)}
    numbers = {name: _numbers(cells) for name, cells in columns.items() if name != _TEXT}
    time_ns = [_time_ns(week, tow) for week, tow in zip(columns["gps_week"], columns["tow_s"], strict=True)]
    return Series(
        np.array(time_ns, np.int64), np.array(columns.get(_TEXT, [""] * len(rows)), np.str_), numbers,
        tuple(name.removesuffix(_SUFFIX) for name in header if name.endswith(_SUFFIX) and name not in FIXED_COLUMNS),
    )  # fmt: skip


def _numbers(cells: list[str]) -> Floats:
    return np.array([float(cell) if cell else np.nan for cell in cells], float)


def _time_ns(week: str, tow: str) -> int:
    whole, _, decimals = tow.partition(".")
    return int(week) * WEEK_NS + int(whole) * 1_000_000_000 + int(decimals[:9].ljust(9, "0"))
