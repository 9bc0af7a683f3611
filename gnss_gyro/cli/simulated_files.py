"""A simulation as files: every receiver's recording, the truth, and the rig as a configuration."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from gnss_gyro.basics.frames import geodetic_from_ecef
from gnss_gyro.basics.rotations import heading_pitch_roll
from gnss_gyro.cli.console import Screen
from gnss_gyro.engine.config import ReceiverClass, Vehicle
from gnss_gyro.report.csv_writer import FIXED_COLUMNS, GEODETIC, TIME_COLUMNS, VELOCITY, columns_of, heading_text, time_of_week
from gnss_gyro.simulation.scenario import SimulatedBlock, Simulation
from gnss_gyro.simulation.writers import rinex_navigation, rinex_observations, ubx_chunks

RECEIVERS: Final = {"none": ReceiverClass.GEODETIC, "patch": ReceiverClass.PATCH, "survey": ReceiverClass.GEODETIC}
MOTIONS: Final = {"car": Vehicle.VEHICLE, "tractor": Vehicle.TRACTOR, "ship": Vehicle.SHIP, "drone": Vehicle.DRONE,
                  "static": Vehicle.STATIC}  # fmt: skip
NAVIGATION_FILE: Final = "navigation.nav"


def write_ubx(simulation: Simulation, folder: Path, screen: Screen) -> dict[str, Path]:
    """One UBX recording for each antenna; returns the files by antenna."""
    paths = {name: folder / f"{name}.ubx" for name in simulation.scenario.antennas.names}
    files = {name: path.open("wb") for name, path in paths.items()}
    try:
        with screen.progress("simulating", simulation.scenario.epochs * len(paths)) as advance:
            for chunk in ubx_chunks(simulation):
                files[chunk.antenna].write(chunk.data)
                advance()
    finally:
        for file in files.values():
            file.close()
    return paths


def write_rinex(simulation: Simulation, folder: Path, screen: Screen) -> dict[str, Path]:
    """One RINEX observation file for each antenna that delivered anything, and a navigation file."""
    with screen.progress("simulating", None):
        texts = rinex_observations(simulation)
        navigation = rinex_navigation(simulation)
    paths = {name: folder / f"{name}.obs" for name in texts}
    for name, path in paths.items():
        path.write_text(texts[name], encoding="ascii")
    (folder / NAVIGATION_FILE).write_text(navigation, encoding="ascii")
    return paths


def write_truth(simulation: Simulation, path: Path) -> None:
    """truth.csv: the columns of solution.csv, as the body really moved; no outcome, no sigmas."""
    header = columns_of(simulation.scenario.antennas.names)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, header, restval="", lineterminator="\n")
        rows.writeheader()
        for block in simulation.blocks():
            rows.writerows(_truth_rows(simulation, block, header))


def _truth_rows(simulation: Simulation, block: SimulatedBlock, header: tuple[str, ...]) -> Iterator[dict[str, str]]:
    arms = simulation.scenario.antennas.position_body_m
    places = [block.truth.point(arm) for arm in arms]
    enu_from_ecef = block.truth.enu_from_ecef
    geodetic = geodetic_from_ecef(places[0][0]) * np.array([180.0 / np.pi, 180.0 / np.pi, 1.0])
    velocity = np.einsum("nij,nj->ni", enu_from_ecef, places[0][1])
    vectors = [np.einsum("nij,nj->ni", enu_from_ecef, place - places[0][0]) for place, _ in places[1:]]
    for row, rotation in enumerate(block.truth.enu_from_body):
        time = block.time(row)
        heading, pitch, roll = np.degrees(heading_pitch_roll(rotation))
        flat = [f"{value:.6f}" for vector in vectors for value in vector[row]]
        yield {
            **dict(zip(TIME_COLUMNS, (str(time.week), time_of_week(time.tow_s)), strict=True)),
            "heading_deg": heading_text(heading), "pitch_deg": f"{pitch:.4f}", "roll_deg": f"{roll:.4f}",
            **dict(zip(GEODETIC, (f"{value:.9f}" for value in geodetic[row]), strict=True)),
            **dict(zip(VELOCITY, (f"{value:.5f}" for value in velocity[row]), strict=True)),
            **dict(zip(header[len(FIXED_COLUMNS):], flat, strict=True)),
        }  # fmt: skip
