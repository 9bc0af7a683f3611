"""The parts of a survey: integers without a length, shape without rotations, axes, sigmas, rigidity."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from baseline_skies import Sky, array_of, random_rotation, satellites

from gnss_gyro.basics.rotations import enu_from_body
from gnss_gyro.estimation.array_shape import array_shape, consistent_epochs, pair_lengths
from gnss_gyro.estimation.baseline_survey import BaselineSurvey
from gnss_gyro.estimation.batch_means import FLOOR_M, batches, means_of, sigma_of_mean
from gnss_gyro.estimation.body_axes import axes_by_pair, axes_by_positions, course_angles, reference_axes, up_in_shape
from gnss_gyro.estimation.free_integers import Whereabouts, free_integers, round_against_vector
from gnss_gyro.estimation.rigidity import loose_lengths, rigidity_complaint

EXACT = 1e-9
SHAPE_M = 1e-6
RECTANGLE = np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.6, 0.0), (1.0, 0.6, 0.02)])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def test_free_integers_find_an_antenna_anywhere(rng):
    array = array_of([(0, 0, 0), (3.0, 0.4, 0)])
    sky = Sky(satellites(G=9, E=8, C=8), array, rng)
    rotation = random_rotation(rng)
    differences = sky.epoch(rotation)
    found = free_integers(differences, 0)
    assert found is not None
    assert found.accepted(1e-6, 1e-3, 2)
    assert np.array_equal(found.integers, sky.true_integers(differences.phase, differences))
    assert np.linalg.norm(found.vector_enu_m - rotation @ array.position_body_m[1]) < 0.02


@pytest.mark.parametrize("seed", range(20))
def test_free_integers_are_certain_or_say_that_they_are_not(seed):
    rng = np.random.default_rng(seed)
    sky = Sky(satellites(G=7), array_of([(0, 0, 0), (1.0, 0.4, 0)]), rng)
    differences = sky.epoch(random_rotation(rng))
    found = free_integers(differences, 0)
    if found is not None and found.accepted(1e-6, 1e-3, 2):
        assert np.array_equal(found.integers, sky.true_integers(differences.phase, differences))


def test_a_hint_where_an_antenna_is_decides_what_one_epoch_cannot(rng):
    array = array_of([(0, 0, 0), (1.0, 0.4, 0)])
    sky = Sky(satellites(G=6), array, rng)
    rotation = random_rotation(rng)
    differences = sky.epoch(rotation)
    near = rotation @ array.position_body_m[1] + rng.normal(0.0, 0.02, 3)
    alone, hinted = free_integers(differences, 0), free_integers(differences, 0, Whereabouts(near, 0.0, 0.05))
    assert hinted is not None
    assert hinted.accepted(1e-6, 1e-3, 2)
    assert np.array_equal(hinted.integers, sky.true_integers(differences.phase, differences))
    assert alone is None or alone.failure_probability > 100.0 * hinted.failure_probability


def test_rounding_refuses_what_is_not_safe(rng):
    sky = Sky(satellites(G=9), array_of([(0, 0, 0), (1.0, 0, 0)]), rng)
    rotation = random_rotation(rng)
    differences = sky.epoch(rotation)
    vector, truth = rotation @ sky.array.position_body_m[1], sky.true_integers(differences.phase, differences)
    assert np.array_equal(round_against_vector(differences.phase, vector, 1e-6 * np.eye(3), 1e-6), truth)
    assert np.isnan(round_against_vector(differences.phase, vector, 0.1**2 * np.eye(3), 1e-6)).all()


def test_a_moving_array_is_surveyed_over_a_slip(rng):
    array = array_of(RECTANGLE)
    sky = Sky(satellites(G=8, E=7), array, rng)
    survey, right = BaselineSurvey(array.names), 0
    for number in range(40):
        if number == 20:
            sky.integers[2, 3] += 5.0
        rotation = random_rotation(rng)
        prefits = sky.prefits(rotation)
        prefits["c"].slip[3] = number == 20
        epoch = survey.process(float(number), prefits)
        assert epoch is not None
        error = np.linalg.norm(epoch.vectors_enu_m - RECTANGLE[1:] @ rotation.T, axis=1)
        assert not (error > 0.05).any()
        right += int((error < 0.05).all())
    assert right >= 38
    assert not any(survey.conflicts.values())


def test_an_unannounced_slip_is_dropped_and_found_again(rng):
    array = array_of([(0, 0, 0), (1.0, 0, 0)])
    sky = Sky(satellites(G=9, E=7), array, rng)
    survey, rotation = BaselineSurvey(array.names), random_rotation(rng)
    for number in range(30):
        if number == 10:
            sky.integers[1, 4] += 1.0
        epoch = survey.process(float(number), sky.prefits(rotation))
        assert np.linalg.norm(epoch.vectors_enu_m[0] - rotation @ array.position_body_m[1]) < 0.03


def test_the_shape_comes_back_whatever_the_rotations(rng):
    rotations = [random_rotation(rng) for _ in range(30)]
    vectors = np.array([RECTANGLE[1:] @ r.T for r in rotations])
    cov = np.array([1e-6 * (np.eye(9) + np.kron(np.ones((3, 3)), np.eye(3)))] * 30)
    lengths = np.array([pair_lengths(v, c)[:, 0] for v, c in zip(vectors, cov, strict=True)])
    shape = array_shape(vectors, cov, lengths)
    rotation, shift = axes_by_positions(shape.position_m, RECTANGLE)
    assert np.abs(shape.position_m @ rotation.T + shift - RECTANGLE).max() < SHAPE_M
    assert np.linalg.det(rotation) == pytest.approx(1.0)  # not the mirror image
    for turned, true in zip(shape.enu_from_shape, rotations, strict=True):
        assert np.abs(turned @ rotation.T - true).max() < 1e-4


def test_epochs_of_wrong_integers_are_left_out():
    lengths = np.tile([1.0, 0.6], (50, 1)) + np.random.default_rng(1).normal(0.0, 0.002, (50, 2))
    lengths[7, 1] += 0.19
    assert np.flatnonzero(~consistent_epochs(lengths)).tolist() == [7]


def test_lengths_of_all_pairs(rng):
    vectors = RECTANGLE[1:] @ random_rotation(rng).T
    lengths = pair_lengths(vectors, 1e-12 * np.eye(9))[:, 0]
    expected = [np.linalg.norm(RECTANGLE[i] - RECTANGLE[j]) for i, j in combinations(range(4), 2)]
    assert lengths == pytest.approx(expected, abs=EXACT)


def test_axes_by_a_pair_and_the_plane(rng):
    turn = enu_from_body(1.0, 0.05, -0.08)
    shape = RECTANGLE[:3] @ turn.T
    up, word = up_in_shape(shape, np.array([np.eye(3)]))
    assert "plane" in word
    assert np.abs(shape @ axes_by_pair(shape, up, 0, 1).T - RECTANGLE[:3]).max() < EXACT
    sideways = shape @ axes_by_pair(shape, up, 0, 2).T
    assert sideways[1] == pytest.approx([0.0, -1.0, 0.0], abs=EXACT)


def test_up_is_gravity_where_antennas_stand_on_a_line(rng):
    up, word = up_in_shape(np.array([(0.0, 0, 0), (1.0, 0, 0)]), np.array([enu_from_body(h, 0.0, 0.0) for h in (0.1, 2.0, 4.0)]))
    assert up == pytest.approx([0.0, 0.0, 1.0], abs=EXACT)
    assert "gravity" in word


@pytest.mark.parametrize("backwards", [0.0, 0.3])
def test_the_course_tells_forward_though_some_of_it_is_backwards(rng, backwards):
    n, offset = 400, 0.7  # the shape's x points 0.7 rad to the left of forward
    heading = np.where(np.arange(n) < 200, 0.5, 2.5)
    rotations = np.array([enu_from_body(h - offset, 0.0, 0.0) for h in heading])
    speed = np.where(rng.uniform(size=n) < backwards, -2.0, 2.0)
    velocity = speed[:, None] * np.column_stack([np.sin(heading), np.cos(heading), np.zeros(n)]) + rng.normal(0.0, 0.05, (n, 3))
    up = np.array([0.0, 0.0, 1.0])
    angle, usable = course_angles(rotations, velocity, np.arange(n, dtype=float), up)
    axes, mean = reference_axes(up), angle[usable].mean()
    forward = np.cos(mean) * axes[0] + np.sin(mean) * axes[1]
    assert usable.sum() > 200
    assert forward @ np.array([np.cos(-offset), np.sin(-offset), 0.0]) > np.cos(np.radians(0.3))


def test_a_vehicle_at_rest_has_no_course(rng):
    rotations = np.array([np.eye(3)] * 100)
    _, usable = course_angles(rotations, rng.normal(0.0, 0.05, (100, 3)), np.arange(100.0), np.array([0.0, 0.0, 1.0]))
    assert not usable.any()


def test_sigma_of_a_mean_covers_correlated_noise():
    rng, ratios = np.random.default_rng(3), []
    time_s = np.arange(900.0)
    for _ in range(200):
        noise, steps = np.empty(900), rng.normal(0.0, 0.003 * np.sqrt(1.0 - np.exp(-2.0 / 30.0)), 900)
        noise[0] = rng.normal(0.0, 0.003)
        for i in range(1, 900):
            noise[i] = np.exp(-1.0 / 30.0) * noise[i - 1] + steps[i]
        sigma = sigma_of_mean(means_of(noise, batches(time_s)), 0.003, time_s)
        assert sigma >= FLOOR_M
        ratios.append(noise.mean() / sigma)
    assert np.sqrt(np.mean(np.square(ratios))) < 1.1
    assert np.abs(ratios).max() < 3.5


def test_batches_cover_all_and_short_logs_have_one():
    assert batches(np.array([0.0])).tolist() == [0]
    assert sorted(set(batches(np.arange(0.0, 3600.0, 30.0)))) == list(range(16))
    gaps = batches(np.concatenate([np.arange(100.0), 3000.0 + np.arange(100.0)]))
    assert sorted(set(gaps)) == list(range(gaps.max() + 1))


def _rigid_lengths(rng: np.random.Generator, epochs: int = 600) -> np.ndarray:
    true = [np.linalg.norm(RECTANGLE[i] - RECTANGLE[j]) for i, j in combinations(range(4), 2)]
    return np.array(true) + rng.normal(0.0, 0.004, (epochs, 6))


def test_a_rigid_array_is_no_cause_for_complaint(rng):
    lengths = _rigid_lengths(rng)
    loose = loose_lengths("abcd", lengths, np.full_like(lengths, 0.004), np.arange(600.0))
    assert rigidity_complaint(loose, 4) == ""


@pytest.mark.parametrize("kind", ["moved", "shaking"])
def test_a_loose_antenna_is_named(rng, kind):
    lengths = _rigid_lengths(rng)
    motion = np.where(np.arange(600) > 300, 0.03, 0.0) if kind == "moved" else rng.normal(0.0, 0.02, 600)
    for p, pair in enumerate(combinations("abcd", 2)):
        lengths[:, p] += motion * ("c" in pair)
    loose = loose_lengths("abcd", lengths, np.full_like(lengths, 0.004), np.arange(600.0))
    assert "antenna c" in rigidity_complaint(loose, 4)
