"""`gnss_gyro survey`: where the antennas sit on the body, from a log, as a configuration file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gnss_gyro.cli.arguments import (
    TIME_HELP,
    Subparsers,
    by_name,
    existing,
    gps_time,
    load_config_file,
    named_file,
    named_length,
    number,
    subcommand,
)

if TYPE_CHECKING:
    from gnss_gyro.cli.console import Screen
    from gnss_gyro.engine.config import EngineConfig
    from gnss_gyro.engine.survey_result import SurveyResult

_EXAMPLES = """\
  # three antennas; x points from a to b
  gnss_gyro survey --antenna a=a.ubx --antenna b=b.ubx --antenna c=c.ubx --forward a-b --output rig.yaml
  # RINEX, a rough length by tape measure, x the way the vehicle drives
  gnss_gyro survey --antenna a=a.obs --antenna b=b.obs --nav today.nav --length a-b=1.0 --forward course --output rig.yaml

exit codes: 0 done, 1 explained error, 2 usage, 3 no positions could be found"""
_NOTHING_FOUND: Final = 3


def add_parser(commands: Subparsers) -> argparse.ArgumentParser:
    """The command's own arguments."""
    parser = subcommand(commands, "survey", "antenna positions on the body from a log, as a configuration file", _EXAMPLES)
    parser.add_argument("--antenna", type=named_file, action="append", required=True, metavar="NAME=FILE",
                        help="recording of an antenna (repeatable); the first is the reference")  # fmt: skip
    parser.add_argument("--nav", type=Path, action="append", default=[], metavar="FILE", help="ephemerides (repeatable)")
    parser.add_argument("--output", type=Path, required=True, metavar="rig.yaml", help="configuration file to write")
    parser.add_argument("--config", type=Path, metavar="FILE", help="options, and rough positions or lengths")
    parser.add_argument("--length", type=named_length, action="append", default=[], metavar="NAME-NAME=METRES",
                        help="rough distance by tape measure (repeatable)")  # fmt: skip
    parser.add_argument("--forward", type=_forward, metavar="NAME-NAME|course",
                        help="where x points: to another antenna (default: first to second), or the way it drives")  # fmt: skip
    parser.add_argument("--systems", metavar="G,E,J,C,R", help="satellite systems to use")
    parser.add_argument("--elevation-mask", type=number(0.0, 80.0), metavar="DEG", help="lowest elevation of satellites")
    parser.add_argument("--start", type=gps_time, metavar="ISO", help=f"first epoch: {TIME_HELP}")
    parser.add_argument("--end", type=gps_time, metavar="ISO", help="last epoch, likewise")
    return parser


def run(args: argparse.Namespace, screen: Screen) -> int:
    """Survey, print, write."""
    from gnss_gyro.cli.inputs import open_inputs
    from gnss_gyro.cli.provenance import config_header
    from gnss_gyro.cli.sources import Window
    from gnss_gyro.engine.config_yaml import config_to_yaml
    from gnss_gyro.engine.survey import TAPE_SIGMA_M, Surveyor

    files = by_name(args.antenna)
    for path in [*files.values(), *args.nav]:
        existing(path)
    config = _config(args, list(files))
    rough = {(a, b): (metres, TAPE_SIGMA_M) for a, b, metres in args.length}
    surveyor = Surveyor(config, args.forward, rough)
    inputs = open_inputs(config.names, files, args.nav, Window(args.start, args.end))
    with screen.progress("epochs", inputs.epochs_expected) as advance:
        for name, message in inputs.messages(surveyor):
            advance(surveyor.feed(name, message))
        surveyor.flush()
    result = surveyor.result()
    for warning in (*inputs.warnings, *inputs.navigation_warnings(), *result.warnings):
        screen.warn(warning)
    if result.config is None:
        if result.lengths:
            _print(result, screen)
        screen.fail(f"no configuration: {result.outcome} in {result.epochs} epochs. {result.detail}".rstrip(". ") + ".")
        return _NOTHING_FOUND
    header = config_header(args.command_line, inputs.sha256_by_file)
    args.output.write_text(config_to_yaml(result.config, header), encoding="utf-8")
    _print(result, screen)
    screen.say(f"{args.output} written")
    return 0


def _config(args: argparse.Namespace, names: list[str]) -> EngineConfig:
    from gnss_gyro.engine.config import quick_config, with_overrides

    config = load_config_file(args.config) if args.config else quick_config(antennas=names)
    return with_overrides(config, systems=args.systems, elevation_mask_deg=args.elevation_mask)


def _forward(text: str) -> tuple[str, str] | str:
    if text == "course":
        return text
    first, _, second = text.partition("-")
    if not (first and second):
        raise argparse.ArgumentTypeError(f"{text!r} is neither NAME-NAME nor 'course'")
    return first, second


def _print(result: SurveyResult, screen: Screen) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("antenna", "x [m]", "y [m]", "z [m]", "sigma [mm]"):
        table.add_column(escape(name), justify="left" if name == "antenna" else "right")
    for name, place, sigma in zip(result.names, result.position_body_m, result.sigma_m, strict=True):
        sigmas = " ".join(f"{1e3 * value:.1f}" for value in sigma)
        table.add_row(name, *(f"{round(float(value), 4) + 0.0:.4f}" for value in place), sigmas)
    screen.out.print(table)
    for length in result.lengths:
        a, b = length.pair
        screen.say(f"{a}-{b}: {length.length_m:.4f} m, sigma {1e3 * length.sigma_m:.1f} mm")
    screen.say(f"{result.outcome}, {result.used_epochs} of {result.epochs} epochs. {result.detail} {result.assumed}".rstrip())
