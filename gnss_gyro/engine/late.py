"""Solutions that wait until their position is smoothed."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from gnss_gyro.engine.solution import PositionKind, Solution
from gnss_gyro.vppp.position import ArrayPosition
from gnss_gyro.vppp.smoothing import LAG, FilterRecord, Smoother


class LateSolutions:
    """Holds solutions back, in order, and gives them out with smoothed positions.

    lag : epochs that are looked ahead
    """

    def __init__(self, lag: int = LAG) -> None:
        self._smoother = Smoother(lag)
        self._waiting: deque[Solution] = deque()

    def add(self, solution: Solution, record: FilterRecord | None) -> list[Solution]:
        """The next solution, with its filter record; returns those that are finished."""
        self._waiting.append(solution)
        is_filtered = solution.position_kind is PositionKind.VPPP
        return self._released(self._smoother.add(record if is_filtered else None))

    def flush(self) -> list[Solution]:
        """All that wait."""
        return self._released(self._smoother.flush())

    def _released(self, positions: list[ArrayPosition | None]) -> list[Solution]:
        return [_smoothed(self._waiting.popleft(), position) for position in positions]


def _smoothed(solution: Solution, position: ArrayPosition | None) -> Solution:
    if position is None:
        return solution
    return replace(
        solution, position_ecef_m=position.position_ecef_m, position_cov_enu_m2=position.position_cov_enu_m2,
        velocity_enu_mps=position.velocity_enu_mps, velocity_cov_enu=position.velocity_cov_enu,
    )  # fmt: skip
