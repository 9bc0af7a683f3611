"""The hand-held stick of the stylus recordings: attitude and wrong vectors, through the functions of examples/stylus.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from stylus import (
    LENGTH_M,
    RECORDINGS,
    WRONG_LENGTH_M,
    Stick,
    Verdict,
    judge,
    read_stick,
    stick_array,
    surveyed_length_m,
)  # fmt: skip

from shown.markdown import number, table

GROSS_M = 0.05
"""A length further off than this is a wrong fix, whatever the noise."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A recording with the length it was judged by."""

    name: str
    length_m: float
    stick: Stick
    verdict: Verdict

    @property
    def gross(self) -> tuple[int, int]:
        """Fixed epochs whose length is grossly wrong, and how many of them were flagged."""
        misfit = np.abs(np.linalg.norm(self.stick.vector_m, axis=1) - self.length_m)
        gross = self.stick.fixed & (misfit > GROSS_M)
        return int(gross.sum()), int(np.count_nonzero(gross & self.verdict.flagged))


def sticks(folder: Path, say: Callable[[str], None]) -> list[Judged]:
    """Every recording by the stick's length, and by its own where that is another stick."""
    found = []
    for name in RECORDINGS:
        if not (folder / f"{name}_RoverA.raw").is_file():
            continue
        stick = read_stick(folder / f"{name}_RoverA.raw", folder / f"{name}_RoverB.raw")
        own = surveyed_length_m(stick)
        for length_m in (LENGTH_M, *([own] if abs(own - LENGTH_M) > WRONG_LENGTH_M else [])):
            found.append(Judged(name, length_m, stick, judge(stick, stick_array(length_m))))
            say(f"stylus {name}, {length_m:.3f} m")
    return found


def sticks_table(found: list[Judged]) -> str:
    """As markdown."""
    header = (
        "recording", "length m", "epochs", "both fixed", "flagged", "grossly wrong, of these flagged", "left",
        "refused by the tracker", "roughness deg: all fixed / left / tracked",
    )  # fmt: skip
    return table(header, [_cells(each) for each in found])


def _cells(judged: Judged) -> list[str]:
    stick, verdict = judged.stick, judged.verdict
    fixed, flagged = int(stick.fixed.sum()), int(verdict.flagged.sum())
    gross, caught = judged.gross
    rough = " / ".join(number(value, 3) for value in (verdict.raw_deg, verdict.kept_deg, verdict.tracked_deg))
    return [
        judged.name, f"{judged.length_m:.4f}", str(len(stick.fixed)), str(fixed), str(flagged), f"{gross}, {caught}",
        str(fixed - flagged), str(verdict.gated), rough,
    ]  # fmt: skip
