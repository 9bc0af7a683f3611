"""The configuration as ROS parameters: the same list, there and back; what cannot be meant is refused in words."""

from __future__ import annotations

import math

import pytest
from fusion_bench import DONE, PAIR, rig_parameters
from rclpy.parameter import Parameter

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.config_defaults import example_names, example_text
from gnss_gyro.engine.config import EngineConfig, config_from_dict, load_config
from gnss_gyro.engine.options import leaves
from gnss_gyro.ros.fusion import FusionNode
from gnss_gyro.ros.parameters import config_from_parameters, engine_leaves, parameters_from_config

EVERYTHING = {
    "antennas": {
        "a": {"position_m": [0.0, 0.0, 0.0], "receiver": "patch"},
        "b": {"position_m": [1.0, 0.5, 0.0], "frame_id": "roof"},
    },
    "lengths": [{"between": ["a", "b"], "length_m": 1.118, "sigma_m": 0.004}],
    "mode": "epoch",
    "gnss": {"systems": ["G", "E"], "cn0_mask_dbhz": 33.5, "exclude": ["G05"], "elevation_mask_deg": 12.0},
    "noise": {"code_m": 0.7},
    "filter": {"vehicle": "ship"},
}


@pytest.mark.parametrize("values", [EVERYTHING, *example_names()])
def test_configurations_survive_the_way_through_parameters(values) -> None:
    config = load_config(example_text(values)) if isinstance(values, str) else config_from_dict(values)
    assert config_from_parameters(parameters_from_config(config)) == config


def test_every_option_of_the_engine_is_a_parameter() -> None:
    parameters = parameters_from_config(config_from_dict(EVERYTHING))
    assert {leaf.name for leaf in leaves(EngineConfig)} <= set(parameters) | {"antennas", "lengths"}
    assert all(value is not None for value in parameters.values())
    assert math.isnan(parameters["noise.phase_m"])


def test_no_antennas_is_said() -> None:
    with pytest.raises(ConfigError, match=r"config_file, or antenna_names"):
        config_from_parameters({})


def node_with(ros, **parameters) -> FusionNode:
    return ros.add(FusionNode(**ros.kwargs(**{"warm_up": False, **parameters})))


def test_descriptions_and_ranges_are_declared(ros) -> None:
    node = node_with(ros, **rig_parameters(PAIR))
    for leaf in engine_leaves():
        descriptor = node.describe_parameter(leaf.name)
        assert descriptor.description.startswith(leaf.option.text)
        if leaf.kind is float and math.isfinite(leaf.option.high):
            span = descriptor.floating_point_range[0]
            assert (span.from_value, span.to_value) == (leaf.option.low, leaf.option.high)
    assert node.describe_parameter("config_file").read_only
    assert node.describe_parameter("antenna_names").read_only


def test_a_file_is_overruled_by_parameters(ros, tmp_path) -> None:
    file = tmp_path / "rig.yaml"
    file.write_text(example_text("two_antennas"), encoding="utf-8")
    node = node_with(ros, config_file=str(file), gnss__elevation_mask_deg=21.0, gnss__systems=["G"])
    assert node.trigger_configure() == DONE
    config = node._session.engine.config
    assert (config.names, config.gnss.elevation_mask_deg) == (("rear", "front"), 21.0)
    assert [str(system.value) for system in config.gnss.systems] == ["G"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, "no antennas"),
        ({"config_file": "/nowhere/rig.yaml"}, "rig.yaml"),
        (rig_parameters(PAIR, gnss__elevation_mask_deg=99.0), "gnss.elevation_mask_deg"),
        (rig_parameters(PAIR, gnss__elevation_mask_deg="high"), "gnss.elevation_mask_deg: needs a number"),
        (rig_parameters(PAIR, noise__code_m=-1.0), "noise.code_m: -1 is outside 0.01..20 m"),
        (rig_parameters(PAIR, filter__vehicle="tank"), "'tank' is no choice"),
        (rig_parameters(PAIR, gnss__systems=["G", "X"]), "gnss.systems"),
        (rig_parameters(PAIR, datum=[1.0, 2.0]), "datum"),
        (rig_parameters(PAIR, antennas__rear__input="telepathy"), "antennas.rear.input: 'telepathy' is no choice"),
        (rig_parameters(PAIR, lengths=["{between: [rear, left], length_m: 1.0}"]), "no antenna 'left'"),
        ({"antenna_names": ["rear", "front"]}, "neither antenna positions nor lengths"),
    ],
)
def test_bad_values_are_refused_at_configure_and_the_node_lives(ros, capfd, parameters, words) -> None:
    node = ros.add(FusionNode(**ros.kwargs(**parameters)))
    assert node.trigger_configure() != DONE
    assert node._session is None
    assert words in capfd.readouterr().err


def test_whole_numbers_do_for_numbers(ros) -> None:
    node = node_with(ros, **rig_parameters(PAIR, gnss__elevation_mask_deg=15))
    assert node.trigger_configure() == DONE
    assert node._session.engine.config.gnss.elevation_mask_deg == 15.0


def test_changes_are_judged_at_once_and_heeded_at_configure_only(ros) -> None:
    node = node_with(ros, **rig_parameters(PAIR))
    bad, good = Parameter("noise.code_m", value=-1.0), Parameter("noise.code_m", value=0.9)
    assert "outside" in node.set_parameters([bad])[0].reason
    assert node.set_parameters([good])[0].successful
    assert node.trigger_configure() == DONE
    assert node._session.engine.config.noise.code_m == 0.9
    answer = node.set_parameters([Parameter("noise.code_m", value=1.0)])[0]
    assert (answer.successful, "clean up first" in answer.reason) == (False, True)
    assert node.trigger_cleanup() == DONE
    assert node.set_parameters([Parameter("noise.code_m", value=1.0)])[0].successful


def test_a_value_refused_at_the_start_can_be_put_right(ros) -> None:
    node = node_with(ros, **rig_parameters(PAIR, gnss__elevation_mask_deg=99.0))
    assert node.trigger_configure() != DONE
    assert node.set_parameters([Parameter("gnss.elevation_mask_deg", value=9.0)])[0].successful
    assert node.trigger_configure() == DONE


def test_warm_up_compiles_before_the_first_epoch(ros) -> None:
    node = ros.add(FusionNode(**ros.kwargs(**rig_parameters(PAIR, warm_up=True))))
    assert node.trigger_configure() == DONE
    assert all(state.epochs == 0 for state in node._session.antennas.values())


def test_while_it_compiles_the_node_says_so(ros) -> None:
    node = ros.add(FusionNode(**ros.kwargs(**rig_parameters(PAIR, warm_up=True))))
    heard = []
    node._diagnostics.publish = heard.append
    assert node.trigger_configure() == DONE
    assert [(s.name, s.message) for message in heard for s in message.status] == [("fusion: attitude", "compiling")]


def test_a_node_that_is_ended_while_it_compiles_is_not_configured(ros) -> None:
    node = ros.add(FusionNode(lambda: True, **ros.kwargs(**rig_parameters(PAIR, warm_up=True))))
    assert node.trigger_configure() != DONE
    assert node._session is None
