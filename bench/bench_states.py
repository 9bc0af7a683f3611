"""Microseconds per epoch of satellite states and geometry: python bench/bench_states.py [--repeats N]."""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "test" / "orbits")]

from ephemerides import TOE, geostationary, glonass, kepler

from gnss_gyro.models.geometry import lines_of_sight, range_rates
from gnss_gyro.orbits.propagation import states_at
from gnss_gyro.orbits.store import EphemerisStore

COUNTS = {"G": 10, "E": 9, "C": 12, "J": 4}
NAMES = [f"{system}{number:02d}" for system, count in COUNTS.items() for number in range(1, count + 1)]
GLONASS = [f"R{number:02d}" for number in range(1, 9)]
RECEIVER = np.array([-3_817_680.0, 3_562_839.0, 3_650_159.0])


def microseconds(call: Callable[[], object], repeats: int) -> float:
    """Median time of a call [us]."""
    call()
    took = []
    for _ in range(repeats):
        begin = time.perf_counter_ns()
        call()
        took.append(time.perf_counter_ns() - begin)
    return float(np.median(took)) / 1e3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5000)
    repeats = parser.parse_args().repeats
    without = [geostationary(name) if name[0] == "C" and int(name[1:]) <= 5 else kepler(name) for name in NAMES]
    for title, ephemerides in (("without GLONASS", without), ("with GLONASS", without + [glonass(name) for name in GLONASS])):
        store = EphemerisStore()
        store.extend(ephemerides)
        satellite = np.array([eph.satellite for eph in ephemerides], np.int16)
        code_m = np.full(len(satellite), 2.4e7)
        at = TOE + 890.0
        states = states_at(store, at, satellite, code_m)
        position, velocity, still = states.position_m, states.velocity_mps, np.zeros(3)
        print(f"{title}: {len(satellite)} satellites")
        print(f"  states_at       {microseconds(lambda: states_at(store, at, satellite, code_m), repeats):7.1f} us")  # noqa: B023
        print(f"  lines_of_sight  {microseconds(lambda: lines_of_sight(RECEIVER, position), repeats):7.1f} us")  # noqa: B023
        print(f"  range_rates     {microseconds(lambda: range_rates(RECEIVER, still, position, velocity), repeats):7.1f} us")  # noqa: B023
        store.add(ephemerides[0])
        print(f"  refill of the table {microseconds(lambda: _refill(store, at), repeats // 20):7.1f} us (every 30 s)")  # noqa: B023


def _refill(store: EphemerisStore, at: object) -> object:
    store._table = None
    return store.table_at(at)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
