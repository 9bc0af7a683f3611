"""Every RINEX file of the recordings is read in full: epochs as its notes state, times, values as they stand in the file."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from recordings import PROJECT, recording

from gnss_gyro.basics.satellites import System, in_system, satellite_from_name
from gnss_gyro.basics.signals import signal, signal_name
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import BOC, SLIP, GlonassEphemeris, KeplerEphemeris, Klobuchar, LeapSeconds, Observations
from gnss_gyro.protocols.rinex.navigation import NavigationReader
from gnss_gyro.protocols.rinex.observation import ObservationReader, read_observations

OBSERVATION_FILES = {
    ("meijo", "static_base.obs"): (301, "2024-06-24 08:20:00.000 GPST", "2024-06-24 08:25:00.000 GPST"),
    ("meijo", "static_rover.obs"): (301, "2024-06-24 08:20:00.000 GPST", "2024-06-24 08:25:00.000 GPST"),
    ("wettzell", "WTZR00DEU_R_20201770000_01D_30S_MO_120epoch.rnx"): (
        120,
        "2020-06-25 00:00:00.000 GPST",
        "2020-06-25 00:59:30.000 GPST",
    ),
    ("wettzell", "WTZZ00DEU_R_20201770000_01D_30S_MO_120epoch.rnx"): (
        120,
        "2020-06-25 00:00:00.000 GPST",
        "2020-06-25 00:59:30.000 GPST",
    ),
    ("borre", "master_site24t1.01o"): (23, "2001-09-04 09:40:00.000 GPST", "2001-09-04 09:40:22.000 GPST"),
    ("borre", "master_site24t1_clean.01o"): (23, "2001-09-04 09:40:00.000 GPST", "2001-09-04 09:40:22.000 GPST"),
    ("borre", "rover_site247j.01o"): (23, "2001-09-04 09:40:00.000 GPST", "2001-09-04 09:40:22.000 GPST"),
    ("zero_baseline", "tckf_reach-m2-01_raw_202306291111.23O"): (
        610,
        "2023-06-29 11:12:42.094 GPST",
        "2023-06-29 11:13:42.994 GPST",
    ),
    ("zero_baseline", "vn_tckf.obs"): (166, "2023-06-29 11:13:00.794 GPST", "2023-06-29 11:13:33.794 GPST"),
    ("spirent", "Base-static_MO_Spirent.obs"): (601, "2023-01-08 10:00:00.000 GPST", "2023-01-08 10:10:00.000 GPST"),
    ("spirent", "Rover-dynamic_MO_Spirent.obs"): (601, "2023-01-08 10:00:00.000 GPST", "2023-01-08 10:10:00.000 GPST"),
    ("clas_static", "SEPT078M.21O"): (900, "2021-03-19 12:00:00.000 GPST", "2021-03-19 12:14:59.000 GPST"),
    ("clas_static", "3034078M1.21O"): (60, "2021-03-19 12:00:00.000 GPST", "2021-03-19 12:00:59.000 GPST"),
    ("mosaic_5km", "3034265G.21O"): (360, "2021-09-22 06:30:00.000 GPST", "2021-09-22 06:35:59.000 GPST"),
    ("mosaic_5km", "SEPT265G.21O"): (360, "2021-09-22 06:30:00.000 GPST", "2021-09-22 06:35:59.000 GPST"),
}
NAVIGATION_RECORDS = {
    ("meijo", "static_base.nav"): 134,
    ("wettzell", "ESBC00DNK_R_20201770000_01D_MN.rnx"): 2216,
    ("wettzell", "ESBC00DNK_R_20201770000_01D_RN.rnx"): 510,
    ("borre", "site247j.01n"): 7,
    ("zero_baseline", "tckf_reach-m2-01_raw_202306291111.nav"): 44,
    ("spirent", "RINEX_EN_Spirent.23L"): 26,
    ("spirent", "RINEX_GN_Spirent.23N"): 31,
    ("clas_static", "30340780.21q"): 95,
    ("clas_static", "SEPT078M.21P"): 242,
    ("mosaic_5km", "SEPT2650.21P"): 321,
}
CODE_CARRIER_SPREAD_M = 30.0
"""Code minus phase of one satellite stays within this over minutes: ionosphere, noise and multipath."""


def _all_epochs(folder: str, name: str, all_bands: bool = False) -> tuple[ObservationReader, list[Observations]]:
    reader = ObservationReader(all_bands)
    messages = reader.feed((recording(folder) / name).read_bytes()) + reader.finish()
    return reader, [m for m in messages if isinstance(m, Observations)]


@pytest.mark.parametrize(("folder", "name"), OBSERVATION_FILES)
def test_epochs_are_those_of_the_notes(folder: str, name: str) -> None:
    count, first, last = OBSERVATION_FILES[folder, name]
    reader, epochs = _all_epochs(folder, name)
    assert len(epochs) == count == reader.counts.by_name["epochs"]
    assert (str(epochs[0].time), str(epochs[-1].time)) == (first, last)
    assert set(reader.counts.by_name) <= {"epochs", "rows"}, "a clean file is read without any complaint"
    assert all(len(epoch) for epoch in epochs)


@pytest.mark.parametrize(("folder", "name"), OBSERVATION_FILES)
def test_rows_are_those_a_plain_reading_finds(folder: str, name: str) -> None:
    """Against a slow reading by slices of text, of RINEX 3 files."""
    if folder == "borre":
        pytest.skip("RINEX 2 has its own test")
    reader, epochs = _all_epochs(folder, name, all_bands=True)
    assert reader.header is not None
    codes = reader.header.observation_codes
    body = (recording(folder) / name).read_text().split("END OF HEADER", 1)[1].splitlines()
    plain = {}
    epoch = -1
    for line in body[1:]:
        if line.startswith(">"):
            epoch += 1
            continue
        for i, code in enumerate(codes[line[0]]):
            text = line[3 + 16 * i : 17 + 16 * i].strip()
            if code[0] != "X" and text and float(text) != 0.0:
                plain[epoch, satellite_from_name(line[:3]), code] = float(text)
    kinds = {"C": "pseudorange_m", "L": "phase_cycles", "D": "doppler_hz", "S": "cn0_dbhz"}
    read = {}
    for i, observations in enumerate(epochs):
        for letter, column in kinds.items():
            for satellite, code, value in zip(
                observations.satellite.tolist(), observations.signal.tolist(), getattr(observations, column).tolist(), strict=True
            ):
                if not math.isnan(value):
                    read[i, satellite, letter + signal_name(code)] = value
    only_strength = {key for key in plain.keys() - read.keys() if key[2][0] == "S"}
    assert {key: value for key, value in plain.items() if key not in only_strength} == read


@pytest.mark.parametrize(("folder", "name"), OBSERVATION_FILES)
def test_phase_grows_with_the_range(folder: str, name: str) -> None:
    _, epochs = _all_epochs(folder, name)
    wavelength = 299_792_458.0 / 1575.42e6
    difference: dict[int, list[float]] = {}
    for epoch in epochs:
        rows = in_system(epoch.satellite, System.GPS) & (epoch.signal == signal("1C")) & np.isfinite(epoch.phase_cycles)
        for satellite, code, phase in zip(
            epoch.satellite[rows].tolist(), epoch.pseudorange_m[rows], epoch.phase_cycles[rows], strict=True
        ):
            difference.setdefault(satellite, []).append(code - wavelength * phase)
    assert difference
    steady = [np.ptp(d) < CODE_CARRIER_SPREAD_M for d in difference.values()]
    assert np.mean(steady) > 0.7  # some slip


def test_default_is_the_signals_near_l1() -> None:
    _, epochs = _all_epochs("meijo", "static_base.obs")
    assert {signal_name(s) for s in np.concatenate([e.signal for e in epochs])} == {"1C", "2I"}
    _, epochs = _all_epochs("meijo", "static_base.obs", all_bands=True)
    assert {signal_name(s) for s in np.concatenate([e.signal for e in epochs])} == {
        "1C", "2W", "2L", "5Q", "7Q", "2C", "2I", "7I", "6I",
    }  # fmt: skip


def test_first_rows_of_borre() -> None:
    """RINEX 2: values of the first satellite as they stand in the file; L1 goes with C1, C/N0 comes from the indicator."""
    reader, epochs = _all_epochs("borre", "master_site24t1.01o")
    first = epochs[0]
    rows = first.satellite == satellite_from_name("G01")
    assert [signal_name(s) for s in first.signal[rows]] == ["1C", "1W"]
    assert first.pseudorange_m[rows].tolist() == [20443607.415, 20443606.975]
    assert first.phase_cycles[rows][0] == 107431879.641
    assert first.doppler_hz[rows][0] == -832.090
    assert first.cn0_dbhz[rows][0] == pytest.approx(50.5)
    assert np.isnan(first.phase_cycles[rows][1])
    assert {len(e.satellite[e.signal == signal("1C")]) for e in epochs} == {7}
    assert reader.header is not None
    assert reader.header.leap == LeapSeconds(13)
    assert reader.header.receiver_type == "JPS EUROCARD"


def test_nan_tokens_are_blanks() -> None:
    """The file with 'nan' and the one with blanks in their place say the same."""
    _, with_nan = _all_epochs("borre", "master_site24t1.01o", all_bands=True)
    _, clean = _all_epochs("borre", "master_site24t1_clean.01o", all_bands=True)
    for a, b in zip(with_nan, clean, strict=True):
        np.testing.assert_array_equal(a.satellite, b.satellite)
        np.testing.assert_array_equal(a.pseudorange_m, b.pseudorange_m)
        np.testing.assert_array_equal(a.phase_cycles, b.phase_cycles)


def test_loss_of_lock_bit_2_is_no_slip() -> None:
    """The receivers of 2001 set bit 2 on all encrypted codes; slips are rare in both files."""
    _, epochs = _all_epochs("clas_static", "SEPT078M.21O", all_bands=True)
    flags = np.concatenate([e.flags for e in epochs])
    assert np.mean(flags & SLIP > 0) < 0.05
    _, old = _all_epochs("borre", "master_site24t1.01o", all_bands=True)
    old_flags = np.concatenate([e.flags for e in old])
    assert np.mean(old_flags & SLIP > 0) < 0.01
    assert np.any(old_flags & BOC)


def test_header_facts_of_wettzell() -> None:
    reader, epochs = _all_epochs("wettzell", "WTZZ00DEU_R_20201770000_01D_30S_MO_120epoch.rnx")
    header = reader.header
    assert header is not None
    assert (header.version, header.marker, header.receiver_type) == (3.04, "WTZZ00DEU", "JAVAD TRE_3 DELTA")
    assert header.antenna_type == "LEIAR25.R3      LEIT"
    assert header.antenna_delta_hen_m.tolist() == [0.284, 0.0, 0.0]
    assert header.phase_shifts_cycles["E", "L1X"] == 0.5
    assert header.phases_aligned is True
    assert header.interval_s == 30.0
    assert header.glonass_channels[satellite_from_name("R26")] == -6
    glonass = in_system(epochs[0].satellite, System.GLONASS)
    assert set(epochs[0].glonass_channel[glonass]) <= set(range(-7, 7))
    assert np.all(epochs[0].glonass_channel[~glonass] == 0)
    assert epochs[0].leap_s == 18


def test_glonass_channel_is_unknown_where_the_header_tells_none() -> None:
    reader, epochs = _all_epochs("zero_baseline", "tckf_reach-m2-01_raw_202306291111.23O")
    glonass = in_system(epochs[0].satellite, System.GLONASS)
    assert np.all(epochs[0].glonass_channel[glonass] == -128)
    assert reader.header is not None
    assert reader.header.phases_aligned is False  # "G" without a code: alignment unknown


@pytest.mark.parametrize(("folder", "name"), NAVIGATION_RECORDS)
def test_every_navigation_record_is_read(folder: str, name: str) -> None:
    reader = NavigationReader()
    messages = reader.feed((recording(folder) / name).read_bytes()) + reader.finish()
    ephemerides = [m for m in messages if isinstance(m, KeplerEphemeris | GlonassEphemeris)]
    assert len(ephemerides) == NAVIGATION_RECORDS[folder, name]
    assert "records that cannot be read" not in reader.counts.by_name
    assert all(abs(e.transmitted - e.toe) < 8 * 3600.0 for e in ephemerides if not e.health)


def test_first_ephemeris_of_meijo() -> None:
    reader = NavigationReader()
    messages = reader.feed((recording("meijo") / "static_base.nav").read_bytes())
    assert isinstance(messages[0], Klobuchar)
    np.testing.assert_allclose(messages[0].alpha, [1.8626e-08, 2.2352e-08, -1.1921e-07, -5.9605e-08])
    assert LeapSeconds(18) in [m for m in messages if isinstance(m, LeapSeconds)]
    first = next(m for m in messages if isinstance(m, KeplerEphemeris))
    assert (first.satellite, first.source, first.issue, first.issue_clock) == (5, "LNAV", 72, 72)
    assert first.toe == first.toc == GpsTime.from_calendar(2024, 6, 24, 10)
    assert first.transmitted == GpsTime.from_week_tow(2320, 115218.0)
    assert (first.sqrt_a, first.group_delay_s, first.fit_interval_s) == (5153.635631561, -1.071020960808e-08, 4 * 3600.0)
    assert (first.inclination_rate, first.ascending_node_rate) == (-2.610823036973e-10, -8.275344701323e-09)


def test_reading_is_the_same_without_compilation() -> None:
    folder = recording("borre")
    program = (
        "import sys,hashlib,pathlib\nfrom gnss_gyro.protocols.rinex.observation import read_observations\nh=hashlib.sha256()\n"
        "for e in read_observations(pathlib.Path(sys.argv[1]).read_bytes(), True):\n"
        "    for c in (e.satellite,e.signal,e.pseudorange_m,e.phase_cycles,e.doppler_hz,e.cn0_dbhz,e.flags):\n"
        "        h.update(c.tobytes())\n"
        "print(h.hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program, str(folder / "master_site24t1.01o")],
            env={**os.environ, "NUMBA_DISABLE_JIT": off, "PYTHONPATH": str(PROJECT)},
            capture_output=True, text=True, check=True,
        ).stdout
        for off in "01"
    }  # fmt: skip
    assert len(digests) == 1


def test_lines_and_bytes_say_the_same() -> None:
    text = (recording("zero_baseline") / "vn_tckf.obs").read_text()
    from_text = list(read_observations(text))
    from_lines = list(read_observations(text.splitlines()))
    assert [len(e) for e in from_text] == [len(e) for e in from_lines]
    assert from_text[-1].time == from_lines[-1].time
