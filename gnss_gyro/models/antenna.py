"""What antennas do to the range, by the direction of the signal: offset and variations of the phase centre.

ANTEX 1.4: observed range = range between the reference points + correction, at the receiver with the direction to the
satellite, at the satellite with that to the receiver. A body's antenna does not point to the zenith: the direction is
in the antenna's own frame.
"""

from __future__ import annotations

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.protocols.antex import AntennaModel, CalibratedAntenna

__all__ = ["AntennaModel", "CalibratedAntenna", "range_correction_m", "variation_m"]


def range_correction_m(model: AntennaModel, elevation: Floats, azimuth: Floats) -> Floats:
    """What is to be added (n,) [m] to the range from an antenna's reference point.

    elevation, azimuth : (n,) [rad] in the antenna's frame, azimuth north over east, as models.geometry.elevation_azimuth
                         gives them with antenna_from_ecef (rows east, north, up of the antenna) in place of enu_from_ecef
    """
    level = np.cos(elevation)
    towards = np.column_stack([level * np.sin(azimuth), level * np.cos(azimuth), np.sin(elevation)])
    return np.asarray(variation_m(model, np.pi / 2.0 - elevation, azimuth) - towards @ model.offset_m)


def variation_m(model: AntennaModel, zenith_angle: Floats, azimuth: Floats) -> Floats:
    """Variation of the phase centre (n,) [m], bilinear between the nodes; directions beyond the table are held at its edge.

    zenith_angle, azimuth : (n,) [rad] from the boresight; NaN gives NaN
    """
    row, up = _between(model.zenith_angle, zenith_angle)
    table = model.variation_m
    if len(model.azimuth) == 0:
        return np.asarray((1.0 - up) * table[0, row] + up * table[0, row + 1])
    turn, along = _between(model.azimuth, np.mod(azimuth, 2.0 * np.pi))
    low = (1.0 - up) * table[turn, row] + up * table[turn, row + 1]
    high = (1.0 - up) * table[turn + 1, row] + up * table[turn + 1, row + 1]
    return np.asarray((1.0 - along) * low + along * high)


def _between(nodes: Floats, at: Floats) -> tuple[Ints, Floats]:
    """Number (n,) of the node before, and the share (n,) of the way to the next; NaN stays in the share."""
    held = np.clip(at, nodes[0], nodes[-1])
    before = np.clip(np.searchsorted(nodes, held, side="right") - 1, 0, len(nodes) - 2)
    return before, (held - nodes[before]) / (nodes[before + 1] - nodes[before])
