"""What is written as RINEX 3.04 is read back as it was."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import recording

from gnss_gyro.basics.satellites import System, satellite
from gnss_gyro.basics.signals import L1_PREFERENCE, signal
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import LeapSeconds, Observations
from gnss_gyro.protocols.rinex.navigation import read_navigation
from gnss_gyro.protocols.rinex.observation import ObservationReader, read_observations
from gnss_gyro.protocols.rinex.writing import Station, write_observations
from gnss_gyro.protocols.rinex.writing_navigation import write_navigation

COLUMNS = ("pseudorange_m", "phase_cycles", "doppler_hz", "cn0_dbhz", "glonass_channel", "flags")
DIGITS_13 = 5e-13
"""Relative: twelve decimals behind the point of a number between 1 and 10."""


def assert_same(a: Observations, b: Observations) -> None:
    assert a.time == b.time
    order_a, order_b = (np.lexsort((o.signal, o.satellite)) for o in (a, b))
    np.testing.assert_array_equal(a.satellite[order_a], b.satellite[order_b])
    np.testing.assert_array_equal(a.signal[order_a], b.signal[order_b])
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(a, name)[order_a], getattr(b, name)[order_b], err_msg=name)


def thousandths(low: float, high: float) -> st.SearchStrategy[float]:
    return st.one_of(st.just(float("nan")), st.integers(int(low * 1000), int(high * 1000)).filter(bool).map(lambda v: v / 1000.0))


SIGNALS = [(system, name) for system, names in L1_PREFERENCE.items() for name in names]
ROW = st.tuples(
    st.sampled_from(SIGNALS), st.integers(1, 36),
    thousandths(1.9e7, 4.5e7), thousandths(-9e8, 9e8), thousandths(-9000, 9000), thousandths(1, 60), st.integers(0, 7),
)  # fmt: skip


@st.composite
def epochs(draw: st.DrawFn) -> list[Observations]:
    start = GpsTime.from_week_tow(2300, 345_600.0)
    made = []
    channel = {number: draw(st.integers(-7, 6)) for number in range(1, 37)}
    for i in range(draw(st.integers(1, 3))):
        rows = draw(st.lists(ROW, max_size=12, unique_by=lambda row: (row[0], row[1])))
        rows = [row for row in rows if not all(np.isnan(row[2:5]))]
        n = len(rows)
        unknown = np.full(n, np.nan)
        table = np.array([row[2:6] for row in rows]).reshape(n, 4)
        codes = [satellite(row[0][0], row[1]) for row in rows]
        channels = [channel[row[1]] if row[0][0] is System.GLONASS else 0 for row in rows]
        made.append(
            Observations(
                GpsTime(start.ns + i * 200_000_000 + draw(st.integers(0, 999_999)) * 100),
                np.array(codes, np.int16), np.array([signal(row[0][1]) for row in rows], np.int16),
                table[:, 0], table[:, 1], table[:, 2], table[:, 3], unknown, unknown, unknown,
                np.array(channels, np.int8), np.array([0 if np.isnan(row[3]) else row[6] for row in rows], np.uint8),
            )
        )  # fmt: skip
    return made


@settings(max_examples=60, deadline=None)
@given(epochs())
def test_round_trip_of_any_epochs(written: list[Observations]) -> None:
    if not any(len(e) for e in written):
        return
    for before, after in zip(written, read_observations(write_observations(written)), strict=True):
        assert_same(before, after)


@pytest.mark.parametrize("name", ["static_base.obs", "static_rover.obs"])
def test_round_trip_of_a_recording(name: str) -> None:
    before = list(read_observations((recording("meijo") / name).read_bytes(), all_bands=True))[:50]
    after = list(read_observations(write_observations(before), all_bands=True))
    for a, b in zip(before, after, strict=True):
        assert_same(a, b)


def test_header_tells_the_station() -> None:
    before = list(read_observations((recording("zero_baseline") / "vn_tckf.obs").read_bytes()))[:2]
    station = Station(
        marker="front", receiver_type="SIMULATED", antenna_type="PATCH", position_ecef_m=np.array([1.5e6, -2e6, 6e6]),
        interval_s=0.2, leap_s=18,
    )  # fmt: skip
    lines = list(write_observations(before, station))
    assert max(len(line) for line in lines if "END" in line or "TYPE" in line) <= 80
    reader = ObservationReader()
    reader.feed("\n".join(lines).encode())
    header = reader.header
    assert header is not None
    assert (header.marker, header.receiver_type, header.antenna_type) == ("front", "SIMULATED", "PATCH")
    assert header.position_ecef_m.tolist() == [1.5e6, -2e6, 6e6]
    assert (header.interval_s, header.leap) == (0.2, LeapSeconds(18))
    assert header.phases_aligned is True


def test_chosen_signals_only() -> None:
    before = list(read_observations((recording("meijo") / "static_base.obs").read_bytes()))[:2]
    (first, _) = read_observations(write_observations(before, signals={"G": ["1C"]}))
    assert set(first.signal.tolist()) == {signal("1C")}
    assert first.satellite.max() < 100


def test_nothing_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="no epochs"):
        list(write_observations([]))


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, float | np.ndarray):
        return bool(np.allclose(a, b, rtol=DIGITS_13, atol=0.0, equal_nan=True))
    return bool(a == b)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("meijo", "static_base.nav"),
        ("wettzell", "ESBC00DNK_R_20201770000_01D_RN.rnx"),
        ("clas_static", "SEPT078M.21P"),
        ("spirent", "RINEX_GN_Spirent.23N"),
        ("borre", "site247j.01n"),
    ],
)
def test_round_trip_of_navigation_data(folder: str, name: str) -> None:
    before = list(read_navigation((recording(folder) / name).read_bytes()))
    after = list(read_navigation(write_navigation(before)))
    key = lambda m: (type(m).__name__, getattr(m, "system", ""))  # noqa: E731
    header_b, header_a = (sorted((m for m in ms if not hasattr(m, "toe")), key=key) for ms in (before, after))
    assert [key(m) for m in header_b] == [key(m) for m in header_a]
    for a, b in zip([m for m in before if hasattr(m, "toe")], [m for m in after if hasattr(m, "toe")], strict=True):
        unequal = [f.name for f in dataclasses.fields(a) if not _same(getattr(a, f.name), getattr(b, f.name))]
        assert not unequal


def test_announced_leap_second_round_trip() -> None:
    leap = LeapSeconds(17, 18, GpsTime.from_calendar(2017, 1, 1, 0, 0, 17))
    before = [leap, *read_navigation((recording("borre") / "site247j.01n").read_bytes())][:1]
    ephemeris = [m for m in read_navigation((recording("borre") / "site247j.01n").read_bytes()) if hasattr(m, "toe")]
    assert leap in list(read_navigation(write_navigation([*before, *ephemeris])))
