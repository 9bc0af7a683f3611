"""The ionosphere as a thin shell around the Earth: where rays pierce it, and how slantwise."""

from __future__ import annotations

import numpy as np

from gnss_gyro.basics.arrays import Floats


def slant_factor(elevation: Floats, ratio: float) -> Floats:
    """Slant over vertical delay (n,), 1 in the zenith, at elevations (n,) [rad]; ratio: of the Earth's radius to the shell's."""
    return np.asarray(1.0 / np.sqrt(1.0 - (ratio * np.cos(elevation)) ** 2))


def pierce_points(
    latitude: float, longitude: float, elevation: Floats, azimuth: Floats, ratio: float
) -> tuple[Floats, Floats]:  # fmt: skip
    """Latitudes (n,) and longitudes (n,) [rad], the latter not wrapped, where rays (n,) [rad] from a place [rad] meet the shell.

    ratio : of the Earth's radius to the shell's. By spherical trigonometry: the arc to the point below is what elevation
            and the angle at the shell leave of a right angle.
    """
    arc = np.pi / 2.0 - elevation - np.arcsin(ratio * np.cos(elevation))
    sin_arc, cos_arc, sin_latitude, cos_latitude = np.sin(arc), np.cos(arc), np.sin(latitude), np.cos(latitude)
    pierced = np.arcsin(np.clip(sin_latitude * cos_arc + cos_latitude * sin_arc * np.cos(azimuth), -1.0, 1.0))
    east, north = sin_arc * np.sin(azimuth), cos_latitude * cos_arc - sin_latitude * sin_arc * np.cos(azimuth)
    return pierced, longitude + np.arctan2(east, north)
