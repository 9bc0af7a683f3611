"""`gnss_gyro report`: draw report.html again from a folder of results."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnss_gyro.basics.errors import DataError
from gnss_gyro.cli.arguments import Subparsers, existing, subcommand

if TYPE_CHECKING:
    from gnss_gyro.cli.console import Screen

_EXAMPLES = """\
  gnss_gyro report out
  gnss_gyro report out --truth simulated/truth.csv"""


def add_parser(commands: Subparsers) -> argparse.ArgumentParser:
    """The command's own arguments."""
    parser = subcommand(commands, "report", "draw report.html again from the results of a replay", _EXAMPLES)
    parser.add_argument("folder", type=Path, metavar="DIR", help="folder with solution.csv")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="truth.csv to compare with; else the one in DIR, if any")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where to write it; else DIR/report.html")
    return parser


def run(args: argparse.Namespace, screen: Screen) -> int:
    """Read, draw, write."""
    from gnss_gyro.report.folder import REPORT, SATELLITES, SOLUTION, SUMMARY, TRUTH
    from gnss_gyro.report.html import write_report
    from gnss_gyro.report.satellite_log import load_table
    from gnss_gyro.report.series import read_series
    from gnss_gyro.report.summary import solution_summary

    series = read_series(existing(args.folder / SOLUTION))
    truth_path = args.truth or (args.folder / TRUTH if (args.folder / TRUTH).exists() else None)
    truth = read_series(existing(truth_path)) if truth_path else None
    satellites = load_table(args.folder / SATELLITES) if (args.folder / SATELLITES).exists() else None
    stored = _stored_summary(args.folder / SUMMARY)
    summary = {**stored, **solution_summary(series, truth)}
    summary["position"] = {**(stored.get("position") or {}), **summary["position"]}
    output = args.output or args.folder / REPORT
    write_report(output, series, satellites, summary, truth)
    screen.say(f"{output} written")
    return 0


def _stored_summary(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise DataError(f"{path.name} is no JSON: {error}") from error
