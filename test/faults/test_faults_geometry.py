"""A geometry that is not what the configuration says: lengths, positions, swapped cables."""

from __future__ import annotations

from typing import Any

import pytest
from rigs import START, Run, Session, pair, replay, session, tractor, write_rinex_file

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.satellites import System
from gnss_gyro.engine.config import config_from_dict
from gnss_gyro.estimation.outcome import Outcome

TRIANGLE = AntennaArray.from_positions({"rear": (0.0, 0.0, 0.0), "front": (1.0, 0.0, 0.0), "left": (0.4, 0.7, 0.0)}, 0.003)
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
    assert "rear-front is not" in run.details


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
    assert "fits best" in run.details


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


@pytest.mark.parametrize("error_m", [-0.03, 0.03])
def test_a_wrong_length_is_named_though_every_epoch_stands_alone(tmp_path, error_m):
    """With seven satellites single epochs find integers that fit a wrong length by chance; the session knows better."""
    simulated = session(pair(systems=(System.GPS,), limits={System.GPS: 7}, duration_s=120.0, seed=4))
    values = {
        "antennas": {"rear": {"receiver": "patch"}, "front": {"receiver": "patch"}}, "mode": "epoch", "gnss": {"systems": ["G"]},
        "lengths": [{"between": ["rear", "front"], "length_m": 1.0 + error_m}],
    }  # fmt: skip
    run = replay(simulated, config_from_dict(values), simulated.write_ubx(tmp_path))
    assert run.fixed == []
    assert Outcome.LENGTH_MISMATCH in run.outcomes


@pytest.mark.parametrize(("a", "b"), [(0, 1), (1, 2)])
def test_cables_of_three_antennas_exchanged_on_the_way(tmp_path, a, b):
    """Without the antenna that does not fit, the other two would fit well, the wrong way round."""
    simulated = session(tractor(antennas=TRIANGLE, duration_s=60.0))
    names, observed = simulated.names, simulated.observations()
    late = {name: [seen for seen in found if seen.time - START >= 30.0] for name, found in observed.items()}
    early = {name: [seen for seen in found if seen.time - START < 30.0] for name, found in observed.items()}
    late[names[a]], late[names[b]] = late[names[b]], late[names[a]]
    files = {name: write_rinex_file(tmp_path / f"{name}.obs", early[name] + late[name]) for name in names}
    run = replay(simulated, simulated.config(), files, [simulated.write_navigation(tmp_path)])
    assert len([s for s in run.between(0.0, 30.0) if s.outcome is Outcome.FIXED]) > 20
    assert run.wrong == []
