"""The table of the truth agrees with the truth; damaged bytes are survived."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest

from gnss_gyro.basics.frames import ecef_from_geodetic
from gnss_gyro.basics.rotations import enu_from_body
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import Observations
from gnss_gyro.protocols.ubx.decoder import UbxDecoder
from gnss_gyro.simulation.damage import Damage, damaged
from gnss_gyro.simulation.errors import PRESETS
from gnss_gyro.simulation.scenario import Scenario, simulate
from gnss_gyro.simulation.truth import truth_lines
from gnss_gyro.simulation.writers import ubx_chunks

SCENARIO = Scenario(duration_s=60.0, seed=8)
POSITION_DIGITS_M = 1e-4
VECTOR_DIGITS_M = 1e-5


def test_the_table_is_the_truth():
    simulation = simulate(SCENARIO)
    rows = list(csv.DictReader(truth_lines(simulation)))
    assert len(rows) == 60
    for row in rows[::13]:
        number = {name: float(value) for name, value in row.items()}
        truth = simulation.truth_at(GpsTime.from_week_tow(int(row["gps_week"]), number["tow_s"]))
        place = np.array([np.radians(number["latitude_deg"]), np.radians(number["longitude_deg"]), number["height_m"]])
        np.testing.assert_allclose(ecef_from_geodetic(place), truth.position_ecef_m[0], atol=POSITION_DIGITS_M)
        attitude = enu_from_body(*np.radians([number[f"{name}_deg"] for name in ("heading", "pitch", "roll")]))
        np.testing.assert_allclose(attitude, truth.enu_from_body[0], atol=1e-6)
        rear_right = np.array([number[f"rear_right_{axis}_m"] for axis in ("east", "north", "up")])
        np.testing.assert_allclose(rear_right, attitude @ [-1.0, -0.6, 0.0], atol=VECTOR_DIGITS_M)


@pytest.mark.parametrize("damage", [
    Damage(flipped=1e-4), Damage(lost=0.2), Damage(truncated=0.2), Damage(repeated=0.3), Damage(swapped=0.3),
])  # fmt: skip
def test_damaged_bytes_are_read_as_far_as_they_go(damage):
    chunks = [chunk.data for chunk in ubx_chunks(simulate(SCENARIO)) if chunk.antenna == "front_left"]
    decoder = UbxDecoder()
    messages = [m for piece in damaged(chunks, damage, np.random.default_rng(1)) for m in decoder.feed(piece)] + decoder.flush()
    epochs = [m for m in messages if isinstance(m, Observations)]
    assert len(epochs) >= 35
    assert len({m.time for m in epochs}) <= 60


def test_no_damage_changes_nothing():
    pieces = [b"one", b"", b"three"]
    assert list(damaged(pieces, Damage(), np.random.default_rng(1))) == pieces


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_runs(name):
    simulation = simulate(replace(SCENARIO, errors=PRESETS[name](), duration_s=3.0))
    assert all(len(epoch) >= 6 for e in simulation.epochs() for epoch in e.epochs)
