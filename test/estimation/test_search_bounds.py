"""The worst epoch ends: 60 satellites, noise that no constraint can tame. Work is counted, not timed."""

from __future__ import annotations

import numpy as np
import pytest
from baseline_skies import Sky, array_of, random_model, random_rotation, satellites

from gnss_gyro.estimation import integer_fix, length_evidence, rigid_scorer, sphere_search
from gnss_gyro.estimation.array_fix import FixerSettings
from gnss_gyro.estimation.array_fixer import ArrayFixer
from gnss_gyro.estimation.geometry_monitor import MonitorRule
from gnss_gyro.estimation.integer_search import MAX_NODES
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.estimation.search_effort import SHORT_NODES

SKY = satellites(G=15, E=15, C=25, J=5)
PLACES = ((0, 0, 0), (1, 0, 0), (0, 0.6, 0), (1, 0.6, 0))
CODE_M, PHASE_M = 100.0, 0.5
"""Absurd noise: a phase says nothing of its integer, a code nothing of the vector."""
NODES = 2000
TRIES = 1 + 3
"""The epoch itself, and without each of three satellites."""
LENGTHS = 1 + 8
"""The configured length and others, for the evidence on each baseline."""
LEVER = np.hypot(1.0, 0.6) / 0.6
"""The farthest antenna against the shortest baseline, from which the search begins."""
CANDIDATES, PLACES_ALONG, MINIMA = 20, 1 + 2 * int(12 * LEVER), 8
"""Of an incomplete search: candidates followed, places tried along an uncertain direction, minima on each circle."""


@pytest.fixture
def work(monkeypatch):
    """How many searches and refinements were made."""
    done = {"searches": 0, "refinements": 0}
    search, refine = integer_fix.search_sphere, rigid_scorer.refine_rotations

    def searched(*args, **kwargs):
        done["searches"] += 1
        return search(*args, **kwargs)

    def refined(starts, *args):
        done["refinements"] += len(starts)
        return refine(starts, *args)

    monkeypatch.setattr(integer_fix, "search_sphere", searched)
    monkeypatch.setattr(length_evidence, "search_sphere", searched)
    monkeypatch.setattr(rigid_scorer, "refine_rotations", refined)
    return done


@pytest.mark.parametrize("antennas", [2, 4])
def test_the_worst_epoch_ends_with_the_name_of_its_outcome(work, antennas):
    rng = np.random.default_rng(1)
    array = array_of(PLACES[:antennas], 0.003)
    sky = Sky(SKY, array, rng, code_m=CODE_M, phase_m=PHASE_M)
    fixer = ArrayFixer(array, FixerSettings(False, 1e-4, 1e-3, 4, MonitorRule(), learn_noise=False))
    fix = fixer.process(0.0, sky.prefits(random_rotation(rng)), {})
    assert fix.outcome is Outcome.SEARCH_LIMIT
    assert 1 <= work["searches"] <= TRIES + LENGTHS * (antennas - 1)
    assert work["refinements"] <= TRIES * CANDIDATES * PLACES_ALONG * MINIMA


@pytest.mark.parametrize("phases", [5, 14, 59])
def test_a_search_visits_no_more_nodes_than_it_may(monkeypatch, phases):
    """Every node is either gone down from or passed to its neighbour: what the walk calls for that is counted, uncompiled."""
    visited = 0

    def counted(kernel):
        def call(*args):
            nonlocal visited
            visited += 1
            kernel(*args)

        return call

    model, _ = random_model(np.random.default_rng(phases), phases, 1.0, code_m=CODE_M, phase_m=PHASE_M)
    for name in ("_begin", "_follow"):
        kernel = getattr(sphere_search, name)
        monkeypatch.setattr(sphere_search, name, counted(kernel))
    monkeypatch.setattr(sphere_search, "_walk", getattr(sphere_search._walk, "py_func", sphere_search._walk))
    found, complete = sphere_search.search.py_func(
        model.code_normal, model.code_rhs, model.phase_m, model.design, model.wavelength_m, model.weight, model.covariance,
        model.order, np.zeros((0, 0)), np.zeros((0, 0)), np.zeros(0), 1.0, 0.005, min(phases, 14), 35.0, 1024, NODES,
    )  # fmt: skip
    assert visited == NODES + 1  # the first level is begun before the first node
    assert not complete
    assert len(found) <= 1024


def test_searches_without_end_are_made_to_the_full_now_and_then_only(monkeypatch):
    """A rig whose length is badly wrong must not cost the position its pace; an epoch that ends restores the full effort."""
    rng, nodes, search = np.random.default_rng(1), [], integer_fix.search_sphere

    def searched(*args, max_nodes):
        nodes.append(max_nodes)
        return search(*args, max_nodes=max_nodes)

    monkeypatch.setattr(integer_fix, "search_sphere", searched)
    array = array_of(PLACES[:2], 0.003)
    fixer = ArrayFixer(array, FixerSettings(False, 1e-4, 1e-3, 4, MonitorRule(), learn_noise=False))
    absurd, good = Sky(SKY, array, rng, code_m=CODE_M, phase_m=PHASE_M), Sky(satellites(G=9), array, rng)
    skies, efforts = [absurd] * 35 + [good, absurd], []
    for time_s, sky in enumerate(skies):
        nodes.clear()
        fixer.process(float(time_s), sky.prefits(random_rotation(rng)), {})
        efforts.append(nodes[0])
    full = [number < 3 or number in (30, 36) for number in range(len(skies))]
    assert efforts == [MAX_NODES if each else SHORT_NODES for each in full]
