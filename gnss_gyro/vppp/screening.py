"""Innovations that do not belong: the worst one goes, again and again, until none stands out.

Baarda's w-test against the whole covariance of the innovations: w_i = (S^-1 v)_i / sqrt((S^-1)_ii) is the size of the error
in observation i that the others see, in its own standard deviations.
"""

from __future__ import annotations

import math

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.kernels import kernel


@kernel
def screen_innovations(inverse: Floats, innovation: Floats, limit: float, most: int, used: Bools) -> bool:
    """Drop the worst innovation until all are below the limit, at most `most` of them; are they then?

    inverse    : (m, m) inverse covariance of the innovations; becomes, in place, that of the used ones (others zero)
    innovation : (m,)
    limit      : largest w of an observation that is kept
    used       : (m,) out, all True at the start
    """
    weighted = np.zeros(len(innovation))
    for i in range(len(innovation)):
        for j in range(len(innovation)):
            weighted[j] += inverse[i, j] * innovation[i]
    for dropped in range(most + 1):
        worst = _worst(inverse, weighted, limit, used)
        if worst < 0:
            return True
        if dropped == most:
            return False
        _drop(inverse, weighted, worst)
        used[worst] = False
    return True


@kernel
def _worst(inverse: Floats, weighted: Floats, limit: float, used: Bools) -> int:
    """Which used innovation stands out most; -1 = none is beyond the limit."""
    worst, size = -1, limit
    for i in range(len(weighted)):
        if used[i] and inverse[i, i] > 0.0:
            w = abs(weighted[i]) / math.sqrt(inverse[i, i])
            if w > size:
                worst, size = i, w
    return worst


@kernel
def _drop(inverse: Floats, weighted: Floats, which: int) -> None:
    """Take an innovation out of the inverse covariance (m, m) and out of what it makes of the innovations (m,), in place."""
    m, pivot, share = len(weighted), inverse[which, which], weighted[which] / inverse[which, which]
    row = inverse[which].copy()
    for i in range(m):
        weighted[i] -= row[i] * share
        scale = row[i] / pivot
        for j in range(m):
            inverse[i, j] -= scale * row[j]
    for i in range(m):
        inverse[which, i] = inverse[i, which] = 0.0
    weighted[which] = 0.0
