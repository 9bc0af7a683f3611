"""The chapters of the results, each a block of markdown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from shown.beside import is_installed, version
from shown.floors import floors, floors_table
from shown.masks import MASKS, Row, beside_table, masks_table, run_masks
from shown.recordings import Pair, pairs
from shown.stick import sticks, sticks_table
from shown.swapped import swaps, swaps_table
from shown.tractor_hook import tractor_block
from shown.ubx_files import ephemerides_table, positions_table, ubx_files
from shown.wrong_geometry import (
    ERRORS_M,
    Said,
    complaints_table,
    files_table,
    lengths_table,
    wrong_files,
    wrong_lengths,
)  # fmt: skip


@dataclass(slots=True)
class Session:
    """Where the recordings are and where results go; `say` reports progress. Facts and failures gather here.

    rows : of the mask tables, once they were run
    """

    data: Path
    output: Path
    quick: bool
    say: Callable[[str], None]
    facts: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    rows: list[Row] | None = None

    @property
    def pairs(self) -> dict[str, Pair]:
        """The two-antenna recordings that are here."""
        return pairs(self.data)

    def mask_rows(self) -> list[Row]:
        """Rows of the mask tables, run once."""
        if self.rows is None:
            self.rows = run_masks(self.pairs.values(), (10, 25) if self.quick else MASKS, self.say)
            self.facts["masks"] = [asdict(row) for row in self.rows]
        return self.rows


def floors_chapter(session: Session) -> str:
    """What must be reached at least."""
    demands = floors(session.mask_rows())
    session.failures += [f"{floor.demand}: {floor.measured}" for floor in demands if floor.met is False]
    return floors_table(demands)


def engine_chapter(session: Session) -> str:
    """The engine over masks."""
    rows = session.mask_rows()
    return "\n".join(f"### {name}\n\n{masks_table(rows, name)}" for name in session.pairs)


def beside_chapter(session: Session) -> str:
    """Others beside it."""
    rows = session.mask_rows()
    which = version() if is_installed() else "rnx2rtkp was not installed: its columns are empty"
    tables = [f"### {name}: accepted / correct / wrong % (wrong epochs)\n\n{beside_table(rows, name)}" for name in session.pairs]
    return "\n".join([f"Run with {which}.\n", *tables])


def lengths_chapter(session: Session) -> str:
    """Lengths that are not those of the rig."""
    chosen = [pair for name, pair in session.pairs.items() if name in ("meijo", "wettzell", "borre")]
    masks, errors = ((10,), (-0.02, 0.02)) if session.quick else ((10, 20, 25, 30), ERRORS_M)
    found = wrong_lengths(chosen, masks, errors, session.say)
    session.facts["wrong lengths"] = [asdict(said) for said in found]
    session.failures += [
        f"wrong heading with a wrong length: {' '.join(s.what)} {s.error_m:+.2f} m: {s.wrong} epochs" for s in found if s.wrong
    ]
    return f"{_sum_of(found)}\n\n{lengths_table(found)}\n{complaints_table(found)}"


def wrong_rig_chapter(session: Session) -> str:
    """Swapped antennas and wrong files."""
    files = wrong_files(session.pairs, session.data)
    found = swaps(session.say, (5,)) if session.quick else swaps(session.say)
    session.facts["wrong files"], session.facts["swapped"] = ([asdict(each) for each in group] for group in (files, found))
    session.failures += [
        f"wrong attitude with swapped antennas: {s.what}, {s.antennas} antennas: {s.wrong} epochs"
        for s in found
        if s.wrong and not s.alike
    ]
    return f"### Two antennas (meijo)\n\n{files_table(files)}\n### Three and four antennas (simulated)\n\n{swaps_table(found)}"


def stylus_chapter(session: Session) -> str:
    """The hand-held stick."""
    return sticks_table(sticks(session.data / "stylus", session.say))


def ubx_chapter(session: Session) -> str:
    """Single receivers from their bytes."""
    found = ubx_files(session.data, session.say)
    return f"{positions_table(found)}\n{ephemerides_table(found)}"


def tractor_chapter(session: Session) -> str:
    """The Monte Carlo, where it was run."""
    return tractor_block(session.output)


def _sum_of(found: list[Said]) -> str:
    off = [said for said in found if said.error_m]
    epochs, wrong = sum(s.epochs for s in off), sum(s.wrong for s in off)
    return f"Lengths that are wrong: {len(off)} runs, {epochs} epochs, {wrong} with a wrong heading."


CHAPTERS: Final[dict[str, Callable[[Session], str]]] = {
    "floors": floors_chapter,
    "engine": engine_chapter,
    "beside": beside_chapter,
    "lengths": lengths_chapter,
    "wrong-rig": wrong_rig_chapter,
    "stylus": stylus_chapter,
    "ubx": ubx_chapter,
    "tractor": tractor_chapter,
}
