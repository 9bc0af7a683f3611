"""The shortlist of an integer search: so many of the best candidates."""

from __future__ import annotations

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.kernels import kernel

COST, CHI2, VECTOR, INTEGERS = 0, 1, 2, 5
"""Where in a row of the shortlist begin: cost, phase_chi2, vector (3,) and integers (m,)."""
KEPT, WORST = 0, 1
"""Of the shortlist: how many of its rows are taken, and which of them is the worst once all are."""


@kernel
def keep(
    cost: float, integers: Floats, vector: Floats, chi2: float, limit: float, places: Ints, found: Floats
) -> bool:
    """Put a candidate into the shortlist, in place of the worst if it is full; False if one below the limit was lost.

    places : KEPT, how many there are, and WORST, the row of the worst once it is full; both are written
    """
    room, slot, complete = len(found), places[KEPT], True
    if slot == room:
        slot = places[WORST]
        complete = max(cost, found[slot, COST]) > limit
        if not cost < found[slot, COST]:
            return complete
    found[slot, COST], found[slot, CHI2] = cost, chi2
    for k in range(3):
        found[slot, VECTOR + k] = vector[k]
    for i in range(len(integers)):
        found[slot, INTEGERS + i] = integers[i]
    places[KEPT] = min(places[KEPT] + 1, room)
    if places[KEPT] == room:
        for i in range(room):
            if found[i, COST] > found[places[WORST], COST]:
                places[WORST] = i
    return complete


@kernel(inline="always")
def best_first(found: Floats, kept: int, window: float, order: Ints) -> Floats:
    """The first `kept` rows of a shortlist that lie within a window above the best, best first.

    order : (m,) where in the row each integer belongs
    """
    ranked, count = np.empty(kept, np.int64), 0
    for i in range(kept):
        place = i
        while place > 0 and found[ranked[place - 1], COST] > found[i, COST]:
            ranked[place] = ranked[place - 1]
            place -= 1
        ranked[place] = i
    while count < kept and found[ranked[count], COST] <= found[ranked[0], COST] + window:
        count += 1
    out = np.empty((count, found.shape[1]))
    for i in range(count):
        for k in range(INTEGERS):
            out[i, k] = found[ranked[i], k]
        for k in range(len(order)):
            out[i, INTEGERS + order[k]] = found[ranked[i], INTEGERS + k]
    return out
