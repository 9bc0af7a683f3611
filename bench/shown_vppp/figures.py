"""What errors of position are worth, in figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shown.markdown import number

from gnss_gyro.basics.arrays import Floats
from shown_vppp.windows import Errors


@dataclass(frozen=True, slots=True)
class Figures:
    """Of n positions asked for, `found` were there.

    horizontal_m, vertical_m, space_m : RMS
    mean_m  : east, north, up;  scatter_m : standard deviation in space about that mean
    sigma_m : mean stated sigma east, north, up; None = not stated
    flat_percent, space_percent : truth inside the stated 95 % ellipse, ellipsoid
    """

    asked: int
    found: int
    horizontal_m: float
    vertical_m: float
    space_m: float
    mean_m: tuple[float, float, float]
    scatter_m: float
    sigma_m: tuple[float, float, float] | None = None
    flat_percent: float = float("nan")
    space_percent: float = float("nan")


def figures_of(errors: Errors) -> Figures:
    """Of errors with covariances."""
    enu = errors.enu_m[errors.known]
    plain = plain_figures(errors.enu_m)
    if not len(enu):
        return plain
    variance = np.diagonal(errors.cov_m2[errors.known], axis1=1, axis2=2)
    east, north, up = (float(value) for value in np.sqrt(variance).mean(axis=0))
    return Figures(
        plain.asked, plain.found, plain.horizontal_m, plain.vertical_m, plain.space_m, plain.mean_m, plain.scatter_m,
        (east, north, up), errors.inside(2), errors.inside(3),
    )  # fmt: skip


def plain_figures(enu_m: Floats) -> Figures:
    """Of errors (n, 3) [m] without covariances; NaN = no position."""
    known = enu_m[np.isfinite(enu_m).all(axis=1)]
    if not len(known):
        nothing = float("nan")
        return Figures(len(enu_m), 0, nothing, nothing, nothing, (nothing, nothing, nothing), nothing)
    square = (known**2).mean(axis=0)
    east, north, up = (float(value) for value in known.mean(axis=0))
    return Figures(
        len(enu_m), len(known), float(np.sqrt(square[0] + square[1])), float(np.sqrt(square[2])), float(np.sqrt(square.sum())),
        (east, north, up), float(np.sqrt(known.var(axis=0).sum())),
    )  # fmt: skip


def rms_cells(figures: Figures) -> list[str]:
    """Horizontal, vertical and in space, then the means."""
    rms = (figures.horizontal_m, figures.vertical_m, figures.space_m)
    return [*(number(value, 2) for value in rms), three(figures.mean_m, signed=True)]


def three(values: tuple[float, float, float] | None, *, signed: bool = False) -> str:
    """East, north, up."""
    if values is None or any(value != value for value in values):
        return "–"
    return ", ".join(f"{value:+.2f}" if signed else f"{value:.2f}" for value in values)
