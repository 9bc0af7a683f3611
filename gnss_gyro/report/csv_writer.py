"""solution.csv: one row an epoch, written as the solutions come, so that a crash loses nothing."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Final

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import geodetic_from_ecef
from gnss_gyro.engine.solution import Solution
from gnss_gyro.estimation.outcome import Outcome

TIME_COLUMNS: Final = ("gps_week", "tow_s")
ANGLES: Final = ("heading_deg", "pitch_deg", "roll_deg")
ANGLE_SIGMAS: Final = tuple(f"sigma_{name}" for name in ANGLES)
GEODETIC: Final = ("latitude_deg", "longitude_deg", "height_m")
POSITION_SIGMAS: Final = ("sigma_east_m", "sigma_north_m", "sigma_up_m")
VELOCITY: Final = ("velocity_east_mps", "velocity_north_mps", "velocity_up_mps")
FIXED_COLUMNS: Final = (
    *TIME_COLUMNS, "outcome", "satellites", *ANGLES, *ANGLE_SIGMAS, "failure_probability", *GEODETIC, *POSITION_SIGMAS, *VELOCITY,
)  # fmt: skip


def vector_columns(antenna: str) -> tuple[str, str, str]:
    """Columns of the vector from the first antenna to another."""
    return f"{antenna}_east_m", f"{antenna}_north_m", f"{antenna}_up_m"


def columns_of(antennas: Sequence[str]) -> tuple[str, ...]:
    """Header of solution.csv for antennas in the order of the rig."""
    return (*FIXED_COLUMNS, *(column for antenna in antennas[1:] for column in vector_columns(antenna)))


def row_of(solution: Solution) -> list[str]:
    """One row of solution.csv; empty = unknown. Only accepted epochs carry angles and vectors."""
    return [
        str(solution.time.week), time_of_week(solution.time.tow_s), str(solution.outcome), str(solution.satellites),
        *_attitude_cells(solution), _probability(solution.failure_probability), *_position_cells(solution),
        *_numbers(solution.velocity_enu_mps.tolist(), 4), *_vector_cells(solution),
    ]  # fmt: skip


def is_accepted(solution: Solution) -> bool:
    """Does this epoch carry an attitude?"""
    return solution.outcome is Outcome.FIXED and solution.attitude is not None


def time_of_week(tow_s: float) -> str:
    """Seconds of week with as many decimals as they need: 3 to 9."""
    text = f"{tow_s:.9f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(3, '0')}"


def heading_text(heading_deg: float) -> str:
    """Heading with 4 decimals in [0, 360): what rounds to the full turn is north."""
    text = _numbers((heading_deg % 360.0,), 4)[0]
    return "0.0000" if text == "360.0000" else text


class SolutionWriter:
    """solution.csv, one line at a time.

    path     : file to write; what was there is replaced
    antennas : names in the order of the rig
    """

    def __init__(self, path: Path, antennas: Sequence[str]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="", buffering=1)
        self._rows = csv.writer(self._file, lineterminator="\n")
        self._rows.writerow(columns_of(antennas))
        self.rows = 0

    def write(self, solution: Solution) -> None:
        """Append one epoch."""
        self._rows.writerow(row_of(solution))
        self.rows += 1

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def __enter__(self) -> SolutionWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _numbers(values: Sequence[float], decimals: int) -> list[str]:
    """Numbers as text; empty = unknown."""
    texts = (_pattern(len(values), decimals) % tuple(values)).split(",")
    return [text if text[0].isdigit() else _tidied(text) for text in texts]


@lru_cache(maxsize=32)
def _pattern(count: int, decimals: int) -> str:
    return ",".join([f"%.{decimals}f"] * count)


def _tidied(text: str) -> str:
    """A number's text without the sign of zero, and empty where it is none."""
    if text[-1] in "nf":
        return ""
    return text if text.strip("-0.") else text[1:]


def _probability(value: float) -> str:
    return f"{value:.3e}" if math.isfinite(value) else ""


def _attitude_cells(solution: Solution) -> list[str]:
    attitude = solution.attitude
    if attitude is None or not is_accepted(solution):
        return [""] * 6
    heading, pitch, roll = map(math.degrees, attitude.angles.tolist())
    return [heading_text(heading), *_numbers((pitch, roll, *map(math.degrees, _sigmas(attitude.angle_cov))), 4)]


def _position_cells(solution: Solution) -> list[str]:
    if not all(map(math.isfinite, solution.position_ecef_m.tolist())):
        return [""] * 6
    latitude, longitude, height = geodetic_from_ecef(solution.position_ecef_m).tolist()
    degrees = _numbers((math.degrees(latitude), math.degrees(longitude)), 9)
    return [*degrees, *_numbers((height, *_sigmas(solution.position_cov_enu_m2)), 4)]


def _vector_cells(solution: Solution) -> list[str]:
    count = 3 * (len(solution.antennas) - 1)
    if not is_accepted(solution) or solution.baselines_enu_m.size != count:
        return [""] * count
    return _numbers(solution.baselines_enu_m.ravel().tolist(), 5)


def _sigmas(covariance: Floats) -> list[float]:
    return [math.sqrt(variance) if variance >= 0.0 else math.nan for variance in covariance.diagonal().tolist()]
