"""Figures over time: attitude, outcome, satellites, failure probability, velocity, errors."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.report.csv_writer import ANGLES
from gnss_gyro.report.metrics import (
    Errors,
    circular_mean_deg,
    errors_against,
    extremes_kept,
    matching_rows,
    outcome_counts,
    wrapped_deg,
)
from gnss_gyro.report.series import Series
from gnss_gyro.report.theme import COLOUR, colour_of_outcome

MOST_POINTS: Final = 1000
MOST_BINS: Final = 400
_LOWEST_PROBABILITY: Final = 1e-12
_UNITS: Final = ((2.0 * 3600.0, 3600.0, "hours"), (300.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))
_TITLES: Final = {"heading_deg": "Heading", "pitch_deg": "Pitch", "roll_deg": "Roll"}
_ANGLE_COLOURS: Final = ("blue", "orange", "green")


class TimeAxis:
    """Time since the first epoch in a unit that suits the length of the run."""

    def __init__(self, series: Series) -> None:
        span = float(series.elapsed_s[-1]) if len(series) else 0.0
        self._second, self.unit = next((second, unit) for least, second, unit in _UNITS if span >= least)
        self.start = str(series.time(0)) if len(series) else ""
        self.span = span / self._second

    def of(self, elapsed_s: Floats) -> Floats:
        """Places on the axis."""
        return elapsed_s / self._second

    def label(self, axes: Axes) -> None:
        """Name the axis."""
        axes.set_xlabel(f"{self.unit} since {self.start}")
        axes.set_xlim(-0.01 * self.span, 1.01 * self.span or 1.0)


def attitude_figure(figure: Figure, series: Series, truth: Series | None) -> None:
    """Heading, pitch and roll with two sigmas, those of them that are known."""
    axis = TimeAxis(series)
    names = [name for name in ANGLES if np.any(np.isfinite(series[name]))]
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for axes, name in zip(panels, names, strict=True):
        colour = COLOUR[_ANGLE_COLOURS[ANGLES.index(name)]]
        angle, centre = _about_mean(series[name]) if name == "heading_deg" else (series[name], 0.0)
        if truth is not None:
            _truth_line(axes, axis, series, truth, name, centre)
        banded_line(axes, axis, series.elapsed_s, angle, series[f"sigma_{name}"], colour)
        axes.set_title(_TITLES[name])
        axes.set_ylabel("degrees")
        if name == "heading_deg":
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{round(value % 360.0, 3) % 360.0:g}"))
    axis.label(panels[-1])


def outcome_figure(figure: Figure, series: Series) -> None:
    """A strip: what became of the epochs, as shares of up to 400 pieces of time."""
    axis, axes = TimeAxis(series), figure.subplots()
    edges = np.asarray(np.linspace(0.0, float(series.elapsed_s[-1]) or 1.0, min(len(series), MOST_BINS) + 1), np.float64)
    piece = np.clip(np.searchsorted(edges, series.elapsed_s, side="right") - 1, 0, len(edges) - 2)
    total = np.bincount(piece, minlength=len(edges) - 1)
    bottom = np.zeros(len(total))
    for word, count in outcome_counts(series).items():
        found = np.bincount(piece[series.outcome == word], minlength=len(total))
        height = found / np.maximum(total, 1)
        axes.stairs(bottom + height, axis.of(edges), baseline=bottom, fill=True, color=colour_of_outcome(word),
                    label=f"{word}  {count}")  # fmt: skip
        bottom = bottom + height
    axes.set_yticks([])
    axes.set_ylim(0.0, 1.0)
    axes.spines["left"].set_visible(False)
    axes.grid(False)
    axis.label(axes)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncol=5, handlelength=1.0, handleheight=1.0, borderaxespad=0.2)


def satellites_figure(figure: Figure, series: Series) -> None:
    """Satellites used, and the failure probability."""
    axis = TimeAxis(series)
    upper, lower = figure.subplots(2, 1, sharex=True)
    rows = extremes_kept(series["satellites"], MOST_POINTS)
    upper.step(axis.of(series.elapsed_s[rows]), series["satellites"][rows], where="post", color=COLOUR["blue"])
    upper.set_title("Satellites used")
    upper.set_ylim(bottom=0.0)
    _probability_panel(lower, axis, series)
    axis.label(lower)


def velocity_figure(figure: Figure, series: Series) -> None:
    """East, north and up velocity."""
    axis, axes = TimeAxis(series), figure.subplots()
    for direction, colour in zip(("east", "north", "up"), _ANGLE_COLOURS, strict=True):
        values = series[f"velocity_{direction}_mps"]
        rows = extremes_kept(values, MOST_POINTS)
        place, line = unbroken(axis.of(series.elapsed_s[rows]), values[rows])
        axes.plot(place, line, color=COLOUR[colour], label=direction)
    axes.set_ylabel("m/s")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncol=3, borderaxespad=0.0)
    axis.label(axes)


def error_figure(figure: Figure, series: Series, truth: Series) -> None:
    """Errors of the angles against the truth with two sigmas, and of the antennas' vectors."""
    errors, axis = errors_against(series, truth), TimeAxis(series)
    known = [i for i in range(3) if np.any(np.isfinite(errors.angle_deg[:, i]))]
    with_vectors = errors.vector_m.size > 0
    panels = figure.subplots(len(known) + with_vectors, 1, sharex=True, squeeze=False)[:, 0]
    for axes, i in zip(panels, known, strict=False):
        _error_panel(axes, axis, errors, i)
    if with_vectors:
        worst = np.max(errors.vector_m, axis=1) * 1e3
        rows = extremes_kept(worst, MOST_POINTS)
        panels[-1].plot(axis.of(errors.elapsed_s[rows]), worst[rows], ".", markersize=3.0, color=COLOUR["violet"])
        panels[-1].set_title("Worst antenna vector against the truth")
        panels[-1].set_ylabel("mm")
        panels[-1].set_ylim(bottom=0.0)
    axis.label(panels[-1])


def banded_line(axes: Axes, axis: TimeAxis, elapsed_s: Floats, value: Floats, sigma: Floats, colour: str) -> None:
    """A line with its band of two sigmas, broken where nothing is known."""
    rows = extremes_kept(value, MOST_POINTS)
    place = axis.of(elapsed_s[rows])
    spread = 2.0 * np.nan_to_num(sigma[rows])
    axes.fill_between(place, value[rows] - spread, value[rows] + spread, color=colour, alpha=0.18, linewidth=0.0)
    axes.plot(*unbroken(place, value[rows]), color=colour, marker=".", markersize=2.4)


def unbroken(place: Floats, value: Floats) -> tuple[Floats, Floats]:
    """The line with a break wherever time makes a jump."""
    steps = np.diff(place)
    if not len(steps):
        return place, value
    after = np.flatnonzero(steps > 5.0 * np.median(steps)) + 1
    return np.insert(place, after, np.nan), np.insert(value, after, np.nan)


def _probability_panel(axes: Axes, axis: TimeAxis, series: Series) -> None:
    probability = np.clip(series["failure_probability"], _LOWEST_PROBABILITY, 1.0)
    for mask, colour, label in ((series.accepted, "good", "accepted"), (~series.accepted, "doubt", "not accepted")):
        values = np.where(mask, probability, np.nan)
        rows: Ints = np.flatnonzero(np.isfinite(values))
        rows = rows[extremes_kept(values[rows], MOST_POINTS)] if len(rows) else rows
        if len(rows):
            axes.plot(axis.of(series.elapsed_s[rows]), values[rows], ".", markersize=3.0, color=COLOUR[colour], label=label)
    axes.set_yscale("log")
    axes.set_ylim(_LOWEST_PROBABILITY / 3.0, 3.0)
    axes.set_title("Probability that the integers are wrong (below 1e-12 drawn there)")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncol=2, borderaxespad=0.0)


def _error_panel(axes: Axes, axis: TimeAxis, errors: Errors, i: int) -> None:
    colour = COLOUR[_ANGLE_COLOURS[i]]
    rows = extremes_kept(errors.angle_deg[:, i], MOST_POINTS)
    place, spread = axis.of(errors.elapsed_s[rows]), 2.0 * errors.sigma_deg[rows, i]
    axes.fill_between(place, -spread, spread, color=colour, alpha=0.18, linewidth=0.0)
    axes.plot(place, errors.angle_deg[rows, i], ".", markersize=3.0, color=colour)
    axes.set_title(f"{_TITLES[ANGLES[i]]} error, with the stated two sigmas")
    axes.set_ylabel("degrees")


def _about_mean(angle_deg: Floats) -> tuple[Floats, float]:
    """Headings without a jump at north where they stay on one side of the circle; and the mean, else NaN."""
    centre = circular_mean_deg(angle_deg)
    offset = wrapped_deg(angle_deg - centre)
    if np.nanmax(np.abs(offset)) < 150.0:
        return centre + offset, centre
    jump = np.concatenate([[False], np.abs(np.diff(angle_deg)) > 180.0])
    return np.where(jump, np.nan, angle_deg), float("nan")


def _truth_line(axes: Axes, axis: TimeAxis, series: Series, truth: Series, name: str, centre: float) -> None:
    rows, truth_rows = matching_rows(series.time_ns, truth.time_ns)
    values = truth[name][truth_rows]
    if name == "heading_deg":
        turned = np.concatenate([[False], np.abs(np.diff(values)) > 180.0])
        values = centre + wrapped_deg(values - centre) if np.isfinite(centre) else np.where(turned, np.nan, values)
    kept = extremes_kept(values, MOST_POINTS)
    place = axis.of(series.elapsed_s[rows][kept])
    axes.plot(place, values[kept], color=COLOUR["muted"], linewidth=3.0, alpha=0.35, label="truth")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.0)
