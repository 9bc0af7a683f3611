"""Laws of the antenna array: shapes from lengths, ranks, and what is refused."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.attitude.lengths import Lengths
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.errors import ConfigError

NAMES = ("main", "left", "right", "mast", "tail", "nose")


def lengths_of(position: Floats, sigma: float = 1e-3) -> Lengths:
    pairs = combinations(range(len(position)), 2)
    return {(NAMES[i], NAMES[j]): (float(np.linalg.norm(position[i] - position[j])), sigma) for i, j in pairs}


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_lengths_of_random_arrays_are_reproduced_in_the_frame_they_define(n: int) -> None:
    rng = np.random.default_rng(n)
    for _ in range(20):
        truth = rng.normal(size=(n, 3))
        array = AntennaArray.from_lengths(NAMES[:n], lengths_of(truth, 1e-4))
        for (a, b), (length, _sigma) in lengths_of(truth).items():
            assert array.length_m(a, b) == pytest.approx(length, abs=1e-7)
        position = array.position_body_m
        assert np.all(position[0] == 0.0)
        assert position[1, 0] > 0.0
        assert np.all(position[1, 1:] == 0.0)
        if n > 2:
            assert position[2, 1] > 0.0
            assert position[2, 2] == 0.0
        if n > 3:
            assert position[3, 2] > 0.0


def test_rectangle_with_noisy_lengths_stays_plane() -> None:
    rng = np.random.default_rng(5)
    corners = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.6, 0.0], [1.0, 0.6, 0.0]])
    noisy = {pair: (length + rng.normal(0.0, 0.003), 0.003) for pair, (length, _) in lengths_of(corners).items()}
    array = AntennaArray.from_lengths(NAMES[:4], noisy)
    assert array.rank == 2
    assert np.allclose(array.position_body_m, corners, atol=0.01)
    assert np.allclose(array.sigma_m, 0.003 / np.sqrt(2.0))


def test_ranks() -> None:
    sigma = 0.005
    assert AntennaArray.from_positions({"a": (0, 0, 0)}, sigma).rank == 0
    assert AntennaArray.from_positions({"a": (0, 0, 0), "b": (0, 1, 0)}, sigma).rank == 1
    assert AntennaArray.from_positions({"a": (0, 0, 0), "b": (0, 1, 0), "c": (0, 2, 0)}, sigma).rank == 1
    assert AntennaArray.from_positions({"a": (0, 0, 0), "b": (0, 1, 0), "c": (0.5, 1, 0)}, sigma).rank == 2
    assert AntennaArray.from_positions({"a": (0, 0, 0), "b": (0, 1, 0), "c": (1, 0, 0), "d": (0, 0, 1)}, sigma).rank == 3


def test_collinear_lengths_make_a_line_in_spite_of_noise() -> None:
    lengths = {("main", "left"): (1.0, 0.003), ("left", "right"): (1.002, 0.003), ("main", "right"): (1.999, 0.003)}
    array = AntennaArray.from_lengths(NAMES[:3], lengths)
    assert array.rank == 1
    assert np.all(array.position_body_m[:, 1:] == 0.0)


def test_zero_baseline_of_two_is_an_array_without_attitude() -> None:
    array = AntennaArray.from_lengths(("a", "b"), {("a", "b"): (0.0, 0.001)})
    assert array.length_m("a", "b") == 0.0
    assert array.rank == 0


def test_two_antennas_keep_their_length_and_sigma() -> None:
    array = AntennaArray.from_lengths(("a", "b"), {("b", "a"): (1.916, 0.005)})
    assert np.allclose(array.position_body_m, [[0, 0, 0], [1.916, 0, 0]])
    assert array.length_sigma_m("a", "b") == pytest.approx(0.005)


def test_baselines_from_any_reference_and_their_covariance() -> None:
    array = AntennaArray.from_positions({"a": (0, 0, 0), "b": (1, 0, 0), "c": (0, 2, 0)}, {"a": 0.001, "b": 0.002, "c": 0.003})
    assert np.allclose(array.baselines_body_m(), [[1, 0, 0], [0, 2, 0]])
    assert np.allclose(array.baselines_body_m("b"), [[-1, 0, 0], [-1, 2, 0]])
    rng = np.random.default_rng(1)
    antennas = rng.normal(size=(200_000, 3)) * array.sigma_m
    sampled = np.cov((antennas[:, [0, 2]] - antennas[:, [1]]).T)
    assert np.allclose(array.baselines_covariance_m2("b")[::3, ::3], sampled, rtol=0.03)


def test_subset_keeps_body_frame_and_order() -> None:
    array = AntennaArray.from_positions({"a": (0, 0, 0), "b": (1, 0, 0), "c": (0, 2, 0)}, 0.001)
    part = array.subset(("c", "a"))
    assert part.names == ("c", "a")
    assert np.allclose(part.baselines_body_m(), [[0, -2, 0]])


def test_missing_length_among_four_is_refused_and_named() -> None:
    lengths = dict(lengths_of(np.random.default_rng(2).normal(size=(4, 3))))
    del lengths["left", "mast"]
    with pytest.raises(ConfigError, match="mast-left"):
        AntennaArray.from_lengths(NAMES[:4], lengths)


def test_five_antennas_need_not_all_lengths() -> None:
    truth = np.random.default_rng(3).normal(size=(6, 3))
    lengths = dict(lengths_of(truth, 1e-4))
    del lengths["tail", "nose"]
    array = AntennaArray.from_lengths(NAMES, lengths)
    assert array.length_m("tail", "nose") == pytest.approx(float(np.linalg.norm(truth[4] - truth[5])), abs=1e-6)


@pytest.mark.parametrize(
    ("lengths", "words"),
    [
        ({("main", "left"): (1.0, 0.005), ("left", "right"): (1.0, 0.005), ("main", "right"): (2.5, 0.005)}, "contradict"),
        ({("main", "left"): (0.0, 0.005), ("left", "right"): (1.0, 0.005), ("main", "right"): (1.0, 0.005)}, "same place"),
        ({("main", "left"): (-1.0, 0.005)}, "not a length"),
        ({("main", "man"): (1.0, 0.005)}, "does not join"),
        ({("main", "left"): (1.0, 0.005), ("left", "main"): (1.0, 0.005)}, "twice"),
        ({("main", "left"): (1.0, 0.005)}, "not determined"),
    ],
)
def test_bad_lengths_are_refused(lengths: Lengths, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        AntennaArray.from_lengths(NAMES[:3], lengths)


def test_bad_positions_are_refused() -> None:
    with pytest.raises(ConfigError, match="same place"):
        AntennaArray.from_positions({"a": (0, 0, 0), "b": (1, 0, 0), "c": (1, 0, 0)}, 0.005)
    with pytest.raises(ConfigError, match="repeat"):
        AntennaArray(("a", "a"), np.eye(2, 3), np.zeros(2))
    with pytest.raises(ConfigError, match="no antenna 'z'"):
        AntennaArray.from_positions({"a": (0, 0, 0)}, 0.0).index("z")


def test_swapped_antennas_are_found_by_measured_lengths() -> None:
    array = AntennaArray.from_positions({"a": (0, 0, 0), "b": (1, 0, 0), "c": (0, 2, 0)}, 0.005)
    array.require_lengths({("a", "b"): (1.003, 0.003), ("a", "c"): (1.998, 0.003)})
    with pytest.raises(ConfigError, match="measured"):
        array.require_lengths({("a", "b"): (2.0, 0.003), ("a", "c"): (1.0, 0.003)})
