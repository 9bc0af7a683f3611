"""What the bench of speed counts: every stage its own time, none twice, and all that it names is there."""

from __future__ import annotations

import sys

import pytest
from recordings import PROJECT

sys.path.insert(0, str(PROJECT / "bench"))

from speed import stage_clock
from speed.printing import lines_of
from speed.stage_clock import STAGES, StageClock, stages_timed

NOT_YET = {"VPPP"}
"""Stages that an engine may lack."""


@pytest.fixture
def ticks(monkeypatch):
    """A clock that goes on by a second whenever it is told to."""
    now = [0.0]
    monkeypatch.setattr(stage_clock.time, "thread_time", lambda: now[0])

    def tick(seconds):
        now[0] += seconds

    return tick


def test_a_stage_within_another_is_not_counted_twice(ticks):
    clock = StageClock()
    inner = clock.timed("inner", lambda: ticks(2.0))

    def work():
        ticks(1.0)
        inner()
        inner()
        ticks(4.0)

    clock.timed("outer", work)()
    assert clock.seconds == {"inner": 4.0, "outer": 5.0}


def test_time_is_booked_where_a_stage_raises(ticks):
    clock = StageClock()

    def fail():
        ticks(3.0)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        clock.timed("failing", fail)()
    assert clock.seconds == {"failing": 3.0}


def test_every_stage_is_found_and_put_back():
    for stage, names in STAGES.items():
        located = [stage_clock._located(name) for name in names]
        assert stage in NOT_YET or all(located), stage
    holder, name = stage_clock._located(STAGES["satellite states"][0])
    original = getattr(holder, name)
    with stages_timed():
        assert getattr(holder, name) is not original
    assert getattr(holder, name) is original


def test_the_table_has_a_line_for_every_stage():
    rows = [
        {"antennas": 2, "satellites": n, "mode": "epoch", "stages_us": {"decode": 1.0 * n, "all else": 2.0}, "mean_us": 3.0,
         "median_us": 3.0, "p99_us": 4.0, "fixed_share": 1.0}
        for n in (9, 20)
    ]  # fmt: skip
    lines = lines_of({"stages": rows})
    assert [line.split() for line in lines if "decode" in line] == [["decode", "9.0", "20.0"]]
