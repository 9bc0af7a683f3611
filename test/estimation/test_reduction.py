"""Laws of the decorrelation of ambiguities, also of many that codes alone can hardly tell apart."""

from __future__ import annotations

import numpy as np
import pytest

from gnss_gyro.estimation.reduction import decorrelate

PHASE_CYCLES, CODE_CYCLES = 0.02, 3.0


def ambiguities(n: int, seed: int) -> np.ndarray:
    """Covariance (n, n) [cycles^2] of an epoch: codes of metres place a vector, phases of millimetres hang on it."""
    rng = np.random.default_rng(seed)
    design = rng.normal(size=(n, 3))
    single = np.eye(n) + np.ones((n, n))
    vector = np.linalg.inv(design.T @ np.linalg.inv(CODE_CYCLES**2 * single) @ design)
    covariance = PHASE_CYCLES**2 * single + design @ vector @ design.T
    return 0.5 * (covariance + covariance.T)


@pytest.mark.parametrize("n", [4, 6, 12, 33, 60])
def test_the_transformation_is_of_whole_numbers_and_can_be_undone(n):
    for seed in range(10):
        floats, out = np.random.default_rng(seed).normal(size=n) * 1e3, np.empty(n)
        *_, a_from_z, ok = decorrelate(ambiguities(n, seed), floats, out)
        z_from_a = np.rint(np.linalg.inv(a_from_z))
        assert ok
        assert np.array_equal(a_from_z, np.rint(a_from_z))
        assert np.array_equal(z_from_a @ a_from_z, np.eye(n))
        assert np.allclose(out, z_from_a @ floats, rtol=0.0, atol=1e-9 * np.abs(z_from_a @ np.diag(floats)).sum(axis=1).max())


@pytest.mark.parametrize("n", [4, 6, 12, 33, 60])
def test_the_factors_are_those_of_the_transformed_ambiguities(n):
    for seed in range(10):
        covariance = ambiguities(n, seed)
        lower, d, a_from_z, _ = decorrelate(covariance, np.zeros(n), np.empty(n))
        z_from_a = np.rint(np.linalg.inv(a_from_z))
        transformed = z_from_a @ covariance @ z_from_a.T
        scale = np.sqrt(np.outer(np.diag(transformed), np.diag(transformed)))
        assert np.all(np.abs(lower.T @ np.diag(d) @ lower - transformed) < 1e-6 * scale)
        assert np.all(np.abs(np.tril(lower, -1)) <= 0.5 + 1e-9)


def test_what_is_no_covariance_is_told():
    assert not decorrelate(-np.eye(3), np.zeros(3), np.empty(3))[-1]
