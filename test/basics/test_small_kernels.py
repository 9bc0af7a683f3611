"""Order statistics and inverses in loops against those of numpy."""

from __future__ import annotations

import numpy as np
import pytest

from gnss_gyro.basics.ordering import count_of, in_order, median
from gnss_gyro.basics.small_matrices import invert_normal

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


def test_a_matrix_is_inverted_in_its_own_place():
    rng = np.random.default_rng(1)
    for size in range(1, 12):
        design = rng.normal(size=(2 * size, size))
        matrix = design.T @ design
        expected = np.linalg.inv(matrix)
        assert invert_normal(matrix, matrix)
        assert np.allclose(matrix, expected, rtol=ROUNDING)


def test_indefinite_and_singular_matrices_are_refused():
    assert not invert_normal(np.diag([1.0, -1.0]), np.empty((2, 2)))
    assert not invert_normal(np.ones((2, 2)), np.empty((2, 2)))
    assert not invert_normal(np.full((2, 2), np.nan), np.empty((2, 2)))
