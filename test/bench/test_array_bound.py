"""The Cramer-Rao bound of simulated arrays against plain generalised least squares, and the errors it is told of."""

# ruff: noqa: E402

from __future__ import annotations

import sys

import numpy as np
import pytest
from recordings import PROJECT

sys.path[:0] = [str(PROJECT / "bench")]

from shown.array_bound import bound
from shown.array_rig import array_config, array_scenario, figures, group_of, simulated

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.simulation.atmosphere import slant_factor
from gnss_gyro.simulation.errors import ErrorModel

EPOCHS = 3
GPS = "GPS, 8 satellites"


def session(count: int) -> tuple[list[list[Epoch]], tuple[Floats, Floats], Floats, ErrorModel]:
    """Some epochs of so many antennas, their sky, place and errors."""
    scenario = array_scenario(4, count, GPS, float(EPOCHS))
    made = simulated(scenario)
    names = array_config(count, scenario.systems).names
    groups = [[group_of(epoch, names)[name] for name in names] for epoch in made.epochs]
    return groups, made.skies[1], made.epochs[-1].truth.position_ecef_m[0], scenario.errors


def by_least_squares(groups: list[list[Epoch]], sky: tuple[Floats, Floats], errors: ErrorModel) -> Floats:
    """Variances (3,) of the position by one dense covariance over all codes, clocks free at every epoch and antenna."""
    satellite, direction = sky
    elevation = np.arcsin(direction[:, 2])
    rows = [
        (t, k, int(np.searchsorted(satellite, code)), cn0)
        for t, group in enumerate(groups)
        for k, epoch in enumerate(group)
        for code, cn0 in zip(epoch.satellite, epoch.cn0_dbhz, strict=True)
        if elevation[np.searchsorted(satellite, code)] >= np.radians(10.0) and cn0 >= 35.0
    ]
    taus = np.linspace(*errors.multipath_time_s, 101)
    cov, design = np.zeros((len(rows), len(rows))), np.zeros((len(rows), 3 + EPOCHS * len(groups[0])))
    for i, (t, k, j, cn0) in enumerate(rows):
        design[i, :3] = -direction[j]
        design[i, 3 + t * len(groups[0]) + k] = 1.0
        cov[i, i] += (errors.code_m * 10.0 ** ((50.0 - cn0) / 20.0)) ** 2
        low = 0.4 + 0.6 * np.exp(-elevation[j] / np.radians(20.0))
        slant = float(slant_factor(elevation[j]))
        for m, (t2, k2, j2, _) in enumerate(rows):
            if j2 == j:
                cov[i, m] += errors.orbit_clock_m**2 + (errors.ionosphere_residual_m * slant) ** 2
                if k2 == k:
                    cov[i, m] += (errors.code_multipath_m * low) ** 2 * np.mean(np.exp(-abs(t - t2) / taus))
    return np.diag(np.linalg.inv(design.T @ np.linalg.solve(cov, design)))[:3]


@pytest.mark.parametrize("count", [1, 2])
def test_the_bound_is_that_of_generalised_least_squares(count: int) -> None:
    groups, sky, place, errors = session(count)
    expected = by_least_squares(groups, sky, errors)
    np.testing.assert_allclose(bound(groups, *sky, place, errors).variance_m2, expected, rtol=1e-6)


def test_more_antennas_take_multipath_and_noise_down_and_leave_the_rest() -> None:
    sums = []
    for count in (1, 4):
        groups, sky, place, errors = session(count)
        sums.append(bound(groups, *sky, place, errors).by_source_m2.sum(axis=1))
    common, own = (np.sqrt(sums[1][rows].sum() / sums[0][rows].sum()) for rows in (slice(0, 2), slice(2, 4)))
    assert own == pytest.approx(0.5, abs=0.08)  # 1 / sqrt(4), but that the weights move
    assert 0.9 < common < 1.1


def test_figures_of_errors_that_are_as_stated() -> None:
    rng = np.random.default_rng(3)
    cov = np.diag([0.5, 1.0, 2.0]) ** 2
    error = rng.standard_normal((4000, 3)) @ np.sqrt(cov)
    found = figures(error, np.broadcast_to(cov, (4000, 3, 3)))
    assert found.nees == pytest.approx(1.0, abs=0.05)
    assert found.inside == pytest.approx(95.0, abs=1.2)
    assert found.stated == pytest.approx(found.total, rel=0.05)
