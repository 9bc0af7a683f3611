"""Is the place right? Galileo's two frequencies say where the antenna stands, as far as its orbits and clocks do."""

from __future__ import annotations

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import enu_from_ecef_at
from gnss_gyro.basics.satellites import System
from gnss_gyro.models.geometry import elevation_azimuth, lines_of_sight
from gnss_gyro.observation.selection import select_l1
from gnss_gyro.orbits.propagation import states_at
from gnss_gyro.orbits.store import EphemerisStore
from shown_vppp.sites import Site, navigation
from shown_vppp.two_frequencies import STANDING, two_frequency_terms


def displacement(site: Site) -> tuple[Floats, Floats, float, int]:
    """Displacement (3,) from the stated place, ENU, its sigma (3,), RMS of the residuals [m], satellites.

    Least squares through the standing rests of Galileo's codes, weights sin^2 of the elevation, at the middle of the recording;
    sigma is by the residuals.
    """
    standing = {satellite: own[STANDING] for (satellite, _), own in two_frequency_terms(site).items()}
    store = EphemerisStore()
    store.extend(navigation(site.nav))
    epoch = select_l1("a", site.epochs()[len(site.epochs()) // 2], (System.GALILEO,))
    states = states_at(store, epoch.time, epoch.satellite, epoch.code_m)
    axes = enu_from_ecef_at(site.truth_ecef_m)
    unit = lines_of_sight(site.truth_ecef_m, states.position_m)[1]
    rows = np.flatnonzero([int(s) in standing for s in epoch.satellite])
    weight = np.sin(elevation_azimuth(unit[rows], axes)[0])
    design = np.column_stack([-unit[rows] @ axes.T, np.ones(len(rows))])
    rest = np.array([standing[int(s)] for s in epoch.satellite[rows]])
    weighted = design * weight[:, None]
    found = np.linalg.lstsq(weighted, rest * weight, rcond=None)[0]
    left = (rest - design @ found) * weight
    variance = float(left @ left) / max(len(rows) - 4, 1) * np.linalg.inv(weighted.T @ weighted)
    rms = float(np.sqrt(np.mean((rest - design @ found) ** 2)))
    return found[:3], np.sqrt(np.diag(variance)[:3]), rms, len(rows)


def reference_sentence(site: Site) -> str:
    """The same in words."""
    found, sigma, rms, count = displacement(site)
    axes = ", ".join(
        f"{value:+.2f} ± {one:.2f} m {name}" for value, one, name in zip(found, sigma, ("east", "north", "up"), strict=True)
    )
    return f"The place by two frequencies of Galileo ({count} satellites, residuals {rms:.2f} m): {axes} of the stated one."
