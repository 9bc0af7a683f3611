"""`gnss_gyro up`: all nodes of a rig in one process."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from gnss_gyro.basics.errors import ConfigError, DataError
from gnss_gyro.cli.arguments import Subparsers, existing, number, subcommand
from gnss_gyro.cli.receivers import TRAJECTORIES

if TYPE_CHECKING:
    from gnss_gyro.cli.console import Screen

_EXAMPLES = """\
  # antennas with a source each, such as source: /dev/ttyACM0 or serial:/dev/ttyUSB0@460800 or tcp://10.0.0.5:5000
  gnss_gyro up rig.yaml
  # receivers configured for raw data at 10 Hz, everything recorded
  gnss_gyro up rig.yaml --configure --rate 10 --record run1
  # no receivers at hand: the demo's tractor on pseudo-terminals, read by the real drivers
  gnss_gyro up --simulate tractor

The same nodes, names and parameters as `ros2 launch gnss_gyro gyro.launch.py`. Needs rclpy: source
/opt/ros/$ROS_DISTRO/setup.bash, or pip install 'gnss_gyro[ros]' where there is no /opt/ros. Ctrl-C ends it."""


def add_parser(commands: Subparsers) -> argparse.ArgumentParser:
    """The command's own arguments."""
    help_line = "run a rig live: a driver for each antenna and the fusion node, in one process"
    parser = subcommand(commands, "up", help_line, _EXAMPLES)
    parser.add_argument("rig", type=Path, nargs="?", metavar="rig.yaml", help="the rig; with --simulate the demo's by default")
    parser.add_argument("--params", type=Path, action="append", default=[], metavar="FILE", help="ROS parameter file; repeatable")
    parser.add_argument("--configure", action="store_true", help="configure the receivers (in RAM) when a link opens")
    parser.add_argument("--rate", type=number(0.1, 50.0), metavar="HZ", help="epochs a second, to configure or to simulate")
    parser.add_argument("--log", type=Path, metavar="DIR", help="raw .ubx logs of all receivers")
    parser.add_argument("--record", type=Path, metavar="DIR", help="a bag of raw topics and results; new or empty")
    parser.add_argument("--simulate", choices=TRAJECTORIES, help="simulated receivers on pseudo-terminals")
    parser.add_argument("--duration", type=number(0.1, 1e7), metavar="S", help="end after so long (default: at Ctrl-C)")
    parser.add_argument("--seed", type=int, default=1, help="of everything random with --simulate (default: 1)")
    return parser


def run(args: argparse.Namespace, screen: Screen) -> int:
    """Start the nodes and wait for the end."""
    if args.rig is None and not args.simulate:
        raise ConfigError("which rig? give rig.yaml, or --simulate tractor for a try")
    for file in args.params:
        existing(file)
    require_rclpy("up")
    from gnss_gyro.cli.live_rig import LiveRules, run_live
    from gnss_gyro.ros.rig_nodes import DriverRules

    rules = LiveRules(
        rig=args.rig, drivers=DriverRules(args.configure, args.rate, str(args.log or "")), parameter_files=tuple(args.params),
        record=args.record, simulate=args.simulate, rate_hz=args.rate or 5.0, duration_s=args.duration, seed=args.seed,
    )  # fmt: skip
    live = run_live(rules, screen)
    if args.record:
        for line in live.recorded.lines():
            screen.detail(line)
        screen.say(f"bag in {args.record}")
        if complaint := live.recorded.complaint(args.record):
            raise DataError(complaint)
    return 0


def require_rclpy(command: str) -> None:
    """Raises ConfigError, with what to do, where rclpy cannot be imported."""
    try:
        import rclpy  # noqa: F401
    except ImportError as error:
        hint = "source /opt/ros/$ROS_DISTRO/setup.bash, or pip install 'gnss_gyro[ros]' where there is no /opt/ros"
        raise ConfigError(f"{command} needs rclpy, which cannot be imported ({error}): {hint}") from None
