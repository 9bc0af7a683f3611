"""The grid of SBAS: pierce points, which cell serves, and weights (RTCA DO-229, A.4.4.10)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gnss_gyro.corrections.sbas_grid import EARTH_RADIUS_M, SHELL_HEIGHT_M, obliquity, pierce_points, weights_at
from gnss_gyro.protocols.sbas.grid import points_of_band

EVERYWHERE = frozenset(point for band in range(11) for point in points_of_band(band))
UPRIGHT = frozenset(point for band in range(9) for point in points_of_band(band))
ROUNDING = 1e-12
latitudes, longitudes = st.floats(-90.0, 90.0), st.floats(-180.0, 180.0, exclude_max=True)


def weights(latitude, longitude, mask, known=None):
    known = mask if known is None else known
    return weights_at(latitude, longitude, mask.__contains__, known.__contains__)


def mean(found, field):
    return sum(weight * field(*point) for point, weight in found.items())


@given(st.floats(-1.5, 1.5), st.floats(-3.1, 3.1), st.floats(0.05, 1.57), st.floats(-3.14, 3.14))
def test_pierce_points_by_the_standards_formulas(latitude, longitude, elevation, azimuth):
    """With its case distinction near the poles; longitudes are the same up to whole turns."""
    psi = math.pi / 2 - elevation - math.asin(EARTH_RADIUS_M / (EARTH_RADIUS_M + SHELL_HEIGHT_M) * math.cos(elevation))
    phi = math.asin(math.sin(latitude) * math.cos(psi) + math.cos(latitude) * math.sin(psi) * math.cos(azimuth))
    assume(abs(phi) < 1.55)
    turn = math.asin(max(-1.0, min(1.0, math.sin(psi) * math.sin(azimuth) / math.cos(phi))))
    beyond_north = latitude > math.radians(70) and math.tan(psi) * math.cos(azimuth) > math.tan(math.pi / 2 - latitude)
    beyond_south = latitude < -math.radians(70) and math.tan(psi) * math.cos(azimuth + math.pi) > math.tan(math.pi / 2 + latitude)
    expected = longitude + math.pi - turn if beyond_north or beyond_south else longitude + turn
    found = pierce_points(latitude, longitude, np.array([elevation]), np.array([azimuth]))
    assert found[0][0] == pytest.approx(phi, abs=1e-9)
    assert abs(math.remainder(found[1][0] - expected, 2 * math.pi)) < 1e-5


def test_the_zenith_is_pierced_overhead_and_the_slant_grows_downwards():
    latitude, longitude = pierce_points(0.7, -1.8, np.array([np.pi / 2]), np.array([1.0]))
    np.testing.assert_allclose([latitude[0], longitude[0]], [0.7, -1.8], atol=ROUNDING)
    elevation = np.radians([90.0, 60.0, 30.0, 15.0, 5.0])
    np.testing.assert_allclose(obliquity(elevation), [1.0, 1.1360, 1.7506, 2.4890, 3.0406], atol=2e-3)
    assert (np.diff(obliquity(elevation)) > 0.0).all()


@given(latitudes, longitudes)
def test_weights_are_shares(latitude, longitude):
    found = weights(latitude, longitude, EVERYWHERE)
    assert found is not None
    assert sum(found.values()) == pytest.approx(1.0, abs=1e-9)
    assert all(-ROUNDING <= weight <= 1.0 + ROUNDING for weight in found.values())
    assert set(found) <= EVERYWHERE


@given(st.floats(-85.0, 85.0), st.floats(-169.0, 169.0), st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
def test_a_field_that_is_linear_comes_back_exactly(latitude, longitude, a, b):
    """South of 85 degrees in the north, where points at 85 stand apart, cells do not straddle the date line here."""
    assume(abs(latitude) < 75.0)
    found = weights(latitude, longitude, EVERYWHERE)
    assert mean(found, lambda lat, lon: a * lat + b * lon + 3.0) == pytest.approx(a * latitude + b * longitude + 3.0, abs=1e-6)


@given(st.sampled_from(sorted(point for point in UPRIGHT if abs(point[0]) < 60)), st.floats(-4.9, 4.9), st.floats(-4.9, 4.9))
def test_a_triangle_serves_where_a_corner_is_missing(missing, up, right):
    """A linear field comes back from three points; outside of their triangle the next larger cell is tried."""
    mask = UPRIGHT - {missing}
    latitude, longitude = missing[0] + up, missing[1] + right
    assume(abs(longitude) < 165.0 and abs(latitude) < 50.0)
    found = weights(latitude, longitude, mask)
    assert found is not None
    assert missing not in found
    assert mean(found, lambda lat, lon: 0.3 * lat - 0.2 * lon) == pytest.approx(0.3 * latitude - 0.2 * longitude, abs=1e-6)
    if abs(up) + abs(right) >= 5.0 + 1e-9:
        assert len(found) == 3


def test_small_cells_before_large_ones_and_squares_before_triangles():
    large = frozenset({(30, -110), (30, -100), (40, -110), (40, -100)})
    small = frozenset({(35, -105), (35, -100)})
    assert set(weights(36.0, -104.0, large)) == large
    assert set(weights(36.0, -102.0, large | small)) == {(35, -105), (35, -100), (40, -100)}
    assert set(weights(39.0, -104.5, large | small)) == large  # outside of that triangle
    square = large | small | {(40, -105)}
    assert set(weights(36.0, -104.0, square)) == {(35, -105), (35, -100), (40, -105), (40, -100)}


def test_a_large_square_before_a_large_triangle():
    triangle = {(35, -105), (35, -95), (45, -105)}
    square = {(30, -110), (30, -100), (40, -110), (40, -100)}
    assert set(weights(36.0, -102.0, frozenset(triangle))) == triangle
    assert set(weights(36.0, -102.0, frozenset(triangle | square))) == square


def test_the_mask_selects_and_what_is_not_monitored_leaves_a_triangle():
    square = frozenset({(35, -105), (35, -100), (40, -105), (40, -100)})
    around = square | {(30, -110), (30, -100), (40, -110), (45, -110), (45, -100)}
    known = around - {(40, -100)}
    assert set(weights(36.0, -104.0, around, known)) == square - {(40, -100)}
    assert weights(39.0, -101.0, around, known) is None  # no falling back to larger cells: the mask has spoken
    assert weights(36.0, -104.0, around, known - {(35, -105)}) is None
    assert weights(36.0, -104.0, frozenset()) is None


def test_between_sixty_and_seventy_five_cells_are_ten_degrees_wide():
    assert set(weights(67.0, -104.0, EVERYWHERE)) == {(65, -110), (65, -100), (70, -110), (70, -100)}
    assert set(weights(67.0, -104.0, UPRIGHT)) == {(65, -110), (65, -100), (75, -110), (75, -100)}
    assert set(weights(-62.0, 3.0, UPRIGHT)) == {(-65, 0), (-65, 10), (-55, 0), (-55, 10)}
    assert set(weights(58.0, 3.0, UPRIGHT)) == {(55, 0), (55, 10), (65, 0), (65, 10)}


def test_up_to_eighty_five_points_stand_further_apart():
    assert set(weights(80.0, -104.0, EVERYWHERE)) == {(75, -110), (75, -100), (85, -120), (85, -90)}
    assert set(weights(80.0, -104.0, UPRIGHT)) == {(75, -110), (75, -100), (85, -180), (85, -90)}
    assert set(weights(-80.0, 0.0, UPRIGHT)) == {(-75, 0), (-75, 10), (-85, -50), (-85, 40)}
    assert weights(80.0, -104.0, UPRIGHT, UPRIGHT - {(85, -90)}) is None


@pytest.mark.parametrize("side", [1, -1])
def test_at_the_pole_all_four_count_alike(side):
    found = weights(90.0 * side, 12.0, UPRIGHT)
    assert {point[0] for point in found} == {85 * side}
    np.testing.assert_allclose(list(found.values()), 0.25, atol=ROUNDING)


@pytest.mark.parametrize("latitude", [-85.0, 85.0])
def test_interpolation_is_continuous_at_eighty_five_degrees(latitude):
    for longitude in np.arange(-180.0, 180.0, 7.0):
        below, beyond = (weights(latitude * (1.0 + side * 1e-9), longitude, UPRIGHT) for side in (-1, 1))
        assert mean(below, lambda _, lon: math.cos(lon)) == pytest.approx(mean(beyond, lambda _, lon: math.cos(lon)), abs=1e-6)


@given(st.floats(-85.0, 85.0), st.floats(-180.0, 180.0), st.integers(-2, 2))
def test_whole_turns_of_longitude_change_nothing(latitude, longitude, turns):
    assume(abs(longitude / 5.0 - round(longitude / 5.0)) > 1e-6)
    first, second = weights(latitude, longitude, EVERYWHERE), weights(latitude, longitude + 360.0 * turns, EVERYWHERE)
    assert first.keys() == second.keys()
    np.testing.assert_allclose(list(first.values()), list(second.values()), atol=1e-9)
