"""Innovations that do not belong: the worst one goes, again and again, until none stands out.

Baarda's w-test against the whole covariance of the innovations: w_i = (S^-1 v)_i / sqrt((S^-1)_ii) is the size of the error
in observation i that the others see, in its own standard deviations.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Bools, Floats


@njit(cache=True)
def screen_innovations(inverse: Floats, innovation: Floats, limit: float, most: int, used: Bools) -> bool:
    """Drop the worst innovation until all are below the limit, at most `most` of them; are they then?

    inverse    : (m, m) inverse covariance of the innovations; becomes, in place, that of the used ones (others zero)
    innovation : (m,)
    limit      : largest w of an observation that is kept
    used       : (m,) out, all True at the start
    """
    m = len(innovation)
    weighted = inverse @ innovation
    for dropped in range(most + 1):
        worst, size = -1, limit
        for i in range(m):
            if used[i] and inverse[i, i] > 0.0:
                w = abs(weighted[i]) / np.sqrt(inverse[i, i])
                if w > size:
                    worst, size = i, w
        if worst < 0:
            return True
        if dropped == most:
            return False
        column = inverse[:, worst].copy()
        pivot = column[worst]
        share = weighted[worst] / pivot
        for i in range(m):
            weighted[i] -= column[i] * share
            scale = column[i] / pivot
            for j in range(m):
                inverse[i, j] -= scale * column[j]
        inverse[worst, :] = 0.0
        inverse[:, worst] = 0.0
        weighted[worst] = 0.0
        used[worst] = False
    return True
