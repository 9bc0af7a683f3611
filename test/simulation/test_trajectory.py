"""Trajectories: velocity and angular rate are the derivatives of position and rotation."""

from __future__ import annotations

import numpy as np
import pytest

from gnss_gyro.basics.frames import enu_from_ecef_at
from gnss_gyro.basics.rotations import enu_from_body, vector_from_rotation
from gnss_gyro.simulation.trajectory import rotations_from_angles
from gnss_gyro.simulation.vehicles import VEHICLES

ORIGIN = np.array([np.radians(37.0), np.radians(140.9), 60.0])
STEP_S = 3e-4
VELOCITY_TOLERANCE_MPS = 2e-5  # step^2 / 6 of the jerk, and rounding of 6e6 m over the step
RATE_TOLERANCE_RPS = 2e-5
TIME_S = np.linspace(0.0, 120.0, 241)


@pytest.fixture(params=VEHICLES)
def trajectory(request):
    return VEHICLES[request.param](ORIGIN, 120.0, np.random.default_rng(5))


def test_velocity_is_the_derivative_of_position(trajectory):
    before, after = trajectory.at(TIME_S - STEP_S), trajectory.at(TIME_S + STEP_S)
    numeric = (after.position_ecef_m - before.position_ecef_m) / (2 * STEP_S)
    np.testing.assert_allclose(trajectory.at(TIME_S).velocity_ecef_mps, numeric, atol=VELOCITY_TOLERANCE_MPS)


def test_rate_is_the_derivative_of_rotation(trajectory):
    before, after = trajectory.at(TIME_S - STEP_S), trajectory.at(TIME_S + STEP_S)
    turned = np.swapaxes(before.ecef_from_body, 1, 2) @ after.ecef_from_body
    numeric = np.array([vector_from_rotation(r) for r in turned]) / (2 * STEP_S)
    np.testing.assert_allclose(trajectory.at(TIME_S).rate_body_rps, numeric, atol=RATE_TOLERANCE_RPS)


def test_a_lever_arm_moves_as_its_velocity_says(trajectory):
    arm = np.array([0.5, -0.3, 1.2])
    before, after = (trajectory.at(TIME_S + s).point(arm)[0] for s in (-STEP_S, STEP_S))
    numeric = (after - before) / (2 * STEP_S)
    np.testing.assert_allclose(trajectory.at(TIME_S).point(arm)[1], numeric, atol=VELOCITY_TOLERANCE_MPS)


def test_rotations_are_orthonormal_and_local(trajectory):
    states = trajectory.at(TIME_S)
    np.testing.assert_allclose(
        states.enu_from_body @ np.swapaxes(states.enu_from_body, 1, 2), np.broadcast_to(np.eye(3), (241, 3, 3)), atol=1e-12
    )
    np.testing.assert_allclose(states.enu_from_ecef[7], enu_from_ecef_at(states.position_ecef_m[7]), atol=1e-12)


def test_angles_follow_the_convention_of_the_basics():
    heading, pitch, roll = np.random.default_rng(1).uniform(-3.0, 3.0, (3, 50))
    expected = [enu_from_body(*angles) for angles in np.column_stack([heading, pitch, roll])]
    np.testing.assert_allclose(rotations_from_angles(heading, pitch, roll), expected, atol=1e-13)


def test_the_tractor_points_where_it_drives():
    states = VEHICLES["tractor"](ORIGIN, 600.0, np.random.default_rng(2)).at(np.arange(600.0))
    velocity_body = np.einsum("nji,nj->ni", states.ecef_from_body, states.velocity_ecef_mps)
    speed = np.linalg.norm(velocity_body, axis=1)
    assert np.all((speed > 0.9) & (speed < 3.2))
    assert np.all(velocity_body[:, 0] > 0.95 * speed)


def test_the_drone_reaches_all_attitudes():
    up = VEHICLES["drone"](ORIGIN, 300.0, np.random.default_rng(3)).at(np.arange(0, 300, 0.1)).enu_from_body[:, 2, 2]
    assert up.min() < -0.9
    assert up.max() > 0.9
