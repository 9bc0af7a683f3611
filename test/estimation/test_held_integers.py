"""Held integers: whatever is told is right, over slips, gaps and changes of pivot and reference."""

from __future__ import annotations

import numpy as np
import pytest
from baseline_skies import Sky, array_of, satellites

from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.estimation.differences import array_differences
from gnss_gyro.estimation.held_integers import HeldIntegers

NAMES = satellites(G=6, E=5)
ARRAY = array_of([(0, 0, 0), (1.0, 0, 0), (0.2, 0.8, 0)])


def an_epoch(sky, reference="a", lost=None, shared=False):
    prefits = sky.prefits(np.eye(3))
    for antenna, names in (lost or {}).items():
        prefits[antenna] = prefits[antenna].without(np.array([satellite_from_name(n) for n in names], np.int16))
    return array_differences(prefits, reference, dict.fromkeys("abc", shared))


def told(held, d):
    return held.lookup(d.phase, d.reference, d.antennas)


def take_in(held, sky, d, some=None):
    truth = sky.true_integers(d.phase, d)
    held.adopt(d.phase, d.reference, d.antennas, truth if some is None else np.where(some, truth, np.nan))


@pytest.fixture
def sky():
    return Sky(NAMES, ARRAY, np.random.default_rng(3), noise=0.0)


def test_nothing_is_known_at_first_nor_after_clear(sky):
    held, d = HeldIntegers("abc"), an_epoch(sky)
    assert not held
    assert np.isnan(told(held, d)).all()
    take_in(held, sky, d)
    assert held
    held.clear()
    assert not held


@pytest.mark.parametrize("reference", ["b", "c"])
def test_reference_and_pivots_may_change(sky, reference):
    held, d = HeldIntegers("abc"), an_epoch(sky)
    take_in(held, sky, d)
    pivots = [NAMES[list(sky.codes).index(p)] for p in np.unique(d.phase.pivot)]
    later = an_epoch(sky, reference, dict.fromkeys("abc", pivots))
    assert not set(later.phase.pivot) & set(d.phase.pivot)
    assert np.array_equal(told(held, later), sky.true_integers(later.phase, later))


def test_a_slip_is_forgotten_at_its_antenna_only(sky):
    held, d = HeldIntegers("abc"), an_epoch(sky)
    take_in(held, sky, d)
    slipped = d.phase.satellite[:1]
    held.forget("b", slipped)
    unknown = np.isnan(told(held, d))
    assert np.array_equal(unknown, (d.phase.baseline == 0) & (d.phase.satellite == slipped[0]))
    assert not held.preferred_pivots("a", "b")["b"][slipped[0]]
    assert held.preferred_pivots("a", "c")["c"][slipped[0]]


def test_a_pivot_that_comes_back_joins_what_is_known_of_absent_satellites(sky):
    held, d = HeldIntegers("abc"), an_epoch(sky)
    take_in(held, sky, d)
    pivot = d.phase.pivot[0]
    absent = [NAMES[list(sky.codes).index(s)] for s in d.phase.satellite[:2]]
    held.forget("b", np.array([pivot]))
    sky.integers[1, list(sky.codes).index(pivot)] += 17.0
    take_in(held, sky, an_epoch(sky, "a", {"b": absent}))
    assert np.array_equal(told(held, d), sky.true_integers(d.phase, d))


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("shared", [False, True])
def test_what_is_told_is_always_true(seed, shared):
    rng = np.random.default_rng(seed)
    sky, held, known = Sky(NAMES, ARRAY, rng, noise=0.0), HeldIntegers("abc"), 0
    for _ in range(40):
        for k, antenna in enumerate("abc"):
            slipped = rng.random(len(NAMES)) < 0.05
            sky.integers[k, slipped] += rng.integers(1, 100, slipped.sum())
            held.forget(antenna, sky.codes[slipped])
        lost = {antenna: [n for n in NAMES if rng.random() < 0.3] for antenna in "abc"}
        d = an_epoch(sky, "abc"[rng.integers(3)], lost, shared)
        if len(d.phase) == 0:
            continue
        answer, truth = told(held, d), sky.true_integers(d.phase, d)
        known += np.isfinite(answer).sum()
        assert np.array_equal(answer[np.isfinite(answer)], truth[np.isfinite(answer)])
        some = rng.random(len(truth)) < 0.6
        take_in(held, sky, d, some)
        assert np.array_equal(told(held, d)[some], truth[some])
    assert known > 10


def test_replace_forgets_what_was_wrong(sky):
    held, d = HeldIntegers("abc"), an_epoch(sky)
    truth = sky.true_integers(d.phase, d)
    held.adopt(d.phase, d.reference, d.antennas, truth + 3.0 * (np.arange(len(truth)) == 4))
    held.replace(d.phase, d.reference, d.antennas, truth)
    assert np.array_equal(told(held, d), truth)


def test_preferred_pivots_are_known_ones(sky):
    held, d = HeldIntegers("abc"), an_epoch(sky)
    take_in(held, sky, d)
    held.forget("b", d.phase.satellite[:2])
    preferred = held.preferred_pivots("a", ("b", "c"))
    assert set(sky.codes) - set(np.flatnonzero(preferred["b"])) == set(d.phase.satellite[:2])
    assert set(sky.codes) == set(np.flatnonzero(preferred["c"]))
