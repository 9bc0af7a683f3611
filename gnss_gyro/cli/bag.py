"""`gnss_gyro bag`: record, replay, convert, info."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from gnss_gyro.basics.errors import ConfigError, DataError
from gnss_gyro.cli import bag_record
from gnss_gyro.cli.arguments import Subparsers, by_name, existing, load_config_file, named_file, subcommand
from gnss_gyro.cli.replay import add_geometry_options, add_run_options
from gnss_gyro.cli.replay import run as run_replay

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gnss_gyro.cli.console import Screen
    from gnss_gyro.engine.config import EngineConfig
    from gnss_gyro.streams.bags.feeds import Feed
    from gnss_gyro.streams.bags.reading import Bag

_EXAMPLES = """\
  gnss_gyro bag record --config rig.yaml --output run
  gnss_gyro bag info run
  gnss_gyro bag replay run --config rig.yaml --output out

A bag is a folder of MCAP files with metadata.yaml, as ROS 2 (Humble and later) records and plays it. A receiver's data
are in it as its own bytes, std_msgs/UInt8MultiArray on /NAME/raw."""
_REPLAY_EXAMPLES = """\
  gnss_gyro bag replay run --config rig.yaml --output out
  # topics of other names, or of other drivers: ublox_gps (raw_data_stream), ublox_dgnss (the namespace of its topics)
  gnss_gyro bag replay run --length a-b=1.02 --antenna a=/gps_left/raw_data_stream --antenna b=/gps_right --output out

No ROS is needed. The same options, output folder and exit codes as those of gnss_gyro replay."""
_CONVERT_EXAMPLES = """\
  gnss_gyro bag convert rear.ubx front.ubx --output run               # topics /rear/raw and /front/raw
  gnss_gyro bag convert --antenna rear=a.ubx --antenna front=b.ubx --output run
  gnss_gyro bag convert run --output folder                            # folder/rear.ubx, folder/front.ubx

Messages of a bag made from recordings bear the time of measurement. Whole UBX and RTCM frames are kept, nothing else.
A bag that was not finished (kill -9, loss of power) is read as far as it goes."""
_INFO_EXAMPLES = """\
  gnss_gyro bag info run
  gnss_gyro bag info run/run_0.mcap --json"""


def add_parser(commands: Subparsers) -> argparse.ArgumentParser:
    """The group and its commands."""
    parser = subcommand(commands, "bag", "bags of ROS 2: record, replay, convert from and to .ubx, look into", _EXAMPLES)
    group = parser.add_subparsers(dest="bag_command", metavar="COMMAND", required=True)
    bag_record.add_parser(group)
    _add_replay(group)
    _add_convert(group)
    _add_info(group)
    return parser


def run(args: argparse.Namespace, screen: Screen) -> int:
    """Run the command of the group."""
    return int(args.run_bag(args, screen))


def _add_replay(group: Subparsers) -> None:
    parser = subcommand(group, "replay", "attitude and position from a bag, faster than real time", _REPLAY_EXAMPLES)
    parser.add_argument("bag", type=Path, metavar="BAG", help="folder, .mcap or .db3 file")
    add_geometry_options(parser)
    data = parser.add_argument_group("data")
    data.add_argument("--antenna", type=_named_topic, action="append", default=[], metavar="NAME=TOPIC",
                      help="topic of an antenna (repeatable; default: by the topics' names)")  # fmt: skip
    add_run_options(parser, data)
    parser.set_defaults(run_bag=_replay)


def _add_convert(group: Subparsers) -> None:
    parser = subcommand(group, "convert", "UBX recordings into a bag, or a bag into UBX recordings", _CONVERT_EXAMPLES)
    parser.add_argument("inputs", type=Path, nargs="*", metavar="INPUT", help="one bag, or recordings NAME.ubx")
    parser.add_argument("--antenna", type=named_file, action="append", default=[], metavar="NAME=FILE",
                        help="recording of an antenna of another name than the file's (repeatable)")  # fmt: skip
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="new bag, or folder for the .ubx files")
    parser.set_defaults(run_bag=_convert)


def _add_info(group: Subparsers) -> None:
    parser = subcommand(group, "info", "what is in a bag: topics, types, messages, epochs, rates, gaps, signals", _INFO_EXAMPLES)
    parser.add_argument("bag", type=Path, metavar="BAG", help="folder, .mcap or .db3 file")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.set_defaults(run_bag=_info)


def _replay(args: argparse.Namespace, screen: Screen) -> int:
    from gnss_gyro.streams.bags.address import BagAddress
    from gnss_gyro.streams.bags.feeds import feed_at
    from gnss_gyro.streams.bags.reading import open_bag

    bag = open_bag(args.bag)
    _warn_of_unfinished(bag, screen)
    feeds = {name: feed_at(bag, topic) for name, topic in by_name(args.antenna).items()} or _feeds_of_rig(args, bag, screen)
    args.antenna = [(name, BagAddress(args.bag, feed.address).as_path()) for name, feed in feeds.items()]
    return run_replay(args, screen)


def _feeds_of_rig(args: argparse.Namespace, bag: Bag, screen: Screen) -> Mapping[str, Feed]:
    """The bag's feeds on the topics that the rig names, or else with the names of its antennas."""
    from gnss_gyro.streams.bags.feeds import feeds_of, named_feeds

    config = load_config_file(args.config) if args.config else None
    wanted = set(config.names) if config else {name for a, b, _ in args.length or [] for name in (a, b)}
    if not wanted:
        return named_feeds(bag)
    found = _feeds_on_topics(config, bag) if config else {}
    if not found.keys() >= wanted:
        feeds = named_feeds(bag)
        found |= {name: feed for name, feed in feeds.items() if name in wanted - found.keys()}
        if not found:
            hint = f"say which with --antenna {min(wanted)}=TOPIC"
            raise ConfigError(f"{bag.path} has {', '.join(feeds)}, the rig {', '.join(sorted(wanted))}: {hint}")
    for feed in feeds_of(bag):
        if feed not in found.values():
            screen.warn(f"{feed.address} is no antenna of the rig: left out")
    return found


def _feeds_on_topics(config: EngineConfig, bag: Bag) -> dict[str, Feed]:
    """Feeds by antenna, of those whose topic with observations is in the bag."""
    from gnss_gyro.ros.routes import raw_topics
    from gnss_gyro.streams.bags.feeds import feed_at

    first = {name: next(iter(topics)) for name, topics in raw_topics(config).items()}
    return {name: feed_at(bag, topic) for name, topic in first.items() if topic in bag.topics}


def _convert(args: argparse.Namespace, screen: Screen) -> int:
    from gnss_gyro.streams.bags.metadata import is_bag
    from gnss_gyro.streams.bags.reading import open_bag

    bags = [path for path in args.inputs if is_bag(path)]
    if bags and (len(args.inputs) > 1 or args.antenna):
        raise ConfigError("give one bag, or recordings, not both")
    if bags:
        return _into_files(open_bag(bags[0]), args.output, screen)
    return _into_bag(args, screen)


def _into_files(bag: Bag, folder: Path, screen: Screen) -> int:
    from gnss_gyro.streams.bag_converting import write_ubx
    from gnss_gyro.streams.bags.feeds import named_feeds

    _warn_of_unfinished(bag, screen)
    feeds = named_feeds(bag)
    folder.mkdir(parents=True, exist_ok=True)
    for name, feed in feeds.items():
        path = folder / f"{name}.ubx"
        if path.exists():
            raise DataError(f"{path} exists already")
        screen.say(f"{path}: {write_ubx(bag, feed, path)} bytes of {feed.address}")
        for what, count in bag.counts.by_name.items():
            screen.warn(f"{feed.address}: {what}: {count}")
    return 0


def _into_bag(args: argparse.Namespace, screen: Screen) -> int:
    from gnss_gyro.protocols.messages import Counts
    from gnss_gyro.streams.bag_converting import write_bag
    from gnss_gyro.streams.opening import BROKEN_OFF

    files = by_name([*((_stem(path), path) for path in args.inputs), *args.antenna])
    if not files:
        raise ConfigError("nothing to convert: give a bag, or recordings")
    for path in files.values():
        existing(path)
    seen = {name: Counts() for name in files}
    for topic, count in write_bag(files, args.output, counts=seen).items():
        screen.say(f"{topic}: {count} messages")
    for name, counts in seen.items():
        if BROKEN_OFF in counts.by_name:
            screen.warn(f"{files[name]} breaks off: it is read as far as it goes")
    screen.say(f"bag in {args.output}")
    return 0


def _info(args: argparse.Namespace, screen: Screen) -> int:
    from gnss_gyro.cli.bag_info import account_of_bag, show

    account = account_of_bag(args.bag, screen)
    if args.json:
        from gnss_gyro.report.plain import json_text

        print(json_text(account), end="")
    else:
        show(account, screen)
    return 0


def _warn_of_unfinished(bag: Bag, screen: Screen) -> None:
    for name in bag.unfinished:
        screen.warn(f"{name} was never finished: it is read as far as it goes")


def _stem(path: Path) -> str:
    """Antenna of a recording: the file's name without its endings."""
    name = path.name.split(".", 1)[0]
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def _named_topic(text: str) -> tuple[str, str]:
    """NAME=TOPIC."""
    name, separator, topic = text.partition("=")
    if not (name and separator and topic):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=TOPIC")
    return name, topic if topic.startswith("/") else f"/{topic}"
