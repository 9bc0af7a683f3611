"""The truth of a simulation as a table, in the words and columns of a solution file."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.frames import geodetic_from_ecef
from gnss_gyro.basics.rotations import heading_pitch_roll
from gnss_gyro.simulation.scenario import SimulatedBlock, Simulation

COLUMNS = (
    "gps_week", "tow_s", "heading_deg", "pitch_deg", "roll_deg", "latitude_deg", "longitude_deg", "height_m",
    "velocity_east_mps", "velocity_north_mps", "velocity_up_mps",
)  # fmt: skip


def truth_lines(simulation: Simulation) -> Iterator[str]:
    """Lines (without line ends) of a CSV: nominal time, attitude, position of the body origin, velocity, and each
    antenna's vector from the first in east, north, up."""
    names = simulation.scenario.antennas.names[1:]
    yield ",".join([*COLUMNS, *(f"{name}_{axis}_m" for name in names for axis in ("east", "north", "up"))])
    for block in simulation.blocks():
        vectors = _vectors(simulation, block)
        for row in range(len(block.truth)):
            yield ",".join(_row(block, row, vectors[row]))


def _vectors(simulation: Simulation, block: SimulatedBlock) -> Floats:
    """Vectors (t, 3 (n - 1)) from the first antenna to the others, ENU [m]."""
    position = simulation.scenario.antennas.position_body_m
    arms = position[1:] - position[0]
    vectors: Floats = np.einsum("tij,aj->tai", block.truth.enu_from_body, arms)
    return vectors.reshape(len(block.truth), -1)


def _row(block: SimulatedBlock, row: int, vectors: Floats) -> list[str]:
    truth, time = block.truth, block.time(row)
    angles = np.degrees(heading_pitch_roll(truth.enu_from_body[row]))
    latitude, longitude, height = geodetic_from_ecef(truth.position_ecef_m[row])
    velocity = truth.enu_from_ecef[row] @ truth.velocity_ecef_mps[row]
    place = [f"{np.degrees(latitude):.10f}", f"{np.degrees(longitude):.10f}", f"{height:.4f}"]
    numbers = [*(f"{v:.5f}" for v in velocity), *(f"{v:.5f}" for v in vectors)]
    return [str(time.week), f"{time.tow_s:.3f}", *(f"{a:.5f}" for a in angles), *place, *numbers]
