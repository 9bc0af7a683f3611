"""`gnss_gyro warmup`: compiles everything once, so that no first epoch waits for it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from gnss_gyro.cli.arguments import Subparsers, subcommand

if TYPE_CHECKING:
    from gnss_gyro.cli.console import Screen
    from gnss_gyro.simulation.scenario import Scenario

_EXAMPLES = """\
  gnss_gyro warmup

The compiled code is kept beside the package, or where NUMBA_CACHE_DIR says; a user who may not write there gets a cache of
his own. It holds for this processor and these versions: run it again after an update."""
_ANTENNAS: Final = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.6, 0.0), (1.0, 0.6, 0.1))
_EPOCHS: Final = 12


def add_parser(commands: Subparsers) -> argparse.ArgumentParser:
    """The command's own arguments: none."""
    return subcommand(commands, "warmup", "compile everything now, so that the first epochs need not wait", _EXAMPLES)


def run(args: argparse.Namespace, screen: Screen) -> int:
    """Play short simulations through every path."""
    from gnss_gyro.models.warming import compile_ionosphere_models

    began = time.monotonic()
    screen.say("compiling; with an empty cache this takes a minute")
    with TemporaryDirectory() as name, screen.progress("compiling", len(list(_scenarios()))) as advance:
        for number, scenario in enumerate(_scenarios()):
            _play(scenario, Path(name) / str(number), args.command_line)
            advance()
    compile_ionosphere_models()
    screen.say(f"compiled, or found compiled, in {time.monotonic() - began:.1f} s")
    return 0


def _scenarios() -> Iterator[Scenario]:
    """One, two and four antennas under a good sky, and two under a poor one: few satellites, slips the receivers do not tell."""
    from gnss_gyro.attitude.array import AntennaArray
    from gnss_gyro.basics.satellites import System
    from gnss_gyro.simulation.errors import ErrorModel
    from gnss_gyro.simulation.scenario import Scenario

    def rig(count: int) -> AntennaArray:
        return AntennaArray.from_positions({f"a{i}": _ANTENNAS[i] for i in range(count)}, 0.003)

    systems = (System.GPS, System.GLONASS, System.GALILEO, System.QZSS, System.BEIDOU)
    for count in (1, 2, 4):
        yield Scenario(antennas=rig(count), systems=systems, duration_s=_EPOCHS, errors=ErrorModel.survey())
    poor = replace(ErrorModel.patch_antenna(), slip_rate_hz=0.1, silent_slips=0.5)
    yield Scenario(antennas=rig(2), systems=systems[:1], limits={System.GPS: 6}, duration_s=3 * _EPOCHS, errors=poor)


def _play(scenario: Scenario, folder: Path, command: str) -> None:
    """A scenario as UBX and as RINEX, in both modes."""
    from gnss_gyro.cli.console import Screen
    from gnss_gyro.cli.playback import Job, play
    from gnss_gyro.cli.simulated_files import NAVIGATION_FILE, write_rinex, write_ubx
    from gnss_gyro.engine.config import AntennaConfig, EngineConfig, Mode
    from gnss_gyro.simulation.scenario import simulate

    simulation, array = simulate(scenario), scenario.antennas
    quiet = Screen(silent=True)
    folder.mkdir()
    files = {mode: write(simulation, folder, quiet) for mode, write in ((Mode.FILTER, write_ubx), (Mode.EPOCH, write_rinex))}
    places = zip(array.names, array.position_body_m.tolist(), strict=True)
    config = EngineConfig(antennas=tuple(AntennaConfig(name, position_m=(x, y, z)) for name, (x, y, z) in places))
    config = replace(config, gnss=replace(config.gnss, systems=scenario.systems))
    for mode, recordings in files.items():
        navigation = () if mode is Mode.FILTER else (folder / NAVIGATION_FILE,)
        play(
            Job(
                config=replace(config, mode=mode), antenna_files=recordings, nav_files=navigation, output=folder / str(mode),
                report=False, command=command,
            ),
            quiet,
        )  # fmt: skip
