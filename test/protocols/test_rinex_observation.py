"""RINEX observation files with all that real ones do: events, gaps, rubbish, old and new layouts, written by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import recording
from rinex_samples import COMMENT, FULL, T0, epoch, fed_in_pieces, fields, header, names, read

from gnss_gyro.basics.errors import DataError
from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.protocols.messages import BOC, HALF_CYCLE, SLIP
from gnss_gyro.protocols.rinex.observation import read_observations


def test_one_row() -> None:
    _, (first,) = read(header() + epoch(0.5, "G05" + FULL))
    assert first.time == T0 + 0.5
    assert names(first) == [(5, "1C")]
    assert (first.pseudorange_m[0], first.phase_cycles[0]) == (20000000.123, 105000000.456)
    assert (first.doppler_hz[0], first.cn0_dbhz[0]) == (-123.456, 45.25)
    assert first.flags[0] == 0


@pytest.mark.parametrize(("digit", "flags"), [("1", SLIP), ("2", HALF_CYCLE), ("4", BOC), ("7", 7), (" ", 0), ("0", 0)])
def test_loss_of_lock_bits(digit: str, flags: int) -> None:
    line = "G05" + fields(20000000.123) + fields(105000000.456, end=digit + "7")
    _, (first,) = read(header() + epoch(0, line))
    assert first.flags[0] == flags


def test_zero_and_blank_are_unknown() -> None:
    _, (first,) = read(header() + epoch(0, "G05" + fields(0.0, 105000000.456), "G06" + fields("", "", -1.5, end="  ")))
    assert np.isnan(first.pseudorange_m).all()
    assert np.isnan(first.cn0_dbhz).all()
    assert first.doppler_hz[1] == -1.5


def test_indicator_stands_in_only_for_a_missing_strength_column() -> None:
    values = fields(20000000.123, 105000000.456, end=" 6")
    _, (first,) = read(header(codes="C1C L1C D1C X1 ") + epoch(0, "G05" + values, "E05" + values))
    assert first.cn0_dbhz[0] == pytest.approx(38.5)
    assert np.isnan(first.cn0_dbhz[1]), "the file has S1X, blank here"


@pytest.mark.parametrize(("system", "shift_s"), [("GPS", 0), ("GAL", 0), ("QZS", 0), ("BDT", 14), ("GLO", 18), ("UTC", 18)])
def test_time_scales(system: str, shift_s: int) -> None:
    _, (first,) = read(header(time_system=system) + epoch(0, "G05" + FULL))
    assert first.time == T0 + float(shift_s)


def test_power_failure_slips_every_row() -> None:
    reader, (first, second) = read(header() + epoch(0, "G05" + FULL, flag=1) + epoch(1, "G05" + FULL))
    assert first.flags[0] == SLIP
    assert second.flags[0] == 0
    assert reader.counts.by_name["power failures"] == 1


def test_events_are_skipped_and_counted() -> None:
    event = ">                              4  2\n" + "A NOTE".ljust(60) + "COMMENT\n" + "".ljust(60) + "COMMENT\n"
    slips = epoch(1, "G05" + FULL, flag=6)
    reader, epochs = read(header() + epoch(0, "G05" + FULL) + event + slips + epoch(1, "G06" + FULL))
    assert [names(e) for e in epochs] == [[(5, "1C")], [(6, "1C")]]
    assert reader.counts.by_name["special records"] == 1
    assert reader.counts.by_name["cycle slip records"] == 1


def test_observation_types_may_change_midway() -> None:
    event = ">                              4  1\n" + "G    2 L1X C1X".ljust(60) + "SYS / # / OBS TYPES\n"
    line = "G05" + fields(105000000.456, 20000000.123)
    _, epochs = read(header() + epoch(0, "G05" + FULL) + event + epoch(1, line))
    assert names(epochs[1]) == [(5, "1X")]
    assert epochs[1].pseudorange_m[0] == 20000000.123


SCALES: dict[str, tuple[tuple[str, ...], float, float]] = {
    "of all codes": (("G   10",), 10.0, 10.0),
    "of one code": (("G  100  1 L1C",), 1.0, 100.0),
    "of some codes": (("G   10  2 C1C L1C",), 10.0, 10.0),
    "of all and one": (("G  100", "G 1000  1 L1C"), 100.0, 1000.0),
    "over two lines": (("G 1000 13" + " X1 " * 12, "           L1C"), 1.0, 1000.0),
    "of another system": (("E   10",), 1.0, 1.0),
    "of one": (("G    1",), 1.0, 1.0),
}


@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("midway", [False, True])
def test_scale_factors_divide_what_is_stored(name: str, midway: bool) -> None:
    lines, code_scale, phase_scale = SCALES[name]
    labelled = [(line, "SYS / SCALE FACTOR") for line in lines]
    if midway:
        event = f">                              4  {len(lines)}\n"
        text = header() + event + "".join(f"{content:<60}{label}\n" for content, label in labelled)
    else:
        text = header("3.04", *labelled)
    _, (first,) = read(text + epoch(0, "G05" + FULL, "R05" + FULL))
    np.testing.assert_allclose(first.pseudorange_m, [20000000.123 / code_scale, 20000000.123], rtol=1e-15)
    np.testing.assert_allclose(first.phase_cycles, [105000000.456 / phase_scale, 105000000.456], rtol=1e-15)


def test_a_scale_that_the_format_does_not_know_is_refused() -> None:
    with pytest.raises(DataError, match="SYS / SCALE FACTOR of system G is '7'"):
        read(header("3.04", ("G    7", "SYS / SCALE FACTOR")) + epoch(0, "G05" + FULL))


def test_a_second_file_behind_the_first() -> None:
    reader, epochs = read(header() + epoch(0, "G05" + FULL) + header(codes="C1W L1W D1W S1W") + epoch(1, "G05" + FULL))
    assert [names(e) for e in epochs] == [[(5, "1C")], [(5, "1W")]]
    assert reader.counts.by_name["epochs"] == 2


def test_broken_head_lines_cost_only_their_epoch() -> None:
    broken = "> 2024 06 24 08 2x  1.0000000  0  1\nG05" + FULL + "\n"
    broken += "> 2024 13 24 08 20  2.0000000  0  1\nG05" + FULL + "\n"
    broken += "> garbage\n"
    reader, epochs = read(header() + epoch(0, "G05" + FULL) + broken + epoch(3, "G06" + FULL))
    assert [e.time for e in epochs] == [T0, T0 + 3.0]
    assert reader.counts.by_name["epochs with an unreadable head"] == 3


@pytest.mark.parametrize("year", ["2524", "9999", "1024", "1979"])
def test_a_year_outside_of_gps_time_costs_only_its_epoch(year: str) -> None:
    wrong = epoch(1, "G05" + FULL).replace("2024", year)
    reader, epochs = read(header() + epoch(0, "G05" + FULL) + wrong + epoch(2, "G05" + FULL))
    assert [e.time - T0 for e in epochs] == [0.0, 2.0]
    assert reader.counts.by_name["epochs with an unreadable head"] == 1


def test_corrupt_satellite_lines_cost_only_themselves() -> None:
    shifted = "G07" + FULL[1:]
    text = epoch(0, "G05" + FULL, "#!?" + FULL, "G06" + fields("2000x000.123", 105000000.456), shifted, "G08" + FULL)
    reader, (first,) = read(header() + text)
    assert names(first) == [(5, "1C"), (6, "1C"), (8, "1C")]
    assert np.isnan(first.pseudorange_m[1])
    assert reader.counts.by_name["satellites with an unreadable name"] == 1
    assert reader.counts.by_name["fields that are no numbers"] >= 3


def test_a_number_cut_by_the_end_of_the_file_is_not_believed() -> None:
    text = header() + epoch(0, "G05" + FULL, "G06" + FULL[:13], count=3)
    reader, (first,) = read(text.rstrip("\n"))
    assert names(first) == [(5, "1C")]
    assert reader.counts.by_name["fields cut by the end of their line"] == 1
    assert reader.counts.by_name["epochs cut short"] == 1


def test_duplicates_and_disorder() -> None:
    text = header() + "".join(epoch(s, "G05" + FULL, "G05" + FULL) for s in (0, 1, 1, 0.5, 2))
    reader, epochs = read(text)
    assert [e.time - T0 for e in epochs] == [0.0, 1.0, 0.5, 2.0]
    assert all(len(e) == 1 for e in epochs)
    assert reader.counts.by_name["duplicate epochs"] == 1
    assert reader.counts.by_name["epochs out of order"] == 1
    assert reader.counts.by_name["satellites repeated within an epoch"] == 4


def test_glonass_channels_come_from_the_header() -> None:
    slots = ("  2 R05  1 R06 -4", "GLONASS SLOT / FRQ #")
    _, (first,) = read(header("3.04", slots) + epoch(0, "R05" + FULL, "R 6" + FULL, "R07" + FULL, "G01" + FULL))
    assert first.glonass_channel.tolist() == [1, -4, -128, 0]


def test_beidou_b1_of_version_302_is_band_2() -> None:
    text = header("3.02", ("C    2 C1I L1I", "SYS / # / OBS TYPES")) + epoch(0, "C11" + fields(20000000.123, 105000000.456))
    _, (first,) = read(text)
    assert names(first) == [(satellite_from_name("C11"), "2I")]


def test_windows_line_ends() -> None:
    text = header() + epoch(0, "G05" + FULL) + epoch(1, "G05" + FULL)
    _, epochs = read(text.replace("\n", "\r\n"))
    assert [len(e) for e in epochs] == [1, 1]
    assert epochs[0].cn0_dbhz[0] == 45.25


def test_comments_within_an_epoch_of_version_3_move_nothing() -> None:
    event = ">                              4  1\n" + COMMENT
    text = header() + epoch(0, "G05" + FULL, COMMENT.rstrip(), "G06" + FULL, count=2) + COMMENT + event + epoch(1, "G07" + FULL)
    reader, (first, second) = read(text)
    assert names(first) == [(5, "1C"), (6, "1C")]
    assert names(second) == [(7, "1C")]
    assert reader.counts.by_name == {"epochs": 2, "rows": 3, "special records": 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no RINEX header|END OF HEADER"),
        ("hello\n" * 30, "line 1 is no RINEX header"),
        (header(), "no epoch"),
        (header() + "rubbish\n", "line 7"),
        (header().replace("END OF HEADER", "COMMENT"), "END OF HEADER"),
        (header().replace("SYS / # / OBS TYPES", "COMMENT"), "no observation types"),
        (header().replace("OBSERVATION DATA", "NAVIGATION DATA "), "type 'N'"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        list(read_observations(text))


def test_a_header_without_end_still_serves_where_epochs_follow() -> None:
    text = "".join(line for line in header().splitlines(keepends=True) if "END OF" not in line) + epoch(0, "G05" + FULL)
    reader, epochs = read(text)
    assert len(epochs) == 1
    assert reader.counts.by_name["headers without an end"] == 1


@pytest.mark.parametrize(("folder", "name"), [("borre", "rover_site247j.01o"), ("zero_baseline", "vn_tckf.obs")])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_pieces_of_any_size_give_the_same(folder: str, name: str, size: int) -> None:
    data = (recording(folder) / name).read_bytes()[:12_000]
    assert fed_in_pieces(data, size) == fed_in_pieces(data, len(data))


@pytest.mark.parametrize(("folder", "name"), [("borre", "rover_site247j.01o"), ("meijo", "static_base.obs")])
def test_corrupted_files_never_crash_and_pieces_agree(folder: str, name: str) -> None:
    rng = np.random.default_rng(20240624)
    clean = np.frombuffer((recording(folder) / name).read_bytes()[:40_000], np.uint8)
    read_at_all = 0
    for _ in range(60):
        data = clean.copy()
        hit = rng.integers(0, len(data), rng.integers(1, 80))
        data[hit] = rng.integers(0, 256, len(hit))
        keep = np.delete(data, rng.integers(0, len(data), rng.integers(0, 20)))
        text = keep[: rng.integers(1, len(keep))].tobytes()
        try:
            whole = fed_in_pieces(text, len(text))
        except DataError:
            with pytest.raises(DataError):
                fed_in_pieces(text, 997)
            continue
        read_at_all += 1
        assert whole == fed_in_pieces(text, 997)
    assert read_at_all > 10


@settings(max_examples=60, deadline=None)
@given(st.floats(-9.9e8, 9.9e9).map(lambda v: round(v, 3)), st.floats(-9999, 9999).map(lambda v: round(v, 3)))
def test_numbers_are_rounded_as_by_python(phase: float, doppler: float) -> None:
    line = f"G05{'':16}{phase:14.3f}  {doppler:14.3f}"
    text = header() + epoch(0, line, "G06" + FULL)
    _, (first,) = read(text)
    rows = first.satellite == 5
    if rows.any():
        assert first.phase_cycles[rows][0] == phase or (phase == 0.0 and np.isnan(first.phase_cycles[rows][0]))
        assert first.doppler_hz[rows][0] == doppler or (doppler == 0.0 and np.isnan(first.doppler_hz[rows][0]))
    else:
        assert phase == doppler == 0.0
