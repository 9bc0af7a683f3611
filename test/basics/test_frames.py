"""Laws of frames: the ellipsoid's landmarks, and east, north, up where they should point."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Transformer

from gnss_gyro.basics.constants import WGS84_FLATTENING, WGS84_SEMI_MAJOR_AXIS
from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef, enu_from_ecef_at, geodetic_from_ecef

SAME_M = 1e-6
SAME_RAD = 1e-12
SEMI_MINOR_M = WGS84_SEMI_MAJOR_AXIS * (1.0 - WGS84_FLATTENING)


@pytest.mark.parametrize(
    ("latitude_deg", "longitude_deg", "ecef"),
    [
        (0, 0, [WGS84_SEMI_MAJOR_AXIS, 0, 0]),
        (0, 90, [0, WGS84_SEMI_MAJOR_AXIS, 0]),
        (0, 180, [-WGS84_SEMI_MAJOR_AXIS, 0, 0]),
        (90, 0, [0, 0, SEMI_MINOR_M]),
        (-90, 0, [0, 0, -SEMI_MINOR_M]),
    ],
)
def test_landmarks_of_the_ellipsoid(latitude_deg: float, longitude_deg: float, ecef: list[float]) -> None:
    geodetic = np.array([np.radians(latitude_deg), np.radians(longitude_deg), 0.0])
    assert np.allclose(ecef_from_geodetic(geodetic), ecef, atol=SAME_M)


def test_positions_return() -> None:
    rng = np.random.default_rng(1)
    geodetic = np.column_stack([rng.uniform(-1.57, 1.57, 200), rng.uniform(-3.14, 3.14, 200), rng.uniform(-500, 2e7, 200)])
    back = geodetic_from_ecef(ecef_from_geodetic(geodetic))
    assert np.allclose(back, geodetic, rtol=0.0, atol=[SAME_RAD, SAME_RAD, SAME_M])
    assert geodetic_from_ecef(ecef_from_geodetic(geodetic[0])).shape == (3,)
    assert geodetic_from_ecef(np.zeros((2, 0, 3))).shape == (2, 0, 3)


def test_enu_is_a_rotation_whose_rows_point_east_north_up() -> None:
    rng = np.random.default_rng(2)
    for latitude, longitude in zip(rng.uniform(-1.5, 1.5, 20), rng.uniform(-3.1, 3.1, 20), strict=True):
        rotation, step = enu_from_ecef(latitude, longitude), 1e-6
        assert np.allclose(rotation @ rotation.T, np.eye(3))
        assert np.linalg.det(rotation) == pytest.approx(1.0)
        here = ecef_from_geodetic(np.array([latitude, longitude, 100.0]))
        for axis, change in enumerate([[0, step, 0], [step, 0, 0], [0, 0, 1.0]]):
            moved = rotation @ (ecef_from_geodetic(np.array([latitude, longitude, 100.0]) + change) - here)
            assert np.allclose(moved / np.linalg.norm(moved), np.eye(3)[axis], atol=1e-5)
        assert np.allclose(enu_from_ecef_at(here), rotation, atol=1e-9)


def test_ecef_is_what_proj_has() -> None:
    rng = np.random.default_rng(4)
    geodetic = np.column_stack([rng.uniform(-1.57, 1.57, 60), rng.uniform(-3.14, 3.14, 60), rng.uniform(-500, 2e7, 60)])
    proj = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    expected = np.stack(proj.transform(np.degrees(geodetic[:, 1]), np.degrees(geodetic[:, 0]), geodetic[:, 2]), axis=-1)
    assert np.allclose(ecef_from_geodetic(geodetic), expected, rtol=0.0, atol=SAME_M)
    assert np.allclose(ecef_from_geodetic(geodetic.reshape(3, 4, 5, 3)), expected.reshape(3, 4, 5, 3), rtol=0.0, atol=SAME_M)


@pytest.mark.parametrize("place", [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [3e4, 0.0, 0.0], [1e4, -2e4, -3e4]])
def test_at_the_centre_of_the_earth_latitudes_are_latitudes(place: list[float]) -> None:
    latitude, _, height_m = geodetic_from_ecef(np.array(place))
    assert abs(latitude) <= np.pi / 2.0
    assert -6.5e6 < height_m < -6.2e6


@pytest.mark.parametrize("height_m", [-6.0e6, -11_000.0, 0.0, 9_000.0, 2e7])
def test_places_come_back_to_a_micrometre(height_m: float) -> None:
    rng = np.random.default_rng(3)
    latitudes = [-np.pi / 2.0, -1e-9, 0.0, 1e-9, np.pi / 2.0, *rng.uniform(-1.57, 1.57, 200)]
    geodetic = np.column_stack([latitudes, rng.uniform(-3.14, 3.14, 205), np.full(205, height_m)])
    found = np.array([geodetic_from_ecef(place) for place in ecef_from_geodetic(geodetic)])
    assert np.allclose(found[:, 0], geodetic[:, 0], rtol=0.0, atol=SAME_RAD)
    assert np.allclose(found[5:, 1], geodetic[5:, 1], rtol=0.0, atol=SAME_RAD)
    assert np.allclose(found[:, 2], height_m, rtol=0.0, atol=SAME_M)
