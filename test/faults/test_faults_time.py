"""Time that does not run as one wishes: roll-over, clock jumps, holes, other rates, other instants, a step back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rigs import QUIET, START, Run, pair, replay, session, tractor

from gnss_gyro.basics.time import GpsTime
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.simulation.errors import Outage

RIGS = {"pair": pair, "tractor": tractor}
LAST_HALF_MINUTE = GpsTime.from_week_tow(2423, 604_770.0)


@pytest.mark.parametrize("rig", RIGS)
@pytest.mark.parametrize("form", ["ubx", "cold ubx", "rinex"])
def test_the_week_may_roll_over(tmp_path, rig, form):
    simulated = session(RIGS[rig](start=LAST_HALF_MINUTE))
    if form == "rinex":
        run = replay(simulated, simulated.config(), simulated.write_rinex(tmp_path), [simulated.write_navigation(tmp_path)])
    else:
        run = replay(simulated, simulated.config(), simulated.write_ubx(tmp_path, hot_start=form == "ubx"))
    assert run.wrong == []
    assert len(run.solutions) == 60
    assert {solution.time.week for solution in run.solutions} == {2423, 2424}
    after = run.between(30.0, 60.0)
    assert len(after) == 30
    assert all(solution.outcome is Outcome.FIXED for solution in after)


@pytest.mark.parametrize("rig", RIGS)
def test_receiver_clocks_may_jump_by_a_millisecond(tmp_path, rig):
    simulated = session(RIGS[rig](errors=replace(QUIET, clock_offset_s=4.9e-4, clock_drift=5e-5)))
    run = replay(simulated, simulated.config(), simulated.write_ubx(tmp_path))
    assert run.wrong == []
    assert run.fix_rate == 1.0
    assert sum(n for what, n in run.engine.counts.items() if "receiver clock jump" in what) >= len(simulated.names)


def _with_hole(rig: str, start_s: float, end_s: float, tmp_path, only: str = "") -> Run:
    duration_s = end_s + 30.0
    scenario = RIGS[rig](duration_s=duration_s)
    outages = tuple(Outage(name, start_s, end_s) for name in scenario.antennas.names if only in ("", name))
    simulated = session(replace(scenario, outages=outages))
    return replay(simulated, simulated.config(), simulated.write_ubx(tmp_path))


@pytest.mark.parametrize("rig", RIGS)
def test_a_hole_of_an_hour_in_all_recordings(tmp_path, rig):
    run = _with_hole(rig, 30.0, 3630.0, tmp_path)
    assert run.wrong == []
    assert len(run.solutions) == 60
    assert len(run.fixed) >= 55


@pytest.mark.parametrize("rig", RIGS)
def test_a_hole_of_minutes_in_one_antenna(tmp_path, rig):
    run = _with_hole(rig, 20.0, 200.0, tmp_path, only=RIGS[rig]().antennas.names[1])
    assert run.wrong == []
    assert len(run.solutions) == 230
    assert run.engine.counts["incomplete group"] >= 179
    inside = run.between(25.0, 200.0)
    expected = Outcome.FIXED if rig == "tractor" else Outcome.TOO_FEW_ANTENNAS
    assert {solution.outcome for solution in inside} == {expected}
    assert sum(s.outcome is Outcome.FIXED for s in run.between(201.0, 230.0)) >= 27


def test_recordings_of_different_hours_have_no_common_epoch(tmp_path):
    early, late = session(pair()), session(pair(start=START + 7200.0))
    (tmp_path / "late").mkdir()
    files = {"rear": early.write_ubx(tmp_path)["rear"], "front": late.write_ubx(tmp_path / "late")["front"]}
    run = replay(early, early.config(), files)
    assert run.fixed == []
    assert set(run.outcomes) <= {Outcome.TOO_FEW_ANTENNAS, Outcome.NO_EPHEMERIS, Outcome.NO_POSITION}
    assert run.engine.counts["incomplete group"] == 120


@pytest.mark.parametrize("rig", RIGS)
@pytest.mark.parametrize("slow", [0, 1])
def test_antennas_of_one_and_of_five_hertz(tmp_path, rig, slow):
    simulated = session(RIGS[rig](rate_hz=5.0, duration_s=30.0))
    name = simulated.names[slow]
    files = simulated.write_rinex(tmp_path, {name: lambda seen: seen if abs(seen.time.tow_s % 1.0) < 0.01 else None})
    run = replay(simulated, simulated.config(), files, [simulated.write_navigation(tmp_path)])
    assert run.wrong == []
    assert len(run.fixed) >= 29
    assert run.engine.counts["epoch between the instants of a slower antenna"] > 100


@pytest.mark.parametrize("rig", RIGS)
@pytest.mark.parametrize(("offset_s", "tolerance_s"), [(0.001, 0.005), (0.013, 0.03)])
def test_receivers_that_sample_at_other_instants_on_a_car_in_a_bend(tmp_path, rig, offset_s, tolerance_s):
    scenario = RIGS[rig](vehicle="car", rate_hz=5.0, duration_s=30.0, seed=6, errors=replace(QUIET, sampling_offset_s=offset_s))
    simulated = session(scenario)
    config = simulated.config(alignment={"tolerance_s": tolerance_s})
    run = replay(simulated, config, simulated.write_rinex(tmp_path), [simulated.write_navigation(tmp_path)])
    assert run.wrong == []
    assert run.fix_rate > 0.95
    assert all(len(solution.present) == len(simulated.names) for solution in run.solutions)


def test_a_recording_that_repeats_itself(tmp_path):
    """A logger that wrote its buffer twice: time steps back by a minute; every epoch is used once, the rest is counted."""
    simulated = session(pair())
    files = {}
    for name, parts in simulated.chunks().items():
        files[name] = tmp_path / f"{name}.ubx"
        files[name].write_bytes(b"".join([*parts, *parts]))
    run = replay(simulated, simulated.config(), files)
    assert run.wrong == []
    assert len(run.fixed) >= 55
    counts = run.engine.counts
    assert counts["duplicate epoch"] + counts["late epoch"] + counts["epoch out of order"] + len(run.solutions) * 2 >= 200
