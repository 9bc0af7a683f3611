"""`gnss_gyro demo`: a simulated tractor with four antennas: live through ROS, then through the engine against its truth."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.cli.arguments import Subparsers, number, subcommand

if TYPE_CHECKING:
    from gnss_gyro.cli.console import Screen

_EXAMPLES = """\
  gnss_gyro demo
  gnss_gyro demo --output /tmp/demo --seed 3 --duration 300"""
_RATE_HZ: Final = 5.0
_LIVE_S: Final = 25.0
_NOTHING_USED: Final = 3


def add_parser(commands: Subparsers) -> argparse.ArgumentParser:
    """The command's own arguments."""
    help_line = "a simulated tractor with four L1 antennas: live through ROS, then two minutes against the truth"
    parser = subcommand(commands, "demo", help_line, _EXAMPLES)
    parser.add_argument("--output", type=Path, default=Path("demo_output"), metavar="DIR", help="default: demo_output")
    parser.add_argument("--duration", type=number(1.0, 86_400.0), default=120.0, metavar="S", help="seconds (default: 120)")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (default: 1)")
    parser.add_argument("--live-s", type=number(0.0, 3600.0), default=_LIVE_S, metavar="S",
                        help=f"seconds live through ROS, where there is rclpy; 0 = none (default: {_LIVE_S:g})")  # fmt: skip
    return parser


def run(args: argparse.Namespace, screen: Screen) -> int:
    """Drive and record live, then simulate, play, compare."""
    if args.live_s:
        _live(args, screen)
    return _compare(args, screen)


def _live(args: argparse.Namespace, screen: Screen) -> None:
    """Receivers on pseudo-terminals, drivers, fusion, a bag; and the bag through the engine into a report."""
    from gnss_gyro.cli.up import require_rclpy

    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    try:
        require_rclpy("the live part")
    except ConfigError as error:
        screen.say(f"{error}\nThe engine runs alone.")
        return
    from gnss_gyro.cli.live_rig import LiveRules, run_live

    folder = args.output / "live"
    bag = folder / "bag"
    _clear_bag(bag)
    screen.say(f"Live: four simulated receivers on pseudo-terminals, four drivers, fusion, {args.live_s:g} s in real time")
    live = run_live(LiveRules(record=bag, simulate="tractor", rate_hz=_RATE_HZ, duration_s=args.live_s, seed=args.seed), screen)
    if live.interrupted:
        raise KeyboardInterrupt
    _report_bag(bag, live.recorded.counts, args, screen)


def _report_bag(bag: Path, recorded: Mapping[str, int], args: argparse.Namespace, screen: Screen) -> None:
    from gnss_gyro.cli.playback import Job, play
    from gnss_gyro.config_defaults import example_text
    from gnss_gyro.engine.config import load_config
    from gnss_gyro.report.folder import REPORT
    from gnss_gyro.streams.bag_converting import raw_topic
    from gnss_gyro.streams.bags.address import BagAddress

    config = load_config(example_text())
    files = {name: BagAddress(bag, raw_topic(name)).as_path() for name in config.names}
    summary = play(Job(config=config, antenna_files=files, output=bag.parent, command=args.command_line), screen).summary
    published = f"{recorded.get('/fix', 0)} epochs published live, {recorded.get('/heading', 0)} headings"
    screen.say(f"{published}; the bag replayed: {summary['epochs']} epochs, {summary['accepted']} fixed")
    screen.say(f"bag: {bag}; report: {bag.parent / REPORT}\n")


def _clear_bag(folder: Path) -> None:
    """Remove the bag of an earlier demo, and nothing else."""
    from gnss_gyro.streams.bags.metadata import is_bag

    if folder.is_dir() and is_bag(folder):
        shutil.rmtree(folder)


def _compare(args: argparse.Namespace, screen: Screen) -> int:
    """Simulate, play, compare."""
    from gnss_gyro.cli.playback import Job, play
    from gnss_gyro.cli.simulated_files import write_truth, write_ubx
    from gnss_gyro.config_defaults import example_text
    from gnss_gyro.engine.config import load_config
    from gnss_gyro.report.folder import REPORT, TRUTH
    from gnss_gyro.simulation.scenario import Scenario, simulate

    config = load_config(example_text())
    assert config.array is not None, "the example has positions"
    scenario = Scenario(
        antennas=config.array, systems=config.gnss.systems, duration_s=args.duration, rate_hz=_RATE_HZ, seed=args.seed
    )
    simulation = simulate(scenario)
    args.output.mkdir(parents=True, exist_ok=True)
    files = write_ubx(simulation, args.output, screen)
    write_truth(simulation, args.output / TRUTH)
    job = Job(config=config, antenna_files=files, output=args.output, truth=args.output / TRUTH, command=args.command_line)
    summary = play(job, screen).summary
    screen.out.print(_table(summary))
    screen.say(f"report: {args.output / REPORT}")
    return 0 if summary["accepted"] else _NOTHING_USED


def _table(summary: dict[str, Any]) -> Any:
    from rich.table import Table

    truth = summary["truth"]
    position = truth["position"]
    table = Table(title="Simulated tractor, four L1 antennas on 1.0 m x 0.6 m", title_justify="left", show_header=False)
    for name, value in {
        "epochs": f"{summary['epochs']} (every {summary['interval_s']:g} s)",
        "fix rate": f"{100.0 * summary['fix_rate']:.1f} %",
        "time to first fix": f"{summary['time_to_first_fix_s']:.1f} s",
        "wrong fixes": f"{truth['wrong_fixes']} of {summary['accepted']}",
        "heading error, RMS": f"{truth['rms_deg']['heading_deg']:.3f} deg",
        "pitch error, RMS": f"{truth['rms_deg']['pitch_deg']:.3f} deg",
        "roll error, RMS": f"{truth['rms_deg']['roll_deg']:.3f} deg",
        "worst antenna vector": f"{1e3 * truth['worst_vector_error_m']:.1f} mm",
        "position error, RMS": f"{_length(position, 'rms_{}_m', 'en'):.2f} m horizontal, {position['rms_up_m']:.2f} m vertical",
        "velocity error, RMS": f"{100.0 * _length(position, 'velocity_rms_{}_mps', 'enu'):.1f} cm/s",
        "satellites": f"{summary['satellites_mean']:.1f}",
        "speed": f"{summary['run']['epochs_per_second']} epochs a second",
    }.items():
        table.add_row(name, value)
    return table


def _length(figures: dict[str, Any], key: str, axes: str) -> float:
    """Root of the sum of squares of a figure over some axes, by their first letters."""
    return float(sum(figures[key.format(name)] ** 2 for name in ("east", "north", "up") if name[0] in axes) ** 0.5)
