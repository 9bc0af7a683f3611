"""A rig live: `ros2 launch gnss_gyro gyro.launch.py rig:=/path/rig.yaml`; all sources stand in the rig file."""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from gnss_gyro.ros.rig_nodes import DriverRules, launch_words, read_rig, rig_nodes


def start(context):
    """One driver for each antenna that is ours to read, and the fusion node."""
    given = {name: LaunchConfiguration(name).perform(context) for name in ("rig", "params", "configure", "rate", "log")}
    rate_hz = float(given["rate"]) if given["rate"] else None
    rules = DriverRules(given["configure"].lower() == "true", rate_hz, given["log"])
    rig = Path(given["rig"]).expanduser()
    return [Node(**launch_words(node, given["params"])) for node in rig_nodes(read_rig(rig), rig, rules)]


def generate_launch_description():
    """Arguments and nodes."""
    return LaunchDescription([
        DeclareLaunchArgument("rig", description="rig YAML with a source for each antenna"),
        DeclareLaunchArgument("params", default_value="", description="ROS parameter file that overrules the rig"),
        DeclareLaunchArgument("configure", default_value="false", description="configure the receivers (in RAM)"),
        DeclareLaunchArgument("rate", default_value="", description="epochs a second to configure; '' = the driver's default"),
        DeclareLaunchArgument("log", default_value="", description="folder for raw .ubx logs; '' = none"),
        OpaqueFunction(function=start),
    ])
