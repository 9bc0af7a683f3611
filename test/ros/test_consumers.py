"""Example configurations of consumers name only topics and types that the fusion node publishes."""

from __future__ import annotations

import re

import pytest
import yaml
from fusion_bench import PAIR, FusionBench, rig_parameters
from recordings import PROJECT

TYPE_OF_INPUT = {
    "odom": "nav_msgs/msg/Odometry",
    "pose": "geometry_msgs/msg/PoseWithCovarianceStamped",
    "twist": "geometry_msgs/msg/TwistWithCovarianceStamped",
    "imu": "sensor_msgs/msg/Imu",
}
STATES = 15
CONFIG = PROJECT / "config" / "robot_localization.yaml"


@pytest.fixture(scope="module")
def consumers() -> dict:
    return yaml.safe_load(CONFIG.read_text(encoding="utf-8"))


def test_robot_localization_takes_what_is_published(ros, consumers) -> None:
    wanted = consumers["ekf_filter_node"]["ros__parameters"]
    inputs = {name: topic for name, topic in wanted.items() if re.fullmatch(r"(odom|pose|twist|imu)\d", name)}
    assert inputs
    bench = FusionBench(ros, **rig_parameters(PAIR)).start()
    published = lambda: dict(bench.peer.get_publisher_names_and_types_by_node("fusion", "/"))  # noqa: E731
    ros.spin_until(lambda: set(inputs.values()) <= set(published()))
    for name, topic in inputs.items():
        assert published().get(topic) == [TYPE_OF_INPUT[name[:-1]]]
        switches = wanted[f"{name}_config"]
        assert len(switches) == STATES
        assert {type(switch) for switch in switches} == {bool}


def test_frames_are_ours_and_only_one_broadcasts_them(ros, consumers) -> None:
    node = FusionBench(ros, **rig_parameters(PAIR)).node
    wanted = consumers["ekf_filter_node"]["ros__parameters"]
    assert wanted["map_frame"] == wanted["world_frame"] == node.get_parameter("map_frame").value
    assert wanted["base_link_frame"] == node.get_parameter("base_frame").value
    for name in consumers["/fusion"]["ros__parameters"]:
        assert node.has_parameter(name)
    assert not (wanted["publish_tf"] and consumers["/fusion"]["ros__parameters"]["publish_tf"])
