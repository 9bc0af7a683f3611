"""The RViz file names only topics and types that the fusion node publishes."""

from __future__ import annotations

import pytest
import yaml
from fusion_bench import PAIR, FusionBench, rig_parameters
from recordings import PROJECT

FILE = PROJECT / "rviz" / "gyro.rviz"
TYPE_OF_DISPLAY = {
    "rviz_default_plugins/MarkerArray": "visualization_msgs/msg/MarkerArray",
    "rviz_default_plugins/PoseWithCovariance": "geometry_msgs/msg/PoseWithCovarianceStamped",
    "rviz_default_plugins/Odometry": "nav_msgs/msg/Odometry",
    "rviz_default_plugins/Path": "nav_msgs/msg/Path",
}
WITHOUT_TOPIC = {"rviz_default_plugins/Grid", "rviz_default_plugins/TF"}


@pytest.fixture(scope="module")
def manager() -> dict:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))["Visualization Manager"]


def test_displays_show_what_is_published(ros, manager) -> None:
    bench = FusionBench(ros, **rig_parameters(PAIR)).start()
    with_topic = [display for display in manager["Displays"] if "Topic" in display]
    shown = {display["Topic"]["Value"]: TYPE_OF_DISPLAY[display["Class"]] for display in with_topic}
    assert shown
    published = lambda: dict(bench.peer.get_publisher_names_and_types_by_node("fusion", "/"))  # noqa: E731
    ros.spin_until(lambda: set(shown) <= set(published()))
    assert {topic: published().get(topic) for topic in shown} == {topic: [kind] for topic, kind in shown.items()}
    assert {display["Class"] for display in manager["Displays"] if "Topic" not in display} <= WITHOUT_TOPIC


def test_frames_are_the_defaults_of_the_node(ros, manager) -> None:
    node = FusionBench(ros, **rig_parameters(PAIR)).node
    assert manager["Global Options"]["Fixed Frame"] == node.get_parameter("map_frame").value
    assert manager["Views"]["Current"]["Target Frame"] == node.get_parameter("base_frame").value
