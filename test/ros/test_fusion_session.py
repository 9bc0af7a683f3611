"""The session waits for who is still talking and for nobody else."""

from __future__ import annotations

import numpy as np
from fusion_bench import ORIGIN, TRIPLE, epochs_of, still

from gnss_gyro.engine.config import config_from_dict
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.ros.session import TICK_S, Session
from gnss_gyro.simulation.motion import Line
from gnss_gyro.simulation.trajectory import LocalTrajectory

LONG_TICKS = round(5.0 / TICK_S)


def session() -> Session:
    return Session(config_from_dict({"antennas": {name: {"position_m": list(place)} for name, place in TRIPLE.items()}}))


def test_a_burst_of_ephemerides_before_an_epoch_is_no_silence() -> None:
    fed, (first, *_) = session(), epochs_of(TRIPLE, still(), 1.0)
    assert len(first) > 3 * 10, "each receiver begins with its ephemerides"
    found = []
    for name, frame in first:
        found += fed.tick()
        found += fed.take({name: frame}, 0.0)
    assert len(found) == 1
    assert found[0].attitude is not None


def test_an_antenna_that_says_nothing_is_waited_for_no_longer_than_configured() -> None:
    fed, (first, *_) = session(), epochs_of(TRIPLE, still(), 1.0)
    for name, frame in first:
        if name != "left":
            assert not list(fed.take({name: frame}, 0.0))
    found = [solution for _ in range(LONG_TICKS) for solution in fed.tick()]
    assert len(found) == 1


def test_solutions_of_a_backlog_come_one_by_one() -> None:
    """Else a node would publish them at once, and DDS keep the last ten."""
    fed, epochs = session(), epochs_of(TRIPLE, still(), 5.0)
    heard: dict[str, bytes] = {}
    for name, frame in (named for epoch in epochs for named in epoch):
        heard[name] = heard.get(name, b"") + frame
    solved = fed.take(heard, 0.0)
    for done, solution in enumerate(solved, 1):
        assert solution.attitude is not None
        assert min(state.epochs for state in fed.antennas.values()) <= done
    assert done == len(epochs)


def elsewhere(heading: float) -> LocalTrajectory:
    """A second vehicle 60 m north of the first."""
    return LocalTrajectory(ORIGIN + np.array([1e-5, 0.0, 0.0]), heading=Line(heading), pitch=Line(0.0), roll=Line(0.0))


def test_two_vehicles_under_the_same_names_give_no_heading_of_either() -> None:
    """The other one is switched on later, and its frames come now before, now after ours."""
    fed = session()
    ours, theirs = epochs_of(TRIPLE, still(3.0), 30.0), epochs_of(TRIPLE, elsewhere(1.0), 30.0, seed=9)
    found = []
    for k, (mine, others) in enumerate(zip(ours, theirs, strict=True)):
        for name, frame in mine if k < 5 else [*mine, *others] if k % 2 else [*others, *mine]:
            found += fed.take({name: frame}, float(k))
    assert [solution.outcome for solution in found[:6]] == [Outcome.FIXED] * 6
    assert all(abs(solution.attitude.angles[0] - 3.0) < 0.02 for solution in found[:6])
    assert len(found) == 30
    assert {(s.outcome, s.detail) for s in found[6:]} == {
        (Outcome.TOO_FEW_SATELLITES, "two receivers send as rear, front, left: not used; 0 satellites")
    }
    assert all(fed.engine.counts[f"antenna {name}: epoch of a second receiver"] == 25 for name in TRIPLE)


def test_one_antenna_with_two_receivers_leaves_the_heading_to_the_others() -> None:
    fed = session()
    ours, theirs = epochs_of(TRIPLE, still(3.0), 12.0), epochs_of(TRIPLE, elsewhere(1.0), 12.0, seed=9)
    found = []
    for mine, others in zip(ours, theirs, strict=True):
        for name, frame in [*mine, *((name, frame) for name, frame in others if name == "left")]:
            found += fed.take({name: frame}, 0.0)
    assert found[-1].outcome is Outcome.FIXED
    assert abs(found[-1].attitude.angles[0] - 3.0) < 0.02
    assert found[-1].detail == "two receivers send as left: not used; without antenna left"


def test_a_bag_played_beside_its_own_recording_does_no_harm() -> None:
    fed = session()
    found = [s for epoch in epochs_of(TRIPLE, still(3.0), 8.0) for name, frame in epoch for s in fed.take({name: frame * 2}, 0.0)]
    assert [solution.outcome for solution in found] == [Outcome.FIXED] * 8
    assert fed.engine.disputed == ()
