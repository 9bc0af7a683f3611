"""solution.csv: what is written is read back; what is unknown is empty; what is not accepted carries no attitude."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnss_gyro.basics.errors import DataError
from gnss_gyro.basics.frames import ecef_from_geodetic
from gnss_gyro.basics.rotations import enu_from_body
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.rig_checks import TAKEN_NAMES
from gnss_gyro.engine.solution import Attitude, Solution
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.report.csv_writer import FIXED_COLUMNS, SolutionWriter, columns_of, heading_text, row_of, time_of_week
from gnss_gyro.report.series import read_series

NAMES = ("rear", "front", "side")
PLACE = np.array([0.61, 2.39, 104.0])
ANGLES = np.array([1.2, -0.02, np.nan])
HALF_LAST_DIGIT_DEG = 0.51e-4


def fixed(tow_s=116400.25):
    covariance = np.diag([1e-6, 4e-6, np.nan])
    return Solution(
        time=GpsTime.from_week_tow(2320, tow_s), outcome=Outcome.FIXED, antennas=NAMES, present=NAMES, satellites=9,
        attitude=Attitude(enu_from_body(1.2, -0.02, 0.0), ANGLES, covariance, np.eye(3)), failure_probability=1.5e-7,
        baselines_enu_m=np.array([[0.9, 0.4, -0.02], [0.1, 0.2, 0.3]]), position_ecef_m=ecef_from_geodetic(PLACE),
        position_cov_enu_m2=np.diag([1.0, 4.0, 9.0]), velocity_enu_mps=np.array([1.0, -2.0, 0.0]),
    )  # fmt: skip


def cells(solution):
    return dict(zip(columns_of(NAMES), row_of(solution), strict=True))


def test_rows_are_read_back(tmp_path):
    with SolutionWriter(tmp_path / "solution.csv", NAMES) as writer:
        writer.write(fixed())
        writer.write(replace(fixed(116401.0), outcome=Outcome.FLOAT))
    series = read_series(tmp_path / "solution.csv")
    assert series.others == NAMES[1:]
    np.testing.assert_array_equal(series.accepted, [True, False])
    np.testing.assert_allclose(series["heading_deg"][0], np.degrees(1.2), atol=HALF_LAST_DIGIT_DEG)
    np.testing.assert_allclose(series["sigma_pitch_deg"][0], np.degrees(2e-3), atol=HALF_LAST_DIGIT_DEG)
    np.testing.assert_allclose(series.vector_m("side")[0], [0.1, 0.2, 0.3], atol=1e-5)
    np.testing.assert_allclose(series.stacked(["sigma_east_m", "sigma_north_m", "sigma_up_m"])[0], [1.0, 2.0, 3.0])
    assert series.time(0) == fixed().time


def test_no_antenna_that_a_rig_accepts_shares_a_column():
    for name in {column.partition("_")[0] for column in FIXED_COLUMNS} - TAKEN_NAMES:
        assert len(set(columns_of(("first", name)))) == len(FIXED_COLUMNS) + 3
    for name in TAKEN_NAMES:
        assert len(set(columns_of(("first", name)))) < len(FIXED_COLUMNS) + 3


def test_unknown_is_empty():
    row = cells(fixed())
    assert row["roll_deg"] == row["sigma_roll_deg"] == ""
    nothing = Solution(time=GpsTime(0), outcome=Outcome.NO_POSITION, antennas=NAMES, present=())
    assert [value for value in row_of(nothing) if value] == ["0", "0.000", "no position", "0"]


@pytest.mark.parametrize("outcome", [word for word in Outcome if word is not Outcome.FIXED])
def test_what_is_not_accepted_carries_no_attitude(outcome):
    row = cells(replace(fixed(), outcome=outcome))
    assert row["outcome"] == str(outcome)
    assert not any(row[name] for name in row if name.endswith("_deg") and "itude" not in name)
    assert not any(row[f"{name}_{axis}_m"] for name in NAMES[1:] for axis in ("east", "north", "up"))
    assert row["latitude_deg"]


def test_a_heading_never_reaches_the_full_turn():
    assert heading_text(359.99999) == heading_text(-1e-9) == "0.0000"
    assert heading_text(359.9999) == "359.9999"


def test_times_keep_their_nanoseconds():
    assert time_of_week(1.0) == "1.000"
    assert time_of_week(116400.123456789) == "116400.123456789"


def test_a_line_cut_off_by_a_crash_is_left_out(tmp_path):
    path = tmp_path / "solution.csv"
    with SolutionWriter(path, NAMES) as writer:
        writer.write(fixed())
        writer.write(fixed(116401.0))
    path.write_text(path.read_text()[:-40])
    assert len(read_series(path)) == 1


def test_other_tables_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"a\.csv is no solution"):
        read_series(tmp_path / "a.csv")
