"""The same recording gives the same solutions however the antennas' streams were interleaved on their way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
import pytest

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.satellites import System
from gnss_gyro.engine.config import EngineConfig, config_from_dict
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import Solution
from gnss_gyro.protocols.messages import Message, Observations
from gnss_gyro.protocols.ubx.decoder import UbxDecoder
from gnss_gyro.simulation.scenario import Scenario, simulate
from gnss_gyro.simulation.writers import UbxOptions, ubx_chunks

RIG = {"a": (0.0, 0.0, 0.0), "b": (1.0, 0.0, 0.0)}


@pytest.fixture(scope="module")
def config() -> EngineConfig:
    return config_from_dict({"antennas": {name: {"position_m": list(place)} for name, place in RIG.items()}})


@pytest.fixture(scope="module")
def streams() -> dict[str, list[Message]]:
    """A cold start, so that ephemerides come in between the epochs of the recording."""
    array = AntennaArray.from_positions(RIG, 0.002)
    sky = Scenario(vehicle="static", duration_s=45.0, rate_hz=2.0, antennas=array, systems=(System.GPS, System.GALILEO), seed=4)
    decoders = {name: UbxDecoder() for name in RIG}
    found: dict[str, list[Message]] = {name: [] for name in RIG}
    for chunk in ubx_chunks(simulate(sky), UbxOptions(hot_start=False)):
        found[chunk.antenna] += [m for m in decoders[chunk.antenna].feed(chunk.data) if isinstance(m, Message)]
    return found


def interleaved(streams: dict[str, list[Message]], ahead: int, rng: np.random.Generator) -> Iterator[tuple[str, Message]]:
    """All messages in random turns, no antenna more than so many epochs ahead of the other."""
    rest = {name: deque(messages) for name, messages in streams.items()}
    epochs = dict.fromkeys(rest, 0)
    while any(rest.values()):
        slowest = min(epochs[name] for name in rest if rest[name])
        name = str(rng.choice([name for name in rest if rest[name] and epochs[name] <= slowest + ahead]))
        message = rest[name].popleft()
        epochs[name] += isinstance(message, Observations)
        yield name, message


def solve(config: EngineConfig, messages: Iterator[tuple[str, Message]]) -> list[Solution]:
    engine = Engine(config)
    solutions = [solution for name, message in messages for solution in engine.feed(name, message)]
    return solutions + engine.flush()


def digest(solutions: list[Solution]) -> list[tuple[object, ...]]:
    return [
        (s.time, s.outcome, s.satellites, s.position_ecef_m.tobytes(), s.attitude and s.attitude.enu_from_body.tobytes())
        for s in solutions
    ]


def test_solutions_do_not_depend_on_the_interleaving(config, streams) -> None:
    rng = np.random.default_rng(1)
    reference = digest(solve(config, interleaved(streams, 0, rng)))
    assert any(attitude is not None for *_, attitude in reference), "nothing was fixed: the law would be empty"
    for ahead in (1, 1, 1, 1):
        assert digest(solve(config, interleaved(streams, ahead, rng))) == reference
