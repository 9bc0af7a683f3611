"""Once through a whole recording, as it comes and smoothed: how error and stated sigma go on after the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from shown.markdown import table

from shown_vppp.figures import three
from shown_vppp.sites import Site
from shown_vppp.windows import config_for, whole_errors

LOOKS_S: Final = (10.0, 30.0, 60.0, 120.0, 300.0)


@dataclass(frozen=True, slots=True)
class Look:
    """Error and sigma, east, north, up [m], so long after the first epoch; the last look is at the end."""

    site: str
    systems: str
    antennas: int
    smoothed: bool
    after_s: float
    error_m: tuple[float, float, float]
    sigma_m: tuple[float, float, float]

    @property
    def space_m(self) -> float:
        """Error in space [m]."""
        return float(np.linalg.norm(self.error_m))


def course(site: Site, antennas: int, smoothed: bool) -> list[Look]:
    """Looks at one run with the largest set of systems."""
    errors = whole_errors(site, config_for(site, antennas, site.largest), smoothed)
    epochs = site.epochs()
    since = np.array([epoch.time - epochs[0].time for epoch in epochs])
    rows = [int(np.argmin(abs(since - look))) for look in LOOKS_S if look < since[-1] - 0.5] + [len(since) - 1]
    return [
        Look(
            site.name, site.largest, antennas, smoothed, float(since[row]), _three(errors.enu_m[row]),
            _three(np.sqrt(np.diag(errors.cov_m2[row]))),
        )
        for row in rows
    ]  # fmt: skip


def course_table(looks: Sequence[Look]) -> str:
    """All looks."""
    header = ("recording", "systems", "antennas", "positions", "after s", "error E, N, U m", "3-D m", "stated sigma E, N, U m")
    rows = [
        [
            look.site, look.systems, str(look.antennas), "smoothed" if look.smoothed else "as they come", f"{look.after_s:.0f}",
            three(look.error_m, signed=True), f"{look.space_m:.2f}", three(look.sigma_m),
        ]
        for look in looks
    ]  # fmt: skip
    return table(header, rows)


def _three(values: np.ndarray) -> tuple[float, float, float]:
    east, north, up = map(float, values)
    return east, north, up
