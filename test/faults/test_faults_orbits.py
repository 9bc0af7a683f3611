"""Orbits that are missing, old, of another day, or of one receiver only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from recordings import recording
from rigs import NAVIGATION, START, pair, replay, session, tractor, write_lines

from gnss_gyro.basics.satellites import System, in_system
from gnss_gyro.engine.config import quick_config
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.protocols.messages import LeapSeconds, Observations
from gnss_gyro.protocols.rinex.writing_navigation import write_navigation
from gnss_gyro.streams.files import read_messages

RIGS = {"pair": pair, "tractor": tractor}


@pytest.mark.parametrize("rig", RIGS)
def test_without_any_orbit(tmp_path, rig):
    simulated = session(RIGS[rig]())
    run = replay(simulated, simulated.config(), simulated.write_rinex(tmp_path))
    assert run.outcomes == {Outcome.NO_EPHEMERIS: 60}
    assert "orbits of 0 of 14 satellites" in run.details


@pytest.mark.parametrize("days", [-1.0, 1.0])
def test_orbits_of_another_day(tmp_path, days):
    simulated, other = session(pair()), session(pair(start=START + days * 86_400.0))
    run = replay(simulated, simulated.config(), simulated.write_rinex(tmp_path), [other.write_navigation(tmp_path)])
    assert run.outcomes == {Outcome.NO_EPHEMERIS: 60}


@pytest.mark.parametrize("rig", RIGS)
def test_orbits_of_some_satellites_only(tmp_path, rig):
    """The seven GPS satellites that are known are used, the others do no harm."""
    simulated = session(RIGS[rig]())
    known = [e for e in simulated.simulation.ephemerides() if in_system(e.satellite, System.GPS)]
    nav = write_lines(tmp_path / "some.nav", write_navigation([simulated.simulation.scenario.errors.klobuchar, *known]))
    run = replay(simulated, simulated.config(), simulated.write_rinex(tmp_path), [nav])
    assert run.wrong == []
    assert run.fix_rate > 0.5
    assert max(solution.satellites for solution in run.solutions) <= 8


@pytest.mark.parametrize("rig", RIGS)
def test_orbits_heard_by_one_receiver_serve_all(tmp_path, rig):
    simulated = session(RIGS[rig]())
    files = simulated.write_rinex(tmp_path)
    first = simulated.names[0]
    files[first] = simulated.write_ubx(tmp_path)[first]
    run = replay(simulated, simulated.config(), files)
    assert run.wrong == []
    assert run.fix_rate > 0.9


def test_a_cold_start_waits_for_the_orbits(tmp_path):
    simulated = session(tractor())
    run = replay(simulated, simulated.config(), simulated.write_ubx(tmp_path, hot_start=False))
    assert run.wrong == []
    assert run.solutions[0].outcome is Outcome.NO_EPHEMERIS
    assert run.solutions[-1].outcome is Outcome.FIXED


@pytest.mark.parametrize("leap_s", [0, 17, 19, 127])
def test_a_wrong_leap_second_moves_nothing_but_utc(tmp_path, leap_s):
    simulated = session(pair())
    news = [simulated.simulation.scenario.errors.klobuchar, LeapSeconds(leap_s), *simulated.simulation.ephemerides()]
    nav = write_lines(tmp_path / "leap.nav", write_navigation(news))
    run = replay(simulated, simulated.config(), simulated.write_rinex(tmp_path), [nav])
    assert run.wrong == []
    assert run.fix_rate == 1.0


def test_time_tags_on_utc_turn_nothing(tmp_path):
    """Tags 18 s off: orbits are 60 km off, positions with them; short vectors hardly feel it."""
    simulated = session(pair(vehicle="static"))
    files = simulated.write_rinex(tmp_path, {"*": lambda seen: _shifted(seen, -18.0)})
    run = replay(simulated, simulated.config(), files, [simulated.write_navigation(tmp_path)])
    assert run.wrong == []


def test_one_antenna_tagged_on_utc_gives_no_heading(tmp_path):
    simulated = session(pair(vehicle="static", duration_s=6.0))
    files = simulated.write_rinex(tmp_path, {"front": lambda seen: _shifted(seen, -18.0)})
    run = replay(simulated, simulated.config(), files, [simulated.write_navigation(tmp_path)])
    assert run.fixed == []


def _shifted(seen: Observations, seconds: float) -> Observations:
    return replace(seen, time=seen.time + seconds)


def test_recorded_orbits_of_the_wrong_week_are_refused():
    """Meijo with the navigation file of Borre, years away."""
    meijo, borre = recording("meijo"), recording("borre")
    simulated = session(pair())
    news = [m for m in read_messages(borre / "site247j.01n") if isinstance(m, NAVIGATION)]
    assert news
    config = quick_config([("base", "rover", 0.99)])
    run = replay(
        simulated, config, {"base": meijo / "static_base.obs", "rover": meijo / "static_rover.obs"}, [borre / "site247j.01n"]
    )
    assert set(run.outcomes) == {Outcome.NO_EPHEMERIS}
