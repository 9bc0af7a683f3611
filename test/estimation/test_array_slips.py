"""Cycle slips across antennas: every rotation is allowed, a lost cycle is not."""

from __future__ import annotations

import numpy as np
import pytest

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.rotations import rotation_from_vector
from gnss_gyro.estimation.array_slips import changed_count
from gnss_gyro.estimation.differences import Rows

WAVE_M = 0.19
SIGMA_M = 0.003
SQUARE = np.array([[0.5, 0.3, 0.0], [0.5, -0.3, 0.0], [-0.5, 0.3, 0.0], [-0.5, -0.3, 0.1]])


def rows_of(rng: np.random.Generator, antennas: int, satellites: int = 8) -> Rows:
    """Phase rows of a random sky, their values zero."""
    up = rng.uniform(0.2, 1.0, satellites + 1)
    azimuth = rng.uniform(0.0, 2.0 * np.pi, satellites + 1)
    level = np.sqrt(1.0 - up**2)
    direction = np.column_stack([level * np.sin(azimuth), level * np.cos(azimuth), up])
    design = np.tile(direction[0] - direction[1:], (antennas - 1, 1))
    m = len(design)
    baseline = np.repeat(np.arange(antennas - 1), satellites)
    satellite = np.tile(np.arange(2, satellites + 2, dtype=np.int16), antennas - 1)
    return Rows(baseline, satellite, np.ones(m, np.int16), np.full(m, WAVE_M), np.zeros(m), design, np.full((m, 4), SIGMA_M**2))


def change_of(rows: Rows, array: AntennaArray, turn: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change of the phases when the body turns from one attitude to another, with noise."""
    before = rotation_from_vector(rng.normal(size=3))
    vectors = array.baselines_body_m() @ (rotation_from_vector(turn) @ before - before).T
    return np.einsum("ij,ij->i", rows.design, vectors[rows.baseline]) + rng.normal(0.0, SIGMA_M, len(rows))


@pytest.mark.parametrize("antennas", [2, 3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_any_rotation_passes(antennas: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    array = AntennaArray(tuple("abcd"[:antennas]), SQUARE[:antennas], np.full(antennas, 0.002))
    rows = rows_of(rng, antennas)
    assert not changed_count(rows, change_of(rows, array, rng.normal(size=3), rng), array).any()


@pytest.mark.parametrize("cycles", [0.5, 1.0, -3.0])
@pytest.mark.parametrize("antennas", [2, 4])
def test_a_slip_is_found_during_a_turn(antennas: int, cycles: float) -> None:
    rng = np.random.default_rng(11)
    array = AntennaArray(tuple("abcd"[:antennas]), SQUARE[:antennas], np.full(antennas, 0.002))
    rows = rows_of(rng, antennas)
    change = change_of(rows, array, np.array([0.1, -0.2, 0.7]), rng)
    change[4] += cycles * WAVE_M
    assert np.flatnonzero(changed_count(rows, change, array)).tolist() == [4]


def test_a_satellite_lost_at_the_reference_shows_on_every_baseline() -> None:
    rng = np.random.default_rng(12)
    array = AntennaArray(tuple("abcd"), SQUARE, np.full(4, 0.002))
    rows = rows_of(rng, 4)
    change = change_of(rows, array, np.array([0.0, 0.0, 0.2]), rng)
    lost = rows.satellite == 5
    change[lost] += WAVE_M
    assert np.array_equal(changed_count(rows, change, array), lost)


def test_unknown_changes_and_too_few_rows_are_passed_over() -> None:
    rng = np.random.default_rng(13)
    array = AntennaArray(("a", "b"), SQUARE[:2], np.full(2, 0.002))
    rows = rows_of(rng, 2, satellites=4)
    assert not changed_count(rows, np.array([0.0, np.nan, 0.0, 1.0]), array).any()
