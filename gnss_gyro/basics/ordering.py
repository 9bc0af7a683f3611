"""Order statistics of the chosen ones among a few values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.kernels import kernel


@kernel
def in_order(values: Floats, chosen: Bools) -> Floats:
    """The chosen values (k,) of (n,), increasing."""
    ordered, count = np.empty(len(values)), 0
    for i in range(len(values)):
        if chosen[i]:
            insert(values[i], ordered, count)
            count += 1
    return ordered[:count]


@kernel
def insert(value: float, ordered: Floats, count: int) -> Any:
    """Put a value where it belongs among the first numbers, `count` in order, of an array with room for it; suits dozens."""
    place = count
    while place > 0 and ordered[place - 1] > value:
        ordered[place] = ordered[place - 1]
        place -= 1
    ordered[place] = value


@kernel
def median(values: Floats, chosen: Bools) -> float:
    """Median of the chosen values (n,), of which there must be one."""
    return middle(in_order(values, chosen))


@kernel
def median_of_known(values: Floats) -> float:
    """Median of the numbers among values (n,); NaN without any."""
    ordered, count = np.empty(len(values)), 0
    for value in values:
        if not math.isnan(value):
            insert(value, ordered, count)
            count += 1
    return middle(ordered[:count]) if count else math.nan


@kernel
def middle(ordered: Floats) -> float:
    """Median of numbers in order (n,), of which there must be one."""
    return 0.5 * (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2])


@kernel
def known_count(values: Floats) -> int:
    """How many of the values (n,) are known."""
    count = 0
    for value in values:
        count += int(not math.isnan(value))
    return count


@kernel
def count_of(chosen: Bools) -> int:
    """How many are chosen."""
    count = 0
    for i in range(len(chosen)):
        count += int(chosen[i])
    return count
