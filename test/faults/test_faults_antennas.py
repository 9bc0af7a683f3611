"""Antennas that die, return, sit on one mast, are alone, many, or in a line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rigs import Run, pair, replay, session, tractor

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.engine.config import config_from_dict
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.simulation.errors import Outage
from gnss_gyro.simulation.scenario import Scenario

RIGS = {"pair": pair, "tractor": tractor}


def _run(scenario: Scenario, tmp_path, outages: tuple[Outage, ...] = ()) -> Run:
    simulated = session(replace(scenario, outages=outages))
    return replay(simulated, simulated.config(), simulated.write_ubx(tmp_path))


@pytest.mark.parametrize("index", [0, 1, 3])
def test_of_four_antennas_one_may_be_dead(tmp_path, index):
    """No file at all: nothing waits for it."""
    name = tractor().antennas.names[index]
    run = _run(tractor(), tmp_path, (Outage(name, 0.0),))
    assert run.wrong == []
    assert len(run.solutions) == 60
    assert run.fix_rate == 1.0
    assert run.engine.counts["incomplete group"] == 60
    assert all(name not in solution.present for solution in run.solutions)


@pytest.mark.parametrize("index", [0, 1])
def test_of_two_antennas_one_is_dead(tmp_path, index):
    """Position only, and the word for it."""
    run = _run(pair(), tmp_path, (Outage(pair().antennas.names[index], 0.0),))
    assert run.outcomes == {Outcome.TOO_FEW_ANTENNAS: 60}
    assert all(np.isfinite(solution.position_ecef_m).all() for solution in run.solutions)


@pytest.mark.parametrize("rig", RIGS)
@pytest.mark.parametrize("index", [0, 1])
def test_an_antenna_dies_and_returns(tmp_path, rig, index):
    """Index 0 is the reference of all vectors."""
    name = RIGS[rig]().antennas.names[index]
    run = _run(RIGS[rig](), tmp_path, (Outage(name, 20.0, 40.0),))
    assert run.wrong == []
    assert {s.outcome for s in run.between(0.0, 20.0)} == {Outcome.FIXED}
    expected = Outcome.FIXED if rig == "tractor" else Outcome.TOO_FEW_ANTENNAS
    assert {s.outcome for s in run.between(20.0, 40.0)} == {expected}
    after = run.between(42.0, 60.0)
    assert {s.outcome for s in after} == {Outcome.FIXED}
    assert all(name in s.present for s in after)
    assert all(np.isfinite(s.baselines_enu_m).all() for s in after)


def test_antennas_take_turns_in_dying(tmp_path):
    names = tractor().antennas.names
    outages = (Outage(names[0], 10.0, 30.0), Outage(names[1], 20.0, 40.0), Outage(names[2], 35.0, 50.0))
    run = _run(tractor(), tmp_path, outages)
    assert run.wrong == []
    assert run.fix_rate > 0.95


def test_all_die_and_return(tmp_path):
    run = _run(pair(), tmp_path, tuple(Outage(name, 20.0, 40.0) for name in pair().antennas.names))
    assert run.wrong == []
    assert len(run.solutions) == 40
    assert run.fix_rate > 0.9


def test_one_antenna_gives_a_position(tmp_path):
    run = _run(tractor(antennas=AntennaArray.from_positions({"roof": (0.0, 0.0, 0.0)}, 0.003)), tmp_path)
    assert run.outcomes == {Outcome.TOO_FEW_ANTENNAS: 60}
    assert all(np.isfinite(s.position_ecef_m).all() and np.isfinite(s.velocity_enu_mps).all() for s in run.solutions)


def test_eight_antennas(tmp_path):
    ring = {f"a{i}": (0.8 * np.cos(i * np.pi / 4), 0.5 * np.sin(i * np.pi / 4), 0.1 * (i % 2)) for i in range(8)}
    run = _run(tractor(antennas=AntennaArray.from_positions(ring, 0.003), duration_s=30.0), tmp_path)
    assert run.wrong == []
    assert run.fix_rate > 0.95


def test_antennas_in_a_line_tell_no_roll(tmp_path):
    line = AntennaArray.from_positions({"a": (0.0, 0.0, 0.0), "b": (0.5, 0.0, 0.0), "c": (1.2, 0.0, 0.0)}, 0.003)
    run = _run(tractor(antennas=line), tmp_path)
    assert run.wrong == []
    assert run.fix_rate > 0.95
    angles = np.array([s.attitude.angles for s in run.fixed if s.attitude is not None])
    assert np.isfinite(angles[:, :2]).all()
    assert np.isnan(angles[:, 2]).all()


def test_antennas_across_the_vehicle_tell_no_pitch(tmp_path):
    across = AntennaArray.from_positions({"left": (0.0, 0.6, 0.0), "right": (0.0, -0.6, 0.0)}, 0.003)
    run = _run(tractor(antennas=across), tmp_path)
    assert run.wrong == []
    assert run.fix_rate > 0.95
    angles = np.array([s.attitude.angles for s in run.fixed if s.attitude is not None])
    assert np.isfinite(angles[:, [0, 2]]).all()
    assert np.isnan(angles[:, 1]).all()


def _one_point() -> Scenario:
    return pair(antennas=AntennaArray.from_positions({"rear": (0.0, 0.0, 0.0), "front": (1e-6, 0.0, 0.0)}, 0.003))


def test_a_zero_baseline_that_is_meant_is_fixed_without_an_attitude(tmp_path):
    simulated = session(_one_point())
    values = simulated.config_dict()
    values["antennas"]["front"]["position_m"] = [0.0, 0.0, 0.0]
    run = replay(simulated, config_from_dict(values), simulated.write_ubx(tmp_path))
    assert run.wrong == []
    assert run.fix_rate > 0.95
    assert all(s.attitude is None or np.isnan(s.attitude.angles).all() for s in run.solutions)


def test_two_receivers_on_one_antenna_that_should_be_a_metre_apart(tmp_path):
    simulated = session(_one_point())
    values = simulated.config_dict()
    values["antennas"]["front"]["position_m"] = [1.0, 0.0, 0.0]
    run = replay(simulated, config_from_dict(values), simulated.write_ubx(tmp_path))
    assert run.fixed == []
    assert Outcome.LENGTH_MISMATCH in run.outcomes
    assert "rear-front" in run.details


def test_of_four_antennas_two_share_a_mast(tmp_path):
    """The odd one is named and left out; the others carry the attitude."""
    real = {"a": (0.0, 0.0, 0.0), "b": (1.0, 0.0, 0.0), "c": (1.0, 0.6, 0.0), "d": (1.0, 0.602, 0.0)}
    simulated = session(tractor(antennas=AntennaArray.from_positions(real, 0.003)))
    values = simulated.config_dict()
    values["antennas"]["d"]["position_m"] = [0.0, 0.6, 0.0]
    run = replay(simulated, config_from_dict(values), simulated.write_ubx(tmp_path))
    assert run.wrong == []
    assert "antenna d" in run.details or "a-d" in run.details
