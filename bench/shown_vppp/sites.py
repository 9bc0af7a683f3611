"""Static recordings whose place is known, cut into windows of ten epochs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from shown.recordings import ALL, content, tick
from shown.ubx_files import _STATION_M as SLAS_ECEF_M

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import ecef_from_geodetic
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import NavigationMessage, Observations

WINDOW: Final = 10
"""Epochs of a window."""
ALL_AND_GLONASS: Final = f"{ALL},R"
MEIJO_ECEF_M: Final = ecef_from_geodetic(np.array([np.radians(35.134707705), np.radians(136.977577939), 104.8530]))
CLAS_ECEF_M: Final = np.array([-3_962_108.673, 3_381_309.574, 3_668_678.638])


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A recording at one place.

    name       : of its folder
    files      : one per antenna, the first is the one whose place is known
    nav        : broadcast ephemerides; a UBX file tells its own
    truth_ecef_m : (3,) of the first antenna
    length_m   : between two antennas; NaN = there is one only
    every      : epochs from the start of one window to the next
    systems    : sets of systems worth a row
    """

    name: str
    files: tuple[Path, ...]
    nav: tuple[Path, ...]
    truth_ecef_m: Floats
    length_m: float
    every: int
    systems: tuple[str, ...]

    @property
    def largest(self) -> str:
        """The set of systems for ionosphere models and whole recordings."""
        return ALL if ALL in self.systems else self.systems[-1]

    def epochs(self, antenna: int = 0) -> tuple[Observations, ...]:
        """Observations of an antenna."""
        return observations(self.files[antenna])

    def starts(self, step: int = 1) -> range:
        """First epochs of the windows, or of every so manyth."""
        return range(0, len(self.epochs()) - WINDOW + 1, self.every * step)


def sites(folder: Path) -> list[Site]:
    """The recordings that are here; truths as in their NOTES (that of slas_hiroshima is presumed)."""
    meijo, clas = folder / "meijo", folder / "clas_static"
    ubx = folder / "slas_hiroshima" / "20230919-114418.ubx"
    some = ("G", "E", "G,E,J")
    every = (*some, ALL, ALL_AND_GLONASS)
    made = (
        Site(
            "meijo", (meijo / "static_base.obs", meijo / "static_rover.obs"), (meijo / "static_base.nav",), MEIJO_ECEF_M, 0.9887,
            1, every,
        ),
        Site(
            "clas_static", (clas / "SEPT078M.21O",), (clas / "SEPT078M.21P",), CLAS_ECEF_M, float("nan"), 30, some,
        ),
        Site("slas_hiroshima", (ubx,), (ubx,), SLAS_ECEF_M, float("nan"), 1, every),
    )  # fmt: skip
    return [site for site in made if all(path.is_file() for path in (*site.files, *site.nav))]


@cache
def observations(path: Path) -> tuple[Observations, ...]:
    """Epochs of a file, one for each tag."""
    found = {tick(m.time): m for m in content(path).messages if isinstance(m, Observations)}
    return tuple(found[when] for when in sorted(found))


@cache
def navigation(paths: tuple[Path, ...]) -> tuple[NavigationMessage, ...]:
    """All that the files tell of orbits and ionosphere, each thing once."""
    store = EphemerisStore()
    store.extend(m for path in paths for m in content(path).messages if isinstance(m, NavigationMessage))
    return tuple(store.messages())
