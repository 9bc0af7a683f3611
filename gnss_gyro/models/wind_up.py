"""Phase wind-up: what the attitudes of two circularly polarised antennas do to the carrier phase between them.

Wu et al. 1993, Effects of antenna orientation on GPS carrier phase; in the form of Kouba 2009, A guide to using IGS
products, 5.1.2. The phase as this project counts it (it grows with the range) is range + wavelength x wind-up: turning
the receiving antenna clockwise, seen from above, adds a cycle a turn for every satellite above it.

Axes are rows of a rotation into the antenna's frame, right-handed, z along the boresight: of the satellite's antenna
towards the Earth, of the receiving one upwards, as in enu_from_ecef or body_from_ecef.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.constants import EARTH_ROTATION_RATE

_ALIGNED: Final = 1e-9
"""Sine of an angle below which a direction across is not defined."""


def wind_up_cycles(
    unit: Floats, satellite_from_ecef: Floats, antenna_from_ecef: Floats, previous_cycles: Floats | None = None
) -> Floats:
    """Wind-up (n,) [cycles] of n satellites; NaN where the satellite's attitude is.

    unit                : (n, 3) from the receiver to the satellites, frame of reception
    satellite_from_ecef : (n, 3, 3) axes of the satellites, see yaw_steering_axes and orbit_normal_axes
    antenna_from_ecef   : (3, 3) axes of the receiving antenna: enu_from_ecef for one that does not turn
    previous_cycles     : (n,) at the epoch before, which the result continues; NaN or None = nothing to continue:
                          then within half a cycle of 0
    """
    towards = -np.asarray(unit, np.float64)  # the way of the signal
    at_satellite = _across(towards, satellite_from_ecef[:, 0]) - np.cross(towards, satellite_from_ecef[:, 1])
    at_receiver = _across(towards, np.broadcast_to(antenna_from_ecef[0], towards.shape))
    at_receiver = at_receiver + np.cross(towards, antenna_from_ecef[1])
    sine = np.sum(towards * np.cross(at_satellite, at_receiver), axis=1)
    cycles: Floats = np.arctan2(sine, np.sum(at_satellite * at_receiver, axis=1)) / (2.0 * np.pi)
    if previous_cycles is None:
        return cycles
    return cycles + np.nan_to_num(np.rint(previous_cycles - cycles))


def yaw_steering_axes(satellite_ecef_m: Floats, sun_ecef_m: Floats) -> Floats:
    """Nominal axes (n, 3, 3) of satellites (n, 3) [m]: z to the Earth, y along the solar panels, x on the Sun's side.

    sun_ecef_m : (3,) [m]
    NaN for a satellite exactly between Earth and Sun or behind the Earth, which no yaw satisfies. Turns at noon and
    midnight are taken as if satellites could yaw at any rate; in truth they lag behind for minutes.
    """
    down = -_unit(satellite_ecef_m)
    panels = np.cross(down, _unit(sun_ecef_m - satellite_ecef_m))
    return _axes(down, panels)


def orbit_normal_axes(satellite_ecef_m: Floats, satellite_velocity_mps: Floats) -> Floats:
    """Axes (n, 3, 3) of satellites that fly without yaw (geostationary ones of BeiDou and QZSS): y against the orbit's normal.

    CLASLIB takes all satellites so, and whoever applies the phase biases of CLAS as it does has to do the same.
    satellite_ecef_m, satellite_velocity_mps : (n, 3) [m], (n, 3) [m/s] relative to the turning Earth
    """
    inertial = satellite_velocity_mps + np.cross([0.0, 0.0, EARTH_ROTATION_RATE], satellite_ecef_m)
    return _axes(-_unit(satellite_ecef_m), -np.cross(satellite_ecef_m, inertial) / np.linalg.norm(inertial, axis=1)[:, None])


def _axes(z: Floats, y: Floats) -> Floats:
    """Axes (n, 3, 3) of z (n, 3) and a vector along y (n, 3); NaN where that has no length."""
    length = np.linalg.norm(y, axis=1)
    y = y / np.where(length > _ALIGNED, length, np.nan)[:, None]
    return np.stack([np.cross(y, z), y, z], axis=1)


def _across(towards: Floats, vectors: Floats) -> Floats:
    """The parts (n, 3) of vectors (n, 3) across unit vectors (n, 3)."""
    return vectors - towards * np.sum(towards * vectors, axis=1)[:, None]


def _unit(vectors: Floats) -> Floats:
    return vectors / np.linalg.norm(vectors, axis=1)[:, None]
