"""The phases of one baseline as the integer search wants them."""

from __future__ import annotations

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.estimation.difference_kernels import BASE, BASE_PIVOT, OWN, PIVOT
from gnss_gyro.estimation.integer_search import core_first


@kernel
def ordered_rows(
    first: int, last: int, pivot: Codes, value: Floats, design: Floats, wave: Floats, part_m2: Floats, core: int
) -> tuple[Ints, Floats, Floats, Floats, Floats, Floats]:
    """Rows first..last-1 of all phases as a problem of their own, the `core` most precise first.

    Returns their order (m,), value, design, wavelength, weight (m, m), covariance (m, m). Rows of one pivot share its variance,
    others share nothing: a diagonal matrix and one vector for each pivot (Sherman and Morrison 1950).
    """
    m = last - first
    variance, own, shared, total = np.empty(m), np.empty(m), np.empty(m), np.zeros(m)
    for i in range(m):
        part = part_m2[first + i]
        own[i], shared[i] = part[BASE] + part[OWN], part[BASE_PIVOT] + part[PIVOT]
        variance[i] = own[i] + shared[i]
    order = core_first(variance, core)
    weight, covariance = np.zeros((m, m)), np.zeros((m, m))
    values, directions, waves = np.empty(m), np.empty((m, 3)), np.empty(m)
    for a in range(m):
        i = order[a]
        values[a], waves[a] = value[first + i], wave[first + i]
        for k in range(3):
            directions[a, k] = design[first + i, k]
        for j in range(m):
            if pivot[first + j] == pivot[first + i]:
                total[i] += shared[i] / own[j]
    for a in range(m):
        for b in range(m):
            i, j = order[a], order[b]
            if pivot[first + i] == pivot[first + j]:
                covariance[a, b] = shared[i]
                weight[a, b] = -shared[i] / (1.0 + total[i]) / (own[i] * own[j])
        weight[a, a] += 1.0 / own[order[a]]
        covariance[a, a] += own[order[a]]
    return order, values, directions, waves, weight, covariance
