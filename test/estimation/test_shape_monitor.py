"""An antenna that is not where the configuration has it is named; one that is, never."""

from __future__ import annotations

import numpy as np
import pytest
from baseline_skies import Sky, array_of, random_rotation, satellites

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.estimation.shape_monitor import ShapeMonitor

RECTANGLE = np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.6, 0.0), (1.0, 0.6, 0.0)])
OFFSET_M = 0.006
"""An offset of 2 cm is told to 6 mm."""


def watched(array: AntennaArray, configured: AntennaArray, seed: int, epochs: int = 12, attitude: bool = True) -> ShapeMonitor:
    rng = np.random.default_rng(seed)
    sky = Sky(satellites(G=9, E=8), array, rng)
    monitor = ShapeMonitor(configured)
    for number in range(epochs):
        rotation = random_rotation(rng)
        monitor.look(10.0 * number, sky.epoch(rotation), rotation if attitude else None)
    return monitor


def displaced(places: np.ndarray, antenna: int, offset: tuple[float, float, float]) -> AntennaArray:
    moved = places.copy()
    moved[antenna] += offset
    return array_of(moved)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("antennas", [3, 4])
def test_a_right_geometry_is_left_in_peace(seed, antennas):
    array = array_of(RECTANGLE[:antennas])
    monitor = watched(array, array, seed)
    assert monitor.complaint() == ""
    assert monitor.table()["b"]["looks"] == 12


@pytest.mark.parametrize("attitude", [True, False])
@pytest.mark.parametrize("antenna", range(4))
def test_two_centimetres_are_named_with_their_direction(antenna, attitude):
    offset = (0.02, 0.0, 0.0) if antenna % 2 else (0.0, -0.02, 0.0)
    monitor = watched(displaced(RECTANGLE, antenna, offset), array_of(RECTANGLE), 5, attitude=attitude)
    named = monitor.misplaced()
    assert [m.antenna for m in named] == ["abcd"[antenna]]
    assert named[0].offset_m[:2] == pytest.approx(offset[:2], abs=OFFSET_M)
    assert f"antenna {'abcd'[antenna]} is" in monitor.complaint()


def test_out_of_the_plane_every_corner_explains_the_same():
    monitor = watched(displaced(RECTANGLE, 2, (0.0, 0.0, 0.04)), array_of(RECTANGLE), 6)
    assert {m.antenna for m in monitor.misplaced()} == set("abcd")
    assert "or instead" in monitor.complaint()


def test_what_the_configuration_does_not_claim_is_no_fault():
    monitor = watched(displaced(RECTANGLE, 1, (0.02, 0.0, 0.0)), array_of(RECTANGLE, sigma_m=0.02), 7)
    assert monitor.complaint() == ""


def test_pairs_and_lines_are_left_to_the_lengths():
    line = np.array([(0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (1.2, 0.0, 0.0)])
    for places in (line[:2], line):
        assert watched(displaced(places, 1, (0.03, 0.0, 0.0)), array_of(places), 8).table() == {}
