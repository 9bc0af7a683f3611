"""Time of the integer search with a known length, one core: python bench/bench_search.py [--cases N]."""

# ruff: noqa: E402

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "test")]

from baseline_skies import random_model

from gnss_gyro.estimation.integer_search import search_sphere

SATELLITES = (6, 7, 8, 9, 10, 11, 12, 34)
LENGTH_M, SIGMA_M = 1.0, 0.005
REPEATS = 5
LIMITS_US = (300.0, 5000.0)
"""What the median and the 99th percentile may take."""


def took_us(satellites: int, cases: int) -> tuple[np.ndarray, float, float]:
    """Best times (cases,) [us] of random searches, the share whose best is the truth, and the mean number of candidates."""
    rng = np.random.default_rng(satellites)
    took, right, kept = np.empty(cases), 0, 0
    for i in range(cases):
        model, truth = random_model(rng, satellites - 1, LENGTH_M)
        search_sphere(model, LENGTH_M, SIGMA_M)
        repeated = []
        for _ in range(REPEATS):
            begin = time.perf_counter_ns()
            found = search_sphere(model, LENGTH_M, SIGMA_M)
            repeated.append(time.perf_counter_ns() - begin)
        took[i] = min(repeated) / 1e3
        right += np.array_equal(found.integers[0], truth)
        kept += len(found)
    return took, right / cases, kept / cases


def main() -> int:
    """Measure and print; 1 if a limit is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    cases = parser.parse_args().cases
    print(f"{LENGTH_M} m, sigma {SIGMA_M} m, one system, code 0.25 m, phase 1.5 mm; {cases} random skies each")
    print("satellites  median us    p99 us  worst us   right %  candidates")
    kept_limits = True
    for satellites in SATELLITES:
        took, right, kept = took_us(satellites, cases)
        median, p99, worst = np.percentile(took, [50, 99, 100])
        print(f"{satellites:10d} {median:10.1f} {p99:9.1f} {worst:9.1f} {100 * right:9.1f} {kept:11.1f}")
        kept_limits = kept_limits and bool(median <= LIMITS_US[0] and p99 <= LIMITS_US[1])
    print(f"limits: median {LIMITS_US[0]:.0f} us, p99 {LIMITS_US[1]:.0f} us: {'kept' if kept_limits else 'EXCEEDED'}")
    return 0 if kept_limits else 1


if __name__ == "__main__":
    sys.exit(main())
