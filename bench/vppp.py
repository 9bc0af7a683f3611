"""The array's position on real recordings, for docs/results.md: python bench/vppp.py --output results_output [--write-docs]."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from shown.markdown import refresh  # noqa: E402
from shown.recordings import default_folder  # noqa: E402
from shown_vppp.chapters import CHAPTERS, Session  # noqa: E402

DOCUMENT = HERE.parent / "docs" / "results.md"


def main(arguments: list[str] | None = None) -> int:
    """Make the tables; exit code 1 where the folder of recordings is missing, or the floor is not met."""
    options = _parser().parse_args(arguments)
    if not options.data.is_dir():
        print(f"no recordings in {options.data}: set GNSS_GYRO_DATA, or give --data", file=sys.stderr)
        return 1
    options.output.mkdir(parents=True, exist_ok=True)
    session = Session(options.data, options.quick, _teller(options.quiet))
    blocks = {name: make(session) for name, make in CHAPTERS.items() if name in options.only}
    text = "\n".join(f"## {name}\n\n{block}" for name, block in blocks.items())
    (options.output / "vppp.md").write_text(text, encoding="utf-8")
    (options.output / "vppp.json").write_text(json.dumps(session.facts, indent=1), encoding="utf-8")
    print(text)
    if options.write_docs:
        refresh(DOCUMENT, blocks)
    for failure in session.failures:
        print(f"not met: {failure}", file=sys.stderr)
    return 1 if session.failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--output", type=Path, default=Path("results_output"), help="folder for vppp.md and vppp.json")
    parser.add_argument("--data", type=Path, default=default_folder(), help="folder of recordings (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the windows, or a third")
    parser.add_argument("--only", nargs="+", choices=CHAPTERS, default=list(CHAPTERS), help="some chapters only")
    parser.add_argument("--write-docs", action="store_true", help="refresh the marked blocks of docs/results.md")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
    return parser


def _teller(quiet: bool) -> Callable[[str], None]:
    began = time.monotonic()

    def say(what: str) -> None:
        if not quiet:
            print(f"{time.monotonic() - began:6.1f} s  {what}", file=sys.stderr, flush=True)

    return say


if __name__ == "__main__":
    raise SystemExit(main())
