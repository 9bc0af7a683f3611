"""Tables over elevation masks: the engine in both modes, and others beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from shown.beside import run_beside
from shown.markdown import number, table
from shown.recordings import Pair
from shown.scores import (
    SETTLED,
    Shares,
    Spread,
    beside_shares,
    engine_shares,
    first_fix_s,
    plain_shares,
    spreads,
)  # fmt: skip
from shown.trial import pair_config, run_pair

MASKS: Final = (10, 15, 20, 25, 30)
MODES: Final = ("epoch", "filter")


@dataclass(frozen=True, slots=True)
class Row:
    """One recording, set of systems, mask and mode.

    settled   : from the eleventh epoch on
    plain, free, constrained : LAMBDA with the ratio test, rnx2rtkp without and with its constraint; None = not run
    """

    recording: str
    systems: str
    mask_deg: int
    mode: str
    engine: Shares
    settled: Shares
    heading: Spread
    pitch: Spread
    first_fix_s: float
    plain: Shares | None = None
    free: Shares | None = None
    constrained: Shares | None = None


def run_masks(pairs: Iterable[Pair], masks: Iterable[int], say: Callable[[str], None]) -> list[Row]:
    """All rows."""
    rows = []
    for pair in pairs:
        for systems in pair.systems:
            for mask in masks:
                rows += [_row(pair, systems, mask, mode) for mode in MODES]
                say(f"{pair.name} {systems} mask {mask}: " + ", ".join(f"{r.mode} {r.engine.accepted:.1f} %" for r in rows[-2:]))
    return rows


def masks_table(rows: Iterable[Row], recording: str) -> str:
    """The engine's table of one recording."""
    header = (
        "systems", "mask", "mode", "accepted %", "correct %", "wrong % (epochs)", "after 10 epochs %", "first fix s",
        "heading deg: scatter / reported / bias", "pitch deg: scatter / reported / bias",
    )  # fmt: skip
    return table(header, [_engine_cells(row) for row in rows if row.recording == recording])


def beside_table(rows: Iterable[Row], recording: str) -> str:
    """Accepted, correct and wrong: the engine and the others, one epoch at a time and over time."""
    header = ("systems", "mask", "mode", "engine", "LAMBDA, ratio 3", "rnx2rtkp", "rnx2rtkp with length")
    chosen = [row for row in rows if row.recording == recording]
    cells = [
        [row.systems, str(row.mask_deg), row.mode, *(_three(each) for each in (row.engine, row.plain, row.free, row.constrained))]
        for row in chosen
    ]
    return table(header, cells)


def _row(pair: Pair, systems: str, mask: int, mode: str) -> Row:
    compare = mode == "epoch"
    trial = run_pair(pair.antennas, pair.nav, pair_config(pair.length_m, systems, mask, mode), compare=compare)
    heading, pitch = spreads(trial, pair.truth_enu_m)
    others: dict[str, Shares | None] = {"plain": plain_shares(trial, pair.truth_enu_m) if compare else None}
    resolution = "instantaneous" if compare else "continuous"
    for name, constrained in (("free", False), ("constrained", True)):
        beside = run_beside(pair, systems, mask, constrained=constrained, resolution=resolution)
        others[name] = beside_shares(beside, pair.truth_enu_m)
    return Row(
        pair.name, systems, mask, mode, engine_shares(trial, pair.truth_enu_m), engine_shares(trial, pair.truth_enu_m, SETTLED),
        heading, pitch, first_fix_s(trial), **others,
    )  # fmt: skip


def _engine_cells(row: Row) -> list[str]:
    return [
        row.systems, str(row.mask_deg), row.mode, number(row.engine.accepted), number(row.engine.correct), _wrong(row.engine),
        number(row.settled.accepted), number(row.first_fix_s), _angle(row.heading), _angle(row.pitch),
    ]  # fmt: skip


def _wrong(shares: Shares) -> str:
    return f"{number(shares.wrong_percent)} ({shares.wrong})"


def _angle(spread: Spread) -> str:
    if spread.scatter != spread.scatter:
        return "–"
    return f"{spread.scatter:.3f} / {spread.reported:.3f} / {spread.bias:+.3f}"


def _three(shares: Shares | None) -> str:
    if shares is None:
        return "–"
    return f"{number(shares.accepted)} / {number(shares.correct)} / {number(shares.wrong_percent)} ({shares.wrong})"
