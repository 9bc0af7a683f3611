"""The command `gnss_gyro`: finds the subcommand, turns expected errors into one line and an exit code."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from typing import Final

from gnss_gyro import __version__
from gnss_gyro.basics.errors import ConfigError, DataError
from gnss_gyro.cli import bag, demo, inspect, receivers, replay, report, simulate, survey, up, warmup
from gnss_gyro.cli.console import Screen

OK, KNOWN_ERROR, USAGE, NOTHING_USED, INTERRUPTED = 0, 1, 2, 3, 130
COMMANDS: Final = (replay, inspect, survey, simulate, report, demo, bag, up, receivers, warmup)
_EPILOG: Final = """\
exit codes: 0 done, 1 an error that is explained in a line, 2 wrong usage, 3 not one epoch could be used
`gnss_gyro COMMAND --help` explains a command with examples."""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="gnss_gyro",
        description="Heading, pitch, roll and position of a vehicle from the raw observations of several GNSS antennas.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"gnss_gyro {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = command.add_parser(commands)
        sub.add_argument("-v", "--verbose", action="store_true", help="say more on standard error")
        sub.set_defaults(run=command.run)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    try:
        args = parser().parse_args(argv)
    except SystemExit as done:  # argparse has said why
        return int(done.code or 0)
    args.command_line = shlex.join(["gnss_gyro", *(sys.argv[1:] if argv is None else argv)])
    screen = Screen(args.verbose)
    try:
        return int(args.run(args, screen))
    except (ConfigError, DataError) as error:
        screen.fail(str(error))
        return KNOWN_ERROR
    except OSError as error:
        screen.fail(f"{error.filename or 'a file'}: {error.strerror or error}")
        return KNOWN_ERROR
    except KeyboardInterrupt:
        screen.fail("interrupted; what was written so far stays")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
