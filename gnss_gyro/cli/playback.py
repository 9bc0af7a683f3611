"""Recordings through the engine into a folder of results: what replay and demo share."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gnss_gyro.cli.console import Screen
from gnss_gyro.cli.inputs import Inputs, open_inputs
from gnss_gyro.cli.provenance import config_header, versions
from gnss_gyro.cli.sources import Window
from gnss_gyro.engine.config import EngineConfig
from gnss_gyro.engine.config_yaml import config_to_yaml
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import Solution
from gnss_gyro.report.csv_writer import SolutionWriter
from gnss_gyro.report.folder import CONFIG, REPORT, SATELLITES, SOLUTION, SUMMARY
from gnss_gyro.report.plain import json_text
from gnss_gyro.report.position_log import PositionLog
from gnss_gyro.report.satellite_log import SatelliteLog, save_table
from gnss_gyro.report.series import Series, read_series
from gnss_gyro.report.summary import solution_summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be played.

    config        : in force
    antenna_files : by name; antennas of the configuration without a file are taken as dead
    nav_files     : ephemerides, fed before all else
    output        : folder for the results
    window        : part of the recordings
    truth         : truth.csv to compare with
    report        : write report.html?
    smooth        : positions and velocities from what came before and after
    command       : as it was given, for the record
    """

    config: EngineConfig
    antenna_files: Mapping[str, Path]
    nav_files: tuple[Path, ...] = ()
    output: Path
    window: Window = Window()
    truth: Path | None = None
    report: bool = True
    smooth: bool = False
    command: str = ""


@dataclass(slots=True)
class Played:
    """What came of it.

    summary  : as in summary.json
    warnings : sentences for the user
    """

    summary: dict[str, Any]
    warnings: list[str] = field(default_factory=list)

    @property
    def usable_epochs(self) -> int:
        """Epochs that got at least a position."""
        return int(self.summary["position"]["epochs"])


def play(job: Job, screen: Screen) -> Played:
    """Run the engine over a job and write its folder. Raises ConfigError and DataError."""
    began = time.monotonic()
    inputs = open_inputs(job.config.names, job.antenna_files, job.nav_files, job.window)
    engine = Engine(job.config, smooth=job.smooth)
    truth = read_series(job.truth) if job.truth else None
    job.output.mkdir(parents=True, exist_ok=True)
    satellites, positions = SatelliteLog(job.config.names), PositionLog()
    with SolutionWriter(job.output / SOLUTION, job.config.names) as writer:
        for solution in _solutions(engine, inputs, screen):
            writer.write(solution)
            satellites.add(solution)
            positions.add(solution)
            if screen.verbose:
                screen.detail(_line(solution))
    series = read_series(job.output / SOLUTION)
    warnings = [*inputs.warnings, *inputs.navigation_warnings()]
    facts = _run_facts(job, engine, inputs, time.monotonic() - began, len(series))
    summary = solution_summary(series, truth)
    summary["position"] |= positions.as_dict()
    played = Played({**summary, **facts, "warnings": warnings}, warnings)
    _write_folder(job, played, inputs, satellites, series, truth)
    for warning in warnings:
        screen.warn(warning)
    return played


def _solutions(engine: Engine, inputs: Inputs, screen: Screen) -> Iterator[Solution]:
    with screen.progress("epochs", inputs.epochs_expected) as advance:
        for name, message in inputs.messages(engine):
            for solution in engine.feed(name, message):
                advance()
                yield solution
        yield from engine.flush()


def _line(solution: Solution) -> str:
    return f"{solution.time}  {solution.outcome}  {solution.satellites} satellites  {solution.detail}".rstrip()


def _run_facts(job: Job, engine: Engine, inputs: Inputs, seconds: float, epochs: int) -> dict[str, Any]:
    return {
        "mode": str(job.config.mode),
        "antennas": {name: source.as_dict() for name, source in inputs.antennas.items()},
        "navigation": [source.as_dict() for source in inputs.navigation],
        "dropped": dict(engine.counts),
        "engine": engine.summary(),
        "run": {
            "command": job.command, "versions": versions(), "duration_s": round(seconds, 3),
            "epochs_per_second": round(epochs / seconds, 1) if seconds > 0.0 else None,
        },
    }  # fmt: skip


def _write_folder(
    job: Job, played: Played, inputs: Inputs, satellites: SatelliteLog, series: Series, truth: Series | None
) -> None:
    table = satellites.table()
    header = config_header(job.command, inputs.sha256_by_file)
    (job.output / SUMMARY).write_text(json_text(played.summary), encoding="utf-8")
    (job.output / CONFIG).write_text(config_to_yaml(job.config, header), encoding="utf-8")
    save_table(table, job.output / SATELLITES)
    if job.report:
        from gnss_gyro.report.html import write_report

        write_report(job.output / REPORT, series, table, played.summary, truth)
