"""`gnss_gyro inspect`: what is in a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnss_gyro.basics.errors import DataError
from gnss_gyro.cli.arguments import Subparsers, existing, subcommand

if TYPE_CHECKING:
    from gnss_gyro.cli.console import Screen

_EXAMPLES = """\
  gnss_gyro inspect roof.ubx
  gnss_gyro inspect base.obs rover.obs.gz today.nav
  gnss_gyro inspect --json roof.ubx > roof.json"""
_KNOWN_ERROR = 1


def add_parser(commands: Subparsers) -> argparse.ArgumentParser:
    """The command's own arguments."""
    help_line = "what is in a file: messages, epochs, signals, gaps, C/N0, ephemerides"
    parser = subcommand(commands, "inspect", help_line, _EXAMPLES)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="UBX or RINEX, plain or packed")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser


def run(args: argparse.Namespace, screen: Screen) -> int:
    """Look into each file; a file that cannot be read does not hide the others."""
    accounts: list[dict[str, Any]] = []
    failed = False
    for path in args.files:
        try:
            accounts.append(account_of(path, screen))
        except DataError as error:
            failed = True
            screen.fail(str(error))
            continue
        if not args.json:
            from gnss_gyro.cli.inspect_tables import show

            show(accounts[-1], screen)
    if args.json:
        from gnss_gyro.report.plain import json_text

        print(json_text(accounts), end="")
    return _KNOWN_ERROR if failed else 0


def account_of(path: Path, screen: Screen) -> dict[str, Any]:
    """Everything that is told of a file. Raises DataError."""
    from gnss_gyro.basics.satellites import satellite_name
    from gnss_gyro.cli.sources import Source
    from gnss_gyro.protocols.messages import GlonassEphemeris, KeplerEphemeris
    from gnss_gyro.report.signal_statistics import SignalStatistics

    source, signals = Source(existing(path)), SignalStatistics()
    ephemerides: dict[str, int] = {}
    with screen.progress(path.name, source.epochs_expected) as advance:
        for message in source.messages():
            signals.see(message)
            if isinstance(message, (KeplerEphemeris, GlonassEphemeris)):
                name = satellite_name(message.satellite)
                ephemerides[name] = ephemerides.get(name, 0) + 1
            else:
                advance()
    return {**source.as_dict(), **signals.as_dict(), "ephemerides": dict(sorted(ephemerides.items()))}
