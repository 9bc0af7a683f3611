"""Terms by the recording's own second frequency: the ionosphere, and what then still stands in each satellite's code."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from ionosphere import arcs, read
from shown.recordings import tick

from gnss_gyro.basics.satellites import System
from shown_vppp.sites import Site
from shown_vppp.terms import IONOSPHERE, Terms, modelled, without_clocks

STANDING: Final = "standing rest"
SYSTEMS: Final = (System.GPS, System.GALILEO, System.QZSS)
_TICK_NS: Final = 10_000_000
_REACH_TICKS: Final = 3_000
"""Delays are interpolated, and held for half a minute at either end of an arc."""


def two_frequency_terms(site: Site) -> Terms:
    """By satellite and tick: ionosphere (code-levelled phases less the model), and the mean of what it leaves."""
    recording = replace(read(site.files[0], site.nav[0]), every=max(len(site.epochs()) // 50, 1))
    measured = {arc.satellite: (np.array(arc.ticks) / _TICK_NS, arc.measured_m) for arc in arcs(recording)}
    found: dict[tuple[int, int], dict[str, float]] = {}
    rests: dict[int, list[float]] = defaultdict(list)
    for observed, model in modelled(site, SYSTEMS):
        when = tick(observed.time)
        rows = [i for i, s in enumerate(model.satellite.tolist()) if s in measured and _within(measured[s][0], when)]
        delay = np.array([np.interp(when, *measured[int(model.satellite[i])]) for i in rows]) - model.ionosphere_m[rows]
        left = without_clocks(model.satellite[rows], model.residual_m[rows] - delay)
        for i, term, rest in zip(rows, delay, left, strict=True):
            satellite = int(model.satellite[i])
            found[satellite, when] = {IONOSPHERE: float(term)}
            rests[satellite].append(float(rest))
    for (satellite, _), own in found.items():
        own[STANDING] = float(np.nanmean(rests[satellite]))
    return found


def _within(ticks: np.ndarray, when: int) -> bool:
    return bool(ticks[0] - _REACH_TICKS <= when <= ticks[-1] + _REACH_TICKS)
