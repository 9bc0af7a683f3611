"""A geometry that is not what the configuration says: lengths, positions, swapped cables."""

from __future__ import annotations

from typing import Any

import pytest
from rigs import Run, Session, pair, replay, session, tractor

from gnss_gyro.engine.config import config_from_dict
from gnss_gyro.estimation.outcome import Outcome

SYSTEMS = {"GPS": ["G"], "GPS and Galileo": ["G", "E"]}


def _with_length(simulated: Session, error_m: float, systems: list[str], tmp_path) -> Run:
    values = {
        "antennas": {"rear": {"receiver": "patch"}, "front": {"receiver": "patch"}},
        "lengths": [{"between": ["rear", "front"], "length_m": 1.0 + error_m}], "gnss": {"systems": systems},
    }  # fmt: skip
    return replay(simulated, config_from_dict(values), simulated.write_ubx(tmp_path))


@pytest.mark.parametrize("systems", SYSTEMS)
@pytest.mark.parametrize("error_m", [-0.05, -0.02, 0.02, 0.05])
def test_a_wrong_length_is_named(tmp_path, error_m, systems):
    """With the integers right a length 2 cm off costs a centimetre or two of the vector, never the heading."""
    run = _with_length(session(pair()), error_m, SYSTEMS[systems], tmp_path)
    assert run.wrong == []
    assert {s.outcome for s in run.between(45.0, 60.0)} == {Outcome.LENGTH_MISMATCH}
    assert "rear-front is about" in run.details


@pytest.mark.parametrize("systems", SYSTEMS)
def test_the_right_length_is_not_blamed(tmp_path, systems):
    run = _with_length(session(pair()), 0.0, SYSTEMS[systems], tmp_path)
    assert run.wrong == []
    assert Outcome.LENGTH_MISMATCH not in run.outcomes
    assert run.fix_rate > 0.8


@pytest.mark.parametrize(("a", "b"), [(0, 1), (0, 3), (1, 2), (2, 3)])
def test_two_swapped_cables(tmp_path, a, b):
    simulated = session(tractor())
    files = simulated.write_ubx(tmp_path)
    names = simulated.names
    files[names[a]], files[names[b]] = files[names[b]], files[names[a]]
    run = replay(simulated, simulated.config(), files)
    assert run.fixed == []
    assert Outcome.LENGTH_MISMATCH in run.outcomes
    assert "is about" in run.details


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_an_antenna_five_centimetres_from_its_place_is_named(tmp_path, index, axis):
    simulated = session(tractor())
    name = simulated.names[index]
    values: dict[str, Any] = simulated.config_dict()
    values["antennas"][name]["position_m"][axis] += 0.05
    run = replay(simulated, config_from_dict(values), simulated.write_ubx(tmp_path))
    assert Outcome.LENGTH_MISMATCH in run.outcomes or "does not fit" in run.details
    assert run.wrong_after(30.0) == []


def test_the_same_recording_for_two_antennas(tmp_path):
    simulated = session(tractor(seed=1))
    files = simulated.write_ubx(tmp_path)
    files["front_right"] = files["front_left"]
    run = replay(simulated, simulated.config(), files)
    assert run.wrong == []
    assert "front_right" in run.details
