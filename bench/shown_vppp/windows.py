"""The engine on windows of a recording, a cold start each, and once through the whole of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from shown.recordings import content

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.frames import enu_from_ecef_at
from gnss_gyro.engine.config import EngineConfig, quick_config, with_overrides
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import PositionKind, Solution
from gnss_gyro.protocols.messages import Observations
from shown_vppp.sites import WINDOW, Site, navigation

NAMES: Final = "ab"
Change: TypeAlias = Callable[[Observations], Observations]
"""What is done to an epoch before the engine sees it."""
_FLAT_95: Final = 5.991
_SPACE_95: Final = 7.815
"""Chi-square of two and of three degrees of freedom that 95 % stay below."""


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Errors of n positions.

    enu_m  : (n, 3) position less truth [m]; NaN = none
    cov_m2 : (n, 3, 3) as stated
    """

    enu_m: Floats
    cov_m2: Floats

    @property
    def known(self) -> Bools:
        """(n,) is there a position?"""
        return np.asarray(np.isfinite(self.enu_m).all(axis=1))

    def inside(self, axes: int) -> float:
        """Share of positions with the truth inside the stated 95 % ellipse (2 axes) or ellipsoid (3) [%]."""
        rows = self.known
        error, cov = self.enu_m[rows, :axes], self.cov_m2[rows, :axes, :axes]
        square = np.einsum("ni,nij,nj->n", error, np.linalg.inv(cov), error)
        return 100.0 * float(np.mean(square < (_FLAT_95 if axes == 2 else _SPACE_95))) if rows.any() else float("nan")


def config_for(site: Site, antennas: int, systems: str, **changes: object) -> EngineConfig:
    """One antenna, or two and their distance."""
    if antennas == 1:
        base = quick_config(antennas=["a"])
    else:
        base = quick_config(lengths=[("a", "b", site.length_m)], antennas=["a", "b"])
    return with_overrides(base, systems=systems, **changes)


def window_errors(site: Site, config: EngineConfig, starts: Iterable[int], change: Change | None = None) -> Errors:
    """Errors of the last epoch of each window."""
    return _errors(site, [play(site, config, range(start, start + WINDOW), change)[-1:] for start in starts])


def whole_errors(site: Site, config: EngineConfig, smooth: bool = False) -> Errors:
    """Errors of all epochs, one after the other, smoothed or not."""
    return _errors(site, [[solution] for solution in play(site, config, range(len(site.epochs())), None, smooth)])


def play(site: Site, config: EngineConfig, epochs: range, change: Change | None, smooth: bool = False) -> list[Solution]:
    """Solutions of some epochs by an engine that knows all ephemerides and nothing else."""
    engine = Engine(config, smooth)
    engine.store.extend(navigation(site.nav))
    for name, path in zip(config.names, site.files, strict=False):
        engine.set_receiver(name, content(path).receiver)
    solutions = []
    for i in epochs:
        for k, name in enumerate(config.names):
            observed = site.epochs(k)[i]
            solutions += engine.feed(name, change(observed) if change else observed)
    return solutions + engine.flush()


def _errors(site: Site, windows: Sequence[Sequence[Solution]]) -> Errors:
    """Of the one solution in each window; one that is not VPPP's counts as none."""
    axes = enu_from_ecef_at(site.truth_ecef_m)
    enu, cov = np.full((len(windows), 3), np.nan), np.full((len(windows), 3, 3), np.nan)
    for row, window in enumerate(windows):
        if window and window[0].position_kind is PositionKind.VPPP:
            enu[row] = axes @ (window[0].position_ecef_m - site.truth_ecef_m)
            cov[row] = window[0].position_cov_enu_m2
    return Errors(enu, cov)
