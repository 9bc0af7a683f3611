"""Integers of new or slipped satellites, by rounding against the known attitude."""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.estimation.differences import Rows
from gnss_gyro.estimation.fixed_solution import FixedBaselines

_FAILURE: Final = 1e-6
"""Tolerated probability that the neighbouring integer is the true one."""
_SIGMAS: Final = 4.0
"""A satellite farther than this from an integer is not rounded: something else is wrong with it."""
_MISFIT: Final = 2.0
"""Mean square distance from integers, in variances, above which an antenna that holds none is not where it should be."""


def round_against_attitude(rows: Rows, known: Floats, baselines: FixedBaselines, array: AntennaArray) -> Floats:
    """Integers (M,) of the rows not yet known, where rounding is safe; NaN elsewhere and for those already known.

    rows      : all phase rows (M) of the epoch
    known     : (M,) integers held; NaN = unknown
    baselines : solved with the known rows
    array     : the antennas, reference first
    """
    rest = rows.value_m - np.einsum("ij,ij->i", rows.design, baselines.rigid_enu_m[rows.baseline])
    cycles = rest / rows.wavelength_m
    nearest = np.rint(cycles)
    sigma = np.sqrt(np.diag(rows.cov_m2) + _vector_variance(rows, baselines, array)) / rows.wavelength_m
    off = np.abs(cycles - nearest)
    odds = np.exp(-0.5 * ((1.0 - off) ** 2 - off**2) / sigma**2)
    safe = np.isnan(known) & (off <= _SIGMAS * sigma) & (odds <= _FAILURE) & ~_misplaced(rows, known, off / sigma)
    return np.where(safe, nearest, np.nan)


def _misplaced(rows: Rows, known: Floats, off_sigmas: Floats) -> Bools:
    """Rows (M,) of antennas without a known integer whose phases the attitude does not explain: on another mount, say."""
    out = np.zeros(len(rows), bool)
    for baseline in np.unique(rows.baseline):
        mine = rows.of(int(baseline))
        out[mine] = bool(np.isnan(known[mine]).all()) and float(np.mean(off_sigmas[mine] ** 2)) > _MISFIT
    return out


def _vector_variance(rows: Rows, baselines: FixedBaselines, array: AntennaArray) -> Floats:
    """Variance (M,) [m^2] that the uncertain vectors add to each row: the better of the free and the rigid vectors."""
    blocks = [baselines.covariance_m2[3 * k : 3 * k + 3, 3 * k : 3 * k + 3] for k in range(len(array) - 1)]
    free = np.array([e @ blocks[b] @ e for e, b in zip(rows.design, rows.baseline, strict=True)])
    if baselines.rotation is None:
        return free
    turned = np.cross(baselines.rigid_enu_m[rows.baseline], rows.design)  # d(row) / d(small rotation)
    variance = array.sigma_m**2
    rig = (variance[1:] + variance[0])[rows.baseline] * np.einsum("ij,ij->i", rows.design, rows.design)
    rigid = np.einsum("ij,jk,ik->i", turned, baselines.rotation.covariance_rad2, turned) + rig
    return np.minimum(free, rigid)
