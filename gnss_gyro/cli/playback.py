"""Recordings through the engine into a folder of results: what replay and demo share."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any

from gnss_gyro.basics.errors import ConfigError, DataError
from gnss_gyro.cli.console import Screen
from gnss_gyro.cli.provenance import config_header, versions
from gnss_gyro.cli.sources import Source, Window, antenna_source, navigation_source
from gnss_gyro.engine.config import EngineConfig
from gnss_gyro.engine.config_yaml import config_to_yaml
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import Solution
from gnss_gyro.protocols.messages import Message
from gnss_gyro.report.csv_writer import SolutionWriter
from gnss_gyro.report.folder import CONFIG, REPORT, SATELLITES, SOLUTION, SUMMARY
from gnss_gyro.report.plain import json_text
from gnss_gyro.report.satellite_log import SatelliteLog, save_table
from gnss_gyro.report.series import Series, read_series
from gnss_gyro.report.summary import solution_summary
from gnss_gyro.streams.formats import UBX
from gnss_gyro.streams.merge import merge_by_time


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
    command       : as it was given, for the record
    """

    config: EngineConfig
    antenna_files: Mapping[str, Path]
    nav_files: tuple[Path, ...] = ()
    output: Path
    window: Window = Window()
    truth: Path | None = None
    report: bool = True
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
    warnings = _check_names(job)
    began = time.monotonic()
    antennas = {name: antenna_source(name, job.antenna_files[name], job.window) for name in _in_rig_order(job)}
    navigation = [navigation_source(path) for path in job.nav_files]
    _check_navigation(antennas, navigation)
    warnings += _same_files(antennas)
    engine = Engine(job.config)
    job.output.mkdir(parents=True, exist_ok=True)
    satellites = SatelliteLog(job.config.names)
    with SolutionWriter(job.output / SOLUTION, job.config.names) as writer:
        for solution in _solutions(engine, antennas, navigation, screen):
            writer.write(solution)
            satellites.add(solution)
            screen.detail(_line(solution))
    seconds = time.monotonic() - began
    series = read_series(job.output / SOLUTION)
    truth = read_series(job.truth) if job.truth else None
    warnings += _navigation_warnings(antennas, navigation)
    facts = _run_facts(job, engine, antennas, navigation, seconds, len(series))
    summary = {**solution_summary(series, truth), **facts, "warnings": warnings}
    played = Played(summary, warnings)
    _write_folder(job, played, satellites, antennas, navigation, series, truth)
    for warning in warnings:
        screen.warn(warning)
    return played


def _in_rig_order(job: Job) -> list[str]:
    return [name for name in job.config.names if name in job.antenna_files]


def _check_names(job: Job) -> list[str]:
    """Files must belong to antennas; antennas may lack a file. Raises ConfigError."""
    names = job.config.names
    for name in job.antenna_files:
        if name not in names:
            close = get_close_matches(name, names, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"the configuration has {', '.join(names)}"
            raise ConfigError(f"no antenna {name!r} in the configuration; {hint}")
    return [f"antenna {name} has no file: it is taken as dead" for name in names if name not in job.antenna_files]


def _check_navigation(antennas: Mapping[str, Source], navigation: list[Source]) -> None:
    if not navigation and not any(source.reader.kind == UBX for source in antennas.values()):
        raise DataError("no navigation data: give --nav FILE with the broadcast ephemerides (RINEX observations hold none)")


def _navigation_warnings(antennas: Mapping[str, Source], navigation: list[Source]) -> list[str]:
    empty = [s for s in navigation if not s.facts.navigation["ephemerides"]]
    warnings = [f"{source.path.name} holds no ephemeris" for source in empty]
    if not any(s.facts.navigation["ephemerides"] for s in chain(antennas.values(), navigation)):
        warnings.append("no ephemeris was found in any file: give --nav FILE with the broadcast ephemerides of that day")
    return warnings


def _same_files(antennas: Mapping[str, Source]) -> list[str]:
    first: dict[str, str] = {}
    for name, source in antennas.items():
        first.setdefault(source.sha256, name)
    twins = [(first[s.sha256], name) for name, s in antennas.items() if first[s.sha256] != name]
    return [f"antennas {a} and {b} have the same recording" for a, b in twins]


def _solutions(engine: Engine, antennas: Mapping[str, Source], navigation: list[Source], screen: Screen) -> Iterator[Solution]:
    """All solutions, ephemerides of navigation files first."""
    for source in navigation:
        for news in source.navigation():
            engine.feed(None, news)
    streams = {name: _introduced(engine, name, source) for name, source in antennas.items()}
    expected = max((source.epochs_expected or 0 for source in antennas.values()), default=0)
    with screen.progress("epochs", expected or None) as advance:
        for name, message in merge_by_time(streams):
            for solution in engine.feed(name, message):
                advance()
                yield solution
        yield from engine.flush()


def _introduced(engine: Engine, name: str, source: Source) -> Iterator[Message]:
    """Messages of a source; the engine hears whose they are before the first."""
    told = False
    for message in source.messages():
        if not told:
            engine.set_receiver(name, source.receiver)
            told = True
        yield message


def _line(solution: Solution) -> str:
    return f"{solution.time}  {solution.outcome}  {solution.satellites} satellites  {solution.detail}".rstrip()


def _run_facts(
    job: Job, engine: Engine, antennas: Mapping[str, Source], navigation: list[Source], seconds: float, epochs: int
) -> dict[str, Any]:
    return {
        "mode": str(job.config.mode),
        "antennas": {name: source.as_dict() for name, source in antennas.items()},
        "navigation": [source.as_dict() for source in navigation],
        "dropped": dict(engine.counts),
        "engine": engine.summary(),
        "run": {
            "command": job.command, "versions": versions(), "duration_s": round(seconds, 3),
            "epochs_per_second": round(epochs / seconds, 1) if seconds > 0.0 else None,
        },
    }  # fmt: skip


def _write_folder(
    job: Job, played: Played, satellites: SatelliteLog, antennas: Mapping[str, Source], navigation: list[Source],
    series: Series, truth: Series | None,
) -> None:  # fmt: skip
    table = satellites.table()
    hashes = {str(source.path): source.sha256 for source in chain(antennas.values(), navigation)}
    (job.output / SUMMARY).write_text(json_text(played.summary), encoding="utf-8")
    (job.output / CONFIG).write_text(config_to_yaml(job.config, config_header(job.command, hashes)), encoding="utf-8")
    save_table(table, job.output / SATELLITES)
    if job.report:
        from gnss_gyro.report.html import write_report

        write_report(job.output / REPORT, series, table, played.summary, truth)
