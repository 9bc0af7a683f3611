"""The constrained integer search: decorrelation, the sphere, the enumeration; brute force and other solvers are the authority."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import numpy as np
import pytest
from baseline_skies import random_model, with_prior
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import PROJECT
from scipy.optimize import brentq, minimize

from gnss_gyro.estimation.acceptance import failure_probability
from gnss_gyro.estimation.integer_search import CORE, WINDOW, search_sphere
from gnss_gyro.estimation.reduction import decorrelate
from gnss_gyro.estimation.sphere import nearest_on_sphere
from gnss_gyro.estimation.sphere_search import relaxed_length

ROUNDING = 1e-9
COST = 1e-6
SOLVER = 1e-5
SIGMA_M = 0.005
seeds = st.integers(0, 2**32 - 1)


def positive_definite(rng, n, spread=3.0):
    axes = np.linalg.qr(rng.normal(size=(n, n)))[0]
    matrix = (axes * 10.0 ** rng.uniform(-spread, spread, n)) @ axes.T
    return 0.5 * (matrix + matrix.T)


@given(seeds, st.integers(1, 14))
@settings(max_examples=60, deadline=None)
def test_decorrelation_is_unimodular_and_exact(seed, n):
    rng = np.random.default_rng(seed)
    covariance = positive_definite(rng, n, 2.0)
    floats, z_floats = 10.0 * rng.normal(size=n), np.empty(n)
    lower, d, a_from_z, ok = decorrelate(covariance, floats, z_floats)
    assert ok
    assert np.all(d > 0.0)
    assert np.array_equal(a_from_z, np.rint(a_from_z))
    z_t = np.rint(np.linalg.inv(a_from_z))
    assert np.array_equal(z_t @ a_from_z, np.eye(n))
    assert np.allclose(z_floats, z_t @ floats, rtol=1e-9, atol=1e-9)
    transformed = z_t @ covariance @ z_t.T
    assert np.allclose(lower.T @ np.diag(d) @ lower, transformed, rtol=1e-6, atol=1e-7 * np.abs(transformed).max())
    assert np.all(np.abs(np.tril(lower, -1)) <= 0.5 + 1e-6)


def test_decorrelation_refuses_what_is_no_covariance():
    assert not decorrelate(np.diag([1.0, -1.0, 2.0]), np.zeros(3), np.empty(3))[-1]
    assert not decorrelate(np.full((2, 2), np.nan), np.zeros(2), np.empty(2))[-1]


def sphere_cost(normal, gradient, length, sigma, b):
    return b @ normal @ b - 2.0 * gradient @ b + (np.linalg.norm(b) - length) ** 2 / sigma**2


def solve_sphere(normal, gradient, length, sigma):
    values, axes = np.linalg.eigh(normal)
    out = np.empty(3)
    return nearest_on_sphere(values, axes, gradient, length, sigma, out), out


@given(seeds, st.sampled_from([0.0, 1e-3, 1.0, 1e3]), st.sampled_from([0.003, 0.1]))
@settings(max_examples=30, deadline=None)
def test_nearest_on_sphere_is_the_global_minimum(seed, length, sigma):
    rng = np.random.default_rng(seed)
    normal, free = positive_definite(rng, 3, 2.0), rng.normal(size=3)
    gradient = normal @ free
    cost, found = solve_sphere(normal, gradient, length, sigma)
    assert cost == pytest.approx(sphere_cost(normal, gradient, length, sigma, found), rel=ROUNDING, abs=COST)
    for start in (*(length * v / np.linalg.norm(v) for v in rng.normal(size=(6, 3))), free, found):
        other = minimize(lambda b: sphere_cost(normal, gradient, length, sigma, b), start, method="BFGS")
        assert cost <= other.fun + SOLVER * (1.0 + abs(other.fun))


@pytest.mark.parametrize("length", [0.0, 0.2, 1.0, 50.0])
def test_gradient_across_the_weakest_axis_still_gives_the_minimum(length):
    """The hard case: nothing pulls along the axis of the smallest eigenvalue, yet the sphere may be reached only along it."""
    normal, gradient = np.diag([1.0, 30.0, 100.0]), np.array([0.0, 3.0, 10.0])
    cost, found = solve_sphere(normal, gradient, length, SIGMA_M)
    direction = np.random.default_rng(4).normal(size=(20_000, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    probes = [sphere_cost(normal, gradient, length, SIGMA_M, length * v) for v in direction]
    assert cost <= min(probes) + COST
    assert np.linalg.norm(found) == pytest.approx(length, abs=0.05)


def test_a_sphere_of_no_radius_is_a_plain_pseudo_observation():
    rng = np.random.default_rng(6)
    for _ in range(2000):
        normal, gradient, sigma = positive_definite(rng, 3, 2.0), rng.normal(size=3), 10.0 ** rng.uniform(-3, 0)
        _, found = solve_sphere(normal, gradient, 0.0, sigma)
        assert np.allclose(found, np.linalg.solve(normal + np.eye(3) / sigma**2, gradient), rtol=1e-6, atol=ROUNDING)


def test_isotropic_metric_only_stretches():
    free = np.array([0.3, -0.4, 1.2])
    _, found = solve_sphere(2.0 * np.eye(3), 2.0 * free, 1.0, SIGMA_M)
    radius = brentq(lambda r: 2.0 * (r - 1.3) + (r - 1.0) / SIGMA_M**2, 0.5, 2.0)
    assert np.allclose(found, radius * free / 1.3, atol=ROUNDING)


@given(st.floats(0.0, 1e3), st.floats(0.0, 20.0), st.floats(1e-3, 0.3))
@settings(max_examples=300, deadline=None)
def test_the_relaxed_length_term_is_a_lower_bound(norm, length, sigma):
    weight, offset = relaxed_length(length, sigma)
    exact = (norm - length) ** 2 / sigma**2
    assert weight * norm**2 + offset <= exact * (1.0 + ROUNDING) + ROUNDING * (1.0 + weight * norm**2 - offset)


def exact_cost(model, length, sigma, a):
    """Cost of integers, by its definition."""
    at_w = model.design.T @ model.weight
    residual = model.phase_m - model.wavelength_m * a
    gradient = model.code_rhs + at_w @ residual
    cost, _ = solve_sphere(model.code_normal + at_w @ model.design, gradient, length, sigma)
    off = a - model.prior_mean if len(model.prior_mean) else np.zeros(0)
    return cost + residual @ model.weight @ residual + off @ model.prior_info @ off


def box(centre, reach):
    return [centre + np.array(offset) for offset in itertools.product(range(-reach, reach + 1), repeat=len(centre))]


def random_prior(rng, truth, strength):
    factor = strength * rng.normal(size=(len(truth), len(truth)))
    return factor @ factor.T, truth + rng.normal(size=len(truth))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("prior", [False, True])
def test_search_equals_brute_force(seed, prior):
    rng = np.random.default_rng(seed)
    n, length = (3, 4)[seed % 2], (0.3, 0.9)[seed // 2 % 2]
    model, truth = random_model(rng, n, length, code_m=0.1)
    if prior:
        model = with_prior(model, *random_prior(rng, truth, 0.5))
    found = search_sphere(model, length, SIGMA_M)
    assert found.complete
    centre = np.rint(truth)
    tried = box(centre, 6 if n == 3 else 4)
    costs = np.array([exact_cost(model, length, SIGMA_M, a) for a in tried])
    kept = {tuple(a): cost for a, cost in zip(found.integers, found.cost, strict=True)}
    assert np.all(np.diff(found.cost) >= 0.0)
    for a, cost in kept.items():
        assert cost == pytest.approx(exact_cost(model, length, SIGMA_M, np.array(a)), abs=COST)
    within = costs <= found.cost[0] + WINDOW - COST
    assert within.any()
    assert {tuple(tried[i]) for i in np.flatnonzero(within)} <= set(kept)
    outside = sum(np.exp(-0.5 * (cost - found.cost[0])) for a, cost in kept.items() if np.abs(np.array(a) - centre).max() > 4)
    brute = np.exp(-0.5 * (costs - costs.min()))
    if outside < 1e-9 and costs.min() == pytest.approx(found.cost[0], abs=COST):
        assert failure_probability(found.cost) == pytest.approx(1.0 - brute.max() / brute.sum(), abs=1e-6)


@given(seeds, st.integers(4, 22), st.floats(0.1, 12.0), st.booleans())
@settings(max_examples=60, deadline=None)
def test_neither_the_truth_nor_its_neighbours_are_ever_pruned(seed, n, length, prior):
    """Whatever lies within the window must be among the candidates: more rows than CORE and priors included."""
    rng = np.random.default_rng(seed)
    model, truth = random_model(rng, n, length)
    if prior:
        model = with_prior(model, *random_prior(rng, truth, rng.uniform(0.0, 1.0)))
    found = search_sphere(model, length, SIGMA_M)
    if not found.complete:
        return
    kept = {tuple(a) for a in found.integers}
    neighbours = [truth + sign * row for row in np.eye(n)[: min(n, CORE)] for sign in (-1.0, 1.0)] if n <= CORE else []
    for a in [truth, *neighbours]:
        if exact_cost(model, length, SIGMA_M, a) <= found.cost[0] + WINDOW - COST:
            assert tuple(a) in kept


def test_correlated_prior_of_rounded_rows_keeps_the_bound_low():
    """A prior that ties rounded rows to enumerated ones says less of the latter than its own block does."""
    rng = np.random.default_rng(8)
    for _ in range(40):
        n = CORE + 4
        model, truth = random_model(rng, n, 1.0, code_m=0.4)
        tie = np.hstack([np.eye(4), np.zeros((4, n - 8)), -np.eye(4)])
        wrong = truth + np.concatenate([np.full(4, 6.0), np.zeros(n - 8), np.full(4, 6.0)])  # right in all it says
        model = with_prior(model, 30.0 * tie.T @ tie, wrong)
        found = search_sphere(model, 1.0, SIGMA_M)
        assert found.complete
        assert np.array_equal(found.integers[0], truth)


@pytest.mark.parametrize("n", [20, 34])
def test_rounded_rows_are_right(n):
    rng = np.random.default_rng(n)
    for _ in range(50):
        model, truth = random_model(rng, n, 1.0)
        found = search_sphere(model, 1.0, SIGMA_M)
        assert np.array_equal(found.integers[0], truth)
        assert found.cost[0] == pytest.approx(exact_cost(model, 1.0, SIGMA_M, truth), abs=COST)


def test_a_search_cut_short_is_never_complete():
    rng = np.random.default_rng(2)
    for _ in range(50):
        model, _ = random_model(rng, 5, 1.5, code_m=0.6)
        whole = search_sphere(model, 1.5, SIGMA_M)
        for nodes in (0, 4, 30, 200, 1000):
            cut = search_sphere(model, 1.5, SIGMA_M, max_nodes=nodes)
            assert not cut.complete or np.array_equal(cut.integers, whole.integers)
    assert not search_sphere(model, 1.5, SIGMA_M, max_nodes=4).complete


def test_more_candidates_than_there_is_room_for_are_never_complete():
    model, _ = random_model(np.random.default_rng(3), 4, 15.0, code_m=3.0)
    assert not search_sphere(model, 15.0, 0.3).complete


def test_shared_antenna_is_a_sphere_of_no_radius():
    model, truth = random_model(np.random.default_rng(5), 7, 0.0)
    found = search_sphere(model, 0.0, SIGMA_M)
    assert np.array_equal(found.integers[0], truth)
    assert np.linalg.norm(found.vector_m[0]) < 3.0 * SIGMA_M


def test_too_few_phases_and_no_sigma_are_errors():
    model, _ = random_model(np.random.default_rng(5), 5, 1.0)
    with pytest.raises(ValueError, match="positive length sigma"):
        search_sphere(model, 1.0, 0.0)
    model, _ = random_model(np.random.default_rng(5), 2, 1.0)
    with pytest.raises(ValueError, match="at least three"):
        search_sphere(model, 1.0, SIGMA_M)


INTERPRETED = """
import sys
sys.path[:0] = [{project!r}, {tests!r}]
from test_integer_search import digest
print(digest())
"""


def digest() -> str:
    """Candidates of a few small searches, as text."""
    parts = []
    for seed, n in enumerate((4, 6, 8, CORE + 2)):
        model, _ = random_model(np.random.default_rng(seed), n, 0.5)
        found = search_sphere(model, 0.5, SIGMA_M)
        costs = np.round(found.cost - found.cost[0], 5) + 0.0
        parts.append(f"{found.complete} {found.integers.astype(int).tolist()} {costs.tolist()}")
    return " | ".join(parts)


def test_the_same_without_compilation():
    script = INTERPRETED.format(project=str(PROJECT), tests=str(PROJECT / "test"))
    script = script.replace("sys.path[:0] = [", f"sys.path[:0] = [{str(PROJECT / 'test' / 'estimation')!r}, ")
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    plain = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert plain.stdout.strip() == digest()
