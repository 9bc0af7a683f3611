"""Positions and velocities against a truth, and the account of what was left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.solution import PositionKind, Solution
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.report.csv_writer import FIXED_COLUMNS
from gnss_gyro.report.metrics import position_errors
from gnss_gyro.report.position_log import PositionLog
from gnss_gyro.report.series import Series, read_series
from gnss_gyro.vppp.position import Refusals

METRE_NORTH_DEG = np.degrees(1.0 / 6_356_000.0)
PLACE_TOLERANCE_M = 0.01  # the meridian's radius of curvature is not quite the sphere's


def series(path: Path, rows: list[dict[str, float]]) -> Series:
    lines = [",".join(FIXED_COLUMNS)]
    for number, row in enumerate(rows):
        cells = {"gps_week": "2400", "tow_s": f"{number:.3f}", "outcome": "float", **{k: f"{v:.12f}" for k, v in row.items()}}
        lines.append(",".join(cells.get(column, "") for column in FIXED_COLUMNS))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_series(path)


def at(latitude_deg: float, height_m: float, north_mps: float) -> dict[str, float]:
    return {
        "latitude_deg": latitude_deg, "longitude_deg": 139.0, "height_m": height_m,
        "velocity_east_mps": 0.0, "velocity_north_mps": north_mps, "velocity_up_mps": 0.0,
    }  # fmt: skip


def test_errors_are_solution_less_truth_in_local_axes(tmp_path):
    truth = series(tmp_path / "truth.csv", [at(35.0, 50.0, 1.0)] * 3)
    found = series(tmp_path / "solution.csv", [at(35.0 + 2.0 * METRE_NORTH_DEG, 51.5, 1.2), {}, at(35.0, 50.0, 1.0)])
    errors = position_errors(found, truth)
    np.testing.assert_allclose(errors.position_m, [[0.0, 2.0, 1.5], [0.0, 0.0, 0.0]], atol=PLACE_TOLERANCE_M)
    np.testing.assert_allclose(errors.velocity_mps, [[0.0, 0.2, 0.0], [0.0, 0.0, 0.0]], atol=1e-9)
    assert errors.elapsed_s.tolist() == [0.0, 2.0]


def test_what_was_left_out_is_counted_by_satellite():
    log, g05 = PositionLog(), satellite_from_name("G05")
    codes = np.array([g05], np.int16)
    for kind in (PositionKind.VPPP, PositionKind.VPPP, PositionKind.SINGLE):
        log.add(Solution(
            time=GpsTime(0), outcome=Outcome.FLOAT, antennas=("a",), present=("a",), position_kind=kind,
            refused=Refusals(code=codes, velocity=kind is PositionKind.SINGLE),
        ))  # fmt: skip
    told = log.as_dict()
    assert told["found_by"] == {"vppp": 2, "single point": 1}
    assert told["left_out"] == {"code": {"G05": 3}, "phase": {}, "doppler_velocity": 1}


@pytest.mark.parametrize("rows", [[], [{}]])
def test_nothing_located_gives_no_errors(tmp_path, rows):
    truth = series(tmp_path / "truth.csv", [at(35.0, 50.0, 1.0)])
    assert position_errors(series(tmp_path / "solution.csv", rows), truth).position_m.shape == (0, 3)
