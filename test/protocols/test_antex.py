"""ANTEX: what a published file says, and what broken ones do."""

from __future__ import annotations

import numpy as np
import pytest
from recordings import recording

from gnss_gyro.basics.errors import DataError
from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.antex import read_antex
from gnss_gyro.protocols.messages import Counts


def line(text: str, label: str) -> str:
    return f"{text:60}{label}"


HEAD = [
    line("     1.4            M", "ANTEX VERSION / SYST"),
    line("A", "PCV TYPE / REFANT"),
    line("", "END OF HEADER"),
]
ANTENNA = [
    line("", "START OF ANTENNA"),
    line("MADE_UP         NONE12345", "TYPE / SERIAL NO"),
    line("     0.0", "DAZI"),
    line("     0.0  10.0   5.0", "ZEN1 / ZEN2 / DZEN"),
    line("     1", "# OF FREQUENCIES"),
    line("   G01", "START OF FREQUENCY"),
    line("      1.00      2.00     50.00", "NORTH / EAST / UP"),
    "   NOAZI    0.00   -1.50   -3.00",
    line("   G01", "END OF FREQUENCY"),
    line("   G01", "START OF FREQ RMS"),
    line("      0.10      0.20      0.30", "NORTH / EAST / UP"),
    "   NOAZI    0.10    0.10    0.10",
    line("   G01", "END OF FREQ RMS"),
    line("", "END OF ANTENNA"),
]


@pytest.fixture(name="published")
def _published():
    return (recording("clas_static") / "subset.atx").read_text().splitlines()


def test_a_published_file(published):
    counts = Counts()
    antennas = list(read_antex(published, counts))
    assert counts.by_name == {"antennas read": 8}
    assert [a.name for a in antennas if a.satellite is None] == [
        "JAVRINGANT_DM   SCIS", "TRM59800.80     NONE", "JAVRINGANT_DM   JVDM",
    ]  # fmt: skip
    satellites = {a.satellite: a for a in antennas if a.satellite is not None}
    assert set(satellites) == {satellite_from_name(name) for name in ("G01", "E02", "R03", "C22", "J02")}
    galileo = satellites[satellite_from_name("E02")]
    assert galileo.name == "GALILEO-2"
    assert galileo.valid_from == GpsTime.from_calendar(2016, 5, 24)
    assert galileo.valid_until is None
    np.testing.assert_allclose(galileo.models["E05"].offset_m, [0.12269, -0.00925, 0.61715])  # x, y, z
    assert galileo.models["E05"].variation_m.shape == (73, 41)
    np.testing.assert_allclose(galileo.models["E05"].variation_m[:2, -1], [4.60e-3, 4.34e-3])  # azimuths 0 and 5 degrees


def test_receiver_antennas_are_east_north_up(published):
    trimble = next(a for a in read_antex(published) if a.name.startswith("TRM"))
    assert set(trimble.models) == {"G01", "G02", "R01", "R02"}
    np.testing.assert_allclose(trimble.models["G01"].offset_m, [0.70e-3, 1.04e-3, 89.51e-3])
    assert trimble.model("E01") is trimble.models["G01"]
    assert trimble.model("C02") is trimble.models["G01"]  # B1I, by its frequency, not its number
    assert trimble.model("R01") is trimble.models["R01"]
    assert trimble.model("E05") is None


def test_scatter_of_a_calibration_is_not_taken_for_it():
    (antenna,) = read_antex(HEAD + ANTENNA)
    assert antenna.serial == "12345"
    np.testing.assert_allclose(antenna.models["G01"].offset_m, [2e-3, 1e-3, 50e-3])
    np.testing.assert_allclose(antenna.models["G01"].variation_m, [[0.0, -1.5e-3, -3e-3]])
    np.testing.assert_allclose(antenna.models["G01"].zenith_angle, np.radians([0.0, 5.0, 10.0]))


@pytest.mark.parametrize(
    ("number", "broken"),
    [
        (1, line("", "COMMENT")),
        (2, line("     x.y", "DAZI")),
        (3, line("     0.0  10.0   0.0", "ZEN1 / ZEN2 / DZEN")),
        (3, line("     0.0  90.0 0.001", "ZEN1 / ZEN2 / DZEN")),
        (6, line("      1.00                50.00", "NORTH / EAST / UP")),
        (7, "   NOAZI    0.00   -1.50"),
        (7, "     0.0    0.00   -1.50   -3.00"),
        (2, line("    90.0", "DAZI")),
        (2, line("     7.0", "DAZI")),
    ],
)
def test_what_makes_no_sense_is_counted_and_the_next_is_read(number, broken):
    counts = Counts()
    bad = [*ANTENNA[:number], broken, *ANTENNA[number + 1 :]]
    assert len(list(read_antex(HEAD + bad + ANTENNA, counts))) == 1
    assert counts.by_name == {"antennas that cannot be read": 1, "antennas read": 1}


def test_rows_of_other_azimuths_are_refused():
    rows = [f"{azimuth:8.1f}    0.00   -1.50   -3.00" for azimuth in (0.0, 180.0, 360.0)]
    whole = [*ANTENNA[:2], line("   180.0", "DAZI"), *ANTENNA[3:8], *rows, *ANTENNA[8:]]
    assert len(list(read_antex(HEAD + whole))) == 1
    swapped = [whole[9] if row == whole[8] else whole[8] if row == whole[9] else row for row in whole]
    assert list(read_antex(HEAD + swapped)) == []


def test_a_file_cut_short():
    counts = Counts()
    assert len(list(read_antex(HEAD + ANTENNA + ANTENNA[:7], counts))) == 1
    assert counts.by_name["antennas cut short"] == 1


@pytest.mark.parametrize("text", [[], ["     3.04           OBSERVATION DATA"], HEAD[1:]])
def test_other_texts_are_refused(text):
    with pytest.raises(DataError, match="ANTEX"):
        list(read_antex(text))


def test_relative_calibrations_are_refused():
    with pytest.raises(DataError, match="relative"):
        list(read_antex([HEAD[0], line("R                   AOAD/M_T", "PCV TYPE / REFANT"), *ANTENNA]))


def test_corrupted_text_never_raises():
    rng = np.random.default_rng(7)
    for _ in range(300):
        text = bytearray("\n".join(ANTENNA).encode())
        for at in rng.integers(0, len(text), 20):
            text[at] = rng.integers(1, 256)
        for antenna in read_antex(HEAD + text.decode("latin-1").split("\n") + ANTENNA):
            assert all(np.isfinite(model.variation_m).all() for model in antenna.models.values())
