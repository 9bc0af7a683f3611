"""The tables of docs/results.md from the real recordings: python bench/results.py --output results_output [--write-docs]."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "examples")]

from shown.chapter_command import ChapterCommand  # noqa: E402
from shown.chapters import CHAPTERS, Session  # noqa: E402

COMMAND = ChapterCommand(
    stem="results",
    description="The tables of docs/results.md from the real recordings",
    quick="two masks and few wrong lengths",
    chapters=CHAPTERS,
    session=lambda options, say: Session(options.data, options.output, options.quick, say),
)


def main(arguments: list[str] | None = None) -> int:
    """Make the tables; exit code 1 where the folder of recordings is missing, or a floor is not met."""
    return COMMAND.run(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
