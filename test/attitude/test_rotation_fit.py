"""Laws of the rotation fit: noise off closes the loop, statistics are honest, lines leave one angle open."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gnss_gyro.attitude.angles import angles_covariance, angles_jacobian, observable_angles
from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.attitude.rotation_fit import RotationFit, fit_array, fit_rotation
from gnss_gyro.attitude.rotation_kernel import aligned_rotation, gauss_newton_rotation, most_upright, normal_equations
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.rotations import enu_from_body, heading_pitch_roll, rotation_from_vector, vector_from_rotation, wrap_angle

CLOSED_RAD = 1e-8
JACOBIAN_REL = 1e-5
TRACTOR = np.array([[1.0, 0.0, 0.0], [0.0, 0.6, 0.0], [1.0, 0.6, 0.05]])
DEG = np.pi / 180.0
HEADINGS_DEG, PITCHES_DEG, ROLLS_DEG = (0, 90, 179.9, 180, 270), (-90, -89.9, 0, 30, 89.99, 90), (0, 170, -50)
ATTITUDES = [(h * DEG, p * DEG, r * DEG) for h in HEADINGS_DEG for p in PITCHES_DEG for r in ROLLS_DEG]


def observable(fit: RotationFit) -> np.ndarray:
    return observable_angles(fit.enu_from_body, fit.covariance_rad2)


def random_covariance(rng: np.random.Generator, n: int, sigma: float = 0.005) -> Floats:
    root = rng.normal(size=(n, n)) / np.sqrt(n)
    return sigma**2 * (root @ root.T + 0.2 * np.eye(n))


def error_of(fit: RotationFit, truth: Floats) -> Floats:
    return vector_from_rotation(truth @ fit.enu_from_body.T)


@pytest.mark.parametrize("angles", ATTITUDES)
def test_without_noise_the_loop_closes_at_every_attitude(angles: tuple[float, float, float]) -> None:
    truth = enu_from_body(*angles)
    fit = fit_rotation(TRACTOR @ truth.T, random_covariance(np.random.default_rng(0), 9), TRACTOR)
    assert np.linalg.norm(error_of(fit, truth)) < CLOSED_RAD
    assert fit.chi2 < 1e-12
    assert (fit.rank, fit.dof) == (3, 6)


def test_errors_and_residuals_are_as_large_as_the_fit_says() -> None:
    rng = np.random.default_rng(1)
    nees, chi2 = [], []
    for _ in range(2000):
        truth = Rotation.random(rng=rng).as_matrix()
        covariance, body_covariance = random_covariance(rng, 9), random_covariance(rng, 9, 0.003)
        body_noise = rng.multivariate_normal(np.zeros(9), body_covariance).reshape(3, 3)
        measured = (TRACTOR + body_noise) @ truth.T + rng.multivariate_normal(np.zeros(9), covariance).reshape(3, 3)
        fit = fit_rotation(measured, covariance, TRACTOR, body_covariance)
        error = error_of(fit, truth)
        nees.append(error @ fit.information @ error)
        chi2.append(fit.chi2)
    five_sigma = 5.0 / np.sqrt(2000.0)
    assert abs(np.mean(nees) - 3.0) < five_sigma * np.sqrt(6.0)
    assert abs(np.mean(chi2) - 6.0) < five_sigma * np.sqrt(12.0)


def test_fit_is_the_minimum_over_all_rotations() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        truth, covariance = Rotation.random(rng=rng).as_matrix(), random_covariance(rng, 9, 0.05)
        weight = np.linalg.inv(covariance)
        measured = TRACTOR @ truth.T + rng.multivariate_normal(np.zeros(9), covariance).reshape(3, 3)
        fit = fit_rotation(measured, covariance, TRACTOR)
        for step in rng.normal(size=(50, 3)) * 10.0 ** rng.uniform(-6, 0, size=(50, 1)):
            other = rotation_from_vector(step) @ fit.enu_from_body
            assert normal_equations(other, TRACTOR, weight, measured.ravel())[2] > fit.chi2 - 1e-9


def test_forward_line_gives_heading_and_pitch_never_roll() -> None:
    truth = enu_from_body(200 * DEG, 10 * DEG, 7 * DEG)
    body = np.array([[1.0, 0.0, 0.0]])
    fit = fit_rotation(body @ truth.T, np.diag([1e-6, 1e-6, 4e-6]), body)
    assert np.allclose(heading_pitch_roll(fit.enu_from_body), [200 * DEG, 10 * DEG, 0.0], atol=1e-9)
    assert list(observable(fit)) == [True, True, False]
    assert np.isnan(fit.angles.roll)
    assert np.isnan(fit.angles.sigma_roll)
    assert fit.angles.sigma_heading == pytest.approx(1e-3 / np.cos(10 * DEG), rel=1e-6)
    assert angles_covariance(fit.enu_from_body, fit.covariance_rad2)[2, 2] > 3.0
    assert (fit.rank, fit.dof) == (2, 1)
    assert abs(fit.free_axis_enu @ truth[:, 0]) == pytest.approx(1.0)


def test_lateral_line_gives_heading_and_roll_with_pitch_taken_as_level() -> None:
    truth = enu_from_body(20 * DEG, 0.0, 5 * DEG)
    body = np.array([[0.0, 1.2, 0.0]])
    fit = fit_rotation(body @ truth.T, 1e-6 * np.eye(3), body)
    assert np.allclose(heading_pitch_roll(fit.enu_from_body), [20 * DEG, 0.0, 5 * DEG], atol=1e-9)
    assert list(observable(fit)) == [True, False, True]


@pytest.mark.parametrize("pitch", [-90.0, -89.999, 89.999, 90.0])
def test_vertical_line_has_pitch_but_no_heading(pitch: float) -> None:
    body = np.array([[1.0, 0.0, 0.0]])
    truth = enu_from_body(180 * DEG, pitch * DEG, 0.0)
    fit = fit_rotation(body @ truth.T, 1e-6 * np.eye(3), body)
    assert np.allclose(fit.enu_from_body @ body[0], truth @ body[0], atol=CLOSED_RAD)
    assert list(observable(fit)) == [False, True, False]
    assert np.isnan(fit.angles.heading)


def test_three_antennas_on_a_line_leave_the_angle_about_it_open() -> None:
    truth = enu_from_body(1.0, 0.1, 0.2)
    array = AntennaArray.from_positions({"a": (0, 0, 0), "b": (1, 0, 0), "c": (2.5, 0.001, 0)}, 0.003)
    fit = fit_array(array, array.baselines_body_m() @ truth.T, 1e-6 * np.eye(6))
    assert fit.rank == 2
    assert np.isnan(fit.angles.roll)
    assert fit.angles.heading == pytest.approx(1.0, abs=0.002)


def test_zero_baseline_has_no_attitude() -> None:
    fit = fit_rotation(np.array([[0.001, -0.002, 0.001]]), 1e-6 * np.eye(3), np.zeros((1, 3)))
    assert (fit.rank, fit.dof) == (0, 3)
    assert not observable(fit).any()
    assert np.isnan(fit.angles.heading)


def test_swapped_antennas_cannot_be_explained_by_any_rotation() -> None:
    array = AntennaArray.from_positions({"a": (0, 0, 0), "b": (1, 0, 0), "c": (0, 0.6, 0)}, 0.003)
    swapped = array.baselines_body_m()[::-1] @ enu_from_body(1.0, 0.1, 0.0).T
    fit = fit_array(array, swapped, 1e-5 * np.eye(6))
    assert fit.chi2 > 1000.0


def test_result_does_not_depend_on_the_reference_antenna() -> None:
    rng = np.random.default_rng(8)
    array = AntennaArray.from_positions({"a": (0, 0, 0), "b": (1, 0, 0), "c": (0, 0.6, 0)}, 0.003)
    antennas = array.position_body_m @ enu_from_body(1.0, 0.1, 0.0).T + rng.normal(0.0, 0.003, size=(3, 3))
    single = np.diag([0.003, 0.003, 0.006]) ** 2
    shared = np.kron(np.ones((2, 2)) + np.eye(2), single)
    one = fit_array(array, antennas[1:] - antennas[0], shared)
    other = fit_array(array, antennas[[0, 2]] - antennas[1], shared, "b")
    assert np.allclose(one.enu_from_body, other.enu_from_body, atol=CLOSED_RAD)
    assert one.chi2 == pytest.approx(other.chi2, rel=1e-6)


def test_most_upright_keeps_the_axis() -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        rotation, axis = Rotation.random(rng=rng).as_matrix(), rng.normal(size=3)
        axis /= np.linalg.norm(axis)
        upright = most_upright(rotation, axis)
        assert np.allclose(upright.T @ axis, rotation.T @ axis)
        assert all((rotation_from_vector(a * axis) @ rotation)[2, 2] <= upright[2, 2] + 1e-12 for a in np.linspace(0, 6.28, 40))


@pytest.mark.parametrize("angles", [(1.0, 0.3, -0.4), (3.1, -1.2, 2.0), (6.2, 1.5, 0.0), (0.001, 0.0, 3.1)])
def test_angles_jacobian_equals_finite_differences(angles: tuple[float, float, float]) -> None:
    rotation, step = enu_from_body(*angles), 1e-6
    columns = []
    for axis in np.eye(3) * step:
        ahead, behind = (heading_pitch_roll(rotation_from_vector(sign * axis) @ rotation) for sign in (1.0, -1.0))
        columns.append(wrap_angle(ahead - behind) / (2.0 * step))
    jacobian = angles_jacobian(rotation)
    assert np.allclose(jacobian, np.column_stack(columns), rtol=JACOBIAN_REL, atol=JACOBIAN_REL * np.abs(jacobian).max())
    covariance = np.diag([1.0, 2.0, 3.0])
    assert np.allclose(angles_covariance(rotation, covariance), jacobian @ covariance @ jacobian.T)


def test_kernel_does_not_write_into_its_arguments() -> None:
    start, body, weight = np.eye(3), TRACTOR.copy(), np.eye(9)
    gauss_newton_rotation(start, body, weight, (TRACTOR @ enu_from_body(1.0, 0.2, 0.1).T).ravel())
    assert np.array_equal(start, np.eye(3))
    assert np.array_equal(body, TRACTOR)


def kernel_digest() -> Floats:
    """Results of the kernels on seeded cases, a row each."""
    rng, rows = np.random.default_rng(6), []
    for _ in range(20):
        truth, covariance = Rotation.random(rng=rng).as_matrix(), random_covariance(rng, 9, 0.02)
        vectors = TRACTOR @ truth.T + rng.multivariate_normal(np.zeros(9), covariance).reshape(3, 3)
        start = aligned_rotation(TRACTOR, vectors.ravel(), np.ones(3))
        rotation, chi2, information = gauss_newton_rotation(start, TRACTOR, np.linalg.inv(covariance), vectors.ravel())
        rows.append([*rotation.ravel(), chi2, *information.ravel()])
    return np.array(rows)


def test_results_are_the_same_with_jit_off() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import test_rotation_fit as t; print(t.kernel_digest().tolist())"
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)],
        env={"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
        capture_output=True, text=True, check=True, timeout=600,
    )  # fmt: skip
    assert np.allclose(kernel_digest(), np.array(json.loads(done.stdout)), rtol=1e-9, atol=1e-9)


def vague_across(direction: Floats, sigma_m: float) -> Floats:
    """Covariance of a vector that is known to 3 mm but for one direction."""
    return 0.003**2 * np.eye(3) + sigma_m**2 * np.outer(direction, direction)


@pytest.mark.parametrize("body", [TRACTOR[:1], TRACTOR * (1.0, 1.0, 0.0)])
def test_the_mirror_image_across_an_open_direction_is_weighed(body: Floats) -> None:
    """Satellites that leave one direction open to half a metre cannot tell on which side of the plane across it a body stands."""
    rng, k = np.random.default_rng(8), len(body)
    for _ in range(30):
        truth, direction = Rotation.random(rng=rng).as_matrix(), rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        vectors = body @ truth.T
        if np.abs(vectors @ direction).max() < 0.3:
            continue
        vague = np.kron(np.eye(k), vague_across(direction, 0.5))
        open_fit = fit_rotation(vectors, vague, body)
        assert 0.0 <= open_fit.mirror_gap < 50.0
        assert open_fit.mirror_odds == pytest.approx(np.exp(-0.5 * open_fit.mirror_gap))
        image = vectors - 2.0 * np.outer(vectors @ direction, direction)
        if k == 1:
            moved = fit_rotation(image, vague, body)
            assert np.allclose(moved.enu_from_body @ body[0], image[0], atol=0.02), "the better of the two is taken"
        sure = fit_rotation(vectors, 0.003**2 * np.eye(3 * k), body)
        assert sure.mirror_odds < 1e-6


def test_a_body_in_the_plane_itself_has_no_mirror_image() -> None:
    flat, up = TRACTOR * np.array([1.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
    covariance = np.kron(np.eye(3), vague_across(up, 0.02))
    assert fit_rotation(flat, covariance, flat).mirror_odds == 0.0
