"""`gnss_gyro simulate`: recordings of a vehicle that never was, with its truth."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.cli.arguments import TIME_HELP, Subparsers, by_name, gps_time, load_config_file, number, subcommand
from gnss_gyro.cli.receivers import TRAJECTORIES

if TYPE_CHECKING:
    from gnss_gyro.cli.console import Screen
    from gnss_gyro.engine.config import EngineConfig
    from gnss_gyro.simulation.scenario import Scenario

_EXAMPLES = """\
  # the roof of a tractor: four antennas, two minutes of UBX recordings
  gnss_gyro simulate --output sim
  # two antennas on a ship, RINEX at 5 Hz, GPS and Galileo
  gnss_gyro simulate --trajectory ship --antennas stern=0,0,0 bow=2,0,0 --rate 5 --systems G,E --format rinex --output sim
  # the rig of a configuration file
  gnss_gyro simulate --config rig.yaml --duration 600 --seed 7 --output sim

output folder: a recording for each antenna, truth.csv, rig.yaml; the command that replays them is printed"""
_ERRORS = ("none", "patch", "survey")


def add_parser(commands: Subparsers) -> argparse.ArgumentParser:
    """The command's own arguments."""
    parser = subcommand(commands, "simulate", "recordings of a simulated vehicle, with the truth beside them", _EXAMPLES)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the files; made if need be")
    parser.add_argument("--trajectory", choices=TRAJECTORIES, default="tractor", help="how the body moves (default: tractor)")
    rig = parser.add_mutually_exclusive_group()
    rig.add_argument("--config", type=Path, metavar="rig.yaml", help="a rig with antenna positions")
    rig.add_argument(
        "--antennas", type=named_position, nargs="+", metavar="NAME=X,Y,Z",
        help="antennas in the body: x forward, y left, z up [m] (default: the corners of a tractor's roof)",
    )  # fmt: skip
    parser.add_argument("--duration", type=number(0.1, 864_000.0), default=120.0, metavar="S", help="seconds (default: 120)")
    parser.add_argument("--rate", type=number(1e-3, 100.0), default=1.0, metavar="HZ", help="epochs a second (default: 1)")
    parser.add_argument("--systems", default="G,E,J,C", metavar="G,E,J,C,R", help="satellite systems (default: G,E,J,C)")
    parser.add_argument("--errors", choices=_ERRORS, default="patch", help="noise, multipath, clocks... (default: patch)")
    parser.add_argument("--format", choices=("ubx", "rinex"), default="ubx", help="format of the recordings (default: ubx)")
    parser.add_argument("--start", type=gps_time, metavar="ISO", help=f"first epoch: {TIME_HELP}")
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default: 0)")
    return parser


def named_position(text: str) -> tuple[str, tuple[float, float, float]]:
    """NAME=X,Y,Z."""
    name, _, numbers = text.partition("=")
    try:
        x, y, z = (float(part) for part in numbers.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=X,Y,Z, such as rear=-0.5,0,0") from error
    return name, (x, y, z)


def run(args: argparse.Namespace, screen: Screen) -> int:
    """Simulate and write."""
    from gnss_gyro.cli.simulated_files import NAVIGATION_FILE, write_rinex, write_truth, write_ubx
    from gnss_gyro.engine.config_yaml import config_to_yaml
    from gnss_gyro.report.folder import TRUTH
    from gnss_gyro.simulation.scenario import simulate

    config = _rig(args)
    simulation = simulate(_scenario(args, config))
    args.output.mkdir(parents=True, exist_ok=True)
    files = (write_ubx if args.format == "ubx" else write_rinex)(simulation, args.output, screen)
    write_truth(simulation, args.output / TRUTH)
    rig = args.output / "rig.yaml"
    rig.write_text(config_to_yaml(config, f"made by: {args.command_line}"), encoding="utf-8")
    screen.say(f"{simulation.scenario.epochs} epochs of {len(files)} antennas in {args.output}; to replay them:")
    words = ["--config", str(rig), *(word for name, path in files.items() for word in ("--antenna", f"{name}={path}"))]
    words += [] if args.format == "ubx" else ["--nav", str(args.output / NAVIGATION_FILE)]
    words += ["--truth", str(args.output / TRUTH), "--output", str(args.output / "replay")]
    screen.say(shlex.join(["gnss_gyro", "replay", *words]))
    return 0


def _rig(args: argparse.Namespace) -> EngineConfig:
    """The rig to simulate, with the receivers and the motion that are simulated. Raises ConfigError."""
    from gnss_gyro.cli.simulated_files import MOTIONS, RECEIVERS
    from gnss_gyro.config_defaults import example_text
    from gnss_gyro.engine.config import config_from_dict, config_to_dict, load_config, with_overrides

    if args.config:
        config = load_config_file(args.config)
    elif args.antennas:
        places = by_name(args.antennas)
        config = config_from_dict({"antennas": {name: {"position_m": list(place)} for name, place in places.items()}})
    else:
        config = load_config(example_text())
    if config.array is None:
        raise ConfigError("the rig to simulate has neither positions nor lengths")
    changes = {"systems": args.systems, "vehicle": str(MOTIONS[args.trajectory])}
    values = config_to_dict(with_overrides(config, **changes))
    for antenna in values["antennas"].values():
        antenna["receiver"] = str(RECEIVERS[args.errors])
    return config_from_dict(values)


def _scenario(args: argparse.Namespace, config: EngineConfig) -> Scenario:
    from gnss_gyro.simulation.errors import PRESETS
    from gnss_gyro.simulation.scenario import Scenario

    array = config.array
    if array is None:
        raise ConfigError("the rig to simulate has neither positions nor lengths")
    scenario = Scenario(
        vehicle=args.trajectory, duration_s=args.duration, rate_hz=args.rate, antennas=array, systems=config.gnss.systems,
        errors=PRESETS[args.errors](), seed=args.seed, **({"start": args.start} if args.start else {}),
    )  # fmt: skip
    return scenario
