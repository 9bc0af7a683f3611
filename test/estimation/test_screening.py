"""Screened least squares: outliers go, the rest stays, the answer is that of plain least squares on the rest."""

from __future__ import annotations

import numpy as np
import pytest

from gnss_gyro.basics.small_matrices import invert_normal
from gnss_gyro.estimation.screening import screened_least_squares

ROUNDING = 1e-9


def problem(rng, n=14, p=4):
    design = rng.normal(size=(n, p))
    x = rng.normal(size=p) * 10.0
    return design, x, design @ x + rng.normal(size=n)


def test_inverse_is_that_of_linear_algebra_and_zeros_do_no_harm():
    rng = np.random.default_rng(1)
    design = rng.normal(size=(9, 5))
    inverse = np.empty((5, 5))
    assert invert_normal(design.T @ design, inverse)
    assert np.allclose(inverse, np.linalg.inv(design.T @ design), rtol=ROUNDING)
    design[:, 2] = 0.0
    assert invert_normal(design.T @ design, inverse)
    kept = [0, 1, 3, 4]
    assert np.allclose(inverse[np.ix_(kept, kept)], np.linalg.inv(design[:, kept].T @ design[:, kept]), rtol=ROUNDING)


def test_singular_geometry_is_told():
    rng = np.random.default_rng(2)
    design = rng.normal(size=(9, 3)) @ rng.normal(size=(3, 4))
    assert not screened_least_squares(design, rng.normal(size=9), np.ones(9, bool)).solved


def test_without_outliers_it_is_least_squares_and_nearly_nothing_is_excluded():
    rng = np.random.default_rng(3)
    excluded = 0
    for _ in range(500):
        design, _, y = problem(rng)
        result = screened_least_squares(design, y, np.ones(14, bool))
        excluded += int((~result.used).sum())
        expected = np.linalg.lstsq(design[result.used], y[result.used], rcond=None)[0]
        assert np.allclose(result.solution, expected, rtol=1e-6, atol=1e-6)
    assert excluded < 0.01 * 500 * 14


@pytest.mark.parametrize("outliers", [1, 2, 3, 4])
def test_outliers_are_found(outliers):
    rng = np.random.default_rng(outliers)
    right = 0
    for _ in range(200):
        design, _, y = problem(rng)
        bad = rng.choice(14, outliers, replace=False)
        y[bad] += rng.choice([-1.0, 1.0], outliers) * rng.uniform(100.0, 1e5, outliers)
        result = screened_least_squares(design, y, np.ones(14, bool))
        right += result.consistent and not result.used[bad].any()
    assert right >= 0.97 * 200


def test_rows_that_are_not_candidates_play_no_part():
    rng = np.random.default_rng(5)
    design, x, y = problem(rng)
    y[:3] = 1e9
    result = screened_least_squares(design, y, np.arange(14) >= 3)
    assert result.consistent
    assert not result.used[:3].any()
    assert np.abs(result.solution - x).max() < 5.0


def test_too_few_to_tell_is_inconsistent_not_wrong():
    rng = np.random.default_rng(6)
    design, _, y = problem(rng, n=5)
    y[2] += 1e3
    result = screened_least_squares(design, y, np.ones(5, bool))
    assert result.solved
    assert not result.consistent
    assert result.dof == 1
