"""What the tables must reach at least, and whether they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from shown.markdown import number, table
from shown.masks import Row

Rows = list[Row]


@dataclass(frozen=True, slots=True)
class Floor:
    """A demand and what was measured; met is None where nothing was measured."""

    demand: str
    measured: str
    met: bool | None


def floors(rows: Iterable[Row]) -> list[Floor]:
    """All demands on the mask tables."""
    rows = list(rows)
    return [*_accepted(rows), *_wrong(rows), *_heading(rows), *_settled(rows)]


def floors_table(found: Iterable[Floor]) -> str:
    """The demands as a table."""
    words = {True: "yes", False: "**no**", None: "not run"}
    return table(("floor", "measured", "met"), [(floor.demand, floor.measured, words[floor.met]) for floor in found])


def _accepted(rows: Rows) -> Iterator[Floor]:
    demands = [("meijo", "G", mask, 99.7) for mask in (10, 15, 20)] + [("meijo", "G", 25, 85.0)]
    demands += [("meijo", "G,E,J,C", mask, 99.7) for mask in (10, 15, 20, 25, 30)]
    demands += [("wettzell", "G", 10, 84.0), ("wettzell", "G", 15, 45.0)]
    demands += [("wettzell", systems, mask, 100.0) for systems in ("G,E", "G,E,J,C") for mask in (10, 15, 20, 25, 30)]
    for recording, systems, mask, least in demands:
        row = _find(rows, recording, systems, mask, "epoch")
        yield _least(f"{recording} {systems} mask {mask}, epoch mode: accepted >= {least:g} %", row, least, _accepted_percent)


def _wrong(rows: Rows) -> Iterator[Floor]:
    for recording in dict.fromkeys(row.recording for row in rows):
        wrong = [row.engine.wrong for row in rows if row.recording == recording]
        epochs = sum(row.engine.epochs for row in rows if row.recording == recording)
        demand = f"{recording}: wrong accepted 0, every mask, both modes"
        yield Floor(demand, f"{sum(wrong)} of {epochs} epochs", not any(wrong))


def _heading(rows: Rows) -> Iterator[Floor]:
    for recording, most in (("meijo", 0.055), ("wettzell", 0.075)):
        for systems in dict.fromkeys(row.systems for row in rows if row.recording == recording):
            found = [
                (row.heading.scatter, row.mask_deg, row.mode) for row in rows
                if (row.recording, row.systems) == (recording, systems) and row.heading.scatter == row.heading.scatter
            ]  # fmt: skip
            demand = f"{recording} {systems}: heading scatter <= {most} deg"
            if found:
                worst, mask, mode = max(found)
                least = min(found)[0]
                yield Floor(demand, f"{least:.4f} to {worst:.4f} (mask {mask}, {mode})", worst <= most)


def _settled(rows: Rows) -> Iterator[Floor]:
    for recording, systems in dict.fromkeys((row.recording, row.systems) for row in rows):
        short = []
        for row in rows:
            if (row.recording, row.systems, row.mode) != (recording, systems, "filter"):
                continue
            alone = _find(rows, recording, systems, row.mask_deg, "epoch")
            if alone and row.settled.accepted < alone.settled.accepted - 1e-9:
                short.append(f"mask {row.mask_deg}: {row.settled.accepted:.1f} < {alone.settled.accepted:.1f} %")
        demand = f"{recording} {systems}: filter after 10 epochs >= epoch mode, every mask"
        yield Floor(demand, "; ".join(short) or "at every mask", not short)
    watched = _find(rows, "meijo", "G", 25, "filter")
    yield _least("meijo G mask 25, filter after 10 epochs: 100 %", watched, 100.0, lambda r: r.settled.accepted)


def _least(demand: str, row: Row | None, least: float, value: Callable[[Row], float]) -> Floor:
    if row is None:
        return Floor(demand, "–", None)
    return Floor(demand, f"{number(value(row))} %", value(row) >= least - 1e-9)


def _accepted_percent(row: Row) -> float:
    return row.engine.accepted


def _find(rows: Rows, recording: str, systems: str, mask: int, mode: str) -> Row | None:
    wanted = (recording, systems, mask, mode)
    return next((row for row in rows if (row.recording, row.systems, row.mask_deg, row.mode) == wanted), None)
