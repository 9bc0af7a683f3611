"""Modified dip latitude: the magnetic latitude by which the maps of the ionosphere are ordered."""

from __future__ import annotations

import math

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel


@kernel
def modified_dip_deg(grid_deg: Floats, latitude_deg: float, longitude_deg: float) -> float:
    """Modified dip latitude [degrees] of a place, from the grid (39, 39); cubic both ways (algorithm document, 2.5.4.3).

    longitude_deg : -180..180
    """
    if abs(latitude_deg) >= 90.0:
        return math.copysign(90.0, latitude_deg)
    row_at, column_at = (latitude_deg + 90.0) / 5.0, (longitude_deg + 180.0) / 10.0
    row, column = int(row_at), min(int(column_at), 35)
    south, west = row_at - row, column_at - column
    across = (0.0, 0.0, 0.0, 0.0)
    for k in range(column, column + 4):
        z = grid_deg[row : row + 4, k]
        across = (across[1], across[2], across[3], _cubic(z[0], z[1], z[2], z[3], south))
    return _cubic(across[0], across[1], across[2], across[3], west)


@kernel
def _cubic(z0: float, z1: float, z2: float, z3: float, x: float) -> float:
    """Value at x in 0..1 between z1 and z2, of four equally spaced ones (algorithm document, 2.5.7.1)."""
    delta = 2.0 * x - 1.0
    sum_in, sum_out = z2 + z1, z3 + z0
    step_in, step_out = z2 - z1, (z3 - z0) / 3.0
    a0, a1 = 9.0 * sum_in - sum_out, 9.0 * step_in - step_out
    a2, a3 = sum_out - sum_in, step_out - step_in
    return (a0 + delta * (a1 + delta * (a2 + delta * a3))) / 16.0
