"""What becomes of an array's integers in an epoch, and the settings behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gnss_gyro.estimation.differences import Rows
from gnss_gyro.estimation.fixed_solution import FixedBaselines
from gnss_gyro.estimation.geometry_monitor import MonitorRule
from gnss_gyro.estimation.outcome import Outcome


@dataclass(frozen=True, slots=True)
class FixerSettings:
    """How integers are fixed.

    carry       : hold integers and gather floats over time; False treats every epoch alone
    failure_rate, residual_probability, min_double_differences : see acceptance
    monitor     : the watch over the geometry
    learn_noise : learn variance factors
    """

    carry: bool = True
    failure_rate: float = 1e-4
    residual_probability: float = 1e-3
    min_double_differences: int = 4
    monitor: MonitorRule = MonitorRule()
    learn_noise: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class ArrayFix:
    """What became of the array's integers in an epoch.

    outcome, detail     : FIXED, or why not
    names               : antennas taking part, the reference first
    baselines           : solved with fixed integers; None unless FIXED
    rows                : the phase rows used
    failure_probability : that the integers are wrong
    ratio               : of the search
    held                : integers were carried over
    """

    outcome: Outcome
    names: tuple[str, ...]
    detail: str = ""
    baselines: FixedBaselines | None = None
    rows: Rows | None = None
    failure_probability: float = float("nan")
    ratio: float = float("nan")
    held: bool = False

    def withheld(self, outcome: Outcome, detail: str) -> ArrayFix:
        """The same without its solution, for a reason."""
        return replace(self, outcome=outcome, detail=detail, baselines=None, rows=None)
