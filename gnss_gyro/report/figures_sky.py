"""Figures of satellites: sky plots, phase residuals, C/N0."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.satellites import satellite_name
from gnss_gyro.report.satellite_log import SatelliteTable
from gnss_gyro.report.theme import ANTENNA_COLOURS, COLOUR, SYSTEM_COLOUR

MOST_POINTS: Final = 1500
TRACK_POINTS: Final = 60
"""Of a satellite in all sky plots together."""
SMALL_FROM: Final = 5
"""With so many antennas the sky plots become small."""
_BIN_DEG: Final = 10.0


def sky_shape(table: SatelliteTable) -> tuple[int, int]:
    """Rows and columns of sky plots."""
    columns = 4 if len(table.names) >= SMALL_FROM else 2
    return -(-max(len(table.names), 1) // columns), columns


def sky_figure(figure: Figure, table: SatelliteTable) -> None:
    """Where each antenna saw its satellites, coloured by C/N0 (north is up, the horizon is the rim)."""
    rows, columns = sky_shape(table)
    grid = figure.add_gridspec(rows, columns)
    shown: Any = None
    for index, name in enumerate(table.names):
        axes = figure.add_subplot(grid[index // columns, index % columns], projection="polar")
        shown = _sky(axes, table.take(table.antenna == index)) or shown
        axes.set_title(str(name), pad=14.0)
    if shown is not None:
        bar = figure.colorbar(shown, ax=figure.axes, shrink=0.6, pad=0.03, aspect=30)
        bar.set_label("C/N0 [dB-Hz]")
        bar.ax.spines["outline"].set_visible(False)


def residuals_figure(figure: Figure, table: SatelliteTable) -> None:
    """Double-difference phase residuals of accepted epochs by satellite and by elevation."""
    used = table.take(has_residual(table))  # at least one, or there is no such figure
    left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": (1.5, 1.0)})
    _residuals_by_satellite(left, used)
    _residuals_by_elevation(right, used)


def cn0_figure(figure: Figure, table: SatelliteTable) -> None:
    """C/N0 of every antenna by elevation and over time: median, and the middle 80 %."""
    left, right = figure.subplots(1, 2)
    seen = table.take(np.isfinite(table.cn0_dbhz))
    minutes = (seen.time_ns - (seen.time_ns[0] if len(seen) else 0)) / 60e9
    for index, name in enumerate(table.names):
        rows = seen.antenna == index
        colour = COLOUR[ANTENNA_COLOURS[index % len(ANTENNA_COLOURS)]]
        _binned(left, seen.elevation_deg[rows], seen.cn0_dbhz[rows], colour, str(name), bins=18)
        _binned(right, minutes[rows], seen.cn0_dbhz[rows], colour, str(name), bins=60)
    left.set_title("by elevation")
    left.set_xlabel("elevation [degrees]")
    left.set_ylabel("C/N0 [dB-Hz]")
    right.set_title("over time")
    right.set_xlabel("minutes")
    left.legend(loc="lower right", ncol=2)


def has_residual(table: SatelliteTable) -> Bools:
    """Mask (n,) of the rows with a phase residual that says something (a pivot's is zero by definition)."""
    return np.isfinite(table.phase_residual_m) & (table.phase_residual_m != 0.0)


def _sky(axes: Any, table: SatelliteTable) -> Any:
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    axes.set_rlim(0.0, 90.0)
    axes.set_rgrids([30.0, 60.0], ["60°", "30°"], angle=345.0, fontsize=7.5)
    axes.set_thetagrids([0, 90, 180, 270], ["N", "E", "S", "W"])
    axes.tick_params(pad=-1)
    shown = None
    for satellite in np.unique(table.satellite):
        track = table.take(table.satellite == satellite)
        track = track.take(np.flatnonzero(np.isfinite(track.elevation_deg)))
        if not len(track):
            continue
        track = track.take(np.unique(np.linspace(0, len(track) - 1, max(TRACK_POINTS // len(table.names), 6)).astype(int)))
        angle, radius = np.radians(track.azimuth_deg), 90.0 - track.elevation_deg
        shown = axes.scatter(angle, radius, c=np.nan_to_num(track.cn0_dbhz, nan=20.0), vmin=25, vmax=52, s=11, linewidths=0)
        axes.annotate(satellite_name(satellite), (angle[-1], radius[-1]), (3, 3), textcoords="offset points", fontsize=7)
    return shown


def _residuals_by_satellite(axes: Axes, used: SatelliteTable) -> None:
    satellites = np.unique(used.satellite)
    systems = {}
    for place, satellite in enumerate(satellites):
        values = used.phase_residual_m[used.satellite == satellite] * 1e3
        system = satellite_name(satellite)[0]
        systems[system] = COLOUR[SYSTEM_COLOUR[system]]
        low, quarter, middle, three, high = np.percentile(values, [5, 25, 50, 75, 95])
        axes.plot([place, place], [low, high], color=systems[system], linewidth=1.2)
        axes.plot([place, place], [quarter, three], color=systems[system], linewidth=4.0)
        axes.plot(place, middle, "o", markersize=3.2, color=COLOUR["surface"], markeredgewidth=0.0)
    axes.set_xticks(range(len(satellites)), [satellite_name(s) for s in satellites], rotation=90, fontsize=7.5)
    axes.grid(axis="x", visible=False)
    axes.axhline(0.0, color=COLOUR["muted"], linewidth=0.8)
    axes.set_title("by satellite: median, middle 50 % and 90 %")
    axes.set_ylabel("mm")
    handles = [Line2D([], [], color=colour, linewidth=4.0, label=system) for system, colour in systems.items()]
    axes.legend(handles=handles, loc="upper right", ncol=5, handlelength=0.8, columnspacing=1.0)


def _residuals_by_elevation(axes: Axes, used: SatelliteTable) -> None:
    elevation, residual = used.elevation_deg, used.phase_residual_m * 1e3
    rows = np.unique(np.linspace(0, len(residual) - 1, MOST_POINTS).astype(int))
    axes.plot(elevation[rows], residual[rows], ".", markersize=2.2, color=COLOUR["blue"], alpha=0.4)
    edges = np.arange(0.0, 90.0 + _BIN_DEG, _BIN_DEG)
    place = np.digitize(elevation, edges) - 1
    bins = [b for b in range(len(edges) - 1) if np.count_nonzero(place == b) >= 10]
    spread = [float(np.sqrt(np.mean(residual[place == b] ** 2))) for b in bins]
    middle = [edges[b] + _BIN_DEG / 2.0 for b in bins]
    for sign in (1.0, -1.0):
        axes.plot(middle, sign * np.array(spread), color=COLOUR["orange"], linewidth=2.0, label="RMS" if sign > 0 else None)
    reach = 1.2 * float(np.percentile(np.abs(residual), 99.5))
    axes.set_ylim(-reach, reach)
    axes.set_title("by elevation")
    axes.set_xlabel("elevation [degrees]")
    axes.legend(loc="upper right")


def _binned(axes: Axes, place: Floats, value: Floats, colour: str, label: str, bins: int) -> None:
    """Median and the middle 80 % of the values in equal pieces of the axis."""
    if not len(place):
        return
    edges = np.linspace(float(np.nanmin(place)), float(np.nanmax(place)) + 1e-9, bins + 1)
    piece = np.digitize(place, edges) - 1
    kept = [b for b in range(bins) if np.count_nonzero(piece == b) >= 3]
    if not kept:
        return
    low, middle, high = np.array([np.percentile(value[piece == b], [10, 50, 90]) for b in kept]).T
    centre = (edges[kept] + edges[np.array(kept) + 1]) / 2.0
    axes.fill_between(centre, low, high, color=colour, alpha=0.10, linewidth=0.0)
    axes.plot(centre, middle, color=colour, label=label)
