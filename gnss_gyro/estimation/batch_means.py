"""Means of correlated series and how good they are.

Multipath stays for a minute or longer, so that n epochs of a second are not n measurements. The spread of the means of long
batches knows that (Law and Kelton, "Simulation Modeling and Analysis", the method of batch means). Where a series holds few
batches it is not to be relied on alone: the formal error of one epoch over the correlation times that passed stands beside it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints

CORRELATION_S: Final = 60.0
"""How long multipath stays while the array turns and travels [s]."""
STILL_CORRELATION_S: Final = 300.0
"""The same while it stands still: reflections change only as the satellites move."""
FLOOR_M: Final = 0.001
"""No place is told better: phase centres move that much with the direction of the signals."""
_MOST_BATCHES: Final = 16
_FEWEST_BATCHES: Final = 4


def batches(time_s: Floats) -> Ints:
    """Number (n,) of the batch of each epoch: 4 to 16 batches, where there is time of at least a minute, equally long in time."""
    span = float(time_s[-1] - time_s[0]) if len(time_s) else 0.0
    count = int(np.clip(span / CORRELATION_S, _FEWEST_BATCHES, _MOST_BATCHES))
    if span <= 0.0 or len(time_s) < 2 * count:
        return np.zeros(len(time_s), np.int64)
    raw = np.minimum((time_s - time_s[0]) / span * count, count - 1e-9).astype(np.int64)
    return np.unique(raw, return_inverse=True)[1].reshape(-1)


def means_of(values: Floats, batch: Ints) -> Floats:
    """Means (b, ...) of values (n, ...) over each batch."""
    return np.array([values[batch == i].mean(axis=0) for i in range(int(batch.max(initial=-1)) + 1)])


def sigma_of_mean(
    batch_values: Floats, epoch_sigma: Floats | float, time_s: Floats, correlation_s: float = CORRELATION_S
) -> Floats:
    """Standard deviation (...) of a mean, from the values (b, ...) of its batches and the formal sigma (...) of one epoch.

    The larger of what the batches say and of the formal sigma over the square root of the correlation times that passed, no
    better than FLOOR_M.
    """
    from scipy.special import stdtrit  # late: slow to import, and only surveys need it

    count = len(batch_values)
    independent = 1.0 + float(time_s[-1] - time_s[0]) / correlation_s
    formal = np.asarray(epoch_sigma) / np.sqrt(min(independent, float(len(time_s))))
    if count < 2:
        return np.maximum(formal, FLOOR_M)
    widened = float(stdtrit(count - 1, 0.975)) / 1.96
    spread = batch_values.std(axis=0, ddof=1) / np.sqrt(count) * widened
    return np.maximum(np.maximum(spread, formal), FLOOR_M)
