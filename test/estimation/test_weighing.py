"""Normal equations of double differences, against their textbook definitions with the full covariance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from baseline_skies import Sky, array_of, random_rotation, satellites

from gnss_gyro.estimation.differences import array_differences
from gnss_gyro.estimation.search_problem import ordered_rows
from gnss_gyro.estimation.weighing import free_distances_m, weighed, weighed_alone, weighed_square, weighed_with_rig
from gnss_gyro.estimation.weighing_kernels import gathered

RELATIVE = 1e-9
NAMES = satellites(G=6, R=3, E=4, C=4, J=2)
ARRAY = array_of([(0, 0, 0), (1.0, 0, 0), (0.2, 0.8, 0), (0.1, -0.4, 0.5)], 0.004)


def rows_of(seed, kind, shared=False):
    """Rows of an epoch in which antennas miss some satellites, so that groups and pivots differ from one to the other."""
    rng = np.random.default_rng(seed)
    prefits = Sky(NAMES, ARRAY, rng).prefits(random_rotation(rng))
    for name in ARRAY.names[1:]:
        prefits[name] = prefits[name].without(rng.choice(prefits[name].satellite, 4, replace=False))
    return getattr(array_differences(prefits, ARRAY.names[0], dict.fromkeys(ARRAY.names, shared)), kind)


def spread_design(rows, k):
    wide = np.zeros((len(rows), 3 * k))
    for i, (b, e) in enumerate(zip(rows.baseline, rows.design, strict=True)):
        wide[i, 3 * b : 3 * b + 3] = e
    return wide


def assert_alike(found, expected, what=""):
    assert np.allclose(found, expected, rtol=RELATIVE, atol=RELATIVE * np.abs(expected).max()), what


def assert_weighed(found, rows, k, covariance):
    """A^T W A, A^T W y and y^T W y, as generalised least squares defines them."""
    weight, wide = np.linalg.inv(covariance), spread_design(rows, k)
    at_w = wide.T @ weight
    for name, expected in (
        ("normal", at_w @ wide), ("rhs", at_w @ rows.value_m), ("constant", rows.value_m @ weight @ rows.value_m),
    ):  # fmt: skip
        assert_alike(getattr(found, name), expected, name)


@pytest.mark.parametrize("kind", ["phase", "code"])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_rows_are_weighed_by_their_covariance_without_inverting_it(seed, shared, kind):
    rows = rows_of(seed, kind, shared)
    assert_weighed(weighed(rows, 3), rows, 3, rows.cov_m2)


def test_other_values_of_the_same_rows_are_weighed_alike():
    rows = rows_of(5, "phase")
    by, other = weighed(rows, 3), np.random.default_rng(0).normal(size=len(rows))
    rhs, weight = np.empty(9), np.linalg.inv(rows.cov_m2)
    assert gathered(rows.baseline, rows.design, other, *by.operator, rhs) == pytest.approx(other @ weight @ other, rel=RELATIVE)
    assert weighed_square(rows, by, other) == pytest.approx(other @ weight @ other, rel=RELATIVE)
    assert_alike(rhs, spread_design(rows, 3).T @ weight @ other)


def test_some_of_the_rows_are_weighed_by_their_own_covariance():
    rows = rows_of(0, "phase")
    some = rows.take(np.arange(1, len(rows), 2))
    assert_alike(some.cov_m2, rows.cov_m2[1::2, 1::2])
    assert_weighed(weighed(some, 3), some, 3, rows.cov_m2[1::2, 1::2])


@pytest.mark.parametrize("baseline", range(3))
def test_one_baseline_alone_knows_nothing_of_the_others(baseline):
    rows = rows_of(1, "code")
    mine = rows.of(baseline)
    own = replace(rows.take(mine), baseline=np.zeros(len(mine), np.int64))
    told = weighed_alone(rows, baseline, 3)
    assert_weighed(told, own, 1, rows.cov_m2[np.ix_(mine, mine)])
    distance = np.linalg.norm(np.linalg.solve(told.normal, told.rhs))
    assert free_distances_m(rows, 3)[baseline] == pytest.approx(distance, rel=RELATIVE)


def test_two_codes_determine_no_distance():
    rows = rows_of(1, "code").take(np.arange(2))
    assert np.isnan(free_distances_m(rows, 1)[0])


@pytest.mark.parametrize("first", [True, False])
def test_the_rows_of_a_search_problem_are_weighed_by_their_covariance(first):
    rows = rows_of(4, "phase")
    mine = rows.of(0 if first else 2)
    order, value, design, wave, weight, covariance = ordered_rows(
        mine[0], mine[-1] + 1, rows.pivot, rows.value_m, rows.design, rows.wavelength_m, rows.part_m2, 5
    )
    own = rows.take(mine[order])
    assert sorted(order) == list(range(len(mine)))
    assert own.variance_m2[:5].max() <= own.variance_m2[5:].min()
    for found, expected in ((value, own.value_m), (design, own.design), (wave, own.wavelength_m), (covariance, own.cov_m2)):
        assert_alike(found, expected)
    assert_alike(weight, np.linalg.inv(own.cov_m2))


@pytest.mark.parametrize("sigma_m", [0.0, 0.004, 0.1])
def test_the_rig_adds_the_antennas_own_uncertainty(sigma_m):
    rows = rows_of(2, "phase")
    array = array_of(ARRAY.position_body_m, sigma_m)
    wide, by, loose = spread_design(rows, 3), weighed(rows, 3), weighed_with_rig(rows, array)
    weight = np.linalg.inv(rows.cov_m2 + wide @ array.baselines_covariance_m2() @ wide.T)
    assert_alike(loose.normal, wide.T @ weight @ wide)
    assert_alike(by.rhs - loose.z @ loose.x @ by.rhs, wide.T @ weight @ rows.value_m)
    assert_alike(by.constant - np.sum((loose.x @ by.rhs) ** 2), rows.value_m @ weight @ rows.value_m)


def test_rows_that_changed_are_weighed_anew():
    rows = rows_of(3, "phase")
    before = weighed(rows, 3)
    doubled = weighed(replace(rows, value_m=2.0 * rows.value_m), 3)
    assert_alike(doubled.rhs, 2.0 * before.rhs)
    assert doubled.constant == pytest.approx(4.0 * before.constant, rel=RELATIVE)
