"""Order statistics of the chosen ones among a few values."""

from __future__ import annotations

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.kernels import kernel


@kernel
def in_order(values: Floats, chosen: Bools) -> Floats:
    """The chosen values (k,) of (n,), increasing; by insertion, which suits dozens."""
    ordered = np.empty(len(values))
    count = 0
    for i in range(len(values)):
        if chosen[i]:
            place = count
            while place > 0 and ordered[place - 1] > values[i]:
                ordered[place] = ordered[place - 1]
                place -= 1
            ordered[place] = values[i]
            count += 1
    return ordered[:count]


@kernel(inline="always")
def median(values: Floats, chosen: Bools) -> float:
    """Median of the chosen values (n,), of which there must be one."""
    ordered = in_order(values, chosen)
    return float(0.5 * (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]))


@kernel
def count_of(chosen: Bools) -> int:
    """How many are chosen."""
    count = 0
    for i in range(len(chosen)):
        count += int(chosen[i])
    return count
