"""The watch over the configured lengths: when it lets attitude out, and what it says."""

from __future__ import annotations

import numpy as np
import pytest
from baseline_skies import Sky, array_of, random_rotation, satellites

from gnss_gyro.estimation.geometry_monitor import GeometryMonitor, MonitorRule
from gnss_gyro.estimation.length_evidence import OFFSETS_M, LengthEvidence, length_evidence

PAIR = ("front", "rear")
FAR_APART_S = 30.0


def evidence(lead, differs=True):
    return LengthEvidence(np.full(len(OFFSETS_M), float(lead)), np.full(len(OFFSETS_M), differs))


def seen(fits, rule=None, lead=0.5):
    """A monitor after some confident epochs and one of evidence, which is undecided unless said."""
    monitor = GeometryMonitor(rule or MonitorRule())
    monitor.saw_evidence(PAIR, 1.0, evidence(lead), FAR_APART_S)
    for fit in fits:
        monitor.saw_confident_epoch(fit)
    return monitor


def watched(true_m, configured_m, epochs, seed):
    """A monitor after some epochs of a pair whose configured length may be wrong."""
    rng = np.random.default_rng(seed)
    true, configured = (array_of([(0, 0, 0), (length, 0, 0)], 0.003) for length in (true_m, configured_m))
    monitor, sky = GeometryMonitor(MonitorRule()), Sky(satellites(G=8, E=5), true, rng)
    for _ in range(epochs):
        d = sky.epoch(random_rotation(rng))
        monitor.saw_evidence(PAIR, configured_m, length_evidence(d, 0, configured), FAR_APART_S)
    return monitor


def test_nothing_seen_holds_back():
    monitor = GeometryMonitor(MonitorRule())
    assert monitor.holds_back
    assert not monitor.mismatch
    assert np.isnan(monitor.share)


def test_a_share_below_the_rule_is_a_mismatch_while_the_length_is_undecided():
    assert not seen([True] * 17 + [False] * 3).mismatch
    assert seen([True] * 16 + [False] * 4).mismatch
    assert seen([True] * 16 + [False] * 4, lead=10.0).confirmed  # the length is right: it is multipath
    assert seen([False] * 5).holds_back
    assert not seen([False] * 2).mismatch


def test_only_the_last_window_counts():
    assert seen([False] * 20).mismatch
    assert not seen([False] * 20 + [True] * 20).mismatch


def test_a_redundant_rigid_fit_confirms_at_once():
    monitor = GeometryMonitor(MonitorRule())
    monitor.saw_rigid_epoch(True, proves=True)
    assert monitor.confirmed
    assert not monitor.holds_back


def test_disabled_it_never_holds_back():
    assert not seen([False] * 20, MonitorRule(enabled=False)).holds_back


def test_undecided_evidence_confirms_only_if_the_attitude_is_the_same():
    assert not seen([], lead=0.5).confirmed
    monitor = GeometryMonitor(MonitorRule())
    monitor.saw_evidence(PAIR, 1.0, evidence(0.5, differs=False), FAR_APART_S)
    assert monitor.confirmed


def test_evidence_of_epochs_at_once_counts_once():
    monitor = GeometryMonitor(MonitorRule())
    for _ in range(20):
        monitor.saw_evidence(PAIR, 1.0, evidence(1.0), 0.0)
    assert monitor.lengths()["front-rear"]["log_likelihood_lead"] <= 1.0


@pytest.mark.parametrize("seed", range(10))
def test_the_right_length_is_confirmed(seed):
    monitor = watched(1.0, 1.0, 15, seed)
    assert monitor.confirmed
    assert monitor.complaint() == ""


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("error_m", [-0.05, -0.02, 0.02, 0.05])
def test_a_wrong_length_is_contradicted_and_named(seed, error_m):
    monitor = watched(1.0, 1.0 + error_m, 15, seed)
    assert monitor.mismatch
    assert monitor.holds_back
    assert monitor.complaint().startswith("front-rear")
    assert monitor.lengths()["front-rear"]["likeliest_m"] == pytest.approx(1.0, abs=0.02)


def test_a_chance_fit_of_the_body_after_misfits_proves_nothing():
    monitor = GeometryMonitor(MonitorRule())
    for fits in [False, False, True]:
        monitor.saw_rigid_epoch(fits, proves=fits)
    assert not monitor.confirmed
    for fits in [False, False]:
        monitor.saw_rigid_epoch(fits)
    assert monitor.mismatch


def test_a_body_that_fitted_for_long_is_proven_for_good():
    monitor = GeometryMonitor(MonitorRule())
    for fits in [True] * 20 + [False] * 20:
        monitor.saw_rigid_epoch(fits, proves=fits)
    assert monitor.confirmed
