"""The array's position through the engine: what it must not touch, what it survives, and a recording."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from recordings import recording
from replays import observations_in
from scipy.stats import chi2

from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef_at
from gnss_gyro.basics.satellites import System
from gnss_gyro.engine.config import EngineConfig, config_from_dict
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import PositionKind, Solution
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.simulation.errors import ErrorModel, Outage
from gnss_gyro.simulation.scenario import Scenario, Simulation, simulate
from gnss_gyro.streams.files import read_messages

CLOSED_M = 0.3  # the simulated troposphere has a mapping of its own
WITHIN = float(chi2.ppf(0.999, 3))
STILL_MPS = 0.05
RECORDED_M = 2.5
MEIJO = ecef_from_geodetic(np.array([np.radians(35.134707705), np.radians(136.977577939), 104.8530]))
"""Place of the base antenna in static_rover_rtk.pos (reference position of the recording's authors)."""
CLEAN = replace(ErrorModel.none(), troposphere=1.0, ionosphere=1.0)
SMOOTH = replace(
    ErrorModel.patch_antenna(), slip_rate_hz=0.0, half_cycle_s=0.0, ionosphere_residual_m=0.0, orbit_clock_m=0.0
)
"""Receivers as they are under a sky whose errors do not walk by centimetres from second to second."""


def scenario(**changes: Any) -> Scenario:
    given = {"vehicle": "car", "errors": CLEAN, "duration_s": 12.0, "systems": (System.GPS, System.GALILEO), "seed": 2}
    return Scenario(**{**given, "elevation_mask": np.radians(10.0), **changes})


def config(simulation: Simulation, **sections: Any) -> EngineConfig:
    array = simulation.scenario.antennas
    places = zip(array.names, array.position_body_m.tolist(), strict=True)
    return config_from_dict({"antennas": {name: {"position_m": place, "sigma_m": 0.002} for name, place in places}, **sections})


def engine_of(simulation: Simulation, **sections: Any) -> Engine:
    """An engine that has heard all that was broadcast."""
    engine = Engine(config(simulation, **sections))
    engine.store.extend(simulation.ephemerides())
    engine.store.add(simulation.scenario.errors.klobuchar)
    return engine


def solve(simulation: Simulation, only: Iterable[int] | None = None, **sections: Any) -> list[Solution]:
    engine, wanted = engine_of(simulation, **sections), None if only is None else set(only)
    return [
        engine.process({epoch.antenna: epoch for epoch in each.epochs})
        for number, each in enumerate(simulation.epochs()) if wanted is None or number in wanted
    ]  # fmt: skip


def error_m(simulation: Simulation, solution: Solution) -> np.ndarray:
    """How far a position is off the first antenna (3,) ECEF [m]."""
    arm = simulation.scenario.antennas.position_body_m[0]
    return solution.position_ecef_m - simulation.truth_at(solution.time).point(arm)[0][0]


def in_sigmas(simulation: Simulation, solution: Solution) -> float:
    """Squared size of the error by the stated covariance."""
    error = enu_from_ecef_at(solution.position_ecef_m) @ error_m(simulation, solution)
    return float(error @ np.linalg.solve(solution.position_cov_enu_m2, error))


@pytest.fixture(scope="module")
def patch() -> Simulation:
    return simulate(scenario(errors=replace(SMOOTH, orbit_clock_m=0.6), vehicle="tractor", duration_s=20.0))


def attitude_digest(solutions: list[Solution]) -> list[tuple[object, ...]]:
    return [
        (s.time, s.outcome, s.detail, s.failure_probability, s.ratio, s.held, s.baselines_enu_m.tobytes(),
         s.attitude and (s.attitude.enu_from_body.tobytes(), s.attitude.rotation_cov.tobytes()))
        for s in solutions
    ]  # fmt: skip


def test_the_method_of_the_position_leaves_the_attitude_bit_identical(patch):
    vppp, single = (solve(patch, position={"method": method}) for method in ("vppp", "single"))
    assert attitude_digest(vppp) == attitude_digest(single)
    assert sum(s.attitude is not None for s in vppp) > 15, "nothing was fixed: the law would be empty"
    assert {s.position_kind for s in vppp} == {PositionKind.VPPP}
    assert {s.position_kind for s in single} == {PositionKind.SINGLE}


def test_the_ionosphere_model_leaves_the_attitude_bit_identical(patch):
    a, b = (solve(patch, position={"ionosphere": model}) for model in ("klobuchar", "none"))
    assert attitude_digest(a) == attitude_digest(b)
    assert not np.array_equal(a[-1].position_ecef_m, b[-1].position_ecef_m)


def test_without_errors_the_loop_closes():
    simulation = simulate(scenario())
    for solution in solve(simulation, position={"ionosphere": "klobuchar"}):
        assert np.linalg.norm(error_m(simulation, solution)) < CLOSED_M
        assert not len(solution.refused.code)
        assert not len(solution.refused.phase)


def test_positions_of_noisy_receivers_lie_within_their_sigmas():
    for seed in range(3):
        simulation = simulate(scenario(errors=SMOOTH, seed=seed))
        assert max(in_sigmas(simulation, solution) for solution in solve(simulation)) < WITHIN


@pytest.mark.parametrize("antenna", ["front_right", "rear_left"])
def test_another_antenna_that_comes_and_goes_does_not_move_the_position(antenna):
    simulation = simulate(scenario(errors=SMOOTH, outages=(Outage(antenna, 4.0, 8.0),)))
    found = solve(simulation)
    assert [antenna in s.present for s in found][3:9] == [True, False, False, False, False, True]
    assert max(in_sigmas(simulation, solution) for solution in found) < WITHIN
    assert all(s.reference == "front_left" and s.position_kind is PositionKind.VPPP for s in found)


@pytest.mark.parametrize("errors", [CLEAN, SMOOTH], ids=["clean", "noisy"])
def test_when_the_first_antenna_dies_the_position_goes_on_at_its_place(errors):
    """The others' levers lead back to it."""
    simulation = simulate(scenario(errors=errors, outages=(Outage("front_left", 6.0, 9.0),), duration_s=14.0))
    found = solve(simulation)
    assert ["front_left" in s.present for s in found][5:10] == [True, False, False, False, True]
    assert max(in_sigmas(simulation, solution) for solution in found) < WITHIN


def test_a_rig_whose_first_antenna_never_speaks_has_a_position_all_the_same():
    simulation = simulate(scenario(errors=SMOOTH, outages=(Outage("front_left", -1.0),)))
    found = solve(simulation)
    assert all(s.position_kind is PositionKind.VPPP for s in found)
    assert max(in_sigmas(simulation, solution) for solution in found) < WITHIN


def test_the_epoch_mode_carries_nothing():
    """An epoch alone is an epoch after others."""
    simulation = simulate(scenario(errors=SMOOTH, duration_s=8.0))
    sections = {"mode": "epoch", "noise": {"learn": False}}
    after, alone = solve(simulation, **sections)[-1], solve(simulation, [7], **sections)[-1]
    assert after.outcome is alone.outcome
    np.testing.assert_allclose(after.position_ecef_m, alone.position_ecef_m, rtol=0.0, atol=1e-3)
    np.testing.assert_allclose(after.position_cov_enu_m2, alone.position_cov_enu_m2, rtol=1e-3)


def test_reset_begins_anew():
    simulation = simulate(scenario(errors=SMOOTH, duration_s=8.0))
    epochs = [{epoch.antenna: epoch for epoch in each.epochs} for each in simulation.epochs()]
    used, fresh = engine_of(simulation), engine_of(simulation)
    for group in epochs[:5]:
        used.process(group)
    used.reset()
    a, b = used.process(epochs[5]), fresh.process(epochs[5])
    np.testing.assert_allclose(a.position_cov_enu_m2, b.position_cov_enu_m2, rtol=1e-2)


def test_one_antenna_alone_has_a_position():
    full = scenario(errors=SMOOTH)
    simulation = simulate(replace(full, antennas=full.antennas.subset(["front_left"])))
    found = solve(simulation)
    assert all(s.position_kind is PositionKind.VPPP and s.attitude is None for s in found)
    assert max(in_sigmas(simulation, solution) for solution in found) < WITHIN


@pytest.mark.parametrize("vehicle", ["static", "vehicle"])
def test_meijo_all_systems(vehicle):
    """Ten seconds on a roof in Nagoya: within 2.5 m and the 99.9 % ellipsoid, at rest within centimetres a second."""
    folder = recording("meijo")
    engine = Engine(config_from_dict({
        "antennas": {"base": None, "rover": None}, "lengths": [{"between": ["base", "rover"], "length_m": 0.9887}],
        "gnss": {"systems": ["G", "E", "J", "C", "R"]}, "filter": {"vehicle": vehicle},
    }))  # fmt: skip
    for message in read_messages(folder / "static_base.nav"):
        engine.feed(None, message)
    found: list[Solution] = []
    pairs = zip(*(observations_in(folder / f"static_{name}.obs")[:10] for name in ("base", "rover")), strict=True)
    for base, rover in pairs:
        found += engine.feed("base", base) + engine.feed("rover", rover)
    found += engine.flush()
    assert len(found) == 10
    assert sum(s.outcome is Outcome.FIXED for s in found) >= 9
    for solution in found:
        error = enu_from_ecef_at(MEIJO) @ (solution.position_ecef_m - MEIJO)
        assert np.linalg.norm(error) < RECORDED_M
        assert error @ np.linalg.solve(solution.position_cov_enu_m2, error) < WITHIN
    assert max(np.linalg.norm(s.velocity_enu_mps) for s in found[1:]) < STILL_MPS


def test_with_no_satellite_above_the_mask_there_is_no_position_and_no_error():
    """Codes of low satellites place the antennas roughly, which is all there is under a bridge."""
    solutions = solve(simulate(scenario(duration_s=3.0)), gnss={"elevation_mask_deg": 80.0})
    assert [s.position_kind for s in solutions] != []
    assert PositionKind.VPPP not in {s.position_kind for s in solutions}
    assert all(s.attitude is None for s in solutions)
