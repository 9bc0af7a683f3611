"""Laws of antenna models, and a published calibration."""

from __future__ import annotations

import numpy as np
import pytest
from recordings import recording

from gnss_gyro.models.antenna import AntennaModel, range_correction_m, variation_m
from gnss_gyro.models.geometry import elevation_azimuth
from gnss_gyro.protocols.antex import read_antex

ROUNDING_M = 1e-12
OFFSET_M = np.array([0.012, -0.007, 0.085])
ZENITH, AZIMUTH = np.radians(np.arange(0.0, 91.0, 5.0)), np.radians(np.arange(0.0, 361.0, 5.0))
FLAT = AntennaModel("G01", OFFSET_M, ZENITH, np.empty(0), np.zeros((1, len(ZENITH))))


def test_an_offset_is_a_move_of_the_antenna():
    """Ranges to far points from the phase centre instead of the reference point."""
    rng = np.random.default_rng(1)
    unit = rng.normal(size=(50, 3))
    unit /= np.linalg.norm(unit, axis=1)[:, None]
    elevation, azimuth = elevation_azimuth(unit, np.eye(3))
    far = 1e6 * unit
    moved = np.linalg.norm(far - OFFSET_M, axis=1) - np.linalg.norm(far, axis=1)
    np.testing.assert_allclose(range_correction_m(FLAT, elevation, azimuth), moved, atol=1e-8)


def test_bilinear_tables_are_met_everywhere():
    """A table linear in both angles is its own interpolation; at the seam of the azimuth it may step."""
    table = 1e-3 * (2.0 * ZENITH[None, :] - 0.4 * AZIMUTH[:, None] + 1.0)
    model = AntennaModel("G01", np.zeros(3), ZENITH, AZIMUTH, table)
    rng = np.random.default_rng(2)
    zenith, azimuth = rng.uniform(0.0, np.pi / 2.0, 200), rng.uniform(0.0, 2.0 * np.pi, 200)
    expected = 1e-3 * (2.0 * zenith - 0.4 * azimuth + 1.0)
    for whole_turns in (-1, 0, 2):
        found = variation_m(model, zenith, azimuth + whole_turns * 2.0 * np.pi)
        np.testing.assert_allclose(found, expected, atol=ROUNDING_M)


def test_beyond_the_table_its_edge_holds_and_unknown_stays_unknown():
    table = np.arange(len(ZENITH), dtype=float)[None, :]
    model = AntennaModel("G01", np.zeros(3), ZENITH, np.empty(0), table)
    found = variation_m(model, np.array([-0.1, np.pi / 2.0, 2.0, np.nan]), np.zeros(4))
    np.testing.assert_array_equal(found, [0.0, 18.0, 18.0, np.nan])


@pytest.mark.parametrize("shape", [(2, 19), (1, 18), (1, 1)])
def test_tables_must_fit_their_nodes(shape):
    with pytest.raises(ValueError, match="AntennaModel"):
        AntennaModel("G01", OFFSET_M, ZENITH, np.empty(0), np.zeros(shape))


def test_a_published_calibration():
    """JAVRINGANT_DM SCIS on L1, by the numbers of the file: offset 0.51 north, 0.83 east, 85.44 mm up; variations at
    azimuths 0 and 5 degrees, zenith angles 40 and 45 degrees: -10.21, -10.29, -10.23, -10.31 mm."""
    lines = (recording("clas_static") / "subset.atx").read_text().splitlines()
    model = next(a for a in read_antex(lines) if a.name == "JAVRINGANT_DM   SCIS").models["G01"]
    zenith, azimuth = np.radians([0.0, 40.0, 45.0, 42.5]), np.radians([77.0, 0.0, 5.0, 362.5])
    np.testing.assert_allclose(1e3 * variation_m(model, zenith, azimuth), [0.0, -10.21, -10.31, -10.26], atol=1e-9)
    overhead = range_correction_m(model, np.array([np.pi / 2.0]), np.zeros(1))
    np.testing.assert_allclose(1e3 * overhead, -85.44)
    north = range_correction_m(model, np.zeros(1), np.zeros(1))
    np.testing.assert_allclose(1e3 * north, 17.06 - 0.51, atol=1e-9)
