"""What each antenna saw, laid side by side, and combined to one epoch of the array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.satellites import System, in_system
from gnss_gyro.estimation.prefit import Prefit
from gnss_gyro.vppp.combining import align_phases, combine
from gnss_gyro.vppp.signal_errors import clock_group

_KNOWN_LEVER_M: Final = 0.03
"""Levers known to this (1 sigma) tell how many cycles apart two antennas' phases are."""


@dataclass(frozen=True, slots=True, eq=False)
class AntennaView:
    """One antenna's observations, and where it stands on the body.

    prefit       : computed at one place for all antennas
    lever_enu_m  : (3,) from the body point to the antenna [m]
    lever_cov_m2 : (3, 3)
    """

    prefit: Prefit
    lever_enu_m: Floats
    lever_cov_m2: Floats

    @property
    def is_placed(self) -> bool:
        """Is the lever known to a fraction of a wavelength?"""
        return bool(np.trace(self.lever_cov_m2) < _KNOWN_LEVER_M**2)


@dataclass(frozen=True, slots=True, eq=False)
class Combined:
    """Codes and phases at the body point; NaN = none, rows and columns of NaN values are not to be read.

    satellite : (n,) that any antenna sees
    direction : (n, 3) ENU [-];  elevation : (n,) [rad];  wavelength_m : (n,)
    code_m, code_cov_m2, phase_m, phase_cov_m2 : (n,), (n, n)
    slip      : (n,) of the base antenna
    """

    satellite: Codes
    direction: Floats
    elevation: Floats
    wavelength_m: Floats
    code_m: Floats
    code_cov_m2: Floats
    phase_m: Floats
    phase_cov_m2: Floats
    slip: Bools


def combined(views: Sequence[AntennaView]) -> Combined:
    """One receiver's observations from those of all antennas, the base antenna first.

    Phases are the base antenna's; those of other antennas join where their levers tell their integers against it.
    """
    base = views[0].prefit
    if len(views) == 1 and views[0].is_placed:
        nearer = base.direction @ views[0].lever_enu_m
        return Combined(
            base.satellite, base.direction, base.elevation, base.wavelength_m, base.code_m + nearer, np.diag(base.code_var_m2),
            base.phase_m + nearer, np.diag(base.phase_var_m2), base.slip,
        )  # fmt: skip
    satellite = np.unique(np.concatenate([view.prefit.satellite for view in views]))
    places = [np.searchsorted(satellite, view.prefit.satellite) for view in views]
    direction, elevation, wavelength = np.empty((len(satellite), 3)), np.empty(len(satellite)), np.empty(len(satellite))
    for place, view in zip(places[::-1], views[::-1], strict=True):
        direction[place], elevation[place] = view.prefit.direction, view.prefit.elevation
        wavelength[place] = view.prefit.wavelength_m
    levers = np.array([view.lever_enu_m for view in views])
    lever_covs = np.array([view.lever_cov_m2 for view in views])
    code, code_cov = _codes(views, places, satellite, direction, levers, lever_covs)
    phase, phase_cov = _phases(views, places, satellite, direction, levers, lever_covs)
    slip = np.ones(len(satellite), bool)
    slip[places[0]] = base.slip
    return Combined(satellite, direction, elevation, wavelength, code, code_cov, phase, phase_cov, slip)


def _codes(
    views: Sequence[AntennaView], places: list[Ints], satellite: Codes, direction: Floats, levers: Floats, lever_covs: Floats
) -> tuple[Floats, Floats]:
    value = _laid_out([view.prefit.code_m for view in views], places, len(satellite))
    variance = _laid_out([view.prefit.code_var_m2 for view in views], places, len(satellite))
    group = np.tile(clock_group(satellite), (len(views), 1))
    return _scattered(value, variance, group, direction, levers, lever_covs)


def _phases(
    views: Sequence[AntennaView], places: list[Ints], satellite: Codes, direction: Floats, levers: Floats, lever_covs: Floats
) -> tuple[Floats, Floats]:
    """The base antenna's phases, averaged with those that are whole cycles away from it."""
    n = len(satellite)
    value = _laid_out([view.prefit.phase_m for view in views], places, n)
    variance = _laid_out([view.prefit.phase_var_m2 for view in views], places, n)
    wavelength = _laid_out([views[0].prefit.wavelength_m], places[:1], n)[0]
    signals = np.array([_signals(view, place, n) for view, place in zip(views, places, strict=True)])
    placed = np.array([view.is_placed and views[0].is_placed for view in views])
    alone = in_system(satellite, System.GLONASS)
    group = align_phases(value, wavelength, direction, levers, clock_group(satellite), signals, placed, alone)
    return _scattered(value, variance, group, direction, levers, lever_covs)


def _signals(view: AntennaView, place: Ints, n: int) -> Ints:
    out = np.zeros(n, np.int64)
    out[place] = view.prefit.signal
    return out


def _laid_out(columns: list[Floats], places: list[Ints], n: int) -> Floats:
    """Columns of each antenna (k, n) at the places of their satellites; NaN elsewhere."""
    out = np.full((len(columns), n), np.nan)
    for row, (column, place) in enumerate(zip(columns, places, strict=True)):
        out[row, place] = column
    return out


def _scattered(
    value: Floats, variance: Floats, group: Ints, direction: Floats, levers: Floats, lever_covs: Floats
) -> tuple[Floats, Floats]:
    """combine() of the satellites that any antenna sees, laid out over all."""
    n = value.shape[1]
    out, cov = np.full(n, np.nan), np.diag(np.full(n, np.nan))
    seen = np.flatnonzero((~np.isnan(value)).any(axis=0))
    if len(seen):
        some = combine(
            np.ascontiguousarray(value[:, seen]), np.ascontiguousarray(variance[:, seen]),
            np.ascontiguousarray(group[:, seen]), np.ascontiguousarray(direction[seen]), levers, lever_covs,
        )  # fmt: skip
        out[seen] = some[0]
        cov[np.ix_(seen, seen)] = some[1]
    return out, cov
