"""Order statistics and inverses in loops against those of numpy."""

from __future__ import annotations

import numpy as np
import pytest

from gnss_gyro.basics.ordering import count_of, in_order, median, median_of_known
from gnss_gyro.basics.small_matrices import inverse_factor, invert_normal, inverted

ROUNDING = 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_the_chosen_are_ordered_and_their_middle_is_the_median(seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(-5, 5, 1 + seed) + rng.choice([0.0, 0.25], 1 + seed)
    chosen = rng.uniform(size=1 + seed) < 0.7
    chosen[seed] = True
    assert in_order(values, chosen).tolist() == sorted(values[chosen])
    assert median(values, chosen) == np.median(values[chosen])
    assert count_of(chosen) == chosen.sum()
    assert median_of_known(np.where(chosen, values, np.nan)) == np.median(values[chosen])


def test_nothing_known_has_no_median():
    assert np.isnan(median_of_known(np.full(3, np.nan)))


def test_a_matrix_is_inverted_in_its_own_place():
    rng = np.random.default_rng(1)
    for size in range(1, 12):
        design = rng.normal(size=(2 * size, size))
        matrix = design.T @ design
        expected = np.linalg.inv(matrix)
        for inverse in (invert_normal, inverted):
            inplace = matrix.copy()
            assert inverse(inplace, inplace)
            assert np.allclose(inplace, expected, rtol=ROUNDING)


def test_only_the_lower_triangle_is_read():
    matrix, out = np.array([[4.0, np.nan], [2.0, 3.0]]), np.empty((2, 2))
    for inverse in (invert_normal, inverted):
        assert inverse(matrix, out)
        assert np.allclose(out @ np.array([[4.0, 2.0], [2.0, 3.0]]), np.eye(2), atol=ROUNDING)


def test_rows_of_zeros_stay_without_effect_in_normal_equations_only():
    matrix, out = np.diag([4.0, 0.0]), np.empty((2, 2))
    assert invert_normal(matrix, out)
    assert out.tolist() == [[0.25, 0.0], [0.0, 1.0]]
    assert not inverted(matrix, out)


@pytest.mark.parametrize("wrong", [np.diag([1.0, -1.0]), np.ones((2, 2)), np.full((2, 2), np.nan), np.diag([1.0, np.inf])])
def test_indefinite_and_singular_matrices_are_refused(wrong):
    assert not invert_normal(wrong, np.empty((2, 2)))
    assert not inverted(wrong, np.empty((2, 2)))


def test_the_inverse_factor_is_that_of_a_covariance():
    root, out = np.random.default_rng(15).normal(size=(44, 60)), np.zeros((44, 44))
    cov = root @ root.T
    assert inverse_factor(cov, 0.0, out)
    assert np.allclose(out @ cov @ out.T, np.eye(44), atol=ROUNDING)
    assert not np.triu(out, 1).any()
