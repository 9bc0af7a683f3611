"""Combining antennas against the least squares of all unknowns at once, and what joins from each antenna's view."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from array_scenes import codes_of, spread_sky

from gnss_gyro.basics.satellites import System, in_system
from gnss_gyro.basics.signals import L1_HZ, signal
from gnss_gyro.estimation.prefit import Prefit
from gnss_gyro.vppp.combining import combine
from gnss_gyro.vppp.views import Combined, combined

SAME_M = 1e-6
PHASE_M = 1e-4
CLOCK_INFORMATION = 1e-6  # of another antenna's clock [1/m^2], about the median difference
LEVER_FLOOR_M2 = 1e-8  # what a lever's variance gains, so that known ones can be inverted
WAVE_M = 299_792_458.0 / L1_HZ
LEVERS = np.array([[0.0, 0.0, 0.0], [1.0, 0.2, 0.0], [-0.3, 0.9, 0.1], [0.8, 0.8, -0.1]])
EXACT = np.eye(3) * 1e-8


def problem(rng: np.random.Generator, antennas: int, groups: int, n: int = 11, missing: float = 0.25):
    """Values, variances, clock groups, directions, levers and their covariances of a random array; one at least sees each."""
    direction = spread_sky(n, rng)[2]
    value = rng.normal(0.0, 3.0, (antennas, n)) + rng.normal(0.0, 50.0, (antennas, 1))
    gone = rng.random((antennas, n)) < missing
    gone[rng.integers(0, antennas, n), np.arange(n)] = False
    gone[:, :3] = False  # every pair has some in common
    value[gone] = np.nan
    group = np.tile(rng.integers(0, groups, n), (antennas, 1))
    roots = rng.normal(0.0, 0.5, (antennas, 3, 3))
    cov = np.array([root @ root.T for root in roots])
    return value, rng.uniform(0.1, 2.0, (antennas, n)), group, direction, rng.normal(size=(antennas, 3)), cov


def joint(value, variance, group, direction, lever, lever_cov) -> tuple[np.ndarray, np.ndarray]:
    """All unknowns at once: what the body point would see, then each antenna's lever error and (but the base's) clocks."""
    antennas, n = value.shape
    groups = group.max() + 1
    size = n + antennas * (3 + groups)
    normal, right = np.zeros((size, size)), np.zeros(size)
    for k in range(antennas):
        own = value[k] + direction @ lever[k]
        at = n + k * (3 + groups)
        offset = 0.0
        if k > 0:
            offset = np.nanmedian(own - value[0] - direction @ lever[0])
        normal[at : at + 3, at : at + 3] += np.linalg.inv(lever_cov[k] + LEVER_FLOOR_M2 * np.eye(3))
        normal[at + 3 : at + 3 + groups, at + 3 : at + 3 + groups] += CLOCK_INFORMATION * np.eye(groups)
        for s in np.flatnonzero(~np.isnan(own)):
            row = np.zeros(size)
            row[s], row[at : at + 3] = 1.0, -direction[s]
            row[at + 3 + group[k, s]] = float(k > 0)
            normal += np.outer(row, row) / variance[k, s]
            right += row * (own[s] - offset) / variance[k, s]
    cov = np.linalg.inv(normal)
    return (cov @ right)[:n], cov[:n, :n]


def combination(value, variance, group, direction, lever, lever_cov) -> tuple[np.ndarray, np.ndarray]:
    """The same by the kernel."""
    n = value.shape[1]
    out, cov = np.empty(n), np.empty((n, n))
    combine(value + lever @ direction.T, variance, group, direction, lever_cov, out, cov)
    return out, cov


@pytest.mark.parametrize("antennas", [1, 2, 3, 4])
@pytest.mark.parametrize("groups", [1, 3])
def test_combining_is_the_least_squares_of_all_unknowns_at_once(antennas, groups):
    rng = np.random.default_rng([1, antennas, groups])
    for _ in range(10):
        given = problem(rng, antennas, groups)
        value, cov = combination(*given)
        expected, expected_cov = joint(*given)
        size = np.sqrt(np.diag(expected_cov))
        assert (np.abs(value - expected) <= 1e-6 * size).all()
        np.testing.assert_allclose(cov / np.outer(size, size), expected_cov / np.outer(size, size), atol=1e-6)


def test_the_order_of_the_other_antennas_does_not_matter():
    value, variance, group, direction, lever, lever_cov = problem(np.random.default_rng(2), 4, 2)
    turn = [0, 3, 1, 2]
    a = combination(value, variance, group, direction, lever, lever_cov)
    b = combination(value[turn], variance[turn], group[turn], direction, lever[turn], lever_cov[turn])
    np.testing.assert_allclose(a[0], b[0], atol=SAME_M)
    np.testing.assert_allclose(a[1], b[1], atol=SAME_M)


def test_clocks_of_the_other_antennas_do_not_matter():
    value, variance, group, direction, lever, lever_cov = problem(np.random.default_rng(3), 3, 1)
    moved = value + np.array([[0.0], [3e5], [-1234.5]])
    a = combination(value, variance, group, direction, lever, lever_cov)
    b = combination(moved, variance, group, direction, lever, lever_cov)
    np.testing.assert_allclose(a[0], b[0], atol=SAME_M)


def prefits(
    rng: np.random.Generator, names: str = "G01 G02 G03 G04 G05 G06 R01 R02 R03 E01 E02 E03 E04", antennas: int = 4,
    code_m: float = 0.5, noise: float = 0.0, clock_m: float = 30.0,
) -> list[Prefit]:  # fmt: skip
    """What antennas at LEVERS see with clocks and integers of their own, the noise scaled."""
    satellite = codes_of(names)
    n = len(satellite)
    elevation, _, direction = spread_sky(n, rng)
    common, made = rng.normal(0.0, 10.0, n), []
    for lever in LEVERS[:antennas]:
        true = common - direction @ lever + clock_m * rng.normal()
        integers = np.rint(rng.normal(0.0, 1e3, n))
        code = true + noise * code_m * rng.normal(size=n)
        made.append(Prefit(
            satellite, np.full(n, signal("1C"), np.int16), np.full(n, WAVE_M), direction, elevation, code,
            true + WAVE_M * integers + noise * 0.002 * rng.normal(size=n), np.full(n, code_m**2), np.full(n, 0.002**2),
            np.zeros(n, bool),
        ))  # fmt: skip
    return made


def together_of(made: list[Prefit], lever_cov: np.ndarray = EXACT) -> Combined:
    """The first antenna is the body point; the levers of the others are known as said."""
    return combined(made, LEVERS[: len(made)], np.array([EXACT, *[lever_cov] * (len(made) - 1)]))


def with_phase(one: Prefit, row: int, cycles: float) -> Prefit:
    phase = one.phase_m.copy()
    phase[row] += cycles * WAVE_M
    return replace(one, phase_m=phase)


def same(a: Combined, b: Combined, tolerance_m: float = PHASE_M) -> None:
    np.testing.assert_allclose(a.phase_m, b.phase_m, rtol=0.0, atol=tolerance_m)
    np.testing.assert_allclose(a.code_m, b.code_m, rtol=0.0, atol=tolerance_m)
    np.testing.assert_array_equal(a.slip, b.slip)


def test_one_antenna_alone_returns_its_own_values():
    made = prefits(np.random.default_rng(4), noise=1.0, antennas=1)
    alone = together_of(made)
    np.testing.assert_array_equal(alone.code_m, made[0].code_m)
    np.testing.assert_array_equal(alone.phase_m, made[0].phase_m)
    np.testing.assert_array_equal(np.diag(alone.code_cov_m2), made[0].code_var_m2)


def test_one_antenna_beside_the_body_point_is_brought_there():
    made = prefits(np.random.default_rng(5), antennas=2)
    alone = combined([made[1]], LEVERS[1:2], EXACT[None])
    np.testing.assert_allclose(np.ptp(alone.code_m - made[0].code_m), 0.0, atol=SAME_M)


@pytest.mark.parametrize("antennas", [2, 3, 4])
def test_with_the_noise_off_all_antennas_agree_with_the_base(antennas):
    """Levers, clocks and integers explain every difference."""
    made = prefits(np.random.default_rng(6), antennas=antennas)
    together = together_of(made)
    np.testing.assert_allclose(together.phase_m, made[0].phase_m, rtol=0.0, atol=PHASE_M)
    np.testing.assert_allclose(together.code_m, made[0].code_m, rtol=0.0, atol=PHASE_M)


def contrast_variance(cov: np.ndarray) -> float:
    """Mean variance of differences to the mean: what is left when the common clock is taken out."""
    n = len(cov)
    keep = np.eye(n) - 1.0 / n
    return float(np.trace(keep @ cov @ keep) / (n - 1))


def test_with_known_levers_the_variance_falls_with_the_number_of_antennas():
    """Differences between satellites, of codes and of phases alike, are as of one antenna of k times the information."""
    made = prefits(np.random.default_rng(7), "G01 G02 G03 G04 G05 G06 G07 G08 G09")
    one = together_of(made[:1])
    for k in (2, 3, 4):
        some = together_of(made[:k])
        assert contrast_variance(some.code_cov_m2) == pytest.approx(contrast_variance(one.code_cov_m2) / k, rel=1e-3)
        assert contrast_variance(some.phase_cov_m2) == pytest.approx(contrast_variance(one.phase_cov_m2) / k, rel=0.05)


def test_combined_values_scatter_as_their_covariance_says():
    total, count, rows = 0.0, 200, np.arange(13)
    for seed in range(count):
        made, quiet = (prefits(np.random.default_rng([8, seed]), noise=noise) for noise in (1.0, 0.0))
        together = together_of(made)
        error = together.code_m[rows] - quiet[0].code_m[rows]
        total += error @ np.linalg.solve(together.code_cov_m2, error)
    assert abs(total / (13 * count) - 1.0) < 5.0 * np.sqrt(2.0 / (13 * count))


def test_a_wrong_integer_of_another_antenna_is_found():
    made = prefits(np.random.default_rng(9))
    spoiled = [made[0], with_phase(made[1], 3, 1.0), with_phase(made[2], 5, -7.0), made[3]]
    same(together_of(made), together_of(spoiled))


@pytest.mark.parametrize("cycles", [0.3, 0.45, -0.5])
def test_a_phase_that_is_no_whole_cycle_away_is_left_out(cycles):
    made = prefits(np.random.default_rng(10))
    whole, spoiled = (together_of([made[0], one, *made[2:]]) for one in (made[1], with_phase(made[1], 3, cycles)))
    same(whole, spoiled)
    assert spoiled.phase_cov_m2[3, 3] > whole.phase_cov_m2[3, 3]


def test_glonass_phases_are_those_of_the_base_alone():
    """Their wavelengths differ from satellite to satellite, and so do the receivers' delays."""
    made = prefits(np.random.default_rng(11), noise=1.0)
    rows = np.flatnonzero(in_system(made[0].satellite, System.GLONASS))
    together = together_of(made)
    assert len(rows) == 3
    np.testing.assert_allclose(together.phase_m[rows], made[0].phase_m[rows], rtol=0.0, atol=PHASE_M)
    np.testing.assert_allclose(np.diag(together.phase_cov_m2)[rows], made[0].phase_var_m2[rows], rtol=0.02)


def test_antennas_at_unknown_places_add_codes_and_no_phases():
    made = prefits(np.random.default_rng(12), noise=1.0)
    loose = np.eye(3) / 3.0
    one, known, unknown = together_of(made[:1]), together_of(made), together_of(made, loose)
    np.testing.assert_allclose(unknown.phase_m, made[0].phase_m, rtol=0.0, atol=PHASE_M)
    a, b, c = (contrast_variance(each.code_cov_m2) for each in (known, unknown, one))
    assert a < b < c


def test_a_satellite_only_another_antenna_sees_is_a_code_of_the_array_whose_phase_is_unknown():
    made = prefits(np.random.default_rng(13))
    less = [made[0].without(made[0].satellite[[4]]), *made[1:]]
    all_see, some_see = together_of(made), together_of(less)
    np.testing.assert_array_equal(some_see.satellite, made[0].satellite)
    np.testing.assert_allclose(some_see.code_m, all_see.code_m, rtol=0.0, atol=PHASE_M)
    assert np.isnan(some_see.phase_m[4])
    assert some_see.slip[4]
    others = np.arange(13) != 4
    np.testing.assert_allclose(some_see.phase_m[others], all_see.phase_m[others], rtol=0.0, atol=PHASE_M)


def test_the_base_antenna_tells_the_slips():
    made = prefits(np.random.default_rng(14))
    flags = np.arange(13) == 6
    np.testing.assert_array_equal(together_of([replace(made[0], slip=flags), *made[1:]]).slip, flags)
    assert not together_of([made[0], replace(made[1], slip=flags), *made[2:]]).slip.any()


def test_a_satellite_without_a_code_says_so():
    made = prefits(np.random.default_rng(15))
    lost = [replace(one, code_m=np.where(np.arange(13) == 2, np.nan, one.code_m)) for one in made]
    together = together_of(lost)
    assert np.isnan(together.code_m[2])
    assert np.isfinite(together.phase_m).all()
