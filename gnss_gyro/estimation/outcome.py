"""The word that says what became of an epoch: the same in files, diagnostics and on screens."""

from __future__ import annotations

from enum import Enum


class Outcome(str, Enum):
    """What became of an epoch. Only FIXED carries an attitude; every other word says why there is none."""

    FIXED = "fixed"
    FLOAT = "float"  # integers not certain enough
    RUN_IN = "run-in"  # fixed, but the geometry is not yet confirmed
    LENGTH_MISMATCH = "length mismatch"  # confident integers keep disagreeing with the configured geometry
    RESIDUALS = "residuals"  # the best integers do not explain the phases
    CONFLICT = "conflict"  # held integers disagree with an independent single-epoch solution
    SEARCH_LIMIT = "search limit"  # too many candidates to judge
    TOO_FEW_SATELLITES = "too few satellites"
    TOO_FEW_ANTENNAS = "too few antennas"
    NO_EPHEMERIS = "no ephemeris"
    NO_POSITION = "no position"

    def __str__(self) -> str:
        return self.value
