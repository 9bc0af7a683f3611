"""From one baseline to the whole array: circle, rotation, posterior and residual test."""

from __future__ import annotations

import numpy as np
import pytest
from baseline_skies import Sky, array_of, random_rotation, satellites

from gnss_gyro.basics.rotations import rotation_from_vector
from gnss_gyro.estimation.acceptance import AcceptanceRule
from gnss_gyro.estimation.fixed_solution import normalised_residuals, solve_fixed
from gnss_gyro.estimation.integer_fix import first_baseline, fix_integers
from gnss_gyro.estimation.loose_directions import reflect
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.estimation.rigid_scorer import RigidScorer, distinct
from gnss_gyro.estimation.rigid_search import refine_rotations, scan_circle
from gnss_gyro.estimation.weighing import weighed, weighed_with_rig

RULE = AcceptanceRule()
EXACT_M = 1e-5
SHAPES = ("random", "plane", "line")


def antennas(rng, count, shape):
    position = rng.uniform(-1.0, 1.0, (count, 3)) * {"random": [1, 1, 1], "plane": [1, 1, 0], "line": [1, 0, 0]}[shape]
    position[0] = 0.0
    spread = np.linspace(0.2, 1.5, count - 1)
    position[1:, 0] += np.where(rng.random(count - 1) < 0.5, -1.0, 1.0) * spread
    return array_of(position)


@pytest.mark.parametrize("count", range(3, 9))
@pytest.mark.parametrize("shape", SHAPES)
def test_without_noise_the_true_integers_and_vectors_are_found(count, shape):
    for seed in range(3):
        rng = np.random.default_rng(100 * count + seed)
        array = antennas(rng, count, shape)
        sky, rotation = Sky(satellites(G=8), array, rng, noise=0.0), random_rotation(rng)
        differences = sky.epoch(rotation)
        fix = fix_integers(differences, array, RULE)
        assert np.array_equal(fix.integers, sky.true_integers(fix.rows, differences))
        assert np.allclose(fix.vectors_enu_m, array.baselines_body_m() @ rotation.T, rtol=0.0, atol=EXACT_M)
        assert fix.phase_chi2 < 1e-3


@pytest.mark.parametrize("count", [3, 5, 8])
@pytest.mark.parametrize("shape", ["random", "plane"])
def test_circle_and_refinement_find_the_rotation(count, shape):
    rng = np.random.default_rng(count)
    array = antennas(rng, count, shape)
    body = np.ascontiguousarray(array.baselines_body_m())
    sky, rotation = Sky(satellites(G=8), array, rng, noise=0.0), random_rotation(rng)
    d = sky.epoch(rotation)
    phase, code = d.phase, d.code
    rotations, costs = scan_circle(
        rotation @ body[0], 0, body, phase.baseline, phase.design, phase.value_m, phase.wavelength_m, phase.part_m2,
        np.zeros(len(body)), 17.1, 6,
    )  # fmt: skip
    assert np.all(np.diff(costs) >= 0.0)
    by_phase, by_code, loose = weighed(phase, len(body)), weighed(code, len(body)), weighed_with_rig(phase, array)
    refined = refine_rotations(
        rotations, body, phase.baseline, phase.design, phase.value_m, phase.wavelength_m, *by_phase.operator,
        loose.x, loose.z, loose.normal, by_code.normal, by_code.rhs, by_code.constant,
    )  # fmt: skip
    best = min(zip(*refined, strict=True), key=lambda found: found[2].sum())
    assert np.allclose(best[0], rotation, rtol=0.0, atol=1e-6)
    assert np.array_equal(best[1], sky.true_integers(phase, d))


def test_a_refined_cost_is_that_of_its_residuals():
    """Hypotheses are refined on normal equations; the cost that they get is that of the rows themselves."""
    rng = np.random.default_rng(8)
    array = antennas(rng, 4, "plane")
    sky, rotation = Sky(satellites(G=8), array, rng), random_rotation(rng)
    d = sky.epoch(rotation)
    found = distinct(list(RigidScorer(d, array, 0).hypotheses(rotation @ array.baselines_body_m()[0])))
    for turned, integers, (phase_chi2, code_chi2) in zip(found.rotations, found.integers, found.chi2, strict=True):
        vectors = array.baselines_body_m() @ turned.T
        phase = d.phase.value_m - np.einsum("ij,ij->i", d.phase.design, vectors[d.phase.baseline])
        phase -= d.phase.wavelength_m * integers
        code = d.code.value_m - np.einsum("ij,ij->i", d.code.design, vectors[d.code.baseline])
        spread = np.kron(np.diag(array.sigma_m[1:] ** 2) + array.sigma_m[0] ** 2, np.eye(3))
        wide = np.zeros((len(d.phase), 3 * (len(array) - 1)))
        for i, (b, e) in enumerate(zip(d.phase.baseline, d.phase.design, strict=True)):
            wide[i, 3 * b : 3 * b + 3] = e
        covariance = d.phase.cov_m2 + wide @ spread @ wide.T
        assert phase_chi2 == pytest.approx(phase @ np.linalg.solve(covariance, phase), rel=1e-8)
        assert code_chi2 == pytest.approx(code @ np.linalg.solve(d.code.cov_m2, code), rel=1e-8)
        assert np.abs(phase / d.phase.wavelength_m).max() <= 0.5 + 1e-9


@pytest.mark.parametrize(("count", "systems"), [(2, {"G": 6}), (2, {"G": 5}), (3, {"G": 5})])
def test_posterior_is_honest(count, systems):
    """Mean predicted failure against the failures seen, within the bounds of a sum of independent trials."""
    rng = np.random.default_rng(count + 10 * systems["G"])
    array = array_of([(0, 0, 0), (1.0, 0, 0), (0.3, 0.6, 0)][:count], 0.003)
    predicted, wrong = [], []
    for _ in range(500 if count == 2 else 250):
        sky = Sky(satellites(**systems), array, rng, code_m=0.4, phase_m=0.002)
        rig = array.position_body_m + 0.003 * rng.normal(size=(count, 3))
        sky.array = array_of(rig, 0.003)
        differences = sky.epoch(random_rotation(rng))
        fix = fix_integers(differences, array, RULE)
        predicted.append(fix.failure_probability)
        wrong.append(not np.array_equal(fix.integers, sky.true_integers(fix.rows, differences)))
    predicted = np.array(predicted)
    deviation = (np.sum(wrong) - predicted.sum()) / np.sqrt((predicted * (1.0 - predicted)).sum() + 1.0)
    print(count, systems, "predicted", predicted.mean(), "seen", np.mean(wrong), "deviation", deviation)
    assert abs(deviation) < 4.0


def test_accepted_fixes_are_right():
    rng = np.random.default_rng(5)
    array = array_of([(0, 0, 0), (1.0, 0, 0)], 0.002)
    accepted = 0
    for _ in range(400):
        sky = Sky(satellites(G=7), array, rng)
        differences = sky.epoch(random_rotation(rng))
        fix = fix_integers(differences, array, RULE)
        if fix.outcome is Outcome.FIXED:
            accepted += 1
            assert np.array_equal(fix.integers, sky.true_integers(fix.rows, differences))
    assert accepted > 200


def test_too_few_are_named():
    rng = np.random.default_rng(1)
    pair = array_of([(0, 0, 0), (1.0, 0, 0)])
    assert fix_integers(Sky(satellites(G=3), pair, rng).epoch(np.eye(3)), pair, RULE).outcome is Outcome.TOO_FEW_SATELLITES
    single = array_of([(0, 0, 0)])
    assert fix_integers(Sky(satellites(G=8), single, rng).epoch(np.eye(3)), single, RULE).outcome is Outcome.TOO_FEW_ANTENNAS


def test_the_first_baseline_sees_most_and_is_short():
    array = array_of([(0, 0, 0), (2.0, 0, 0), (0.5, 0, 0), (0, 0.3, 0)])
    d = Sky(satellites(G=8), array, np.random.default_rng(1)).epoch(np.eye(3), {"d": ["G01", "G02"]})
    assert d.antennas[first_baseline(d, array)] == "c"


def test_half_a_cycle_on_one_of_many_satellites_is_refused():
    rng = np.random.default_rng(3)
    array = array_of([(0, 0, 0), (1.0, 0, 0)])
    outcomes = []
    for _ in range(50):
        sky = Sky(satellites(G=12), array, rng)
        sky.integers[1, np.argsort(sky.elevation)[6]] += 0.5
        outcomes.append(fix_integers(sky.epoch(random_rotation(rng)), array, RULE).outcome)
    assert Outcome.FIXED not in outcomes


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_satellite_off_by_a_cycle_stands_out(count):
    rng = np.random.default_rng(count)
    array = antennas(rng, count, "random")
    for _ in range(20):
        sky, rotation = Sky(satellites(G=9), array, rng), random_rotation(rng)
        d = sky.epoch(rotation)
        truth = sky.true_integers(d.phase, d)
        right = solve_fixed(d, d.phase, truth, array)
        assert np.abs(normalised_residuals(d.phase, array, right.residual_m)).max() < 6.0
        row = int(rng.integers(len(truth)))
        off = truth + (np.arange(len(truth)) == row)
        wrong = solve_fixed(d, d.phase, off, array)
        assert np.argmax(np.abs(normalised_residuals(d.phase, array, wrong.residual_m))) == row
        assert wrong.phase_chi2 > right.phase_chi2 + 50.0


def test_fixed_baselines_are_those_of_the_body_and_chi_square_is_honest():
    rng = np.random.default_rng(8)
    ratios = []
    for _ in range(60):
        array = array_of([(0, 0, 0), (1.0, 0, 0), (0.3, 0.8, 0), (0.1, 0.2, 0.7)], 0.002)
        sky, rotation = Sky(satellites(G=8), array, rng), random_rotation(rng)
        sky.array = array_of(array.position_body_m + 0.002 * rng.normal(size=(4, 3)), 0.002)
        d = sky.epoch(rotation)
        fixed = solve_fixed(d, d.phase, sky.true_integers(d.phase, d), array)
        error = fixed.rotation.enu_from_body @ rotation.T
        assert np.linalg.norm(error - np.eye(3)) < 0.05
        ratios.append(fixed.phase_chi2 / fixed.phase_dof)
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.15)


def test_turning_the_body_turns_the_vectors():
    array = array_of([(0, 0, 0), (1.0, 0, 0), (0.3, 0.8, 0)])
    turn = rotation_from_vector(np.array([0.0, 0.0, 0.7]))
    found = []
    for rotation in (np.eye(3), turn):
        sky = Sky(satellites(G=8), array, np.random.default_rng(4), noise=0.0)
        found.append(fix_integers(sky.epoch(rotation), array, RULE).vectors_enu_m)
    assert np.allclose(found[1], found[0] @ turn.T, rtol=0.0, atol=EXACT_M)


@pytest.mark.parametrize("seed", [18, 105, 168, 204, 291])
def test_integers_of_zero_are_one_hypothesis_whatever_their_sign(seed: int) -> None:
    """Rounding finds 0 from above and -0 from below."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(-1.0, 1.0, (4, 3))
    places[0] = 0.0
    places[1:, 0] += [0.5, 1.0, 1.5]
    sky = Sky(satellites(G=5 + seed % 3), array_of(places), rng, noise=0.0)
    sky.integers[:] = 0
    fix = fix_integers(sky.epoch(random_rotation(rng)), sky.array, AcceptanceRule())
    assert fix.outcome is Outcome.FIXED
    assert fix.failure_probability < 1e-6


@pytest.mark.parametrize("places", [[(0, 0, 0), (0.3, 0, 0), (0.1, 1.5, 0)], [(0, 0, 0), (0.2, 0, 0), (0.1, 3.0, 0)]])
def test_a_far_antenna_is_found_from_a_short_first_baseline(places: list[tuple[float, float, float]]) -> None:
    """What a short baseline leaves open of the body's direction moves the far antenna by several wavelengths."""
    fixed = wrong = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        sky = Sky(satellites(G=6 + seed % 2), array_of(places), rng)
        differences = sky.epoch(random_rotation(rng))
        fix = fix_integers(differences, sky.array, AcceptanceRule())
        if fix.outcome is Outcome.FIXED:
            fixed += 1
            wrong += not np.array_equal(fix.integers, sky.true_integers(fix.rows, differences))
    assert fixed > 300
    assert wrong == 0


def test_a_mirror_image_is_as_long_and_costs_what_lies_between() -> None:
    rng, image = np.random.default_rng(3), np.empty(3)
    for _ in range(20):
        axes = np.linalg.qr(rng.normal(size=(3, 3)))[0]
        normal, vector = axes @ np.diag([4.0, 900.0, 2500.0]) @ axes.T, rng.normal(size=3)
        chi2, apart_m = reflect(vector, normal, image)
        assert np.linalg.norm(image) == pytest.approx(np.linalg.norm(vector))
        assert chi2 == pytest.approx((image - vector) @ normal @ (image - vector))
        assert apart_m == pytest.approx(np.linalg.norm(image - vector))
