"""What each antenna saw, combined to one epoch of the array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.estimation.prefit import Prefit
from gnss_gyro.vppp.combining import combine
from gnss_gyro.vppp.phase_alignment import align_phases, is_placed
from gnss_gyro.vppp.side_by_side import CODE, PHASE, side_by_side
from gnss_gyro.vppp.signal_errors import clock_group


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


def combined(prefits: Sequence[Prefit], lever_enu_m: Floats, lever_cov_m2: Floats) -> Combined:
    """One receiver's observations from those of all k antennas, the base antenna first, all computed at one place.

    lever_enu_m, lever_cov_m2 : (k, 3) [m], (k, 3, 3) from the body point to the antennas
    Phases are the base antenna's; those of other antennas join where their levers tell their integers against it.
    """
    base = prefits[0]
    if len(prefits) == 1 and is_placed(lever_cov_m2[0]):
        nearer = base.direction @ lever_enu_m[0]
        return Combined(
            base.satellite, base.direction, base.elevation, base.wavelength_m, base.code_m + nearer, np.diag(base.code_var_m2),
            base.phase_m + nearer, np.diag(base.phase_var_m2), base.slip,
        )  # fmt: skip
    seen = side_by_side(prefits, lever_enu_m)
    n = len(seen.satellite)
    value, cov = np.empty((2, n)), np.empty((2, n, n))
    _combine(
        seen.satellite, seen.direction, seen.wavelength_m, seen.value_m, seen.variance_m2, seen.signal, lever_cov_m2, value, cov
    )
    return Combined(
        seen.satellite, seen.direction, seen.elevation, seen.wavelength_m, value[CODE], cov[CODE], value[PHASE], cov[PHASE],
        seen.slip,
    )  # fmt: skip


@kernel
def _combine(
    satellite: Codes, direction: Floats, wavelength_m: Floats, value_m: Floats, variance_m2: Floats, signal: Ints,
    lever_cov_m2: Floats, out_m: Floats, out_cov_m2: Floats,
) -> Any:  # fmt: skip
    """Write values (2, n) and covariances (2, n, n) of codes and phases; arguments as SideBySide has them."""
    clock, group = clock_group(satellite), np.empty(signal.shape, np.int64)
    for kind in range(2):
        values = value_m[kind].copy()
        if kind == PHASE:
            align_phases(values, wavelength_m, lever_cov_m2, clock, signal, group)
        else:
            for k in range(len(group)):
                for s in range(len(clock)):
                    group[k, s] = clock[s]
        combine(values, variance_m2[kind], group, direction, lever_cov_m2, out_m[kind], out_cov_m2[kind])
