"""Motion models side by side on bodies in motion, and how far they go astray while nothing is received."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import Solution
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.motion import KINEMATIC, motion_step
from shown.array_faults import twin_of
from shown.array_rig import Errors, figures, squared_sigmas, started
from shown.markdown import number, table
from shown.moving import METHODS, Moving
from shown.recordings import TICK_NS, tick

SETTLED_S: Final = 10.0
"""Epochs before that are not judged: the filter begins."""
OUTAGE_S: Final = 10.0
EVERY_S: Final = 10.0
HORIZONS_S: Final = (1.0, 2.0, 5.0, 10.0)
APART_S: Final = (0.25, 1.0, 10.0)
Facts = dict[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Outages:
    """Outages of OUTAGE_S at several times in a session.

    growth_m, growth_cov_m2 : by horizon: errors (n, 3) of the predicted displacement since the last epoch, and what is stated
    after : errors at the first epoch after the outage
    """

    growth_m: dict[float, Floats]
    growth_cov_m2: dict[float, Floats]
    after: Errors


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A session with one model: errors of all settled epochs, of displacements (n, 3) by their time, outages."""

    errors: Errors
    displacement_m: dict[float, Floats]
    outages: Outages | None


def trial(moving: Moving, vehicle: str, method: str) -> Trial:
    """Run a session with a preset and one of METHODS."""
    engine = started(moving.config(vehicle, method), moving.told, moving.receiver)
    begun = next(iter(moving.groups[0].values())).time
    solutions: list[Solution] = []
    outages = _Collected() if method != "single" else None
    due_s = 2.0 * EVERY_S
    for k, group in enumerate(moving.groups):
        solutions.append(engine.process(group))
        now_s = solutions[-1].time - begun
        if outages is not None and now_s >= due_s:
            due_s = now_s + EVERY_S
            outages.look(engine, moving, k, solutions[-1])
    settled = [s for s in solutions if s.time - begun >= SETTLED_S and np.isfinite(s.position_ecef_m).all()]
    return Trial(moving.errors(settled), _displacements(moving, settled), outages.done(moving) if outages else None)


def _displacements(moving: Moving, solutions: Sequence[Solution]) -> dict[float, Floats]:
    """Errors (n, 3) ENU of the way travelled in each of APART_S."""
    error = {
        tick(s.time): axes @ (s.position_ecef_m - place)
        for s in solutions
        if (known := moving.truths.get(tick(s.time))) is not None
        for place, _, axes in [known]
    }
    found = {}
    for apart_s in APART_S:
        ticks = round(apart_s * 1e9 / TICK_NS)
        rows = [error[when + ticks] - e for when, e in error.items() if when + ticks in error]
        found[apart_s] = np.array(rows).reshape(-1, 3)
    return found


class _Collected:
    """Outages as they are tried."""

    def __init__(self) -> None:
        self._growth: dict[float, list[Floats]] = {h: [] for h in HORIZONS_S}
        self._cov: dict[float, list[Floats]] = {h: [] for h in HORIZONS_S}
        self._after: list[Solution] = []

    def look(self, engine: Engine, moving: Moving, row: int, last: Solution) -> None:
        """What becomes of an engine that receives nothing for OUTAGE_S after the epoch of a row."""
        here = moving.truths.get(tick(last.time))
        later = [k for k in range(row + 1, len(moving.groups)) if _time(moving, k) - last.time >= OUTAGE_S]
        if here is None or not later or not np.isfinite(last.position_ecef_m).all():
            return
        for horizon_s in HORIZONS_S:
            there = moving.truths.get(tick(last.time + horizon_s))
            if there is not None:
                moved, cov, axes = predicted_displacement(engine, horizon_s)
                self._growth[horizon_s].append(moved - axes @ (there[0] - here[0]))
                self._cov[horizon_s].append(cov)
        solution = twin_of(engine).process(_unwatched(moving.groups[row : later[0] + 1]))
        if np.isfinite(solution.position_ecef_m).all():
            self._after.append(solution)

    def done(self, moving: Moving) -> Outages | None:
        """All of them; None = there were none."""
        if not any(tick(s.time) in moving.truths for s in self._after) or not all(self._growth.values()):
            return None
        growth = {h: np.array(rows) for h, rows in self._growth.items()}
        return Outages(growth, {h: np.array(rows) for h, rows in self._cov.items()}, moving.errors(self._after))


def _time(moving: Moving, row: int) -> GpsTime:
    return next(iter(moving.groups[row].values())).time


def _unwatched(groups: Sequence[Mapping[str, Epoch]]) -> Mapping[str, Epoch]:
    """The last epoch as after an outage since the first: satellites that slipped or were missed in between have slipped."""
    found = {}
    for name, epoch in groups[-1].items():
        slip = epoch.slip.copy()
        for group in groups[:-1]:
            slip |= ~np.isin(epoch.satellite, group[name].satellite[~np.isnan(group[name].phase_m)])
        for group in groups[1:-1]:
            slip |= np.isin(epoch.satellite, group[name].satellite[group[name].slip])
        found[name] = replace(epoch, slip=slip)
    return found


def predicted_displacement(engine: Engine, ahead_s: float) -> tuple[Floats, Floats, Floats]:
    """How far the body will be from here by the filter's own state (3,), covariance (3, 3), and the axes (3, 3) of both."""
    followed = engine._vppp._filter  # type: ignore[union-attr]  # bench only: the engine says nothing of times without epochs
    state, settings = followed._state, followed._settings
    assert state is not None
    mean, cov = state.mean[:KINEMATIC], state.cov[:KINEMATIC, :KINEMATIC]
    step = motion_step(settings.motion, settings.manoeuvres, ahead_s, mean[layout.VELOCITY], mean[layout.ACCELERATION])
    change = step.transition[:3] - np.eye(3, KINEMATIC)
    return change @ mean, change @ cov @ change.T + step.noise[:3, :3], followed._frame.axes_from_ecef


def motion_facts(where: str, vehicle: str, method: str, trials: Sequence[Trial]) -> Facts:
    """Errors over the sessions of one kind."""
    errors = [t.errors for t in trials]
    place = figures(_stacked([e.position_m for e in errors]), _stacked([e.position_cov_m2 for e in errors]))
    speed = figures(_stacked([e.velocity_mps for e in errors]), _stacked([e.velocity_cov for e in errors]))
    moved = {apart: _stacked([t.displacement_m[apart] for t in trials]) for apart in APART_S}
    return {
        "where": where, "preset": vehicle, "model": method, "epochs": place.count, "horizontal_m": place.horizontal,
        "vertical_m": place.vertical, "stated_3d_m": place.stated, "nees_over_3": place.nees, "inside_95_percent": place.inside,
        "velocity_horizontal_mps": speed.horizontal, "velocity_vertical_mps": speed.vertical,
        "velocity_stated_3d_mps": speed.stated, "velocity_nees_over_3": speed.nees,
        "displacement_3d_m": {str(apart): _rms_3d(rows) for apart, rows in moved.items()},
    }  # fmt: skip


def outage_facts(where: str, vehicle: str, method: str, trials: Sequence[Trial]) -> Facts | None:
    """Growth of errors in outages over the sessions of one kind; None = no outages."""
    all_of = [t.outages for t in trials if t.outages is not None]
    if not all_of:
        return None
    growth = {h: _stacked([o.growth_m[h] for o in all_of]) for h in HORIZONS_S}
    cov = {h: _stacked([o.growth_cov_m2[h] for o in all_of]) for h in HORIZONS_S}
    last = HORIZONS_S[-1]
    of = figures(growth[last], cov[last])
    after = figures(_stacked([o.after.position_m for o in all_of]), _stacked([o.after.position_cov_m2 for o in all_of]))
    return {
        "where": where, "preset": vehicle, "model": method, "outages": of.count,
        "growth_3d_m": {str(h): _rms_3d(rows) for h, rows in growth.items()}, "stated_3d_m": of.stated,
        "nees_over_3": of.nees, "worst_sigmas": float(np.sqrt(squared_sigmas(growth[last], cov[last]).max())),
        "after_3d_m": after.total, "after_stated_3d_m": after.stated, "after_nees_over_3": after.nees,
    }  # fmt: skip


def motion_table(facts: Iterable[Mapping[str, object]]) -> str:
    """Models side by side."""
    header = (
        "where", "preset", "model", "epochs", "position RMS horizontal m", "vertical", "stated 3-D", "NEES / 3", "inside 95 % %",
        "velocity RMS horizontal m/s", "vertical", "stated 3-D", "NEES / 3", *(f"moved in {a:g} s, RMS 3-D m" for a in APART_S),
    )  # fmt: skip
    digits = (
        ("horizontal_m", 2), ("vertical_m", 2), ("stated_3d_m", 2), ("nees_over_3", 2), ("inside_95_percent", 1),
        ("velocity_horizontal_mps", 3), ("velocity_vertical_mps", 3), ("velocity_stated_3d_mps", 3), ("velocity_nees_over_3", 2),
    )  # fmt: skip
    return table(header, [_row(f, "epochs", digits, (), "displacement_3d_m", 3) for f in facts])


def outage_table(facts: Iterable[Mapping[str, object]]) -> str:
    """Outages side by side."""
    header = (
        "where", "preset", "model", "outages", *(f"grown after {h:g} s, RMS 3-D m" for h in HORIZONS_S), "stated after 10 s",
        "NEES / 3", "worst, sigmas", "first epoch after: RMS 3-D m", "stated", "NEES / 3",
    )  # fmt: skip
    after = (
        ("stated_3d_m", 2), ("nees_over_3", 2), ("worst_sigmas", 1), ("after_3d_m", 2), ("after_stated_3d_m", 2),
        ("after_nees_over_3", 2),
    )  # fmt: skip
    return table(header, [_row(f, "outages", (), after, "growth_3d_m", 2) for f in facts])


def _row(
    facts: Mapping[str, object], count: str, before: Sequence[tuple[str, int]], after: Sequence[tuple[str, int]], inner: str,
    digits: int,
) -> list[str]:  # fmt: skip
    middle = facts[inner]
    assert isinstance(middle, dict)
    return [
        *(str(facts[k]) for k in ("where", "preset", "model", count)), *(_number(facts[k], d) for k, d in before),
        *(_number(v, digits) for v in middle.values()), *(_number(facts[k], d) for k, d in after),
    ]  # fmt: skip


def _number(value: object, digits: int) -> str:
    assert isinstance(value, float)
    return number(value, digits)


def _rms_3d(rows: Floats) -> float:
    return float(np.sqrt(np.mean(np.sum(rows**2, axis=1)))) if len(rows) else float("nan")


def _stacked(parts: Sequence[Floats]) -> Floats:
    return np.concatenate(parts)


MODELS: Final = tuple(METHODS)
