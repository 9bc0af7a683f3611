"""The configuration as ROS parameters: the same list, there and back; what cannot be meant is refused in words."""

from __future__ import annotations

import math

import pytest
import yaml
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


def written(file, **changes):
    antennas = {"rear": {"position_m": [0.0, 0.0, 0.0]}, "front": {"position_m": [1.0, 0.0, 0.0]}}
    file.write_text(yaml.safe_dump({"antennas": antennas} | changes, sort_keys=False), encoding="utf-8")
    return file


def test_the_rig_file_is_read_at_configure(ros, tmp_path) -> None:
    """Edited, as after a survey: what was given besides goes on overruling it."""
    file = written(tmp_path / "rig.yaml", gnss={"elevation_mask_deg": 8.0})
    given = {"noise__phase_m": 0.002, "antennas__rear__sigma_m": 0.003}
    node = node_with(ros, config_file=str(file), **given)
    assert node.trigger_configure() == DONE
    assert node.trigger_cleanup() == DONE
    assert node.set_parameters([Parameter("gnss.elevation_mask_deg", value=7.0)])[0].successful
    moved = {"rear": {"position_m": [0.0, 0.0, 0.0], "sigma_m": 0.01}, "front": {"position_m": [1.5, 0.0, 0.0], "sigma_m": 0.01}}
    length = [{"between": ["rear", "front"], "length_m": 1.5}]
    noise = {"code_m": 0.7, "phase_m": 0.004}
    written(file, antennas=moved, lengths=length, noise=noise, gnss={"elevation_mask_deg": 9.0, "exclude": ["G05"]})
    assert node.trigger_configure() == DONE
    config = node._session.engine.config
    assert config.array.lengths_m[0, 1] == pytest.approx(1.5)
    assert [antenna.sigma_m for antenna in config.antennas] == [0.003, 0.01]
    assert (config.lengths[0].length_m, config.gnss.exclude, config.noise.code_m) == (1.5, ("G05",), 0.7)
    assert (config.noise.phase_m, config.gnss.elevation_mask_deg) == (0.002, 7.0)
    assert list(node.get_parameter("antennas.front.position_m").value) == [1.5, 0.0, 0.0]


def test_a_rig_file_that_has_become_another_is_refused(ros, tmp_path, capfd) -> None:
    file = written(tmp_path / "rig.yaml")
    node = node_with(ros, config_file=str(file))
    written(file, antennas={"rear": {"position_m": [0.0, 0.0, 0.0]}, "left": {"position_m": [0.0, 1.0, 0.0]}})
    assert node.trigger_configure() != DONE
    assert "its antennas are no longer rear, front: restart the node" in capfd.readouterr().err
    file.write_text("antennas: 7", encoding="utf-8")
    assert node.trigger_configure() != DONE
    assert "rig.yaml: antennas: needs a mapping" in capfd.readouterr().err
    written(file)
    assert node.trigger_configure() == DONE


def test_what_ros_itself_declares_is_no_typing_error(ros) -> None:
    others = {"qos_overrides./heading.publisher.depth": 5, "autostart": False, "use_sim_time": True}
    assert node_with(ros, **rig_parameters(PAIR), **others).trigger_configure() == DONE


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, "no antennas"),
        ({"config_file": "/nowhere/rig.yaml"}, "rig.yaml"),
        ({"config_file": 7}, "config_file"),
        (rig_parameters(PAIR, gnss__elevation_mask_deg=99.0), "gnss.elevation_mask_deg"),
        (rig_parameters(PAIR, gnss__elevation_mask_deg="high"), "gnss.elevation_mask_deg: needs a number"),
        (rig_parameters(PAIR, noise__code_m=-1.0), "noise.code_m: -1 is outside 0.01..20 m"),
        (rig_parameters(PAIR, filter__vehicle="tank"), "'tank' is no choice"),
        (rig_parameters(PAIR, gnss__systems=["G", "X"]), "gnss.systems"),
        (rig_parameters(PAIR, datum=[1.0, 2.0]), "datum"),
        (rig_parameters(PAIR, datum=[139.7, 35.6, 40.0]), "datum: latitude 139.7 is outside -90..90 deg; it comes before"),
        (rig_parameters(PAIR, datum=[35.6, 500.0, 40.0]), "datum: longitude 500 is outside"),
        (rig_parameters(PAIR, gnss__elevation_mask=35.0), "unknown parameter; did you mean 'gnss.elevation_mask_deg'?"),
        (rig_parameters(PAIR, fixing__failure_rte=1e-9), "failure_rte: unknown parameter; did you mean 'fixing.failure_rate'?"),
        (rig_parameters(PAIR, antennas__frnt__sigma_m=0.01), "did you mean 'antennas.front.sigma_m'?"),
        (rig_parameters(PAIR, xyzzy=1), "xyzzy: unknown parameter; `ros2 param list`"),
        (rig_parameters(PAIR, antennas__rear__input="telepathy"), "antennas.rear.input: 'telepathy' is no choice"),
        (rig_parameters(PAIR, lengths=["{between: [rear, left], length_m: 1.0}"]), "no antenna 'left'"),
        ({"antenna_names": ["rear", "front"]}, "neither antenna positions nor lengths"),
        ({"antenna_names": ["rear", "rear"]}, "antenna_names: 'rear' is given 2 times"),
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
    assert heard[0].header.stamp.sec > 1_700_000_000


def test_a_node_that_is_ended_while_it_compiles_is_not_configured(ros) -> None:
    node = ros.add(FusionNode(lambda: True, **ros.kwargs(**rig_parameters(PAIR, warm_up=True))))
    assert node.trigger_configure() != DONE
    assert node._session is None
