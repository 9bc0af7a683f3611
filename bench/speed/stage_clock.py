"""A clock for the stages of the engine: functions are wrapped where they are called, each stage gets its own time only."""

from __future__ import annotations

import importlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

STAGES: Final[dict[str, tuple[str, ...]]] = {
    "decode": ("gnss_gyro.protocols.ubx.decoder:UbxDecoder.feed",),
    "selection and slips": (
        "gnss_gyro.engine.assembler:select_l1", "gnss_gyro.engine.assembler:Assembler.feed",
    ),
    "satellite states": ("gnss_gyro.engine.positioning:states_at",),
    "single point": ("gnss_gyro.engine.positioning:single_point",),
    "velocity": ("gnss_gyro.engine.positioning:velocity",),
    "prefit": ("gnss_gyro.engine.engine:prefits_of",),
    "differences": ("gnss_gyro.estimation.array_fixer:ArrayFixer._epoch",),
    "slips across antennas": ("gnss_gyro.estimation.array_slips:ArraySlipDetector.update",),
    "held solution": (
        "gnss_gyro.estimation.array_fixer:solve_held", "gnss_gyro.estimation.array_fixer:solve_fixed",
        "gnss_gyro.estimation.array_fixer:round_against_attitude",
    ),
    "search": ("gnss_gyro.estimation.array_fixer:fix_integers", "gnss_gyro.estimation.array_fixer:exclude_and_fix"),
    "acceptance": ("gnss_gyro.estimation.integer_fix:judge",),
    "watch": (
        "gnss_gyro.estimation.session_watch:SessionWatch.saw_codes", "gnss_gyro.estimation.session_watch:SessionWatch.saw_search",
        "gnss_gyro.estimation.session_watch:SessionWatch.saw_solution", "gnss_gyro.estimation.array_fixer:impossible_distance",
        "gnss_gyro.estimation.array_fixer:ArrayFixer._monitored",
    ),
    "attitude": ("gnss_gyro.engine.engine:attitude_of",),
    "VPPP combination": ("gnss_gyro.engine.array_positioning:combined",),
    "VPPP delays": ("gnss_gyro.engine.array_positioning:DelayTrack.at",),
    "VPPP prediction": ("gnss_gyro.vppp.array_filter:ArrayFilter._predicted",),
    "VPPP update": ("gnss_gyro.vppp.array_filter:take_in",),
    "VPPP, all else": ("gnss_gyro.engine.engine:ArrayPositioner.process",),
    "solution": ("gnss_gyro.engine.engine:solution_of",),
}  # fmt: skip
"""By stage, the functions whose time is its own, as MODULE:NAME; those that this engine does not have are passed over."""


class StageClock:
    """Seconds by stage, without the time of stages called from within."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    def timed(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, its own time booked on a stage."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            began = time.thread_time()
            try:
                return call(*args, **kwargs)
            finally:
                took = time.thread_time() - began
                self.seconds[stage] += took - self._inner.pop()
                self._inner[-1] += took

        return wrapped


@contextmanager
def stages_timed() -> Iterator[StageClock]:
    """A clock that runs while this is open."""
    clock, changed = StageClock(), []
    for stage, names in STAGES.items():
        for holder, name in filter(None, map(_located, names)):
            original = getattr(holder, name)
            changed.append((holder, name, original))
            setattr(holder, name, clock.timed(stage, original))
    try:
        yield clock
    finally:
        for holder, name, original in reversed(changed):
            setattr(holder, name, original)


def _located(name: str) -> tuple[Any, str] | None:
    """Where a function is looked up, and its name there; None where it does not exist."""
    module, _, path = name.partition(":")
    holder: Any = importlib.import_module(module)
    *outer, last = path.split(".")
    for part in outer:
        holder = getattr(holder, part, None)
    return (holder, last) if holder is not None and hasattr(holder, last) else None
