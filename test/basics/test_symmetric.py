"""Small symmetric matrices: the loops give what LAPACK gives."""

from __future__ import annotations

import numpy as np
import pytest

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.symmetric import congruent, eigen, principal_axes

ROUNDING = 1e-13


def positive(n: int, seed: int, scale: float = 1.0) -> Floats:
    root = np.random.default_rng(seed).normal(size=(n, n)) * scale
    return root @ root.T


@pytest.mark.parametrize("n", [3, 4, 9])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e5])
def test_eigen_gives_values_and_orthogonal_axes(n: int, scale: float) -> None:
    for seed in range(50):
        matrix = positive(n, seed, scale)
        values, axes = eigen(matrix)
        largest = np.abs(matrix).max()
        assert np.allclose((axes * values) @ axes.T, matrix, rtol=0.0, atol=10 * ROUNDING * largest)
        assert np.allclose(axes.T @ axes, np.eye(n), atol=ROUNDING)
        assert np.allclose(np.sort(values), np.linalg.eigvalsh(matrix), rtol=0.0, atol=10 * ROUNDING * largest)


def test_eigen_of_singular_matrices() -> None:
    line = np.array([[1.0, 2.0, 3.0]])
    for matrix in (np.zeros((3, 3)), np.eye(3), line.T @ line, np.diag([1e9, 1.0, 0.0])):
        values, axes = eigen(matrix)
        assert np.allclose((axes * values) @ axes.T, matrix, atol=ROUNDING)
        assert np.allclose(axes.T @ axes, np.eye(3), atol=ROUNDING)


@pytest.mark.parametrize("n", [3, 5])
def test_principal_axes_are_in_order(n: int) -> None:
    for seed in range(20):
        matrix, values, axes = positive(n, seed), np.empty(n), np.empty((n, n))
        principal_axes(matrix, values, axes)
        assert np.allclose(values, np.linalg.eigvalsh(matrix), rtol=1e-9)
        assert np.allclose(matrix @ axes, axes * values, atol=10 * ROUNDING * np.abs(matrix).max())


def test_congruent_is_exactly_symmetric() -> None:
    transform, matrix = np.random.default_rng(3).normal(size=(6, 6)), positive(6, 2)
    seen = congruent(transform, matrix)
    assert np.allclose(seen, transform @ matrix @ transform.T, rtol=1e-12)
    assert np.array_equal(seen, seen.T)
