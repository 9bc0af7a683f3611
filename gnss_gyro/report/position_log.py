"""How a run's positions were found, and what was left out of them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from gnss_gyro.basics.satellites import satellite_name
from gnss_gyro.engine.solution import PositionKind, Solution


class PositionLog:
    """Counts over the solutions of a run."""

    def __init__(self) -> None:
        self._kinds: Counter[PositionKind] = Counter()
        self._refused: dict[str, Counter[str]] = {"code": Counter(), "phase": Counter()}
        self._velocities = 0

    def add(self, solution: Solution) -> None:
        """The next solution."""
        self._kinds[solution.position_kind] += 1
        for kind, satellites in (("code", solution.refused.code), ("phase", solution.refused.phase)):
            if len(satellites):
                self._refused[kind].update(satellite_name(code) for code in satellites)
        self._velocities += solution.refused.velocity

    def as_dict(self) -> dict[str, Any]:
        """Epochs by kind of position; epochs in which a satellite's code or phase, or the Doppler velocity, was left out."""
        refused = {kind: dict(counts.most_common()) for kind, counts in self._refused.items()}
        found_by = {str(kind): count for kind, count in self._kinds.most_common()}
        return {"found_by": found_by, "left_out": {**refused, "doppler_velocity": self._velocities}}
