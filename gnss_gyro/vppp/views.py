"""What each antenna saw, laid side by side, and combined to one epoch of the array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.estimation.prefit import Prefit
from gnss_gyro.vppp.combining import combine_codes, combine_phases
from gnss_gyro.vppp.side_by_side import side_by_side
from gnss_gyro.vppp.signal_errors import GLONASS_GROUP, clock_group

_KNOWN_LEVER_M: Final = 0.03
"""Levers known to this (1 sigma) tell how many cycles apart two antennas' phases are."""
_COLUMNS: Final = attrgetter(*(field.name for field in fields(Prefit)))


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
        cov = self.lever_cov_m2
        return bool(cov[0, 0] + cov[1, 1] + cov[2, 2] < _KNOWN_LEVER_M**2)


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
    levers = np.array([view.lever_enu_m for view in views]), np.array([view.lever_cov_m2 for view in views])
    placed = np.array([view.is_placed and views[0].is_placed for view in views])
    given = (*_joined([view.prefit for view in views]), *levers, placed)
    return Combined(*_combined(*given))


@njit(cache=True)
def _combined(
    satellite: Codes, signal: Codes, wavelength_m: Floats, direction: Floats, elevation: Floats, code_m: Floats,
    phase_m: Floats, code_var_m2: Floats, phase_var_m2: Floats, slip: Bools, sizes: Ints, lever_m: Floats, lever_cov_m2: Floats,
    placed: Bools,
) -> tuple[Codes, Floats, Floats, Floats, Floats, Floats, Floats, Floats, Bools]:  # fmt: skip
    """The fields of Combined in their order, from columns of all antennas in turn; a lever and whether it is known for each."""
    seen, toward, height, wave, slipped, signals, base_wave, codes, code_vars, phases, phase_vars = side_by_side(
        satellite, signal, wavelength_m, direction, elevation, code_m, phase_m, code_var_m2, phase_var_m2, slip, sizes
    )
    clock = clock_group(seen)
    code, code_cov = combine_codes(codes, code_vars, clock, toward, lever_m, lever_cov_m2)
    phase, phase_cov = combine_phases(
        phases, phase_vars, clock, toward, lever_m, lever_cov_m2, base_wave, signals, placed, clock == GLONASS_GROUP
    )
    return seen, toward, height, wave, code, code_cov, phase, phase_cov, slipped


def _joined(prefits: Sequence[Prefit]) -> tuple[np.ndarray, ...]:
    """All columns of some prefits, one after another, and how many rows each of them (k,) has."""
    columns = zip(*map(_COLUMNS, prefits), strict=True)
    return (*map(np.concatenate, columns), np.array([len(each.satellite) for each in prefits]))
