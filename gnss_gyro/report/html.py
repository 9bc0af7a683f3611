"""report.html: the whole run on one page, in one file, without scripts or anything from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gnss_gyro.engine.solution import PositionKind
from gnss_gyro.report.figures_place import position_figure
from gnss_gyro.report.figures_sky import cn0_figure, has_residual, residuals_figure, sky_figure, sky_shape
from gnss_gyro.report.figures_time import attitude_figure, error_figure, outcome_figure, satellites_figure, velocity_figure
from gnss_gyro.report.metrics import errors_against
from gnss_gyro.report.page import card, facts_table, notes, page, tiles
from gnss_gyro.report.satellite_log import SatelliteTable
from gnss_gyro.report.series import Series
from gnss_gyro.report.tables import antennas_table, dropped_table, headline_tiles, run_table, vectors_table
from gnss_gyro.report.theme import svg_of

_PANEL_IN = 1.75
_VECTORS = "from the first antenna, accepted epochs; directions are observed, lengths are those of the rig"
_KINDS = {str(PositionKind.VPPP): "VPPP of all antennas", str(PositionKind.SINGLE): "single point of one antenna"}


def write_report(
    path: Path, series: Series, satellites: SatelliteTable | None, summary: Mapping[str, Any], truth: Series | None = None
) -> None:
    """Write the page of a run.

    satellites : None = not kept: the page has no sky plots and residuals
    summary    : as in summary.json
    """
    path.write_text(report_page(series, satellites, summary, truth), encoding="utf-8")


def report_page(series: Series, satellites: SatelliteTable | None, summary: Mapping[str, Any], truth: Series | None) -> str:
    """The page as HTML text."""
    title = "Attitude and position" if series.others else "Position"
    span = f"{summary.get('start', '')} to {summary.get('end', '')}" if len(series) else "no epochs"
    parts = [tiles(headline_tiles(series, summary)), notes(_notes(summary))]
    if len(series):
        parts += [*_time_cards(series, truth), *(_satellite_cards(satellites) if satellites is not None else [])]
        parts += _place_cards(series, summary, truth)
    parts += [
        card("Antenna vectors", vectors_table(summary), _VECTORS) if series.others else "",
        card("Recordings", antennas_table(summary)),
        card("Dropped and noticed", dropped_table(summary)),
        card("This run", facts_table(run_table(summary))),
    ]
    return page(title, span, "".join(parts))


def _notes(summary: Mapping[str, Any]) -> list[str]:
    """Sentences that must not be overlooked: what the geometry monitor says, and warnings."""
    geometry = (summary.get("engine") or {}).get("geometry") or {}
    complaint = geometry.get("complaint")
    return [*([str(complaint)] if complaint else []), *summary.get("warnings", [])]


def _time_cards(series: Series, truth: Series | None) -> list[str]:
    cards = [card("Outcome over time", svg_of(lambda f: outcome_figure(f, series), 1.25))]
    angles = sum(bool(np.any(np.isfinite(series[name]))) for name in ("heading_deg", "pitch_deg", "roll_deg"))
    if angles:
        figure = svg_of(lambda f: attitude_figure(f, series, truth), 0.5 + _PANEL_IN * angles)
        cards.append(card("Attitude", figure, "the band is two sigmas; gaps are epochs that were not accepted"))
    if truth is not None and len(errors_against(series, truth).elapsed_s):
        known = truth
        cards.append(card("Errors against the truth", svg_of(lambda f: error_figure(f, series, known), 0.5 + 1.5 * (angles + 1))))
    return [*cards, card("Satellites and certainty", svg_of(lambda f: satellites_figure(f, series), 3.6))]


def _satellite_cards(table: SatelliteTable) -> list[str]:
    if not len(table):
        return []
    rows, columns = sky_shape(table)
    height = rows * (4.4 if columns == 2 else 3.2)
    cards = [card("Sky", svg_of(lambda f: sky_figure(f, table), height), "by antenna; coloured by C/N0")]
    if np.any(has_residual(table)):
        figure = svg_of(lambda f: residuals_figure(f, table), 3.2)
        cards.append(card("Phase residuals", figure, "double differences, accepted epochs"))
    if np.any(np.isfinite(table.cn0_dbhz)):
        figure = svg_of(lambda f: cn0_figure(f, table), 2.9)
        cards.append(card("Signal strength", figure, "median and the middle 80 % of the satellites"))
    return cards


def _place_cards(series: Series, summary: Mapping[str, Any], truth: Series | None) -> list[str]:
    cards = []
    if np.any(np.isfinite(series["latitude_deg"])):
        figure = svg_of(lambda f: position_figure(f, series, truth), 3.6)
        cards.append(card("Position", figure, _how_found(summary)))
    if np.any(np.isfinite(series["velocity_east_mps"])):
        cards.append(card("Velocity", svg_of(lambda f: velocity_figure(f, series), 2.3)))
    return cards


def _how_found(summary: Mapping[str, Any]) -> str:
    """Whose the positions are, and how they were found."""
    found_by = (summary.get("position") or {}).get("found_by") or {}
    counts = [f"{word} in {found_by[kind]} epochs" for kind, word in _KINDS.items() if found_by.get(kind)]
    return "; ".join(["first antenna", *counts])
