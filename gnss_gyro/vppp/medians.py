"""Medians of a few dozen numbers, for kernels."""

from __future__ import annotations

import math

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.kernels import kernel


@kernel
def median(values: Floats, out_sorted: Floats) -> float:
    """Median of the numbers among values (n,), NaN without any; out_sorted (n,) begins with them in order afterwards."""
    count = 0
    for value in values:
        if not math.isnan(value):
            place = count
            while place > 0 and out_sorted[place - 1] > value:
                out_sorted[place] = out_sorted[place - 1]
                place -= 1
            out_sorted[place] = value
            count += 1
    return 0.5 * (out_sorted[(count - 1) // 2] + out_sorted[count // 2]) if count else math.nan
