"""The shape of a rigid array from the baselines of many epochs, whose rotations are unknown too.

Generalised Procrustes analysis (Gower 1975): every epoch is turned onto the shape, the shape is the mean of the turned
epochs. Unlike lengths alone it knows left from right and does not fold flat arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from gnss_gyro.attitude.length_check import length_and_variance
from gnss_gyro.attitude.rotation_fit import fit_rotation
from gnss_gyro.basics.arrays import Bools, Floats

_ROUNDS: Final = 4
_TURNED: Final = float(np.radians(10.0))
_OUTLYING: Final = 6.0
_TOLERANCE_M: Final = 0.02
"""Epochs whose lengths are off by more than _OUTLYING times the usual, and more than this, have wrong integers."""


@dataclass(frozen=True, slots=True, eq=False)
class ArrayShape:
    """The shape of an array, in axes that are east, north, up at one of the epochs.

    position_m    : (n, 3) of all antennas, the first at 0 [m]
    enu_from_shape: (t, 3, 3) rotation of each epoch
    turned_m      : (t, n, 3) each epoch's antennas, turned onto the shape [m]
    epoch_cov_m2  : (n, 3, 3) formal covariance of an antenna at one epoch, in the axes of the shape [m^2]
    """

    position_m: Floats
    enu_from_shape: Floats
    turned_m: Floats
    epoch_cov_m2: Floats


def stood_still(enu_from_shape: Floats) -> bool:
    """Did an array with rotations (t, 3, 3) keep its direction, within ten degrees or so, all the time?"""
    mean = enu_from_shape.mean(axis=0)
    return bool(np.linalg.norm(mean) > np.sqrt(3.0) * np.cos(_TURNED))


def pair_lengths(vectors_m: Floats, covariance_m2: Floats) -> Floats:
    """Lengths (p, 2) of all pairs of antennas, with their sigmas, from baselines (k, 3) [m] and their covariance (3k, 3k).

    Pairs in the order of itertools.combinations(range(k + 1), 2).
    """
    k = len(vectors_m)
    position = np.concatenate([np.zeros((1, 3)), vectors_m])
    spread = np.zeros((3 * (k + 1), 3 * (k + 1)))
    spread[3:, 3:] = covariance_m2
    out = []
    for i, j in combinations(range(k + 1), 2):
        blocks = [[spread[3 * a : 3 * a + 3, 3 * b : 3 * b + 3] for b in (i, j)] for a in (i, j)]
        cov = blocks[0][0] - blocks[0][1] - blocks[1][0] + blocks[1][1]
        vector = position[j] - position[i]
        length, variance = length_and_variance(vector, cov, max(float(np.linalg.norm(vector)), 1e-6))
        out.append((length, float(np.sqrt(variance))))
    return np.array(out)


def consistent_epochs(lengths_m: Floats) -> Bools:
    """Mask (t,): epochs whose lengths (t, p) are those of most epochs."""
    off = np.abs(lengths_m - np.median(lengths_m, axis=0))
    usual = 1.4826 * np.median(off, axis=0)
    return np.asarray((off <= np.maximum(_OUTLYING * usual, _TOLERANCE_M)).all(axis=1))


def array_shape(vectors_enu_m: Floats, covariance_m2: Floats, lengths_m: Floats) -> ArrayShape:
    """The shape that fits the baselines (t, k, 3) with covariances (t, 3k, 3k) and lengths (t, p) of some epochs, t >= 1."""
    typical = int(np.argmin(np.abs(lengths_m - np.median(lengths_m, axis=0)).sum(axis=1)))
    shape = vectors_enu_m[typical]
    for _ in range(_ROUNDS):
        rotation = np.array([fit_rotation(v, c, shape).enu_from_body for v, c in zip(vectors_enu_m, covariance_m2, strict=True)])
        turned = np.einsum("tji,tkj->tki", rotation, vectors_enu_m)
        shape = turned.mean(axis=0)
    origin = np.zeros((len(turned), 1, 3))
    k = shape.shape[0]
    own = np.einsum("tkikj->tkij", covariance_m2.reshape(-1, k, 3, k, 3))
    cov = np.einsum("tai,tkab,tbj->kij", rotation, own, rotation) / len(rotation)
    return ArrayShape(
        np.concatenate([np.zeros((1, 3)), shape]), rotation, np.concatenate([origin, turned], axis=1),
        np.concatenate([np.zeros((1, 3, 3)), cov]),
    )  # fmt: skip
