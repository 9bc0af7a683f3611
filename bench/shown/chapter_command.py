"""The command line of a program that makes chapters of docs/results.md from recordings."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from shown.markdown import refresh
from shown.recordings import default_folder

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "results.md"


class Told(Protocol):
    """What a session has to say at its end."""

    facts: dict[str, Any]
    failures: list[str]


SessionT = TypeVar("SessionT", bound=Told)


@dataclass(frozen=True)
class ChapterCommand(Generic[SessionT]):
    """A program of chapters.

    stem        : of the files it writes, stem.md and stem.json
    description : for --help
    quick       : what --quick leaves, for --help
    chapters    : by the names of their blocks
    session     : made of the options and of what reports progress
    """

    stem: str
    description: str
    quick: str
    chapters: Mapping[str, Callable[[SessionT], str]]
    session: Callable[[argparse.Namespace, Callable[[str], None]], SessionT]

    def run(self, arguments: list[str] | None) -> int:
        """Make the tables; exit code 1 where the folder of recordings is missing, or a floor is not met."""
        options = self._parser().parse_args(arguments)
        if not options.data.is_dir():
            print(f"no recordings in {options.data}: set GNSS_GYRO_DATA, or give --data", file=sys.stderr)
            return 1
        options.output.mkdir(parents=True, exist_ok=True)
        session = self.session(options, _teller(options.quiet))
        blocks = {name: make(session) for name, make in self.chapters.items() if name in options.only}
        text = "\n".join(f"## {name}\n\n{block}" for name, block in blocks.items())
        (options.output / f"{self.stem}.md").write_text(text, encoding="utf-8")
        (options.output / f"{self.stem}.json").write_text(json.dumps(session.facts, indent=1), encoding="utf-8")
        print(text)
        if options.write_docs:
            refresh(DOCUMENT, blocks)
        for failure in session.failures:
            print(f"not met: {failure}", file=sys.stderr)
        return 1 if session.failures else 0

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(description=self.description)
        parser.add_argument("--output", type=Path, default=Path("results_output"), help=f"folder for {self.stem}.md and .json")
        parser.add_argument("--data", type=Path, default=default_folder(), help="folder of recordings (default %(default)s)")
        parser.add_argument("--quick", action="store_true", help=self.quick)
        parser.add_argument("--only", nargs="+", choices=self.chapters, default=list(self.chapters), help="some chapters only")
        parser.add_argument("--write-docs", action="store_true", help="refresh the marked blocks of docs/results.md")
        parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
        return parser


def _teller(quiet: bool) -> Callable[[str], None]:
    began = time.monotonic()

    def say(what: str) -> None:
        if not quiet:
            print(f"{time.monotonic() - began:6.1f} s  {what}", file=sys.stderr, flush=True)

    return say
