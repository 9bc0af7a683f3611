"""What the page's tiles and tables say, from summary.json."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from gnss_gyro.report.page import table
from gnss_gyro.report.series import Series

Tile = tuple[str, str, str]
_AXES = ("east_m", "north_m", "up_m")


def shown(value: object, decimals: int = 3, unit: str = "") -> str:
    """A number for people; a dash where it is unknown."""
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return "–"
    return f"{value:.{decimals}f}{unit}" if isinstance(value, float) else f"{value}{unit}"


def headline_tiles(series: Series, summary: Mapping[str, Any]) -> list[Tile]:
    """The few numbers one looks for first."""
    if not series.others:
        return _position_tiles(summary)
    rate = summary["fix_rate"]
    attitude = summary["attitude"]
    known = isinstance(rate, float) and math.isfinite(rate)
    mood = ("good" if rate >= 0.99 else "bad" if rate < 0.5 else "") if known else ""
    sigmas = [
        (shown(attitude[f"{name}_deg"]["mean_sigma"], 3, "°"), f"{name} sigma, mean", "")
        for name in ("heading", "pitch", "roll")
        if shown(attitude[f"{name}_deg"]["mean_sigma"]) != "–"
    ]
    return [
        (shown(100.0 * rate if known else None, 1, " %"), "epochs with attitude", mood),
        (shown(summary["time_to_first_fix_s"], 1, " s"), "to the first fix", ""), *sigmas, *_truth_tiles(summary.get("truth")),
        (shown(summary["satellites_mean"], 1), "satellites, mean", ""), (f"{summary['epochs']:,}", "epochs", ""),
    ]  # fmt: skip


def vectors_table(summary: Mapping[str, Any]) -> str:
    """Mean vector of every antenna, and its length in the rig."""
    rows = [
        [name, *(shown(v["mean"][axis], 4) for axis in _AXES), *(shown(_mm(v["std"][axis]), 1) for axis in _AXES),
         shown(v["length_mean_m"], 4)]
        for name, v in summary["vectors"].items()
    ]  # fmt: skip
    names = "antenna|east [m]|north [m]|up [m]|std east [mm]|std north [mm]|std up [mm]|length in the rig [m]"
    return table(names.split("|"), rows)


def antennas_table(summary: Mapping[str, Any]) -> str:
    """One row a recording."""
    named = [(name, facts) for name, facts in summary.get("antennas", {}).items()]
    named += [("navigation", facts) for facts in summary.get("navigation", [])]
    rows = [
        [name, PurePath(facts["file"]).name, facts["kind"], facts["header"].get("receiver", ""),
         f"{facts['epochs']:,}", shown(facts.get("interval_s"), 2), shown(facts.get("gaps")),
         shown(facts.get("longest_gap_s"), 1), shown(facts["navigation"].get("ephemerides", 0))]
        for name, facts in named
    ]  # fmt: skip
    header = ["antenna", "file", "kind", "receiver", "epochs", "interval [s]", "gaps", "longest [s]", "ephemerides"]
    return table(header, rows, numbers_from=4)


def dropped_table(summary: Mapping[str, Any]) -> str:
    """The engine's account of what it left out."""
    rows = [[name, f"{count:,}"] for name, count in summary.get("dropped", {}).items()]
    return table(["what", "count"], rows) if rows else '<div class="quiet">nothing</div>'


def run_table(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How the results came about."""
    run, engine = summary.get("run", {}), summary.get("engine") or {}
    geometry, noise = engine.get("geometry") or {}, engine.get("noise_variance_factors") or {}
    rows = [
        ("mode", str(summary.get("mode", "–"))),
        ("outcomes", ", ".join(f"{word} {count}" for word, count in summary["outcomes"].items()) or "–"),
        ("geometry", _geometry_words(geometry)),
        ("learned noise", ", ".join(f"{kind} variance × {shown(value, 2)}" for kind, value in noise.items()) or "–"),
        ("speed", f"{shown(run.get('epochs_per_second'), 1)} epochs a second, {shown(run.get('duration_s'), 1)} s in all"),
        ("versions", ", ".join(f"{name} {number}" for name, number in run.get("versions", {}).items())),
        ("command", str(run.get("command", ""))),
    ]
    return [(name, value) for name, value in rows if value]


def _position_tiles(summary: Mapping[str, Any]) -> list[Tile]:
    position, epochs = summary["position"], summary["epochs"]
    return [
        (shown(100.0 * position["epochs"] / epochs if epochs else None, 1, " %"), "epochs with position", ""),
        (shown(position["mean_sigma_east_m"], 2, " m"), "east sigma, mean", ""),
        (shown(position["mean_sigma_north_m"], 2, " m"), "north sigma, mean", ""),
        (shown(position["mean_sigma_up_m"], 2, " m"), "up sigma, mean", ""),
        (shown(summary["satellites_mean"], 1), "satellites, mean", ""), (f"{epochs:,}", "epochs", ""),
    ]  # fmt: skip


def _truth_tiles(truth: Mapping[str, Any] | None) -> list[Tile]:
    if truth is None:
        return []
    wrong = truth["wrong_fixes"]
    return [
        (str(wrong), "wrong fixes", "bad" if wrong else "good"),
        (shown(truth["attitude_rms_deg"], 3, "°"), "attitude error, RMS", ""),
    ]


def _geometry_words(geometry: Mapping[str, Any]) -> str:
    if not geometry:
        return ""
    verdict = "does not match" if geometry.get("mismatch") else "confirmed" if geometry.get("confirmed") else "not confirmed yet"
    share = geometry.get("share_of_confident_epochs_that_fit")
    return f"{verdict}; {100.0 * share:.1f} % of the confident epochs fit" if isinstance(share, float) else verdict


def _mm(metres: object) -> object:
    return metres * 1e3 if isinstance(metres, float) else metres
