"""Pure conversions from solutions to messages: stamps, frames, covariances, what is withheld."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import numpy as np
import pytest

from gnss_gyro.attitude.angles import FREE_VARIANCE_RAD2, angles_covariance, ros_orientation
from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef_at, geodetic_from_ecef
from gnss_gyro.basics.rotations import enu_from_body, heading_pitch_roll, rotation_from_vector
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.solution import Attitude, Solution
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.ros.conversions import (
    UNKNOWN_VARIANCE,
    fix_of,
    heading_of,
    odometry_of,
    velocity_of,
)
from gnss_gyro.ros.placement import LocalMap, body_pose, body_velocity, rpy_covariance
from gnss_gyro.ros.stamps import has_stamp, services_of, stamp_of
from gnss_gyro.ros.transforms import transform_of

PLACE = np.array([0.62, 2.43, 120.0])
ARRAY = AntennaArray.from_positions({"rear": (-0.5, 0.2, 0.3), "front": (1.0, 0.0, 0.3), "left": (0.0, 0.8, 0.3)}, 0.002)
MILLIMETRE = 1e-3
SAMPLES = 15_000


def attitude_of(rotation, covariance=None):
    covariance = np.diag([1e-5, 2e-5, 3e-6]) if covariance is None else covariance
    return Attitude(rotation, heading_pitch_roll(rotation), angles_covariance(rotation, covariance), covariance)


def solution(rotation=None, position_ecef_m=None, **changes):
    given = {
        "time": GpsTime.from_calendar(2026, 6, 10, 3, 10), "outcome": Outcome.FLOAT if rotation is None else Outcome.FIXED,
        "antennas": ARRAY.names, "present": ARRAY.names, "reference": "rear",
        "attitude": None if rotation is None else attitude_of(rotation),
        "position_ecef_m": ecef_from_geodetic(PLACE) if position_ecef_m is None else position_ecef_m,
        "position_cov_enu_m2": np.array([[2.0, 0.3, 0.1], [0.3, 3.0, 0.2], [0.1, 0.2, 9.0]]),
        "velocity_enu_mps": np.array([1.0, 2.0, 0.5]), "velocity_cov_enu": np.diag([0.01, 0.02, 0.03]),
    }  # fmt: skip
    return Solution(**{**given, **changes})


def random_rotation(rng):
    return enu_from_body(*rng.uniform([0.0, -1.2, -3.0], [6.28, 1.2, 3.0]))


def rpy(rotation):
    return np.array([
        np.arctan2(rotation[2, 1], rotation[2, 2]), -np.arcsin(rotation[2, 0]), np.arctan2(rotation[1, 0], rotation[0, 0]),
    ])  # fmt: skip


@pytest.mark.parametrize(
    "utc",
    [datetime(2016, 12, 31, 23, 59, 59), datetime(2017, 1, 1, 0, 0, 1), datetime(2026, 6, 10, 3, 9, 42), datetime(2012, 2, 29)],
)
def test_stamps_are_utc_around_leap_seconds(utc) -> None:
    utc = utc.replace(tzinfo=timezone.utc, microsecond=250_000)
    stamp = stamp_of(GpsTime.from_utc(utc))
    assert (stamp.sec, stamp.nanosec) == (int(utc.timestamp()), 250_000_000)


def test_stamps_keep_nanoseconds() -> None:
    time = GpsTime.from_calendar(2026, 6, 10)
    assert stamp_of(GpsTime(time.ns + 123_456_789)).nanosec == 123_456_789


def test_stamps_of_a_wrong_year_stay_within_what_ros_can_hold() -> None:
    assert stamp_of(GpsTime.from_calendar(2171, 8, 31)).sec == 2**31 - 1


@pytest.mark.parametrize("seed", range(4))
def test_orientation_covariance_is_that_of_fixed_axis_roll_pitch_yaw(seed) -> None:
    """Against samples: rotations scattered by a small turn in ENU, read as roll, pitch and yaw about fixed axes."""
    rng = np.random.default_rng(seed)
    rotation = random_rotation(rng)
    half = rng.normal(0.0, 2e-3, (3, 3))
    covariance = half @ half.T
    centre = rpy(rotation)
    turns = rng.multivariate_normal(np.zeros(3), covariance, SAMPLES)
    scattered = np.array([rpy(rotation_from_vector(turn) @ rotation) for turn in turns]) - centre
    scattered = (scattered + np.pi) % (2.0 * np.pi) - np.pi
    sampled = np.cov(scattered.T)
    given = rpy_covariance(angles_covariance(rotation, covariance))
    scale = np.sqrt(np.outer(np.diag(given), np.diag(given)))
    assert np.max(np.abs(sampled - given) / scale) < 0.05


def test_an_angle_that_is_not_observable_gets_the_variance_of_a_circle() -> None:
    angle_cov = np.diag([1e-5, 2e-5, np.nan])
    angle_cov[2, :] = angle_cov[:, 2] = np.nan
    angle_cov[0, 1] = angle_cov[1, 0] = 3e-6
    expected = [[FREE_VARIANCE_RAD2, 0.0, 0.0], [0.0, 2e-5, 3e-6], [0.0, 3e-6, 1e-5]]
    assert np.allclose(rpy_covariance(angle_cov), expected)


@pytest.mark.parametrize("seed", range(4))
def test_base_link_lies_where_the_lever_arm_says(seed) -> None:
    """Truth: base_link somewhere, turned anyhow; its antenna from there. The pose must lead back."""
    rng = np.random.default_rng(seed)
    local_map = LocalMap(PLACE)
    base_ecef_m = ecef_from_geodetic(PLACE + np.array([1e-4, -2e-4, 7.0]))
    local = enu_from_ecef_at(base_ecef_m)
    rotation = random_rotation(rng)
    antenna_ecef_m = base_ecef_m + local.T @ rotation @ ARRAY.position_body_m[0]
    pose = body_pose(solution(rotation, antenna_ecef_m), ARRAY, local_map)
    assert np.allclose(pose.position_m, local_map.position_m(base_ecef_m), atol=MILLIMETRE)
    assert np.allclose(pose.map_from_body, local_map.axes(base_ecef_m) @ rotation, atol=1e-6)
    assert np.all(np.linalg.eigvalsh(pose.covariance) > 0.0)


def test_unknown_roll_widens_the_position_of_a_body_beside_its_antennas() -> None:
    rotation = enu_from_body(np.pi / 2.0, 0.0, 0.0)
    known = body_pose(solution(rotation), ARRAY, LocalMap(PLACE))
    free_about_east = np.diag([FREE_VARIANCE_RAD2, 1e-5, 1e-5])
    unknown = body_pose(solution(rotation, attitude=attitude_of(rotation, free_about_east)), ARRAY, LocalMap(PLACE))
    grown = np.diag(unknown.covariance - known.covariance)
    assert grown[0] < 1e-3  # the arm turns about east
    assert grown[1] == pytest.approx(FREE_VARIANCE_RAD2 * 0.3**2, rel=0.01)
    assert grown[2] == pytest.approx(FREE_VARIANCE_RAD2 * 0.2**2, rel=0.01)


def test_the_map_is_east_north_up() -> None:
    local_map = LocalMap(PLACE)
    for step, axis in ((np.array([0.0, 1e-5, 0.0]), 0), (np.array([1e-5, 0.0, 0.0]), 1), (np.array([0.0, 0.0, 50.0]), 2)):
        moved = local_map.position_m(ecef_from_geodetic(PLACE + step))
        assert moved[axis] > 45.0
        assert np.abs(np.delete(moved, axis)).max() < 0.01
    assert np.allclose(local_map.axes(ecef_from_geodetic(PLACE)), np.eye(3))


def test_heading_pose_and_tf_agree() -> None:
    rotation = enu_from_body(2.0, 0.1, -0.2)
    solved = solution(rotation)
    pose = body_pose(solved, ARRAY, LocalMap(PLACE))
    transform = transform_of(pose, solved.time, "map", "base_link")
    x, y, z, w = ros_orientation(rotation)
    assert (transform.header.frame_id, transform.child_frame_id) == ("map", "base_link")
    for q in (heading_of(solved, "base_link").orientation, transform.transform.rotation):
        assert np.allclose([q.x, q.y, q.z, q.w], [x, y, z, w], atol=1e-9)
    assert np.allclose([getattr(transform.transform.translation, axis) for axis in "xyz"], pose.position_m)


def test_fix_carries_the_place_and_its_whole_covariance() -> None:
    solved = solution()
    message = fix_of(solved, "gnss_rear", services_of((System.GPS, System.GALILEO)))
    geodetic = geodetic_from_ecef(solved.position_ecef_m)
    assert np.allclose([message.latitude, message.longitude], np.degrees(geodetic[:2]), atol=1e-10)
    assert message.altitude == pytest.approx(geodetic[2], abs=MILLIMETRE)
    assert np.array_equal(message.position_covariance, solved.position_cov_enu_m2.ravel())
    assert (message.status.status, message.status.service) == (0, 1 | 8)


def test_without_position_there_is_no_fix_and_nothing_is_invented() -> None:
    nowhere = solution(position_ecef_m=np.full(3, np.nan), velocity_enu_mps=np.full(3, np.nan), reference="")
    message = fix_of(nowhere, "base_link", 1)
    assert message.status.status == -1
    assert np.isnan(message.latitude)
    assert velocity_of(nowhere, LocalMap(PLACE), "map") is None
    assert body_pose(nowhere, ARRAY, LocalMap(PLACE)) is None


def test_heading_is_withheld_without_a_validated_attitude() -> None:
    assert heading_of(solution(), "base_link") is None
    vertical = attitude_of(enu_from_body(1.0, 0.0, 0.0))
    blind = Attitude(vertical.enu_from_body, np.array([np.nan, 0.0, 0.0]), vertical.angle_cov, vertical.rotation_cov)
    assert heading_of(solution(np.eye(3), attitude=blind), "base_link") is None


def odometry(solved, array=ARRAY):
    return odometry_of(solved, body_pose(solved, array, LocalMap(PLACE)), body_velocity(solved, array), "map", "base_link")


def turning(rotation, rate_body, rate_cov):
    return replace(attitude_of(rotation), rate_body=np.array(rate_body), rate_cov=np.array(rate_cov))


@pytest.mark.parametrize("seed", range(4))
def test_the_velocity_of_base_link_is_the_antennas_without_what_turning_adds(seed) -> None:
    """Truth: base_link moves and turns anyhow; its antenna moves with it."""
    rng = np.random.default_rng(seed)
    rotation, rate_body, moving_body = random_rotation(rng), rng.normal(size=3), rng.normal(size=3)
    antenna_enu = rotation @ (moving_body + np.cross(rate_body, ARRAY.position_body_m[0]))
    half, velocity_half = rng.normal(0.0, 0.1, (2, 3, 3))
    rate_cov, velocity_cov = half @ half.T, velocity_half @ velocity_half.T
    solved = solution(
        rotation, velocity_enu_mps=antenna_enu, velocity_cov_enu=velocity_cov, attitude=turning(rotation, rate_body, rate_cov)
    )
    found = body_velocity(solved, ARRAY)
    assert np.allclose(found.velocity_mps, moving_body, atol=1e-12)
    rates = rng.multivariate_normal(rate_body, rate_cov, SAMPLES)
    velocities = rng.multivariate_normal(antenna_enu, velocity_cov, SAMPLES)
    sampled = np.cov((velocities @ rotation - np.cross(rates, ARRAY.position_body_m[0])).T)
    scale = np.sqrt(np.outer(np.diag(sampled), np.diag(sampled)))
    assert np.max(np.abs(sampled - found.covariance) / scale) < 0.05


def test_an_unknown_rate_leaves_the_velocity_known_only_at_base_link_itself() -> None:
    rotation = enu_from_body(np.pi / 4.0, 0.0, 0.0)
    message = odometry(solution(rotation))
    assert message.twist.twist.linear.x == 0.0
    assert np.array_equal(np.reshape(message.twist.covariance, (6, 6)), UNKNOWN_VARIANCE * np.eye(6))
    at_base = AntennaArray.from_positions({"rear": (0.0, 0.0, 0.0), "front": (1.0, 0.0, 0.3), "left": (0.0, 0.8, 0.3)}, 0.002)
    assert odometry(solution(rotation), at_base).twist.twist.linear.x == pytest.approx(3.0 / np.sqrt(2.0))


@pytest.mark.parametrize("week", [-70_000, -1, 3100, 3600, 65_535, 10**9])
def test_odd_times_have_the_nearest_stamp(week) -> None:
    odd = GpsTime.from_week_tow(week, 5.0)
    assert not has_stamp(odd)
    assert stamp_of(odd).sec == (315_964_800 if week < 0 else 2**31 - 1)
    assert has_stamp(GpsTime.from_week_tow(3000, 5.0))


def test_odometry_moves_in_the_axes_of_the_body() -> None:
    """Driving north-east with the nose there: forward velocity only."""
    rotation = enu_from_body(np.pi / 4.0, 0.0, 0.0)
    straight = turning(rotation, np.zeros(3), np.zeros((3, 3)))
    message = odometry(solution(rotation, velocity_enu_mps=np.array([3.0, 3.0, 0.0]), attitude=straight))
    linear = message.twist.twist.linear
    assert np.allclose([linear.x, linear.y, linear.z], [np.sqrt(18.0), 0.0, 0.0], atol=1e-9)
    assert np.reshape(message.twist.covariance, (6, 6))[5, 5] == UNKNOWN_VARIANCE
    assert np.trace(np.reshape(message.twist.covariance, (6, 6))[:3, :3]) == pytest.approx(0.06)
