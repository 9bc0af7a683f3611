"""Figures of merit: circular statistics, matching in time, errors, consistency, thinning of lines."""

from __future__ import annotations

import numpy as np
import pytest

from gnss_gyro.report import metrics
from gnss_gyro.report.csv_writer import vector_columns
from gnss_gyro.report.plain import json_text
from gnss_gyro.report.series import Series

S = 1_000_000_000
TOLERANCE_DEG = 1e-9


def series(heading_deg, vector_m, start_ns=0, outcome="fixed"):
    n = len(heading_deg)
    columns = {"heading_deg": np.asarray(heading_deg, float), "sigma_heading_deg": np.full(n, 2.0)}
    columns |= dict(zip(vector_columns("b"), np.tile(vector_m, (n, 1)).T, strict=True))
    return Series(start_ns + np.arange(n) * S, np.full(n, outcome), columns, ("b",))


def test_circular_statistics_know_north():
    angles = np.array([359.0, 1.0, np.nan])
    assert metrics.circular_mean_deg(angles) % 360.0 == pytest.approx(0.0, abs=TOLERANCE_DEG)
    assert metrics.circular_std_deg(angles) == pytest.approx(1.0, abs=TOLERANCE_DEG)
    assert np.isnan(metrics.circular_mean_deg(np.array([np.nan])))


def test_errors_wrap_and_wrong_vectors_count():
    truth = series([1.0, 1.0], [1.0, 0.0, 0.0], start_ns=2_000_000)
    errors = metrics.errors_against(series([359.0, 1.0], [1.0, 0.0, 0.06]), truth)
    np.testing.assert_allclose(errors.angle_deg[:, 0], [-2.0, 0.0], atol=TOLERANCE_DEG)
    np.testing.assert_allclose(errors.normalised_squares[:, 0], [1.0, 0.0], atol=TOLERANCE_DEG)
    np.testing.assert_array_equal(errors.wrong, [True, True])


def test_times_too_far_apart_do_not_match():
    errors = metrics.errors_against(series([1.0], [1.0, 0.0, 0.0]), series([1.0], [1.0, 0.0, 0.0], start_ns=S // 2))
    assert len(errors.elapsed_s) == 0


def test_time_to_first_fix():
    found = series([1.0, 2.0, 3.0], [1.0, 0.0, 0.0])
    found.outcome[:] = ["float", "float", "fixed"]
    assert metrics.time_to_first_fix_s(found) == 2.0
    assert metrics.outcome_counts(found) == {"float": 2, "fixed": 1}


def test_gaps_are_found():
    times = np.array([0, 1, 2, 63, 64]) * S
    assert metrics.gaps(times) == [(2 * S, 61.0)]
    assert metrics.gaps(times[:1]) == []


def test_nees_of_true_covariances_is_the_dimension():
    rng = np.random.default_rng(5)
    factor = rng.standard_normal((3, 3))
    errors = rng.standard_normal((4000, 3)) @ factor.T
    mean = metrics.nees(errors, np.broadcast_to(factor @ factor.T, (4000, 3, 3))).mean()
    assert mean == pytest.approx(3.0, abs=4.0 * np.sqrt(6.0 / 4000))


def test_a_thinned_line_keeps_its_extremes():
    rng = np.random.default_rng(6)
    values = rng.standard_normal(10_000)
    values[1234], values[4321], values[500:600] = 50.0, -50.0, np.nan
    rows = metrics.extremes_kept(values, 200)
    assert {1234, 4321, 0, 9999} <= set(rows.tolist())
    assert len(rows) <= 202


def test_json_knows_no_nan():
    assert json_text({"a": np.nan, "b": np.array([1.0, np.inf]), ("c", "d"): np.int64(3)}).split() == (
        '{ "a": null, "b": [ 1.0, null ], "c-d": 3 }'.split()
    )
