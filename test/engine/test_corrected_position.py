"""Correction services in the engine: they reach the position, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.satellites import System
from gnss_gyro.corrections.fixed import Fixed, FixedCorrection
from gnss_gyro.engine.config import EngineConfig, config_from_dict
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import Solution
from gnss_gyro.simulation.errors import ErrorModel
from gnss_gyro.simulation.scenario import Scenario, Simulation, simulate

ERRORS = replace(ErrorModel.patch_antenna(), half_cycle_s=0.0, slip_rate_hz=0.0)
GOOD_M2 = 0.1**2 + 1e-6  # made for codes: phases stay as they are


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(Scenario(vehicle="tractor", duration_s=12.0, systems=(System.GPS, System.GALILEO), errors=ERRORS, seed=5))


def config(simulation: Simulation) -> EngineConfig:
    array = simulation.scenario.antennas
    places = zip(array.names, array.position_body_m.tolist(), strict=True)
    return config_from_dict({"antennas": {name: {"position_m": place, "receiver": "patch"} for name, place in places}})


def solve(simulation: Simulation, corrections: list[FixedCorrection], lost_after: int = 99) -> list[Solution]:
    """The engine with a service that knows these corrections, and dies after so many epochs."""
    engine, source = Engine(config(simulation)), Fixed()
    for correction in corrections:
        source.feed(correction)
    engine.corrections.append(source)
    engine.store.extend(simulation.ephemerides())
    engine.store.add(simulation.scenario.errors.klobuchar)
    solutions = []
    for number, each in enumerate(simulation.epochs()):
        if number == lost_after:
            engine.corrections.clear()
        solutions.append(engine.process({epoch.antenna: epoch for epoch in each.epochs}))
    return solutions


def corrections_of(simulation: Simulation, **told: object) -> list[FixedCorrection]:
    start = simulation.scenario.start
    return [FixedCorrection(e.satellite, start + -60.0, **told) for e in simulation.ephemerides()]


def test_a_service_that_is_lost_leaves_the_attitude_bit_identical(simulation):
    rng = np.random.default_rng(1)
    told = [replace(each, clock_m=rng.normal(), variance_m2=GOOD_M2) for each in corrections_of(simulation)]
    without, lost = solve(simulation, []), solve(simulation, told, lost_after=6)
    for a, b in zip(without, lost, strict=True):
        assert a.outcome is b.outcome
        assert a.attitude is not None
        assert b.attitude is not None
        np.testing.assert_array_equal(a.attitude.enu_from_body, b.attitude.enu_from_body)
        np.testing.assert_array_equal(a.attitude.angle_cov, b.attitude.angle_cov)
        np.testing.assert_array_equal(a.baselines_enu_m, b.baselines_enu_m)
    moved = [np.linalg.norm(a.position_ecef_m - b.position_ecef_m) for a, b in zip(without, lost, strict=True)]
    assert moved[5] > 0.1  # it did take part


def test_what_all_satellites_share_is_the_receivers_clock(simulation):
    """A correction common to all changes the weights, as any would, but not where they pull."""
    plain = solve(simulation, corrections_of(simulation, clock_m=0.0, variance_m2=GOOD_M2))
    shifted = solve(simulation, corrections_of(simulation, clock_m=25.0, variance_m2=GOOD_M2))
    for a, b in zip(plain, shifted, strict=True):
        assert np.linalg.norm(a.position_ecef_m - b.position_ecef_m) < 1e-3


def test_corrections_tighten_what_is_stated(simulation):
    told = corrections_of(simulation, clock_m=0.0, variance_m2=GOOD_M2)
    plain, corrected = solve(simulation, [])[-1], solve(simulation, told)[-1]
    assert np.trace(corrected.position_cov_enu_m2) < 0.8 * np.trace(plain.position_cov_enu_m2)


def test_a_forbidden_satellite_has_no_part_in_the_position(simulation):
    victim = simulation.ephemerides()[0].satellite
    forbidden = [replace(each, forbidden=each.satellite == victim) for each in corrections_of(simulation)]
    wrong = [replace(each, code_bias_m=1e4) for each in forbidden if each.satellite == victim]
    others = [each for each in forbidden if each.satellite != victim]
    a, b = solve(simulation, forbidden), solve(simulation, wrong + others)
    for one, other in zip(a, b, strict=True):
        np.testing.assert_array_equal(one.position_ecef_m, other.position_ecef_m)


def test_services_need_a_position_that_uses_them():
    with pytest.raises(ConfigError, match=r"position\.corrections"):
        config_from_dict({"antennas": {"a": None}, "position": {"method": "single", "corrections": ["sbas"]}})
