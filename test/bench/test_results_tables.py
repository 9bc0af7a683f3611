"""The bench of results: plain LAMBDA is integer least squares, scores count what they say, documents are refreshed in place."""

# ruff: noqa: E402

from __future__ import annotations

import itertools
import json
import sys

import numpy as np
import pytest
from recordings import PROJECT, recording

sys.path[:0] = [str(PROJECT / "bench"), str(PROJECT / "examples")]

from shown.beside import baselines, options
from shown.broadcast import compare, same
from shown.floors import floors
from shown.markdown import number, refreshed, table
from shown.masks import Row
from shown.plain_lambda import two_best
from shown.recordings import tick
from shown.scores import Shares, Spread, is_correct, shares
from shown.tractor_hook import FILE, flat, tractor_block

from gnss_gyro.basics.time import GpsTime


def spread_of(rng, n):
    """A covariance of strongly correlated ambiguities, as three unknowns leave them."""
    design = rng.normal(size=(n, 3))
    return 0.01 * np.eye(n) + design @ design.T


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_two_best_equals_brute_force(n):
    rng = np.random.default_rng(n)
    for _ in range(20):
        floats, covariance = rng.normal(scale=0.7, size=n), spread_of(rng, n)
        weight = np.linalg.inv(covariance)
        grid = np.array(list(itertools.product(range(-7, 8), repeat=n)), float)
        norms = np.einsum("ij,jk,ik->i", floats - grid, weight, floats - grid)
        order = np.argsort(norms)
        best, found = two_best(floats, covariance)
        np.testing.assert_array_equal(best, grid[order[0]])
        np.testing.assert_allclose(found, norms[order[:2]], rtol=1e-9)


def test_whole_cycles_move_the_integers_alone():
    rng = np.random.default_rng(9)
    floats, covariance = rng.normal(size=12), spread_of(rng, 12)
    whole = rng.integers(-(10**6), 10**6, 12).astype(float)
    best, norms = two_best(floats, covariance)
    moved, again = two_best(floats + whole, covariance)
    np.testing.assert_array_equal(moved, best + whole)
    np.testing.assert_allclose(again, norms, rtol=1e-5)


def test_scores_tell_accepted_correct_and_wrong_apart():
    truth = np.array([1.0, 0.0, 0.0])
    vectors = np.array([[1.0, 0.0, 0.01], [1.0, 0.2, 0.0], [np.nan] * 3, [1.04, 0.0, 0.0]])
    np.testing.assert_array_equal(is_correct(vectors, truth), [True, False, False, True])
    found = shares(np.array([True, True, False, False]), vectors, truth, vectors)
    assert (found.accepted, found.correct, found.wrong, found.wrong_percent) == (50.0, 50.0, 1, 25.0)
    assert shares(np.array([True, True, False, False]), vectors, truth).correct == 25.0


def row(recording_name, systems, mask, mode, accepted, wrong=0):
    share, angle = Shares(100, accepted, accepted, wrong), Spread(0.05, 0.05, 0.0)
    return Row(recording_name, systems, mask, mode, share, share, angle, angle, 0.0)


def test_floors_are_met_missed_or_not_run():
    found = {f.demand: f.met for f in floors([row("meijo", "G", 25, "epoch", 84.0, 1), row("meijo", "G", 25, "filter", 83.0)])}
    assert found["meijo G mask 25, epoch mode: accepted >= 85 %"] is False
    assert found["meijo G mask 10, epoch mode: accepted >= 99.7 %"] is None
    assert found["meijo: wrong accepted 0, every mask, both modes"] is False
    assert found["meijo G: heading scatter <= 0.055 deg"] is True
    assert found["meijo G: filter after 10 epochs >= epoch mode, every mask"] is False


def test_a_document_keeps_all_but_its_blocks():
    text = "a\n<!-- x -->\nold\n<!-- end x -->\nb\n"
    assert refreshed(text, {"x": "new\n"}) == "a\n<!-- x -->\nnew\n<!-- end x -->\nb\n"
    with pytest.raises(ValueError, match="y"):
        refreshed(text, {"y": "new"})


def test_every_chapter_has_its_marks_in_the_document():
    from shown.chapters import CHAPTERS

    text = (PROJECT / "docs" / "results.md").read_text(encoding="utf-8")
    refreshed(text, dict.fromkeys(CHAPTERS, "x"))


def test_tables_and_numbers():
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
    assert (number(1.25, 1), number(float("nan"))) == ("1.2", "–")


def test_solution_files_of_the_other_program():
    text = "% head\n2320 116400.000 -0.2249 -0.9608 0.0082 1 9 0.1\n2320 116401.000 1 2 3 2 9 0.1\n\n"
    found = baselines(text)
    assert [fixed for _, fixed in found.values()] == [True, False]
    assert tick(GpsTime.from_week_tow(2320, 116400.0)) in found
    assert "pos2-baselen =0.9887\n" in options(0.9887, "G,E", 10.0, "instantaneous", constrained=True)
    assert "pos1-navsys =9\n" in options(0.9887, "G,E", 10.0, "instantaneous", constrained=False)


def test_ephemerides_are_compared_to_the_printed_digit():
    from gnss_gyro.protocols.rinex.navigation import read_navigation

    messages = read_navigation((recording("meijo") / "static_base.nav").read_bytes())
    orbits = [m for m in messages if hasattr(m, "toe")]
    distinct = list({(m.satellite, m.toe.ns): m for m in orbits}.values())
    agreement = compare(distinct, orbits)
    assert agreement.common == len(distinct)
    assert agreement.values > 10 * agreement.common
    assert same(1.0, 1.0 + 1e-12)
    assert not same(1.0, 1.0 + 1e-11)


def test_the_tractor_is_told_where_it_was_run(tmp_path):
    assert "tractor.py" in tractor_block(tmp_path)
    (tmp_path / FILE).write_text(json.dumps({"cold_starts": {"within": 0.995}, "seeds": [1, 2]}))
    assert "| cold starts within | 0.995 |" in tractor_block(tmp_path)
    assert flat({"a": {"b_c": 1}}) == {"a b c": 1}
