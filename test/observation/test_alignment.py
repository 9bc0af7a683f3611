"""Epochs of several antennas become groups."""

from __future__ import annotations

import numpy as np
import pytest
from observations import T0, epoch_at

from gnss_gyro.observation.alignment import EpochAligner


def times(groups):
    """{antenna: seconds after T0} of each group."""
    return [{name: round(epoch.time - T0, 6) for name, epoch in group.items()} for group in groups]


def feed_all(aligner, events):
    """Groups from (seconds, antenna) events in their order, and at the end."""
    groups = [group for seconds, antenna in events for group in aligner.feed(epoch_at(seconds, antenna))]
    return times(groups + aligner.flush())


def merged(**streams):
    return sorted((t, name) for name, stamps in streams.items() for t in stamps)


def test_equal_antennas_form_complete_groups_at_once():
    aligner = EpochAligner(("a", "b", "c"))
    assert aligner.feed(epoch_at(0.0, "b")) == []
    assert aligner.feed(epoch_at(0.001, "a")) == []
    assert times(aligner.feed(epoch_at(0.002, "c"))) == [{"a": 0.001, "b": 0.0, "c": 0.002}]
    assert aligner.counts.by_name == {}


def test_one_antenna_needs_no_partner():
    assert feed_all(EpochAligner(("a",)), merged(a=[0, 1, 2])) == [{"a": 0}, {"a": 1}, {"a": 2}]


def test_groups_are_one_to_one_and_in_order_whatever_the_arrival_within_the_wait():
    rng = np.random.default_rng(3)
    events = merged(a=np.arange(0, 10, 0.2), b=np.arange(0, 10, 0.2) + 0.001, c=np.arange(0, 10, 0.2) + 0.002)
    delayed = sorted(events, key=lambda event: event[0] + (0.5 if event[1] == "b" else 0.0) + rng.uniform(0.0, 0.05))
    groups = feed_all(EpochAligner(("a", "b", "c")), delayed)
    assert [len(group) for group in groups] == [3] * 50
    assert [group["a"] for group in groups] == pytest.approx(np.arange(0, 10, 0.2))


def test_13_ms_apart_wants_a_larger_tolerance():
    events = merged(a=np.arange(5.0), b=np.arange(5.0) + 0.013)
    assert all(len(group) == 2 for group in feed_all(EpochAligner("ab", tolerance_s=0.02), events))
    assert not any(len(group) == 2 for group in feed_all(EpochAligner("ab"), events))


def test_a_tolerance_beyond_the_interval_still_pairs_the_nearest():
    events = merged(a=np.arange(0, 5, 0.1), b=np.arange(0, 5, 0.1) + 0.03)
    groups = feed_all(EpochAligner("ab", tolerance_s=1.0), events)
    assert groups[-1]["b"] - groups[-1]["a"] == pytest.approx(0.03)
    assert sum(len(group) == 2 for group in groups) >= 49


def test_of_different_rates_the_common_instants_are_grouped():
    aligner = EpochAligner("ab")
    groups = feed_all(aligner, merged(a=np.round(np.arange(0, 10, 0.2), 3), b=np.arange(10.0)))
    assert [g for g in groups if len(g) == 2] == [{"a": t, "b": t} for t in range(10)]
    assert len(groups) <= 14  # before b's rate is known, single epochs of a may pass
    assert aligner.counts.by_name["epoch between the instants of a slower antenna"] >= 32


def test_a_missing_epoch_is_known_from_the_next_and_waits_no_longer():
    aligner = EpochAligner("ab", wait_s=100.0)
    groups = [times(aligner.feed(epoch_at(t, name))) for t, name in merged(a=[0, 1, 2, 3], b=[0, 1, 3])]
    assert groups == [[], [{"a": 0, "b": 0}], [], [{"a": 1, "b": 1}], [], [], [{"a": 2}, {"a": 3, "b": 3}]]


def test_a_dead_antenna_delays_by_the_wait_at_first_and_then_not_at_all():
    aligner = EpochAligner("ab", wait_s=1.5)
    delays = []
    for t in range(20):
        delays.extend(t - group["a"] for group in times(aligner.feed(epoch_at(t, "a"))))
    assert (max(delays), delays[-1]) == (2, 0)
    assert len(delays) == 20


def test_an_antenna_that_returns_is_grouped_again_though_it_comes_last():
    aligner = EpochAligner("ab")
    events = merged(a=np.arange(40.0), b=[*range(5), *range(20, 40)])
    groups = feed_all(aligner, events)
    assert sum(len(group) == 2 for group in groups) >= 24
    assert len(groups) == 40


def test_duplicates_and_disorder_are_dropped_and_counted():
    aligner = EpochAligner("ab")
    events = [(0, "a"), (0, "b"), (1, "a"), (1, "a"), (0, "a"), (1, "b"), (2, "b"), (1, "b"), (2, "a")]
    assert feed_all(aligner, events) == [{"a": t, "b": t} for t in range(3)]
    assert aligner.counts.by_name == {"duplicate epoch": 1, "epoch out of order": 2}


def codes(seconds, antenna, shift_m=0.0, satellites=("G01", "G02"), slip=False):
    n = len(satellites)
    return epoch_at(seconds, antenna, satellites, code_m=np.full(n, 2.2e7 + shift_m), slip=np.full(n, slip))


def satellites_of(groups):
    return [{name: len(epoch) for name, epoch in group.items()} for group in groups]


def test_two_receivers_under_one_name_are_both_left_out_until_one_has_been_alone_for_ten_seconds():
    aligner = EpochAligner("ab")
    groups, disputed = [], []
    for t in range(40):
        groups += aligner.feed(codes(t, "a", slip=t == 7))
        if 5 <= t < 15:
            groups += aligner.feed(codes(t, "a", shift_m=60.0))
        groups += aligner.feed(codes(t, "b"))
        disputed.append(aligner.disputed)
    used = [group["a"] for group in groups]
    assert [len(epoch) for epoch in used] == [2] * 5 + [0] * 20 + [2] * 15
    assert [len(group["b"]) for group in groups] == [2] * 40
    assert disputed == [()] * 5 + [("a",)] * 20 + [()] * 15
    assert used[25].slip.all(), "slips of what was left out are told with the next one"
    assert not used[26].slip.any()
    assert aligner.counts.by_name == {"antenna a: epoch of a second receiver": 10}


@pytest.mark.parametrize("apart_s", [-0.003, 0.003])
def test_no_receiver_measures_twice_within_milliseconds(apart_s):
    aligner = EpochAligner("a")
    groups = [group for t in (0, 1, 1 + apart_s, 2) for group in aligner.feed(codes(t, "a"))]
    assert satellites_of(groups) == [{"a": 2}, {"a": 2}, {"a": 0}]
    assert aligner.disputed == ("a",)


def test_an_epoch_heard_twice_is_of_one_receiver():
    """Even where one copy came with fewer satellites, or with one whose code is unknown in both."""
    aligner = EpochAligner("a")
    whole, part, unknown = codes(0, "a"), codes(0, "a", satellites=("G02",)), epoch_at(1, code_m=np.array([2.2e7, np.nan]))
    for epoch in (whole, whole, part, unknown, unknown):
        aligner.feed(epoch)
    assert aligner.disputed == ()
    assert aligner.counts.by_name == {"duplicate epoch": 3}


def test_a_recording_that_starts_again_is_judged_anew():
    aligner = EpochAligner("a")
    for t in (10, 11):
        aligner.feed(codes(t, "a"))
    aligner.feed(codes(11, "a", shift_m=60.0))
    groups = [group for t in (0, 1, 2, 3) for group in aligner.feed(codes(t, "a"))]
    assert satellites_of(groups) == [{"a": 2}] * 4


@pytest.mark.parametrize("back_to", [0.0, -604_800.0, 4.5])
def test_time_that_steps_back_is_believed_after_a_few_epochs(back_to):
    aligner = EpochAligner("ab")
    first = merged(a=np.arange(10.0), b=np.arange(10.0))
    again = merged(a=np.arange(10.0) + back_to, b=np.arange(10.0) + back_to)
    groups = feed_all(aligner, first + again)
    assert groups[:10] == [{"a": t, "b": t} for t in range(10)]
    assert groups[10:] == [{"a": t, "b": t} for t in np.arange(10.0) + back_to]


def test_one_antenna_that_steps_back_leaves_the_other_alone():
    aligner = EpochAligner("ab")
    feed = [(t, name) for t in range(10) for name in "ab"]
    feed += [event for t in range(10, 30) for event in ((t, "a"), (t - 1000, "b"))]
    groups = feed_all(aligner, feed)
    assert [group["a"] for group in groups] == list(range(30))


def test_a_hole_of_hours_costs_nothing():
    stamps = [*range(5), *range(20_000, 20_005)]
    groups = feed_all(EpochAligner("ab"), merged(a=stamps, b=stamps))
    assert groups == [{"a": t, "b": t} for t in stamps]
    assert feed_all(EpochAligner("a"), merged(a=stamps)) == [{"a": t} for t in stamps]


def test_a_corrupt_time_far_ahead_is_ignored():
    aligner = EpochAligner("ab")
    events = merged(a=np.arange(10.0), b=np.arange(10.0))
    events.insert(9, (1e7, "a"))
    assert feed_all(aligner, events) == [{"a": t, "b": t} for t in range(10)]
    assert aligner.counts.by_name == {"implausible time": 1}


def test_a_wrong_first_time_is_overcome():
    aligner = EpochAligner("ab")
    groups = feed_all(aligner, [(1e7, "a"), *merged(a=np.arange(10.0), b=np.arange(10.0))])
    assert sum(len(group) == 2 for group in groups) >= 7


def test_slips_of_dropped_epochs_are_carried_over():
    aligner = EpochAligner("ab")
    slip = np.array([True, False])
    released = []
    for t, name in merged(a=np.round(np.arange(0, 6, 0.2), 3), b=np.arange(6.0)):
        marks = slip if (name, t) == ("a", 3.4) else ~slip & slip
        released += aligner.feed(epoch_at(t, name, slip=marks))
    slips = {round(group["a"].time - T0, 3): group["a"].slip.tolist() for group in released if len(group) == 2}
    assert slips[4.0] == [True, False]
    assert slips[3.0] == slips[5.0] == [False, False]


def test_unknown_antennas_are_refused():
    with pytest.raises(KeyError):
        EpochAligner("ab").feed(epoch_at(0.0, "c"))
    with pytest.raises(ValueError, match="names of the antennas"):
        EpochAligner(())


def test_any_arrival_order_neither_crashes_nor_repeats_an_epoch():
    rng = np.random.default_rng(11)
    for _ in range(30):
        aligner = EpochAligner("abc", wait_s=float(rng.choice([0.0, 0.3, 2.0])))
        stamps = np.round(rng.choice([0.0, 50.0, 1e6], 200) + rng.integers(0, 30, 200) * 0.2, 3)
        events = list(zip(stamps.tolist(), rng.choice(list("abc"), 200).tolist(), strict=True))
        groups = feed_all(aligner, events)
        assert all(max(group.values()) - min(group.values()) <= 0.005 for group in groups)
