"""Speed of everything: a table, speed.json and plots (--quick for a first look): python bench/bench_speed.py --output DIR."""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
_ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_ROOT / "bench"), str(_ROOT), str(_ROOT / "test")]
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), str(_ROOT / "bench"), os.environ.get("PYTHONPATH")]))

from speed import memory, plots, printing, reading, rivals, searching, stages, startup


def main() -> int:
    """Measure what was asked for, print it, write it."""
    args = _arguments()
    args.output.mkdir(parents=True, exist_ok=True)
    few = args.quick
    found: dict[str, Any] = {"machine": _machine()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sections: dict[str, Callable[[], Any]] = {
            "rnx2rtkp": lambda: rivals.beside_rnx2rtkp(folder, 600 if few else 3000, 2 if few else 5),
            "stages": lambda: stages.stage_costs(30 if few else 200),
            "decoding": lambda: reading.decoding(folder, 600 if few else 3000),
            "replays": lambda: reading.replays(folder, 300 if few else 3000),
            "search": lambda: searching.searches(50 if few else 1000),
            "startup": lambda: startup.startup(folder),
        }
        if args.hours:
            sections["memory"] = lambda: memory.memory(args.hours)
        for title, measure in sections.items():
            if not args.only or title in args.only:
                found[title] = measure()
                print("\n".join(printing.lines_of({title: found[title]})), flush=True)
    if "stages" in found:
        plots.draw_scaling(found["stages"], args.output)
    (args.output / "speed.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("results_output"), help="folder for speed.json and the plots")
    sections = "rnx2rtkp, stages, decoding, replays, search, startup, memory"
    parser.add_argument("--only", nargs="+", metavar="SECTION", help=f"some of {sections}")
    parser.add_argument("--quick", action="store_true", help="a tenth of the epochs")
    parser.add_argument("--hours", type=float, default=0.0, help="memory over so many simulated hours")
    return parser.parse_args()


def _machine() -> dict[str, str]:
    """What it ran on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor()
    return {"processor": processor, "python": platform.python_version(), "system": platform.platform()}


if __name__ == "__main__":
    sys.exit(main())
