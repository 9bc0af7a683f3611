"""The session waits for who is still talking and for nobody else."""

from __future__ import annotations

from fusion_bench import TRIPLE, epochs_of, still

from gnss_gyro.engine.config import config_from_dict
from gnss_gyro.ros.session import TICK_S, Session

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
