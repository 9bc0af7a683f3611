"""From the body point to the antennas: levers in east, north and up, and how far they may be wrong."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.estimation.array_fix import ArrayFix
from gnss_gyro.estimation.outcome import Outcome

_EXACT: Final = 1e-8
"""Variance [m^2] of the lever of the body point's own antenna."""
_LEAST_M: Final = 1e-3
"""No lever is known better than this."""


def levers_of(array: AntennaArray, names: list[str], fix: ArrayFix) -> tuple[Floats, Floats]:
    """From the rig's first antenna to some (k,): (k, 3) ENU [m] and covariances (k, 3, 3), by attitude, else by length."""
    rows = np.array([array.index(name) for name in names])
    lever, cov = np.zeros((len(rows), 3)), np.zeros((len(rows), 3, 3))
    rotation = fix.baselines.rotation if fix.outcome is Outcome.FIXED and fix.baselines is not None else None
    if rotation is None:
        _fill_unknown(array.position_body_m, array.sigma_m, rows, cov)
    else:
        turned = rotation.enu_from_body, rotation.covariance_rad2
        _fill_turned(array.position_body_m, array.sigma_m, rows, *turned, lever, cov)
    return lever, cov


@kernel
def _fill_turned(
    body_m: Floats, sigma_m: Floats, rows: Ints, enu_from_body: Floats, rotation_cov_rad2: Floats, out_m: Floats,
    out_cov_m2: Floats,
) -> Any:  # fmt: skip
    """Write levers (k, 3) and covariances (k, 3, 3) from the first antenna to some rows of a rig (n, 3) of known attitude."""
    for k in range(len(rows)):
        lever, cov, spread = out_m[k], out_cov_m2[k], _spread_m2(sigma_m, rows[k])
        for i in range(3):
            for j in range(3):
                lever[i] += enu_from_body[i, j] * (body_m[rows[k], j] - body_m[0, j])
        x, y, z = lever[0], lever[1], lever[2]
        turning = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
        for i in range(3):
            cov[i, i] = spread
            for j in range(3):
                for a in range(3):
                    for b in range(3):
                        cov[i, j] += turning[i, a] * rotation_cov_rad2[a, b] * turning[j, b]


@kernel
def _fill_unknown(body_m: Floats, sigma_m: Floats, rows: Ints, out_cov_m2: Floats) -> Any:
    """Write covariances (k, 3, 3) without attitude: anywhere on the sphere of the lever's length."""
    for k in range(len(rows)):
        length_m2 = 0.0
        for j in range(3):
            length_m2 += (body_m[rows[k], j] - body_m[0, j]) ** 2
        for j in range(3):
            out_cov_m2[k, j, j] = length_m2 / 3.0 + _spread_m2(sigma_m, rows[k])


@kernel
def _spread_m2(sigma_m: Floats, row: int) -> float:
    """Variance of the lever as the rig knows it."""
    return _EXACT if row == 0 else max(sigma_m[0] ** 2 + sigma_m[row] ** 2, _LEAST_M**2)
