"""The array's position in simulation: cold starts beside their bound, and faults. python bench/vppp_simulated.py [--write-docs].

    python bench/vppp_simulated.py --starts 1000 --fault-seeds 50 --output results_output

Chapters: `starts` (1, 2, 4, 8 antennas, 10 epochs at 1 Hz, every seed with a time of day and track of its own), `faults` (in
simulation and in recordings at rest). Every seed sees the same errors with every number of antennas.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

from shown.array_faults import fault_facts, faults_table  # noqa: E402
from shown.array_rig import SKIES  # noqa: E402
from shown.array_starts import split_table, start, starts_facts, starts_table  # noqa: E402
from shown.fault_sessions import FAULT_COUNTS, recorded_faults, simulated_faults, still_recordings  # noqa: E402
from shown.markdown import refresh  # noqa: E402
from shown.recordings import default_folder  # noqa: E402

DOCUMENT = HERE.parent / "docs" / "results.md"
Facts = list[dict[str, object]]


def starts(pool: ProcessPoolExecutor, seeds: int) -> Facts:
    """Figures of cold starts."""
    tasks = {sky: [(seed, sky) for seed in range(seeds)] for sky in SKIES}
    return starts_facts({sky: list(pool.map(start, several, chunksize=5)) for sky, several in tasks.items()})


def faults(pool: ProcessPoolExecutor, seeds: int, data: Path) -> Facts:
    """Figures of faults in simulation and recordings."""
    facts: Facts = []
    for sky in SKIES:
        for count in FAULT_COUNTS:
            found = list(pool.map(simulated_faults, [(seed, sky, count) for seed in range(seeds)]))
            facts += fault_facts(f"simulated, {count} antenna{'s' * (count > 1)}, {sky}", found)
    recordings = still_recordings(data)
    for recording, found in zip(recordings, pool.map(recorded_faults, recordings, [seeds] * len(recordings)), strict=True):
        facts += fault_facts(recording.name, found)
    return facts


def main() -> int:
    """Run, print, write."""
    options = _parser().parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    blocks: dict[str, str] = {}
    facts: dict[str, Facts] = {}
    with ProcessPoolExecutor(options.jobs) as pool:
        if "starts" in options.only:
            facts["starts"] = starts(pool, 50 if options.quick else options.starts)
            blocks["vppp-simulated"] = starts_table(facts["starts"]) + "\n" + split_table(facts["starts"])
        if "faults" in options.only:
            facts["faults"] = faults(pool, 2 if options.quick else options.fault_seeds, options.data)
            blocks["vppp-faults"] = faults_table(facts["faults"])
    for name, found in facts.items():
        (options.output / f"vppp_{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print("\n".join(blocks.values()))
    if options.write_docs:
        refresh(DOCUMENT, blocks)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--starts", type=int, default=1000, help="seeds of cold starts (default %(default)s)")
    parser.add_argument("--fault-seeds", type=int, default=50, help="seeds of faults (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="50 cold starts, 2 seeds of faults")
    parser.add_argument("--only", nargs="+", choices=("starts", "faults"), default=["starts", "faults"])
    parser.add_argument("--data", type=Path, default=default_folder(), help="folder of recordings (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path("results_output"), help="folder for figures as JSON")
    parser.add_argument("--write-docs", action="store_true", help="refresh the marked blocks of docs/results.md")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
