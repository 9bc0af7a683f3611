"""The array's position on real recordings, for docs/results.md: python bench/vppp.py --output results_output [--write-docs]."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from shown.chapter_command import ChapterCommand
from shown_vppp.chapters import CHAPTERS, Session

COMMAND = ChapterCommand(
    stem="vppp",
    description="The array's position on real recordings, for docs/results.md",
    quick="a tenth of the windows, or a third",
    chapters=CHAPTERS,
    session=lambda options, say: Session(options.data, options.quick, say),
)


def main(arguments: list[str] | None = None) -> int:
    """Make the tables; exit code 1 where the folder of recordings is missing, or the floor is not met."""
    return COMMAND.run(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
