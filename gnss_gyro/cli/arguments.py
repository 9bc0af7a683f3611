"""Argument types shared by the commands, and how a configuration is put together from them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gnss_gyro.basics.errors import ConfigError, DataError
from gnss_gyro.basics.time import DAY_S, LAST_WEEK, GpsTime

if TYPE_CHECKING:
    from gnss_gyro.engine.config import EngineConfig

T = TypeVar("T")
Subparsers = Any
"""argparse gives the return type of add_subparsers no public name."""

TIME_HELP = "ISO date and time on the GPS scale, such as 2024-06-24T08:21:00; with a Z at its end it is UTC"


def subcommand(commands: Subparsers, name: str, help_line: str, examples: str) -> argparse.ArgumentParser:
    """A subcommand with examples below its help."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=help_line, description=help_line[0].upper() + help_line[1:] + ".", epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    return parser


def named_file(text: str) -> tuple[str, Path]:
    """NAME=FILE."""
    name, separator, path = text.partition("=")
    if not (name and separator and path):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FILE")
    return name, Path(path)


def named_length(text: str) -> tuple[str, str, float]:
    """NAME-NAME=METRES."""
    pair, _, metres = text.partition("=")
    first, _, second = pair.partition("-")
    try:
        value = float(metres)
    except ValueError:
        value = float("nan")
    if not (first and second and value >= 0.0):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME-NAME=METRES, such as rear-front=1.02")
    return first, second, value


def gps_time(text: str) -> GpsTime:
    """An ISO date and time: UTC with a Z at its end, else GPS time."""
    try:
        time = _iso_time(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no ISO date and time such as 2024-06-24T08:21:00") from error
    except OverflowError:  # a zone that leads out of the calendar
        time = GpsTime(-1)
    if not time.believable:
        last = GpsTime.from_week_tow(LAST_WEEK, 6.0 * DAY_S).calendar().date()
        raise argparse.ArgumentTypeError(f"{text!r} is not within GPS time, 1980-01-06 to {last}")
    return time


def _iso_time(text: str) -> GpsTime:
    moment = datetime.fromisoformat(text.removesuffix("Z").removesuffix("z"))
    if moment.tzinfo is not None:
        return GpsTime.from_utc(moment.astimezone(timezone.utc))
    if text[-1:] in "Zz":
        return GpsTime.from_utc(moment)
    seconds = moment.second + moment.microsecond / 1e6
    return GpsTime.from_calendar(moment.year, moment.month, moment.day, moment.hour, moment.minute, seconds)


def number(low: float, high: float) -> Callable[[str], float]:
    """A number within bounds."""

    def read(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not within {low:g} to {high:g}")
        return value

    read.__name__ = "number"
    return read


def add_engine_options(parser: argparse._ActionsContainer) -> None:
    """The options that overrule the configuration."""
    parser.add_argument("--systems", metavar="G,E,J,C,R", help="satellite systems to use: GPS, Galileo, QZSS, BeiDou, GLONASS")
    parser.add_argument("--elevation-mask", type=number(0.0, 80.0), metavar="DEG", help="lowest elevation of satellites")
    parser.add_argument(
        "--mode", choices=("epoch", "filter"), help="epoch: every epoch alone; filter (default): with what went before"
    )


def load_config_file(path: Path) -> EngineConfig:
    """The configuration in a YAML file. Raises ConfigError with the file's name."""
    from gnss_gyro.engine.config import load_config

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be opened: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is no YAML text") from error
    try:
        return load_config(text)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def config_of(args: argparse.Namespace, files: Mapping[str, Path]) -> EngineConfig:
    """The configuration in force: a file or lengths, overruled by single options. Raises ConfigError."""
    from gnss_gyro.engine.config import quick_config, with_overrides

    lengths = args.length or []
    if args.config and lengths:
        raise ConfigError("give --config or --length, not both: the file holds the geometry")
    if args.config:
        config = load_config_file(args.config)
    elif lengths or len(files) == 1:
        names = dict.fromkeys([*(name for a, b, _ in lengths for name in (a, b)), *files])
        config = quick_config(lengths, list(names))
    else:
        raise ConfigError("the geometry is missing: give --config rig.yaml, or --length NAME-NAME=METRES")
    return with_overrides(config, systems=args.systems, elevation_mask_deg=args.elevation_mask, mode=args.mode)


def by_name(pairs: Sequence[tuple[str, T]]) -> dict[str, T]:
    """Files, topics or places by antenna. Raises ConfigError for a name given twice."""
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"antenna {name!r} is given {names.count(name)} times")
    return dict(pairs)


def existing(path: Path) -> Path:
    """The same path. Raises DataError where there is no such file, nor such a bag (BAG or BAG:TOPIC)."""
    from gnss_gyro.streams.bags.address import bag_address

    if bag_address(path):
        return path
    if not path.exists():
        raise DataError(f"{path} does not exist")
    if path.is_dir():
        raise DataError(f"{path} is a folder, not a file")
    return path
