"""No receivers at hand: simulated ones on pseudo-terminals, the real drivers, the fusion node.

ros2 launch gnss_gyro simulate.launch.py [rig:=rig.yaml] [trajectory:=tractor]
"""

import sys
import tempfile
from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, EmitEvent, ExecuteProcess, OpaqueFunction, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from gnss_gyro.config_defaults import example_text
from gnss_gyro.ros.rig_nodes import launch_words, read_rig, rig_nodes, with_sources


def start(context):
    """Receivers, which begin some seconds after their ports have appeared, then as for a real rig."""
    given = {name: LaunchConfiguration(name).perform(context) for name in ("rig", "trajectory", "rate", "duration", "delay")}
    folder = Path(tempfile.mkdtemp(prefix="gnss_gyro_ports_"))
    rig = Path(given["rig"]).expanduser() if given["rig"] else folder / "rig.yaml"
    if not given["rig"]:
        rig.write_text(example_text(), encoding="utf-8")
    config = read_rig(rig)
    words = [word for name in ("trajectory", "rate", "duration", "delay") for word in (f"--{name}", given[name])]
    receivers = ExecuteProcess(
        cmd=[sys.executable, "-m", "gnss_gyro.cli.main", "receivers", "--config", str(rig), "--folder", str(folder), *words],
        name="receivers", output="screen",
    )  # fmt: skip
    nodes = rig_nodes(with_sources(config, {name: f"serial:{folder / name}" for name in config.names}), rig)
    end = OnProcessExit(target_action=receivers, on_exit=[EmitEvent(event=Shutdown(reason="simulation over"))])
    return [receivers, RegisterEventHandler(end), *(Node(**launch_words(node)) for node in nodes)]


def generate_launch_description():
    """Arguments and nodes."""
    return LaunchDescription([
        DeclareLaunchArgument("rig", default_value="", description="rig YAML; '' = the demo's tractor"),
        DeclareLaunchArgument("trajectory", default_value="tractor", description="static, tractor, car, ship or drone"),
        DeclareLaunchArgument("rate", default_value="5.0", description="epochs a second"),
        DeclareLaunchArgument("duration", default_value="600.0", description="receiver seconds"),
        DeclareLaunchArgument("delay", default_value="30.0", description="seconds before the first epoch: fusion compiles"),
        OpaqueFunction(function=start),
    ])
