"""Laws of the published angles: ROS counts yaw from east counter-clockwise and pitch nose down."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from gnss_gyro.attitude.angles import (
    attitude_angles,
    observable_angles,
    ros_orientation,
    yaw_from_heading,
)
from gnss_gyro.attitude.rotation_fit import fit_rotation
from gnss_gyro.basics.rotations import enu_from_body, heading_pitch_roll

DEG = np.pi / 180.0


@pytest.mark.parametrize(("heading_deg", "yaw_deg"), [(90, 0), (0, 90), (270, -180), (180, -90), (45, 45)])
def test_antennas_pointing_east_north_west_south(heading_deg: float, yaw_deg: float) -> None:
    assert yaw_from_heading(heading_deg * DEG) == pytest.approx(yaw_deg * DEG)


@pytest.mark.parametrize("angles", [(1.0, 0.2, -0.3), (3.2, -1.5, 3.0), (6.0, 0.0, 0.0)])
def test_quaternion_is_the_fixed_axis_roll_pitch_yaw_of_rep_103(angles: tuple[float, float, float]) -> None:
    rotation = enu_from_body(*angles)
    assert np.allclose(Rotation.from_quat(ros_orientation(rotation)).as_matrix(), rotation)
    heading, pitch, roll = angles
    assert np.allclose(Rotation.from_euler("xyz", [roll, -pitch, yaw_from_heading(heading)]).as_matrix(), rotation)


def test_facing_east_is_no_rotation() -> None:
    assert np.allclose(ros_orientation(enu_from_body(90 * DEG, 0.0, 0.0)), [0.0, 0.0, 0.0, 1.0])


def test_unknown_angles_are_nan_with_their_sigmas() -> None:
    rotation, forward = enu_from_body(1.0, 0.0, 0.0), enu_from_body(1.0, 0.0, 0.0)[:, 0]
    covariance = 1e-6 * np.eye(3) + 3.0 * np.outer(forward, forward)
    angles = attitude_angles(rotation, covariance)
    assert (angles.heading, angles.pitch) == pytest.approx((1.0, 0.0))
    assert angles.sigma_heading == pytest.approx(1e-3)
    assert np.isnan([angles.roll, angles.sigma_roll]).all()
    assert observable_angles(rotation, covariance).tolist() == [True, True, False]


def test_nose_up_by_a_right_angle_has_no_heading() -> None:
    angles = attitude_angles(enu_from_body(1.0, np.pi / 2.0, 0.0), 1e-6 * np.eye(3))
    assert np.isnan([angles.heading, angles.roll]).all()
    assert angles.pitch == pytest.approx(np.pi / 2.0)


def test_lateral_pair_on_a_slope_has_an_honest_heading_if_the_body_is_about_level() -> None:
    rng, level_sigma, body = np.random.default_rng(1), 5 * DEG, np.array([[0.0, 1.2, 0.0]])
    noise = np.eye(3) * 0.003**2
    normalised = []
    for _ in range(400):
        truth = enu_from_body(2.0, rng.normal(0.0, level_sigma), 8 * DEG)
        fit = fit_rotation(body @ truth.T + rng.normal(0.0, 0.003, (1, 3)), noise, body)
        angles = attitude_angles(fit.enu_from_body, fit.covariance_rad2, level_sigma)
        assert np.isnan(angles.pitch)
        assert angles.sigma_heading < 0.1 * fit.angles.sigma_heading
        normalised.append((angles.heading - 2.0) / angles.sigma_heading)
    assert np.std(normalised) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("tilt_deg", [0.5, 4.0])
def test_a_mast_that_leans_knows_pitch_and_roll_no_better_than_its_lean(tilt_deg: float) -> None:
    """One antenna above the other: the heading is unknown, and with it which way the body leans."""
    rng, body = np.random.default_rng(2), np.array([[0.0, 0.0, 1.0]])
    for _ in range(200):
        truth = enu_from_body(rng.uniform(0.0, 6.28), rng.normal(0.0, tilt_deg * DEG), rng.normal(0.0, tilt_deg * DEG))
        fit = fit_rotation(body @ truth.T + rng.normal(0.0, 0.002, (1, 3)), np.eye(3) * 0.002**2, body)
        angles = attitude_angles(fit.enu_from_body, fit.covariance_rad2, 10.0 * DEG)
        assert np.isnan(angles.heading)
        _, pitch, roll = heading_pitch_roll(truth)
        assert abs(angles.pitch - pitch) < 5.0 * angles.sigma_pitch
        assert abs(angles.roll - roll) < 5.0 * angles.sigma_roll
        assert max(angles.sigma_pitch, angles.sigma_roll) < 6.0 * tilt_deg * DEG + 0.02
