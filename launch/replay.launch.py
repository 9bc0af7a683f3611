"""Recordings as if they were live, with /clock: the bag of a rig, or .ubx files by antenna.

ros2 launch gnss_gyro replay.launch.py rig:=rig.yaml bag:=run1
ros2 launch gnss_gyro replay.launch.py rig:=rig.yaml files:=rear=rear.ubx,front=front.ubx rate:=2.0
"""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from gnss_gyro.ros.rig_nodes import bag_files, launch_words, named_files, played_nodes, read_rig


def start(context):
    """Players instead of receivers, all in step, the fusion node, and a clock."""
    given = {name: LaunchConfiguration(name).perform(context) for name in ("rig", "params", "bag", "files", "rate")}
    rig = Path(given["rig"]).expanduser()
    config = read_rig(rig)
    files = bag_files(given["bag"], config) if given["bag"] else named_files(given["files"])
    nodes = played_nodes(config, rig, files, float(given["rate"]))
    clock = Node(package="gnss_gyro", executable="replay_clock", parameters=[{"topic": f"{config.names[0]}/raw"}])
    return [clock, *(Node(**launch_words(node, {"use_sim_time": True}, given["params"])) for node in nodes)]


def generate_launch_description():
    """Arguments and nodes."""
    return LaunchDescription([
        DeclareLaunchArgument("rig", description="rig YAML"),
        DeclareLaunchArgument("params", default_value="", description="ROS parameter file that overrules the rig"),
        DeclareLaunchArgument("bag", default_value="", description="bag with the raw data of each antenna"),
        DeclareLaunchArgument("files", default_value="", description="instead: NAME=FILE.ubx,NAME=FILE.ubx"),
        DeclareLaunchArgument("rate", default_value="1.0", description="receiver seconds per second"),
        OpaqueFunction(function=start),
    ])
