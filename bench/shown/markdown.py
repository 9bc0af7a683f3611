"""Tables as markdown, and documents whose marked blocks are refreshed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def number(value: float, digits: int = 1) -> str:
    """A number, or a dash where it is unknown."""
    return f"{value:.{digits}f}" if value == value else "–"


def refreshed(text: str, blocks: Mapping[str, str]) -> str:
    """A document with the text between `<!-- NAME -->` and `<!-- end NAME -->` replaced.

    Raises ValueError for a block that the document has no marks for.
    """
    for name, block in blocks.items():
        begin, end = f"<!-- {name} -->", f"<!-- end {name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"no marks {begin} ... {end}")
        text = f"{before}{begin}\n{block.strip()}\n{end}{after}"
    return text


def refresh(document: Path, blocks: Mapping[str, str]) -> None:
    """Write blocks into a document."""
    document.write_text(refreshed(document.read_text(encoding="utf-8"), blocks), encoding="utf-8")
