"""Time of the integer search with a known length."""

from __future__ import annotations

import time
from typing import Any, Final

import numpy as np
from baseline_skies import random_model

from gnss_gyro.estimation.integer_search import search_sphere

SATELLITES: Final = (6, 7, 8, 9, 10, 11, 12, 34)
LENGTH_M, SIGMA_M = 1.0, 0.005
LIMITS_US: Final = (300.0, 5000.0)
"""What the median and the 99th percentile may take with 6 to 12 satellites."""
_REPEATS: Final = 5


def searches(cases: int) -> list[dict[str, Any]]:
    """A row for each number of satellites: random skies of one system, code 0.25 m, phase 1.5 mm, one metre known to 5 mm."""
    return [_searches(satellites, cases) for satellites in SATELLITES]


def _searches(satellites: int, cases: int) -> dict[str, Any]:
    rng = np.random.default_rng(satellites)
    took, right, kept = np.empty(cases), 0, 0
    for i in range(cases):
        model, truth = random_model(rng, satellites - 1, LENGTH_M)
        found = search_sphere(model, LENGTH_M, SIGMA_M)
        took[i] = min(_once_us(model) for _ in range(_REPEATS))
        right += np.array_equal(found.integers[0], truth)
        kept += len(found)
    median, p99, worst = np.percentile(took, [50, 99, 100]).tolist()
    return {
        "satellites": satellites, "median_us": median, "p99_us": p99, "worst_us": worst, "right": right / cases,
        "candidates": kept / cases, "limit_median_us": LIMITS_US[0], "limit_p99_us": LIMITS_US[1],
    }  # fmt: skip


def _once_us(model: Any) -> float:
    began = time.perf_counter_ns()
    search_sphere(model, LENGTH_M, SIGMA_M)
    return (time.perf_counter_ns() - began) / 1e3
