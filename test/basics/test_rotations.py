"""Laws of rotations: signs as people read them, round trips where formulas break."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.rotations import (
    enu_from_body,
    heading_pitch_roll,
    quaternion_from_rotation,
    rotation_from_quaternion,
    rotation_from_vector,
    skew,
    vector_from_rotation,
    wrap_angle,
)

CLOSED = 1e-12
CLOSED_NEAR_POLE_RAD = 1e-7
EAST, NORTH, UP = np.eye(3)
FORWARD, LEFT, BODY_UP = np.eye(3)
DEG = np.pi / 180.0
angle = st.floats(-np.pi, np.pi)
vectors = st.tuples(angle, angle, angle).map(np.array)


@pytest.mark.parametrize(("heading", "axis"), [(0, NORTH), (90, EAST), (180, -NORTH), (270, -EAST)])
def test_heading_is_clockwise_from_north(heading: float, axis: Floats) -> None:
    assert np.allclose(enu_from_body(heading * DEG, 0.0, 0.0) @ FORWARD, axis, atol=CLOSED)


def test_body_stands_upright_with_its_left_side_left() -> None:
    rotation = enu_from_body(0.0, 0.0, 0.0)
    assert np.allclose(rotation @ LEFT, -EAST)
    assert np.allclose(rotation @ BODY_UP, UP)


def test_pitch_is_nose_up_and_roll_is_right_side_down() -> None:
    assert (enu_from_body(1.0, 0.2, 0.0) @ FORWARD)[2] == pytest.approx(np.sin(0.2))
    right = -(enu_from_body(1.0, 0.0, 0.2) @ LEFT)
    assert right[2] == pytest.approx(-np.sin(0.2))


@given(angle, st.floats(-np.pi / 2, np.pi / 2), angle)
def test_angles_make_a_rotation_and_come_back(heading: float, pitch: float, roll: float) -> None:
    rotation = enu_from_body(heading, pitch, roll)
    assert np.allclose(rotation @ rotation.T, np.eye(3), atol=CLOSED)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    back = heading_pitch_roll(rotation)
    assert 0.0 <= back[0] < 2.0 * np.pi
    assert back[1] == pytest.approx(pitch, abs=CLOSED_NEAR_POLE_RAD)
    assert np.allclose(enu_from_body(*back), rotation, atol=2e-9)
    if abs(pitch) < 1.5:
        assert np.allclose(wrap_angle(back - [heading, pitch, roll]), 0.0, atol=1e-12 + 1e-13 / np.cos(pitch))


@pytest.mark.parametrize("pitch", [-90.0, -89.9999999, -89.99, 89.99, 89.9999999, 90.0])
@pytest.mark.parametrize("heading", [0.0, 90.0, 179.9999999, 180.0, 180.0000001, 359.9999999])
@pytest.mark.parametrize("roll", [0.0, -179.9999999, 180.0, 35.0])
def test_round_trip_near_pitch_90_and_heading_180(heading: float, pitch: float, roll: float) -> None:
    rotation = enu_from_body(heading * DEG, pitch * DEG, roll * DEG)
    assert np.allclose(enu_from_body(*heading_pitch_roll(rotation)), rotation, atol=2e-9)


def test_heading_never_reaches_a_full_turn() -> None:
    assert heading_pitch_roll(enu_from_body(-1e-17, 0.0, 0.0))[0] < 2.0 * np.pi


@given(vectors)
def test_exponential_is_that_of_scipy_and_its_logarithm_returns(vector: Floats) -> None:
    rotation = rotation_from_vector(vector)
    assert np.allclose(rotation, Rotation.from_rotvec(vector).as_matrix(), atol=1e-12)
    back = vector_from_rotation(rotation)
    assert np.linalg.norm(back) <= np.pi + CLOSED
    assert np.allclose(rotation_from_vector(back), rotation, atol=1e-12)
    if np.linalg.norm(vector) < np.pi - 1e-3:
        assert np.allclose(back, vector, atol=1e-11)


@pytest.mark.parametrize("size", [0.0, 1e-300, 1e-12, 1e-9, 9.9e-5, 1.01e-4, 1e-3, 3.14159, np.pi])
def test_logarithm_at_its_awkward_sizes(size: float) -> None:
    vector = size * np.array([2.0, -1.0, 2.0]) / 3.0
    back = vector_from_rotation(rotation_from_vector(vector))
    assert min(np.abs(back - vector).max(), np.abs(back + vector).max() if size > 3.14 else 9.0) < 1e-12 + 1e-10 * size


@given(vectors)
def test_quaternion_is_that_of_scipy_and_returns(vector: Floats) -> None:
    rotation = Rotation.from_rotvec(vector).as_matrix()
    quaternion = quaternion_from_rotation(rotation)
    assert np.linalg.norm(quaternion) == pytest.approx(1.0)
    assert quaternion[3] >= 0.0
    assert abs(quaternion @ Rotation.from_matrix(rotation).as_quat()) == pytest.approx(1.0)
    assert np.allclose(rotation_from_quaternion(-3.0 * quaternion), rotation, atol=1e-12)


def test_skew_is_the_cross_product() -> None:
    rng = np.random.default_rng(1)
    v, w = rng.normal(size=(2, 3))
    assert np.allclose(skew(v) @ w, np.cross(v, w))


@given(st.floats(-1e4, 1e4))
def test_wrapped_angle_is_the_same_angle(value: float) -> None:
    wrapped = float(wrap_angle(value))
    assert -np.pi <= wrapped < np.pi
    assert np.cos(wrapped - value) == pytest.approx(1.0)


def test_wrapped_angle_never_reaches_half_a_turn() -> None:
    for value in (-np.pi, np.pi, np.nextafter(-np.pi, -4.0), 3.0 * np.pi, -3.0 * np.pi):
        assert -np.pi <= float(wrap_angle(value)) < np.pi
