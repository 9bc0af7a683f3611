"""The engine on a recording, listened to: what it published, what it would have liked best, what plain LAMBDA says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.engine.config import EngineConfig, quick_config, with_overrides
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import Solution
from gnss_gyro.estimation.acceptance import AcceptanceRule
from gnss_gyro.estimation.array_fixer import ArrayFixer
from gnss_gyro.estimation.differences import array_differences
from gnss_gyro.estimation.integer_fix import fix_integers
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.estimation.prefit import Prefit
from shown.plain_lambda import LambdaFix, plain_lambda
from shown.recordings import common_ticks, content, merged, tick

CORRECT_M = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A run over the n epochs that both antennas share.

    time_s     : (n,) since the first
    outcome    : (n,) words; "no solution" where the engine gave none
    vector_enu_m : (n, 3) published vector from a to b; NaN = not accepted
    best_enu_m   : (n, 3) vector of the best candidate, accepted or not; NaN where it was not asked for
    angle      : (n, 2) heading, pitch [rad];  sigma : (n, 2) as reported
    plain      : by epoch, plain LAMBDA on the same double differences and noise; empty where it was not asked for
    complaint  : of the geometry monitor at the end;  details : what solutions said, with counts
    """

    time_s: Floats
    outcome: tuple[str, ...]
    vector_enu_m: Floats
    best_enu_m: Floats
    angle: Floats
    sigma: Floats
    plain: tuple[LambdaFix | None, ...]
    complaint: str
    details: Counter[str]

    @property
    def accepted(self) -> Bools:
        """(n,) epochs with a published attitude."""
        return np.array([word == Outcome.FIXED for word in self.outcome], bool)


class _Listener:
    """Stands before the engine's fixer and keeps what it was given."""

    def __init__(self, fixer: ArrayFixer) -> None:
        self._fixer = fixer
        self.last: tuple[dict[str, Prefit], dict[str, bool]] | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._fixer, name)

    def process(self, time_s: float, prefits: Mapping[str, Prefit], shared_pivot: Mapping[str, bool]) -> Any:
        self.last = dict(prefits), dict(shared_pivot)
        return self._fixer.process(time_s, prefits, shared_pivot)


def pair_config(length_m: float, systems: str, mask_deg: float, mode: str) -> EngineConfig:
    """Two antennas and their distance."""
    base = quick_config(lengths=[("a", "b", length_m)], antennas=["a", "b"])
    return with_overrides(base, systems=systems, elevation_mask_deg=mask_deg, mode=mode)


def run_pair(antennas: Mapping[str, Path], nav: tuple[Path, ...], config: EngineConfig, *, compare: bool = False) -> Trial:
    """Play a recording of antennas a and b; with `compare`, ask for the best candidates and for plain LAMBDA too."""
    engine = Engine(config)
    listener = _Listener(engine._fixer)
    if compare:
        engine._fixer = listener  # type: ignore[assignment]
    for name, path in antennas.items():
        engine.set_receiver(name, content(path).receiver)
    for message in (m for path in nav for m in content(path).messages):
        engine.feed(None, message)
    array = config.array
    assert array is not None
    solved: dict[int, Solution] = {}
    others: dict[int, tuple[Floats, LambdaFix | None]] = {}
    details: Counter[str] = Counter()

    def note(solutions: Iterable[Solution]) -> None:
        for solution in solutions:
            solved[tick(solution.time)] = solution
            details[f"{solution.outcome}: {solution.detail}" if solution.detail else str(solution.outcome)] += 1
            if compare:
                others[tick(solution.time)] = _others(listener, solution, array)

    for name, message in merged(tuple(antennas.items())):
        note(engine.feed(name, message))
    note(engine.flush())
    return _trial(common_ticks(antennas), solved, others, engine.summary(), details)


def _others(listener: _Listener, solution: Solution, array: AntennaArray) -> tuple[Floats, LambdaFix | None]:
    """Best candidate and plain LAMBDA of the epoch just solved."""
    heard, listener.last = listener.last, None
    nothing = np.full(3, np.nan)
    if heard is None or len(heard[0]) < 2:
        return nothing, None
    differences = array_differences(heard[0], "a", heard[1])
    plain = plain_lambda(differences)
    if solution.outcome is Outcome.FIXED:
        return solution.baselines_enu_m[0], plain
    return fix_integers(differences, array, AcceptanceRule()).vectors_enu_m[0], plain


def _trial(
    ticks: list[int], solved: Mapping[int, Solution], others: Mapping[int, tuple[Floats, LambdaFix | None]],
    summary: Mapping[str, object], details: Counter[str],
) -> Trial:  # fmt: skip
    rows = [solved.get(each) for each in ticks]
    nothing = np.full(3, np.nan)
    geometry = summary["geometry"]
    return Trial(
        time_s=np.array([(each - ticks[0]) * 0.01 for each in ticks]),
        outcome=tuple(str(row.outcome) if row else "no solution" for row in rows),
        vector_enu_m=np.array([row.baselines_enu_m[0] if row else nothing for row in rows]).reshape(-1, 3),
        best_enu_m=np.array([others[t][0] if t in others else nothing for t in ticks]).reshape(-1, 3),
        angle=np.array([_angles(row)[0] for row in rows]).reshape(-1, 2),
        sigma=np.array([_angles(row)[1] for row in rows]).reshape(-1, 2),
        plain=tuple(others[t][1] if t in others else None for t in ticks),
        complaint=str(geometry["complaint"]) if isinstance(geometry, dict) else "",
        details=details,
    )


def _angles(solution: Solution | None) -> tuple[Floats, Floats]:
    if solution is None or solution.attitude is None:
        return np.full(2, np.nan), np.full(2, np.nan)
    attitude = solution.attitude
    return attitude.angles[:2], np.sqrt(np.diag(attitude.angle_cov)[:2])
