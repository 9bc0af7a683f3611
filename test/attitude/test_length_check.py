"""Laws of the length test: right lengths pass as often as they should, wrong ones are found and named."""

from __future__ import annotations

import numpy as np
import pytest

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.attitude.length_check import all_pass, length_tests, suspects
from gnss_gyro.basics.rotations import enu_from_body

TRACTOR = AntennaArray.from_positions({"a": (0, 0, 0), "b": (1, 0, 0), "c": (0, 0.6, 0), "d": (1, 0.6, 0)}, 0.002)
NOISE_M2 = np.kron(np.full((3, 3), 0.5) + 0.5 * np.eye(3), np.diag([0.004, 0.004, 0.008]) ** 2)
TURN = enu_from_body(2.0, 0.2, -0.3)


@pytest.mark.parametrize("reference", ["a", "c"])
def test_deviations_of_right_lengths_are_standard_normal(reference: str) -> None:
    rng = np.random.default_rng(1)
    deviations = []
    for _ in range(1500):
        vectors = TRACTOR.baselines_body_m(reference) @ TURN.T
        covariance = NOISE_M2 + TRACTOR.baselines_covariance_m2(reference)
        vectors = vectors + rng.multivariate_normal(np.zeros(9), covariance).reshape(3, 3)
        deviations.append([test.deviation for test in length_tests(TRACTOR, vectors, NOISE_M2, reference)])
    assert np.all(np.abs(np.mean(deviations, axis=0)) < 5.0 / np.sqrt(1500))
    assert np.allclose(np.std(deviations, axis=0), 1.0, atol=0.1)


@pytest.mark.parametrize("name", ["a", "b", "c", "d"])
def test_one_antenna_fixed_wrong_is_named(name: str) -> None:
    antennas = TRACTOR.position_body_m @ TURN.T
    antennas[TRACTOR.index(name)] += [0.3, -0.4, 0.5]
    tests = length_tests(TRACTOR, antennas[1:] - antennas[0], NOISE_M2)
    assert not all_pass(tests)
    assert suspects(tests) == (name,)


def test_nothing_is_suspect_when_all_is_right_and_nan_never_passes() -> None:
    tests = length_tests(TRACTOR, TRACTOR.baselines_body_m(), NOISE_M2)
    assert all_pass(tests)
    assert suspects(tests) == ()
    assert not all_pass(length_tests(TRACTOR, np.full((3, 3), np.nan), NOISE_M2))


def test_two_centimetres_are_seen_at_millimetre_noise() -> None:
    array = AntennaArray.from_lengths(("a", "b"), {("a", "b"): (1.0, 0.002)})
    assert not all_pass(length_tests(array, np.array([[1.02, 0.0, 0.0]]), np.eye(3) * 0.002**2))
    assert all_pass(length_tests(array, np.array([[0.0, 1.003, 0.0]]), np.eye(3) * 0.002**2))


def test_zero_baseline_passes_at_noise_and_fails_off_it() -> None:
    array = AntennaArray.from_lengths(("a", "b"), {("a", "b"): (0.0, 0.0)})
    noise, rng = np.eye(3) * 0.003**2, np.random.default_rng(2)
    assert all(all_pass(length_tests(array, rng.normal(0, 0.003, (1, 3)), noise)) for _ in range(500))
    assert not all_pass(length_tests(array, np.array([[0.1, 0.1, 0.0]]), noise))
