"""Does an array keep its shape? Lengths that drift, jump or shake name the antenna that is loose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.estimation.batch_means import CORRELATION_S, batches, means_of

_DRIFT_M: Final = 0.008
"""Multipath alone moves the mean of a batch by some millimetres."""
_SHAKE_M: Final = 0.010
_SIGMAS: Final = 4.0
_SHAKE_FACTOR: Final = 3.0


@dataclass(frozen=True, slots=True)
class LooseLength:
    """A distance between two antennas that does not stay.

    pair    : their names
    change_m: largest difference between means over parts of the log [m]
    shake_m : standard deviation within a part [m]
    """

    pair: tuple[str, str]
    change_m: float
    shake_m: float


def loose_lengths(names: Sequence[str], lengths_m: Floats, sigma_m: Floats, time_s: Floats) -> tuple[LooseLength, ...]:
    """The lengths that do not stay, of those (t, p) of all pairs, with the formal sigmas (t, p) of single epochs [m]."""
    batch = batches(time_s)
    means = means_of(lengths_m, batch)
    within = np.sqrt(means_of((lengths_m - means[batch]) ** 2, batch).mean(axis=0))
    epoch_sigma = np.median(sigma_m, axis=0)
    span = float(time_s[-1] - time_s[0]) / len(means)
    allowed = np.maximum(_SIGMAS * epoch_sigma / np.sqrt(1.0 + span / CORRELATION_S), _DRIFT_M)
    change = np.ptp(means, axis=0)
    loose = (np.abs(means - np.median(means, axis=0)).max(axis=0) > allowed) | (
        within > np.maximum(_SHAKE_FACTOR * epoch_sigma, _SHAKE_M)
    )
    pairs = list(combinations(names, 2))
    return tuple(LooseLength(pairs[p], float(change[p]), float(within[p])) for p in np.flatnonzero(loose))


def rigidity_complaint(loose: Sequence[LooseLength], antennas: int) -> str:
    """A sentence that names the antenna that all loose lengths have in common, or the lengths; "" if all stay."""
    if not loose:
        return ""
    worst = max(loose, key=lambda length: max(length.change_m, length.shake_m))
    amount = f"{100.0 * max(worst.change_m, worst.shake_m):.1f} cm"
    common = sorted(set.intersection(*(set(length.pair) for length in loose)))
    if antennas > 2 and len(common) == 1:
        return f"antenna {common[0]} moves against the others, by about {amount}: is it loose, or its mast flexing?"
    pairs = ", ".join("-".join(length.pair) for length in loose)
    return f"the array is not rigid: {pairs} change by up to {amount}"
