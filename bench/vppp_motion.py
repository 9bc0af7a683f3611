"""Position and velocity of bodies in motion by motion model, and outages. python bench/vppp_motion.py [--write-docs].

A recorded walk, a hardware simulator's rover, simulated tractors and cars with four antennas: white acceleration, Singer,
extended Singer and single points side by side; then ten seconds without any observation, from many starts.
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

from shown.markdown import refresh  # noqa: E402
from shown.motion_trials import MODELS, Trial, motion_facts, motion_table, outage_facts, outage_table, trial  # noqa: E402
from shown.moving import simulated_vehicle, spirent, walk  # noqa: E402
from shown.recordings import default_folder  # noqa: E402

DOCUMENT = HERE.parent / "docs" / "results.md"
RECORDED = {"f9p_walk": (walk, ("pedestrian", "drone")), "spirent": (spirent, ("pedestrian", "vehicle", "drone"))}
SIMULATED = {"tractor": "tractor", "car": "vehicle", "drone": "drone"}
"""Simulated vehicles and their presets."""
SESSION_S = 120.0
Task = tuple[str, str, str, Path, int]


def one(task: Task) -> Trial:
    """A trial of (recording or vehicle, preset, model, folder, seed)."""
    where, preset, model, folder, seed = task
    moving = RECORDED[where][0](folder) if where in RECORDED else simulated_vehicle(where, seed, SESSION_S)
    return trial(moving, preset, model)


def kinds(folder: Path) -> list[tuple[str, str]]:
    """Where and with which preset."""
    recorded = [(name, preset) for name, (_, presets) in RECORDED.items() if (folder / name).is_dir() for preset in presets]
    return recorded + list(SIMULATED.items())


def main() -> int:
    """Run, print, write."""
    options = _parser().parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    seeds = 2 if options.quick else options.seeds
    motion, outages = [], []
    with ProcessPoolExecutor(options.jobs) as pool:
        for where, preset in kinds(options.data):
            number = 1 if where in RECORDED else seeds
            for model in MODELS:
                trials = list(pool.map(one, [(where, preset, model, options.data, seed) for seed in range(number)]))
                name = where if where in RECORDED else f"simulated {where}, {number} seeds"
                motion.append(motion_facts(name, preset, model, trials))
                found = outage_facts(name, preset, model, trials)
                outages += [found] if found else []
    facts = {"motion": motion, "outages": outages}
    (options.output / "vppp_motion.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    block = motion_table(motion) + "\n" + outage_table(outages)
    print(block)
    if options.write_docs:
        refresh(DOCUMENT, {"vppp-motion": block})
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20, help="of each simulated vehicle (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="2 seeds")
    parser.add_argument("--data", type=Path, default=default_folder(), help="folder of recordings (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path("results_output"), help="folder for figures as JSON")
    parser.add_argument("--write-docs", action="store_true", help="refresh the marked block of docs/results.md")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
