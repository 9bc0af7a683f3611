"""`gnss_gyro bag record`: the raw topics of a rig into a bag, live."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gnss_gyro.basics.errors import ConfigError, DataError
from gnss_gyro.cli.arguments import Subparsers, load_config_file, number, subcommand

if TYPE_CHECKING:
    from gnss_gyro.cli.console import Screen

_EXAMPLES = """\
  gnss_gyro bag record --config rig.yaml --output run
  gnss_gyro bag record --topics /rear/raw /front/raw /fusion/heading --output run --split-s 60
  gnss_gyro bag record --config rig.yaml --output run --duration 600

Needs rclpy: source /opt/ros/$ROS_DISTRO/setup.bash, or pip install 'gnss_gyro[ros]' where there is no /opt/ros. Ctrl-C ends it.
What was flushed (--flush-s) survives kill -9; every command of `gnss_gyro bag` reads a bag that was not finished.
A full disk does not end it: what comes meanwhile is lost and counted, and each 10 s it looks for room again.
exit codes: 0 done, 1 explained error, also that messages were lost, 2 usage, 3 not one message came"""
_NOTHING_CAME: Final = 3


def add_parser(group: Subparsers) -> None:
    """The command's own arguments."""
    parser = subcommand(group, "record", "record the raw topics of a rig, live", _EXAMPLES)
    parser.add_argument("--config", type=Path, metavar="rig.yaml", help="records the raw data of each of its antennas")
    parser.add_argument("--topics", nargs="+", default=[], metavar="TOPIC", help="these topics too, or instead; of any type")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the bag; new or empty")
    parser.add_argument("--split-s", type=number(1.0, 1e6), default=300.0, metavar="S", help="length of a file (default: 300)")
    parser.add_argument("--flush-s", type=number(0.05, 60.0), default=1.0, metavar="S",
                        help="how often all is written to the disk (default: 1)")  # fmt: skip
    parser.add_argument("--duration", type=number(0.1, 1e7), metavar="S", help="end after so long (default: at Ctrl-C)")
    parser.set_defaults(run_bag=run)


def run(args: argparse.Namespace, screen: Screen) -> int:
    """Record until the end; returns the exit code."""
    from gnss_gyro.ros.routes import raw_topics

    antennas = raw_topics(load_config_file(args.config)) if args.config else {}
    raw = {topic: kind for topics in antennas.values() for topic, kind in topics.items()}
    topics = [topic if topic.startswith("/") else f"/{topic}" for topic in args.topics]
    if not (raw or topics):
        raise ConfigError("nothing to record: give --config rig.yaml or --topics")
    try:
        import rclpy  # noqa: F401
    except ImportError as error:
        hint = "source /opt/ros/$ROS_DISTRO/setup.bash, or pip install 'gnss_gyro[ros]' where there is no /opt/ros"
        raise ConfigError(f"bag record needs rclpy, which cannot be imported ({error}): {hint}") from None
    from gnss_gyro.cli.bag_recorder import Rules, record

    rules = Rules(args.output, raw, topics, args.split_s, args.flush_s, args.duration)
    recorded = record(rules, screen)
    for line in recorded.lines():
        screen.say(line)
    for topic in topics:
        if topic not in recorded.counts:
            screen.warn(f"{topic}: nobody published")
    screen.say(f"bag in {args.output}")
    if complaint := recorded.complaint(args.output):
        raise DataError(complaint)
    return 0 if any(recorded.counts.values()) else _NOTHING_CAME
