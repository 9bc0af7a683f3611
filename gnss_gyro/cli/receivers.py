"""`gnss_gyro receivers`: simulated receivers on pseudo-terminals, live."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.cli.arguments import Subparsers, load_config_file, number, subcommand

if TYPE_CHECKING:
    from gnss_gyro.cli.console import Screen
    from gnss_gyro.engine.config import EngineConfig
    from gnss_gyro.simulation.scenario import Simulation

_EXAMPLES = """\
  # the demo's tractor: /tmp/gyro/front_left and so on are its serial ports, for ten minutes or until Ctrl-C
  gnss_gyro receivers --folder /tmp/gyro
  # the receivers of a rig on a ship, ten epochs a second; begin five seconds after the ports have appeared
  gnss_gyro receivers --config rig.yaml --trajectory ship --rate 10 --delay 5 --folder /tmp/gyro"""
_PLUGGED_S: Final = 3.0
"""How long the ports stay after the last epoch: drivers read it, and find nothing amiss."""
TRAJECTORIES: Final = ("static", "tractor", "car", "ship", "drone")


def add_parser(commands: Subparsers) -> argparse.ArgumentParser:
    """The command's own arguments."""
    parser = subcommand(commands, "receivers", "simulated receivers on pseudo-terminals, at receiver pace", _EXAMPLES)
    parser.add_argument("--folder", type=Path, required=True, metavar="DIR", help="where the ports appear, named as the antennas")
    parser.add_argument("--config", type=Path, metavar="rig.yaml", help="the rig (default: the demo's tractor)")
    parser.add_argument("--delay", type=number(0.0, 3600.0), default=0.0, metavar="S", help="from the ports to the first epoch")
    parser.add_argument("--on-enter", action="store_true", help="do not begin before a line comes on standard input")
    parser.add_argument("--speed", type=number(0.01, 100.0), default=1.0, metavar="X", help="receiver seconds per second")
    add_scenario_options(parser, duration_s=600.0)
    return parser


def add_scenario_options(parser: argparse._ActionsContainer, duration_s: float) -> None:
    """What is simulated."""
    parser.add_argument("--trajectory", choices=TRAJECTORIES, default="tractor", help="how the body moves (default: tractor)")
    parser.add_argument("--duration", type=number(1.0, 864_000.0), default=duration_s, metavar="S",
                        help=f"receiver seconds (default: {duration_s:g})")  # fmt: skip
    parser.add_argument("--rate", type=number(0.1, 50.0), default=5.0, metavar="HZ", help="epochs a second (default: 5)")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (default: 1)")


def run(args: argparse.Namespace, screen: Screen) -> int:
    """Open the ports, send, close them."""
    from gnss_gyro.cli.simulated_ports import SimulatedPorts, ahead
    from gnss_gyro.simulation.writers import UbxOptions, ubx_chunks

    end = threading.Event()
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, lambda *_: end.set())
    simulation = simulated_rig(_rig(args), args.trajectory, args.duration, args.rate, args.seed)
    ports = SimulatedPorts(args.folder, simulation.scenario.antennas.names)
    try:
        for name, source in ports.sources.items():
            screen.say(f"{name}: {source}")
        if args.on_enter and not sys.stdin.readline():
            return 0  # who should have said when is gone
        end.wait(args.delay)
        ports.play(ahead(ubx_chunks(simulation, UbxOptions(nav_pvt=True))), args.speed, end.is_set)
        screen.say("all was sent")
        end.wait(_PLUGGED_S)
    finally:
        ports.close()
    for name, count in ports.refused.items():
        if count:
            screen.warn(f"{name}: {count} epochs found nobody reading")
    return 0


def simulated_rig(config: EngineConfig, trajectory: str, duration_s: float, rate_hz: float, seed: int) -> Simulation:
    """Patch antennas and cheap receivers of a rig. Raises ConfigError where its geometry is unknown."""
    from gnss_gyro.simulation.scenario import Scenario, simulate

    array = config.array
    if array is None:
        raise ConfigError("the rig to simulate has neither positions nor lengths")
    given: dict[str, Any] = {"vehicle": trajectory, "duration_s": duration_s, "rate_hz": rate_hz, "seed": seed}
    return simulate(Scenario(antennas=array, systems=config.gnss.systems, **given))


def _rig(args: argparse.Namespace) -> EngineConfig:
    from gnss_gyro.config_defaults import example_text
    from gnss_gyro.engine.config import load_config

    return load_config_file(args.config) if args.config else load_config(example_text())
