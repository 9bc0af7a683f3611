"""From a rig to the nodes that launch files and `gnss_gyro up` start."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.config_defaults import example_names, example_text
from gnss_gyro.engine.config import load_config
from gnss_gyro.ros.options import InputKind
from gnss_gyro.ros.rig_nodes import (
    DriverRules,
    bag_files,
    launch_words,
    named_files,
    parameters_yaml,
    played_nodes,
    read_rig,
    rig_nodes,
    with_sources,
)
from gnss_gyro.ros.routes import Driven, Heard, input_parameters, parse_route

RIG = Path("/rigs/rig.yaml")


def rig(**sources: str):
    places = {name: {"position_m": [float(i), 0.0, 0.0], "source": source} for i, (name, source) in enumerate(sources.items())}
    return load_config(yaml.safe_dump({"antennas": places}, sort_keys=False))


@pytest.mark.parametrize(
    ("source", "route"),
    [
        ("/dev/ttyACM0", Driven("/dev/ttyACM0")),
        ("serial:/dev/ttyACM0@460800", Driven("serial:/dev/ttyACM0", 460_800)),
        ("/dev/ttyUSB1@115200", Driven("/dev/ttyUSB1", 115_200)),
        ("tcp://10.0.0.5:5000", Driven("tcp://10.0.0.5:5000")),
        ("udp://:5000", Driven("udp://:5000")),
        ("file:/logs/a@2.ubx", Driven("file:/logs/a@2.ubx")),
        ("/logs/front.ubx", Driven("file:/logs/front.ubx")),
        ("logs/run1:/front/raw", Driven("file:logs/run1:/front/raw")),
        ("topic:/gps/raw", Heard(InputKind.RAW, "/gps/raw")),
        ("ublox_gps:/front/raw_data_stream", Heard(InputKind.RAW_DATA_STREAM, "/front/raw_data_stream")),
        ("ublox_dgnss:/front", Heard(InputKind.UBLOX_DGNSS, "/front")),
    ],
)
def test_sources_are_routes(source, route) -> None:
    assert parse_route(source) == route


@pytest.mark.parametrize("source", ["tcp://10.0.0.5", "ublox_gps:front", "topic:", "udp://"])
def test_what_is_no_source_is_refused_with_the_antenna(source) -> None:
    with pytest.raises(ConfigError, match=r"antennas\.rear\.source"):
        rig_nodes(rig(rear=source, front="/dev/ttyACM1"), RIG)


def test_fusion_then_a_driver_for_each_antenna_of_ours() -> None:
    config = rig(rear="serial:/dev/ttyACM0@921600", front="tcp://h:1", left="ublox_dgnss:/left")
    fusion, rear, front = rig_nodes(config, RIG, DriverRules(configure=True, rate_hz=10, log_folder="/logs"))
    assert (fusion.executable, fusion.name, fusion.parameters["config_file"]) == ("fusion", "fusion", str(RIG))
    assert (rear.executable, rear.name, front.name) == ("antenna_driver", "rear", "front")
    assert dict(rear.parameters) == {
        "source": "serial:/dev/ttyACM0", "frame_id": "gnss_rear", "baud_rate": 921_600,
        "configure.enabled": True, "configure.rate_hz": 10.0, "log.folder": "/logs",
    }  # fmt: skip
    assert "baud_rate" not in front.parameters
    assert input_parameters(config) == {"antennas.left.input": "ublox_dgnss", "antennas.left.topic": "/left"}


def test_a_rig_without_any_source_starts_nothing() -> None:
    with pytest.raises(ConfigError, match="no antenna has a source"):
        rig_nodes(load_config(example_text("two_antennas")), RIG)


@pytest.mark.parametrize(("name", "reason"), [("1", "begins with a digit"), ("fusion", "the fusion node has this name")])
def test_a_driver_that_cannot_be_named_after_its_antenna_is_refused(name, reason) -> None:
    with pytest.raises(ConfigError, match=rf"/rigs/rig\.yaml: the driver of antenna '{name}' .*{reason}"):
        rig_nodes(rig(**{"rear": "/dev/ttyACM0", name: "/dev/ttyACM1"}), RIG)
    assert len(rig_nodes(rig(**{"rear": "/dev/ttyACM0", name: "topic:/gps/raw"}), RIG)) == 2


def test_other_sources_for_named_antennas_only() -> None:
    config = with_sources(rig(rear="/dev/a", front="/dev/b"), {"front": "udp://:1"})
    assert [antenna.source for antenna in config.antennas] == ["/dev/a", "udp://:1"]
    with pytest.raises(ConfigError, match="no antenna bow"):
        with_sources(config, {"bow": "/dev/c"})


def test_recordings_are_played_in_step(tmp_path) -> None:
    from gnss_gyro.cli.main import main

    make = ["simulate", "--antennas", "rear=0,0,0", "front=1,0,0", "--duration", "2", "--systems", "G", "--output", str(tmp_path)]
    assert main(make) == 0
    config = read_rig(tmp_path / "rig.yaml")
    files = {name: str(tmp_path / f"{name}.ubx") for name in config.names}
    _, rear, front = played_nodes(config, tmp_path / "rig.yaml", files, rate=2.0, now_unix_s=1e9)
    for name in ("playback.start_gps_s", "playback.start_unix_s", "playback.rate", "playback.wait_s"):
        assert rear.parameters[name] == front.parameters[name] > 0.0
    assert rear.parameters["source"] == f"file:{files['rear']}"


def test_files_by_antenna() -> None:
    assert named_files("rear=a.ubx, front=b=1.ubx") == {"rear": "a.ubx", "front": "b=1.ubx"}
    assert bag_files("run1", rig(rear="/dev/a", front="ublox_dgnss:/gps")) == {
        "rear": "run1:/rear/raw", "front": "run1:/gps/ubx_rxm_rawx",
    }  # fmt: skip
    with pytest.raises(ConfigError, match="NAME=FILE"):
        named_files("rear")
    with pytest.raises(ConfigError, match="names an antenna twice"):
        named_files("rear=a.ubx, rear=b.ubx")


def test_parameters_as_ros_reads_them() -> None:
    nodes = rig_nodes(rig(rear="/dev/a", front="/dev/b"), RIG, DriverRules(configure=True))
    read = yaml.safe_load(parameters_yaml(nodes))
    assert read["/rear"]["ros__parameters"]["configure"] == {"enabled": True}
    assert read["/fusion"]["ros__parameters"]["antennas"]["front"] == {"input": "raw", "topic": ""}
    words = launch_words(nodes[1], "", "more.yaml")
    assert (words["package"], words["executable"], words["parameters"][1:]) == ("gnss_gyro", "antenna_driver", ["more.yaml"])


@pytest.mark.parametrize("name", example_names())
def test_examples_with_sources_give_nodes(name) -> None:
    config = load_config(example_text(name))
    if any(antenna.source for antenna in config.antennas):
        assert rig_nodes(config, RIG)[0].executable == "fusion"
