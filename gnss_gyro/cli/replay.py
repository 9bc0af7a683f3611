"""`gnss_gyro replay`: recordings in, attitude and position out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gnss_gyro.cli.arguments import (
    TIME_HELP,
    Subparsers,
    add_engine_options,
    by_name,
    config_of,
    existing,
    gps_time,
    named_file,
    named_length,
    subcommand,
)

if TYPE_CHECKING:
    from gnss_gyro.cli.console import Screen

NOTHING_USED: Final = 3
_EXAMPLES = """\
  # a rig of two antennas known by their distance, RINEX (heading runs from the first named to the second)
  gnss_gyro replay --length rear-front=1.02 --antenna rear=rear.obs --antenna front=front.obs --nav today.nav --output out
  # a rig described in a file, u-blox recordings that hold their ephemerides
  gnss_gyro replay --config rig.yaml --antenna left=left.ubx --antenna right=right.ubx --output out
  # receivers in a bag of ROS 2 (all of them at once: gnss_gyro bag replay)
  gnss_gyro replay --length rear-front=1.02 --antenna rear=run:/rear/raw --antenna front=run:/front/raw --output out
  # one antenna alone: position and velocity only
  gnss_gyro replay --antenna roof=roof.ubx --output out --systems G,E --elevation-mask 15

output folder: solution.csv (a row an epoch), summary.json, report.html, config.yaml (in force, with versions and hashes),
satellites.npz (for drawing the report again)
exit codes: 0 done, 1 explained error, 2 usage, 3 not one epoch could be used"""


def add_parser(commands: Subparsers) -> argparse.ArgumentParser:
    """The command's own arguments."""
    parser = subcommand(commands, "replay", "attitude and position from recordings", _EXAMPLES)
    add_geometry_options(parser)
    data = parser.add_argument_group("data")
    data.add_argument(
        "--antenna", type=named_file, action="append", required=True, metavar="NAME=FILE",
        help="recording of an antenna: UBX or RINEX observations, also packed, or BAG:TOPIC (repeatable)",
    )  # fmt: skip
    add_run_options(parser, data)
    return parser


def add_geometry_options(parser: argparse.ArgumentParser) -> None:
    """Where the antennas are."""
    geometry = parser.add_argument_group("geometry (one of)")
    geometry.add_argument("--config", type=Path, metavar="rig.yaml", help="antennas, their positions or lengths, and options")
    geometry.add_argument(
        "--length", type=named_length, action="append", metavar="NAME-NAME=METRES",
        help="distance of two antennas (repeatable); the first name given is the reference antenna",
    )  # fmt: skip


def add_run_options(parser: argparse.ArgumentParser, data: argparse._ActionsContainer) -> None:
    """All the rest, the same for recordings of every kind."""
    data.add_argument(
        "--nav", type=Path, action="append", default=[], metavar="FILE",
        help="RINEX navigation file, or a UBX recording that holds ephemerides (repeatable)",
    )  # fmt: skip
    data.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the results; made if need be")
    options = parser.add_argument_group("options")
    add_engine_options(options)
    options.add_argument("--smooth", action="store_true", help="positions and velocities from what came before and after")
    options.add_argument("--start", type=gps_time, metavar="ISO", help=f"first epoch: {TIME_HELP}")
    options.add_argument("--end", type=gps_time, metavar="ISO", help="last epoch, likewise")
    options.add_argument("--truth", type=Path, metavar="FILE", help="truth.csv of a simulation, to compare with")
    options.add_argument("--no-report", action="store_true", help="leave out report.html")


def run(args: argparse.Namespace, screen: Screen) -> int:
    """Play the recordings; returns the exit code."""
    from gnss_gyro.cli.playback import Job, play
    from gnss_gyro.cli.sources import Window

    files = by_name(args.antenna)
    config = config_of(args, files)
    for path in [*files.values(), *args.nav, *([args.truth] if args.truth else [])]:
        existing(path)
    job = Job(
        config=config, antenna_files=files, nav_files=tuple(args.nav), output=args.output, window=Window(args.start, args.end),
        truth=args.truth, report=not args.no_report, smooth=args.smooth, command=args.command_line,
    )  # fmt: skip
    played = play(job, screen)
    if not played.usable_epochs:
        screen.fail(why_nothing(played.summary))
        return NOTHING_USED
    for line in headlines(played.summary):
        screen.say(line)
    screen.say(f"results in {args.output}")
    return 0


def headlines(summary: dict[str, Any]) -> list[str]:
    """The run in a few lines."""
    outcomes = ", ".join(f"{word} {count}" for word, count in summary["outcomes"].items())
    lines = [f"{summary['epochs']} epochs: {outcomes}"]
    heading, pitch = summary["attitude"]["heading_deg"], summary["attitude"]["pitch_deg"]
    if summary["accepted"]:
        lines.append(
            f"fixed {100.0 * summary['fix_rate']:.1f} %, first after {summary['time_to_first_fix_s']:g} s; mean sigma "
            f"heading {heading['mean_sigma']:.3f} deg, pitch {pitch['mean_sigma']:.3f} deg"
        )
    complaint = (summary["engine"].get("geometry") or {}).get("complaint")
    return [*lines, *([str(complaint)] if complaint else [])]


def why_nothing(summary: dict[str, Any]) -> str:
    """A sentence on why not one epoch could be used."""
    epochs = sum(antenna["epochs"] for antenna in summary["antennas"].values())
    outside = sum(antenna.get("epochs_outside_the_window", 0) for antenna in summary["antennas"].values())
    if not epochs and outside:
        return f"not one epoch could be used: all {outside} lie outside --start and --end"
    if not epochs:
        return "not one epoch could be used: the recordings hold no observations"
    if not summary["epochs"]:
        dropped = ", ".join(f"{name}: {count}" for name, count in summary["dropped"].items()) or "all were dropped"
        return f"not one of {epochs} epochs could be used ({dropped})"
    outcomes = ", ".join(f"{word} ({count})" for word, count in summary["outcomes"].items())
    hint = "; are the navigation data of the same day?" if "no ephemeris" in summary["outcomes"] else ""
    return f"not one of {summary['epochs']} epochs could be used: {outcomes}{hint}"
