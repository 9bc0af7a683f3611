"""The filter's state: what is common to all satellites, and three numbers for each satellite.

    common   position (3), velocity (3), acceleration (3) in ENU axes of the first epoch, ionosphere field (6) and its rate (6),
             receiver clock, zenith wet delay, clock groups against GPS (6)
    each     range error of the code (orbit, clock, group delay, what the field leaves of the ionosphere), code multipath,
             phase ambiguity (with the phase's own range error in it)

Layout: the common numbers, then all range errors, all multipaths, all ambiguities, in the order of `satellite`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.vppp.ionosphere_field import TERMS
from gnss_gyro.vppp.motion import KINEMATIC
from gnss_gyro.vppp.signal_errors import CLOCK_GROUPS

POSITION: Final = slice(0, 3)
VELOCITY: Final = slice(3, 6)
ACCELERATION: Final = slice(6, 9)
FIELD: Final = slice(KINEMATIC, KINEMATIC + TERMS)
FIELD_RATE: Final = slice(FIELD.stop, FIELD.stop + TERMS)
COUPLED: Final = FIELD_RATE.stop
"""The numbers before this one move one another; all others change by themselves."""
CLOCK: Final = COUPLED
WET: Final = CLOCK + 1
BIASES: Final = slice(WET + 1, WET + CLOCK_GROUPS)
COMMON: Final = BIASES.stop
EACH: Final = 3


@dataclass(slots=True, eq=False)
class FilterState:
    """Mean and covariance, and which satellites they hold.

    mean       : (COMMON + 3 n,)
    cov        : (COMMON + 3 n, COMMON + 3 n)
    satellite  : (n,) codes, increasing
    has_phase  : (n,) the ambiguity is known; else its number means nothing
    seen_s     : (n,) when the satellite was last observed
    refused    : (n,) epochs in a row in which its code was refused
    inherited  : (COMMON + 3 n,) which number of the epoch before each came from; -1 = begun anew
    """

    mean: Floats
    cov: Floats
    satellite: Codes
    has_phase: Bools
    seen_s: Floats
    refused: Ints
    inherited: Ints

    @classmethod
    def empty(cls, mean: Floats, cov: Floats) -> FilterState:
        """Common numbers (COMMON,) with their covariance, no satellite yet."""
        none = np.zeros(0, np.int64)
        return cls(mean, cov, np.zeros(0, np.int16), np.zeros(0, bool), np.zeros(0), none, np.full(len(mean), -1))

    def __len__(self) -> int:
        return len(self.satellite)

    @property
    def range_error(self) -> int:
        """Where the range errors begin."""
        return COMMON

    @property
    def multipath(self) -> int:
        """Where the multipaths begin."""
        return COMMON + len(self.satellite)

    @property
    def ambiguity(self) -> int:
        """Where the ambiguities begin."""
        return COMMON + 2 * len(self.satellite)

    def rows(self, satellite: Codes) -> Ints:
        """Places (k,) of satellites in the order of the state. All must be there."""
        return np.searchsorted(self.satellite, satellite)

    def indices(self, rows: Ints) -> Ints:
        """Indices into mean of the common numbers and of the three numbers of some satellites (k,)."""
        blocks = [block + rows for block in (self.range_error, self.multipath, self.ambiguity)]
        return np.concatenate([np.arange(COMMON), *blocks])

    def lined_up(self, satellite: Codes, since_s: float) -> tuple[FilterState, Ints, Ints]:
        """The state with the satellites of an epoch (k,) and those seen since a time, for the next epoch.

        Returns it, the places (k,) of the epoch's satellites in it, and which of these (m,) are new to it.
        """
        wanted, at = np.empty(len(self) + len(satellite), np.int16), np.empty(len(satellite), np.int64)
        n, changes = _line_up(self.satellite, self.seen_s, since_s, satellite, wanted, at)
        state = self.with_satellites(wanted[:n]) if changes else self._again()
        if not state.has_phase.all():
            state.inherited[state.ambiguity :][~state.has_phase] = -1
        return state, at, np.flatnonzero(np.isneginf(state.seen_s[at])) if changes else at[:0]

    def with_satellites(self, satellite: Codes) -> FilterState:
        """The state of exactly these satellites (increasing); new ones have zero mean and covariance and no phase."""
        old, new = np.isin(self.satellite, satellite), np.isin(satellite, self.satellite)
        n, kept, places = len(satellite), np.flatnonzero(old), np.flatnonzero(new)
        there = np.concatenate([np.arange(COMMON), *(COMMON + k * n + places for k in range(EACH))])
        here = self.indices(kept)
        mean, cov = np.zeros(COMMON + EACH * n), np.zeros((COMMON + EACH * n,) * 2)
        mean[there] = self.mean[here]
        cov[np.ix_(there, there)] = self.cov[np.ix_(here, here)]
        inherited = np.full(len(mean), -1)
        inherited[there] = here
        has_phase, seen_s, refused = np.zeros(n, bool), np.full(n, -np.inf), np.zeros(n, np.int64)
        has_phase[places], seen_s[places], refused[places] = self.has_phase[kept], self.seen_s[kept], self.refused[kept]
        return FilterState(mean, cov, satellite, has_phase, seen_s, refused, inherited)

    def _again(self) -> FilterState:
        """The same for the next epoch; mean and covariance are not copied: prediction makes new ones."""
        columns = self.has_phase.copy(), self.seen_s.copy(), self.refused.copy()
        return FilterState(self.mean, self.cov, self.satellite, *columns, np.arange(len(self.mean)))

    def forget(self, index: Ints, variance: Floats) -> None:
        """Replace numbers at `index` (k,) by zero with a variance (k,), uncorrelated with all else."""
        self.mean[index] = 0.0
        self.cov[index, :] = 0.0
        self.cov[:, index] = 0.0
        self.cov[index, index] = variance
        self.inherited[index] = -1


@kernel
def _line_up(before: Codes, seen_s: Floats, since_s: float, satellite: Codes, wanted: Codes, at: Ints) -> tuple[int, bool]:
    """How many satellites are of the epoch (k,) or of those before (n,) seen since a time, and are they others than before?

    wanted : (n + k,) out, the satellites;  at : (k,) out, places of the epoch's in it
    """
    count, place, changes = 0, 0, False
    for i in range(len(satellite) + 1):
        while place < len(before) and (i == len(satellite) or before[place] < satellite[i]):
            if seen_s[place] >= since_s:
                wanted[count] = before[place]
                count += 1
            else:
                changes = True
            place += 1
        if i == len(satellite):
            break
        if place < len(before) and before[place] == satellite[i]:
            place += 1
        else:
            changes = True
        wanted[count], at[i] = satellite[i], count
        count += 1
    return count, changes
