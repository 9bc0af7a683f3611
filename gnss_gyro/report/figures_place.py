"""Figures of the position: the track seen from above, and the height."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef
from gnss_gyro.report.csv_writer import GEODETIC
from gnss_gyro.report.figures_time import TimeAxis, banded_line
from gnss_gyro.report.series import Series
from gnss_gyro.report.theme import COLOUR

MOST_POINTS: Final = 2500


def position_figure(figure: Figure, series: Series, truth: Series | None) -> None:
    """Track (east, north) about its mean, and height over time."""
    left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": (1.0, 1.3)})
    origin = np.array([np.nanmean(series[name]) for name in GEODETIC])
    if truth is not None and np.any(np.isfinite(truth["latitude_deg"])):
        _track(left, local_m(truth, origin), "truth")
    place = local_m(series, origin)
    rows = np.flatnonzero(np.isfinite(place[:, 0]))
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, MOST_POINTS).astype(int))]
    left.plot(place[rows, 0], place[rows, 1], ".", markersize=3.0, color=COLOUR["blue"], alpha=0.7, label="first antenna")
    left.set_aspect("equal", adjustable="datalim")
    left.set_title("From above, about the mean")
    left.set_xlabel("east [m]")
    left.set_ylabel("north [m]")
    if truth is not None:
        left.legend(loc="upper right")
    axis = TimeAxis(series)
    banded_line(right, axis, series.elapsed_s, series["height_m"], series["sigma_up_m"], COLOUR["teal"])
    right.set_title("Height above the ellipsoid")
    right.set_ylabel("m")
    axis.label(right)


def local_m(series: Series, origin: Floats) -> Floats:
    """East, north, up (n, 3) [m] about an origin (3,) of latitude [deg], longitude [deg], height [m]."""
    scale = np.array([np.pi / 180.0, np.pi / 180.0, 1.0])
    offset = ecef_from_geodetic(series.stacked(GEODETIC) * scale) - ecef_from_geodetic(origin * scale)
    latitude, longitude = np.radians(origin[:2])
    offset[~np.isfinite(offset).all(axis=1)] = np.nan
    return offset @ enu_from_ecef(latitude, longitude).T


def _track(axes: Axes, place: Floats, label: str) -> None:
    rows = np.unique(np.linspace(0, len(place) - 1, MOST_POINTS).astype(int))
    axes.plot(place[rows, 0], place[rows, 1], color=COLOUR["muted"], linewidth=3.0, alpha=0.35, label=label)
