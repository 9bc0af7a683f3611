"""How much noisier the phases are than their model says: one factor, learned from what the filter finds in every epoch.

Several antennas learn the noise of their phases from one another; one alone, walked about or under trees, has only time to tell.
"""

from __future__ import annotations

from typing import Final

FEWEST: Final = 6
"""Phases in an epoch below which their chi-square says little: position and clock take four of them."""
MEMORY: Final = 20.0
"""Epochs over which the factor is learned."""
LARGEST: Final = 30.0
_OUTLYING: Final = 4.0
"""More than this in one epoch is a fault, or the motion's doing."""


class PhaseNoise:
    """A factor on the variance of phases; never below one, since the model is that of good conditions."""

    def __init__(self) -> None:
        self.factor = 1.0

    def update(self, chi2: float, count: int) -> None:
        """Take in the chi-square of an epoch's innovations, under the factor in force, and how many they were."""
        if count >= FEWEST:
            excess = min(chi2 / count, _OUTLYING) - 1.0
            self.factor = min(max(self.factor * (1.0 + excess / MEMORY), 1.0), LARGEST)
