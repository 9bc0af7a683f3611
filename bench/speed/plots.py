"""Cost against satellites and antennas, drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt


def draw_scaling(rows: list[dict[str, Any]], folder: Path) -> list[Path]:
    """speed_satellites.svg and speed_antennas.svg from the rows of stage_costs."""
    plt.rcParams["svg.hashsalt"] = "gnss_gyro"
    return [_drawn(rows, folder, across, each) for across, each in (("satellites", "antennas"), ("antennas", "satellites"))]


def _drawn(rows: list[dict[str, Any]], folder: Path, across: str, each: str) -> Path:
    figure, axes = plt.subplots(1, 2, figsize=(9.0, 3.6), sharey=True, layout="constrained")
    for axis, mode in zip(axes, ("filter", "epoch"), strict=True):
        for value in sorted({row[each] for row in rows}):
            line = sorted((row[across], row["median_us"] / 1e3) for row in rows if row["mode"] == mode and row[each] == value)
            axis.plot(*zip(*line, strict=True), marker="o", label=f"{value} {each if value > 1 else each.removesuffix('s')}")
        axis.set(title=f"mode: {mode}", xlabel=across, ylabel="ms an epoch" if axis is axes[0] else "", yscale="log")
        axis.grid(alpha=0.3, which="both")
    axes[0].legend(frameon=False, fontsize=8)
    path = folder / f"speed_{across}.svg"
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return path
