"""Normal equations of double differences, against their textbook definitions with the full covariance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from baseline_skies import Sky, array_of, random_rotation, satellites

from gnss_gyro.estimation.differences import array_differences
from gnss_gyro.estimation.weighing import own_rows, weighed, weighed_alone, weighed_with_rig

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


def assert_weighed(found, rows, k, covariance):
    """W, A^T W, A^T W A, A^T W y and y^T W y, as generalised least squares defines them."""
    weight, wide = np.linalg.inv(covariance), spread_design(rows, k)
    for name, expected in (
        ("weight", weight), ("at_w", wide.T @ weight), ("normal", wide.T @ weight @ wide),
        ("rhs", wide.T @ weight @ rows.value_m), ("constant", rows.value_m @ weight @ rows.value_m),
    ):
        assert np.allclose(getattr(found, name), expected, rtol=RELATIVE, atol=RELATIVE * np.abs(expected).max()), name


@pytest.mark.parametrize("kind", ["phase", "code"])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_weight_is_the_inverse_of_the_covariance_without_inverting_it(seed, shared, kind):
    rows = rows_of(seed, kind, shared)
    assert rows.weight is not None
    assert np.allclose(rows.weight @ rows.cov_m2, np.eye(len(rows)), rtol=0.0, atol=RELATIVE)
    assert_weighed(weighed(rows, 3), rows, 3, rows.cov_m2)


def test_some_of_the_rows_are_weighed_by_their_own_covariance():
    rows = rows_of(0, "phase")
    some = rows.take(np.arange(1, len(rows), 2))
    assert some.weight is None
    assert_weighed(weighed(some, 3), some, 3, rows.cov_m2[1::2, 1::2])


@pytest.mark.parametrize("baseline", range(3))
def test_one_baseline_alone_knows_nothing_of_the_others(baseline):
    rows = rows_of(1, "code")
    mine = np.flatnonzero(rows.baseline == baseline)
    own = own_rows(rows, baseline)
    assert np.array_equal(own.satellite, rows.satellite[mine])
    assert_weighed(weighed_alone(rows, baseline), own, 1, rows.cov_m2[np.ix_(mine, mine)])


@pytest.mark.parametrize("sigma_m", [0.0, 0.004, 0.1])
def test_the_rig_adds_the_antennas_own_uncertainty(sigma_m):
    rows = rows_of(2, "phase")
    array = array_of(ARRAY.position_body_m, sigma_m)
    wide = spread_design(rows, 3)
    covariance = rows.cov_m2 + wide @ array.baselines_covariance_m2() @ wide.T
    assert_weighed(weighed_with_rig(rows, array), rows, 3, covariance)


def test_rows_that_changed_are_weighed_anew():
    rows = rows_of(3, "phase")
    before = weighed(rows, 3)
    doubled = weighed(replace(rows, value_m=2.0 * rows.value_m), 3)
    assert np.allclose(doubled.rhs, 2.0 * before.rhs, rtol=RELATIVE)
    assert doubled.constant == pytest.approx(4.0 * before.constant, rel=RELATIVE)
