"""TF for real where tf2_msgs is installed; a warning and all else where it is not."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from fusion_bench import PAIR, TRIPLE, FusionBench, epochs_of, rig_parameters, still
from rclpy.qos import DurabilityPolicy, QoSProfile

from gnss_gyro.basics.rotations import rotation_from_quaternion

HAS_TF2 = find_spec("tf2_msgs") is not None
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
with_tf2 = pytest.mark.skipif(not HAS_TF2, reason="tf2_msgs is not installed (it comes with a ROS distribution)")


def yaw_of(q) -> float:
    r = rotation_from_quaternion(np.array([q.x, q.y, q.z, q.w]))
    return float(np.degrees(np.arctan2(r[1, 0], r[0, 0])))


@with_tf2
@pytest.mark.parametrize(("heading_deg", "yaw_deg"), [(90.0, 0.0), (0.0, 90.0), (270.0, 180.0), (180.0, -90.0)])
def test_yaw_of_base_link_in_the_map(ros, heading_deg, yaw_deg) -> None:
    from tf2_msgs.msg import TFMessage

    bench = FusionBench(ros, **rig_parameters(PAIR)).start()
    bench.listen("/tf", TFMessage)
    bench.feed(epochs_of(PAIR, still(np.radians(heading_deg)), 10.0))
    pose = bench.hear("pose", 1)[-1]
    transform = bench.hear("/tf", 1)[-1].transforms[0]
    assert (transform.header.frame_id, transform.child_frame_id) == ("map", "base_link")
    assert abs((yaw_of(transform.transform.rotation) - yaw_deg + 180.0) % 360.0 - 180.0) < 0.5
    assert transform.transform.rotation == pose.pose.pose.orientation
    assert transform.transform.translation.x == pose.pose.pose.position.x


@with_tf2
def test_antennas_are_static_frames_for_late_listeners_too(ros) -> None:
    from tf2_msgs.msg import TFMessage

    bench = FusionBench(ros, **rig_parameters(TRIPLE)).start()
    ros.spin(0.2)
    bench.listen("/tf_static", TFMessage, LATCHED)
    found = {t.child_frame_id: t for t in bench.hear("/tf_static", 1)[-1].transforms}
    assert set(found) == {"gnss_rear", "gnss_front", "gnss_left"}
    for name, place in TRIPLE.items():
        translation = found[f"gnss_{name}"].transform.translation
        assert (translation.x, translation.y, translation.z) == place
        assert found[f"gnss_{name}"].header.frame_id == "base_link"


@with_tf2
def test_tf_can_be_left_to_another_node(ros) -> None:
    from tf2_msgs.msg import TFMessage

    bench = FusionBench(ros, **rig_parameters(PAIR, publish_tf=False)).start()
    bench.listen("/tf", TFMessage)
    bench.feed(epochs_of(PAIR, still(1.0), 10.0))
    bench.hear("pose", 1)
    ros.spin(0.2)
    assert bench.heard["/tf"] == []


@pytest.mark.skipif(HAS_TF2, reason="tf2_msgs is installed")
def test_without_tf2_msgs_it_is_said_once_and_poses_go_out(ros, capfd) -> None:
    bench = FusionBench(ros, **rig_parameters(PAIR)).start().feed(epochs_of(PAIR, still(1.0), 10.0))
    assert bench.hear("pose", 1)
    assert capfd.readouterr().err.count("tf2_msgs is not installed") == 1
