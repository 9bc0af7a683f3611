"""The launch files under a real `launch`, where that and the installed package are there (colcon test on a ROS machine)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from recordings import PROJECT

pytest.importorskip("launch_ros")
LIMIT_S = 90.0
START = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import EmitEvent, IncludeLaunchDescription, TimerAction
from launch.events import Shutdown
from launch.launch_description_sources import PythonLaunchDescriptionSource
path, stop_s, *given = sys.argv[1:]
included = IncludeLaunchDescription(PythonLaunchDescriptionSource(path), launch_arguments=[g.split(":=", 1) for g in given])
service = LaunchService()
end = TimerAction(period=float(stop_s), actions=[EmitEvent(event=Shutdown(reason="test over"))])
service.include_launch_description(LaunchDescription([included, end]))
sys.exit(service.run())
"""


@pytest.fixture(autouse=True)
def _installed() -> None:
    packages = pytest.importorskip("ament_index_python.packages")
    try:
        packages.get_package_prefix("gnss_gyro")
    except packages.PackageNotFoundError:
        pytest.skip("the package is not in the ament index: colcon build, then source install/setup.bash")


def launched(domain: int, name: str, stop_s: float, *arguments: str) -> str:
    """What a launch file printed until it was over."""
    done = subprocess.run(
        [sys.executable, "-c", START, str(PROJECT / "launch" / name), str(stop_s), *arguments], check=False, text=True,
        env={**os.environ, "ROS_DOMAIN_ID": str(domain)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_S,
    )  # fmt: skip
    assert "Traceback" not in done.stdout, done.stdout
    return done.stdout


def rig(folder: Path) -> Path:
    path = folder / "rig.yaml"
    form = "{}: {{position_m: [{}, 0, 0], source: 'tcp://127.0.0.1:{}'}}"
    antennas = [form.format(name, i, i + 8) for i, name in enumerate(("rear", "front"))]
    path.write_text(f"antennas: {{{', '.join(antennas)}}}\n")
    return path


def test_gyro_starts_a_driver_for_each_antenna_and_fusion(domain: int, tmp_path: Path) -> None:
    told = launched(domain, "gyro.launch.py", 8.0, f"rig:={rig(tmp_path)}")
    assert told.count("process started") == told.count("process has finished cleanly") == 3


def test_simulate_runs_to_its_end(domain: int) -> None:
    told = launched(domain, "simulate.launch.py", 60.0, "duration:=2", "delay:=5", "trajectory:=car")
    assert told.count("process started") == told.count("process has finished cleanly") == 6


def test_replay_plays_files(domain: int, tmp_path: Path) -> None:
    make = ["simulate", "--config", str(rig(tmp_path)), "--duration", "5", "--systems", "G", "--output", str(tmp_path)]
    subprocess.run([sys.executable, "-m", "gnss_gyro.cli.main", *make], check=True, stdout=subprocess.DEVNULL)
    files = ",".join(f"{name}={tmp_path / name}.ubx" for name in ("rear", "front"))
    told = launched(domain, "replay.launch.py", 12.0, f"rig:={rig(tmp_path)}", f"files:={files}")
    assert told.count("process started") == told.count("process has finished cleanly") == 4
