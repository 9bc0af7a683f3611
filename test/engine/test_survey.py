"""Survey end to end: places of antennas from simulated and real recordings, as a configuration that an engine takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recordings import recording
from replays import observations_in

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.satellites import System
from gnss_gyro.engine.config import EngineConfig, config_from_dict, load_config, quick_config, with_overrides
from gnss_gyro.engine.config_yaml import config_to_yaml
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.survey import Forward, Surveyor, survey
from gnss_gyro.engine.survey_result import SurveyOutcome, SurveyResult
from gnss_gyro.simulation.scenario import Scenario, rectangle, simulate
from gnss_gyro.streams.files import read_messages

SURVEY_M = 0.005
LENGTH_M = 0.003
SIGMAS = 3.0
COURSE_DEG = 1.5
ROUGH_M = 0.04
"""Origin and axes follow rough positions, one of which is 8 cm off, the others up to 5."""
PLACES = {"a": (0.0, 0.0, 0.0), "b": (1.2, 0.0, 0.0), "c": (0.5, 0.7, 0.0), "d": (-0.3, 0.4, 0.0)}


def array_of(places: Mapping[str, tuple[float, float, float]], count: int = 4) -> AntennaArray:
    return AntennaArray.from_positions(dict(list(places.items())[:count]), 0.002)


def scene(array: AntennaArray, vehicle: str, **changes: object) -> Scenario:
    given = {"antennas": array, "vehicle": vehicle, "systems": (System.GPS, System.GALILEO), "seed": 4, "duration_s": 120.0}
    return Scenario(**{**given, **changes})


def surveyed(scenario: Scenario, config: EngineConfig | None = None, forward: Forward = None) -> SurveyResult:
    config = with_overrides(config or quick_config(antennas=scenario.antennas.names), systems=[str(s) for s in scenario.systems])
    surveyor, simulation = Surveyor(config, forward), simulate(scenario)
    surveyor.store.extend([*simulation.ephemerides(), scenario.errors.klobuchar])
    for epoch in simulation.epochs():
        surveyor.process({e.antenna: e for e in epoch.epochs})
    return surveyor.result()


@pytest.mark.parametrize("vehicle", ["static", "tractor"])
@pytest.mark.parametrize("antennas", [2, 3, 4])
def test_places_come_back(antennas, vehicle):
    scenario = scene(array_of(PLACES, antennas), vehicle)
    result = surveyed(scenario)
    assert result.outcome is SurveyOutcome.SURVEYED
    error = np.abs(result.position_body_m - scenario.antennas.position_body_m)
    assert (error[:, :2] < SURVEY_M).all()
    assert (error[:, :2] < SIGMAS * result.sigma_m[:, :2]).all()
    assert (error[:, 2] < SIGMAS * result.sigma_m[:, 2]).all()
    for length in result.lengths:
        assert abs(length.length_m - scenario.antennas.length_m(*length.pair)) < SIGMAS * length.sigma_m


def test_the_configuration_is_ready():
    result = surveyed(scene(array_of(PLACES, 3), "tractor"))
    config = load_config(config_to_yaml(result.config, "surveyed"))
    assert config == result.config
    assert config.array.rank == 2
    assert config.array.position_body_m == pytest.approx(result.position_body_m, abs=1e-4)
    Engine(config)


def test_forward_by_the_course_of_a_tractor():
    scenario = scene(rectangle(), "tractor", duration_s=240.0)
    result = surveyed(scenario, forward="course")
    true = scenario.antennas.position_body_m - scenario.antennas.position_body_m[0]
    diagonal = result.position_body_m[3]
    turn = np.degrees(np.arctan2(diagonal[1], diagonal[0]) - np.arctan2(true[3, 1], true[3, 0]))
    assert abs((turn + 180.0) % 360.0 - 180.0) < COURSE_DEG
    assert 0.0 < np.degrees(result.forward_sigma) < COURSE_DEG


def test_no_course_without_motion():
    result = surveyed(scene(array_of(PLACES, 2), "static"), forward="course")
    assert result.outcome is SurveyOutcome.SURVEYED
    assert any("course" in warning for warning in result.warnings)


def test_forward_by_a_pair():
    result = surveyed(scene(array_of(PLACES, 3), "tractor"), forward=("c", "a"))
    direction = result.position_body_m[0] - result.position_body_m[2]
    assert direction / np.linalg.norm(direction) == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)
    assert "c to a" in result.assumed


def test_rough_positions_keep_their_axes_and_origin():
    scenario = scene(rectangle(), "tractor")
    places = dict(zip(scenario.antennas.names, scenario.antennas.position_body_m, strict=True))
    rough = {name: {"position_m": [round(float(x), 1) for x in place]} for name, place in places.items()}
    rough["rear_left"]["position_m"][0] -= 0.08
    result = surveyed(scenario, config_from_dict({"antennas": rough}))
    assert np.abs(result.position_body_m - scenario.antennas.position_body_m)[:, :2].max() < ROUGH_M
    assert any("rear_left" in warning for warning in result.warnings)
    for length in result.lengths:
        assert length.length_m == pytest.approx(scenario.antennas.length_m(*length.pair), abs=SURVEY_M)


def test_an_antenna_that_moves_is_named_and_no_configuration_given():
    config = with_overrides(quick_config(antennas=tuple(PLACES)), systems="G,E")
    surveyor = Surveyor(config)
    for number, c in enumerate([PLACES["c"], (0.5, 0.75, 0.0)]):
        scenario = scene(array_of({**PLACES, "c": c}), "static", duration_s=150.0)
        simulation = simulate(replace(scenario, start=scenario.start + 150.0 * number))
        surveyor.store.extend([*simulation.ephemerides(), scenario.errors.klobuchar])
        for epoch in simulation.epochs():
            anew = epoch.time == simulation.scenario.start
            surveyor.process({e.antenna: replace(e, slip=e.slip | anew) for e in epoch.epochs})
    result = surveyor.result()
    assert result.outcome is SurveyOutcome.NOT_RIGID
    assert "antenna c" in result.detail
    assert result.config is None


def test_nothing_comes_of_nothing():
    result = survey([], quick_config(antennas=("a", "b")))
    assert result.outcome is SurveyOutcome.NO_EPOCHS
    assert result.config is None


@pytest.mark.parametrize(
    ("antennas", "forward", "lengths"),
    [
        (("a",), None, {}),
        (("a", "b"), ("a", "x"), {}),
        (("a", "b"), ("a", "a"), {}),
        (("a", "b"), None, {("a", "y"): (1.0, 0.05)}),
    ],
)
def test_what_cannot_be_is_refused(antennas, forward, lengths):
    with pytest.raises(ConfigError):
        Surveyor(quick_config(antennas=antennas), forward, lengths)


def _from_files(files: Mapping[str, Path], navigation: Path, **options: object) -> SurveyResult:
    surveyor = Surveyor(with_overrides(quick_config(antennas=tuple(files)), **options))
    for news in read_messages(navigation):
        surveyor.feed(None, news)
    streams = [(message.time, name, message) for name, path in files.items() for message in observations_in(path)]
    for _, name, message in sorted(streams, key=lambda entry: entry[:2]):
        surveyor.feed(name, message)
    surveyor.flush()
    return surveyor.result()


def test_meijo():
    folder = recording("meijo")
    files = {"base": folder / "static_base.obs", "rover": folder / "static_rover.obs"}
    result = _from_files(files, folder / "static_base.nav", elevation_mask_deg=15.0, systems="G,E,J,C")
    assert result.outcome is SurveyOutcome.SURVEYED
    assert result.lengths[0].length_m == pytest.approx(0.9887, abs=LENGTH_M)
    assert result.fixed_share["rover"] > 0.99


@pytest.mark.parametrize("systems", ["G", "G,E"])
def test_wettzell(systems):
    folder = recording("wettzell")
    files = {name: next(folder.glob(f"{name}*.rnx")) for name in ("WTZR", "WTZZ")}
    result = _from_files(files, folder / "ESBC00DNK_R_20201770000_01D_MN.rnx", systems=systems)
    assert result.outcome is SurveyOutcome.SURVEYED
    assert result.lengths[0].length_m == pytest.approx(1.5932, abs=LENGTH_M)
    assert result.fixed_share["WTZZ"] > 0.9


@pytest.mark.parametrize("vehicle", ["static", "tractor"])
def test_an_engine_names_an_antenna_two_centimetres_off(vehicle):
    scenario = scene(rectangle(), vehicle, duration_s=60.0)
    places = dict(zip(scenario.antennas.names, scenario.antennas.position_body_m.tolist(), strict=True))
    places["rear_left"][1] -= 0.02
    engine = Engine(config_from_dict({"antennas": {name: {"position_m": place} for name, place in places.items()}}))
    simulation = simulate(scenario)
    engine.store.extend([*simulation.ephemerides(), scenario.errors.klobuchar])
    for epoch in simulation.epochs():
        engine.process({e.antenna: e for e in epoch.epochs})
    complaint = engine.summary()["geometry"]["complaint"]
    assert "antenna rear_left is" in complaint  # the first named; rear_right may be said to explain it as well
    assert "front" not in complaint
