"""RINEX navigation files of every version, by hand where the recordings have none, and their bad cases."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from recordings import recording

from gnss_gyro.basics.errors import DataError
from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import (
    BdgimCoefficients,
    GlonassEphemeris,
    KeplerEphemeris,
    Klobuchar,
    LeapSeconds,
    NequickCoefficients,
)
from gnss_gyro.protocols.rinex.navigation import NavigationReader, read_navigation

ORBIT = {
    "af0": 1e-4, "af1": 2e-12, "af2": 0.0,
    "issue": 72.0, "crs": -98.2, "dn": 4.3e-9, "m0": 1.7,
    "cuc": -5.3e-6, "e": 5.9e-3, "cus": 1.8e-6, "sqrt_a": 5153.6,
    "toe": 122400.0, "cic": 3.4e-8, "omega0": 2.5, "cis": -5.8e-8,
    "i0": 0.97, "crc": 353.6, "omega": 1.27, "omega_dot": -8.3e-9,
    "idot": -2.6e-10, "source": 0.0, "week": 2320.0, "spare": 0.0,
    "accuracy": 2.0, "health": 0.0, "delay_1": -1e-8, "delay_2": 72.0,
    "sent": 115218.0, "last": 4.0,
}  # fmt: skip
TOE = GpsTime.from_week_tow(2320, 122400.0)


def header(version: str = "3.05", *extra: tuple[str, str], kind: str = "N") -> str:
    rows = [(f"     {version}           {kind}: NAV DATA", "RINEX VERSION / TYPE"), *extra, ("", "END OF HEADER")]
    return "".join(f"{content:<60}{label}\n" for content, label in rows)


def record(name: str, date: str = "2024 06 24 10 00 00", margin: int = 4, exponent: str = "E", **changes: float | None) -> str:
    """A Kepler record; None leaves a field blank."""
    second = {"delay_2": -1.1e-8} if name[0] in "EC" else {}  # where GPS has the issue of the clock
    values = [None if v is None else float(v) for v in {**ORBIT, **second, **changes}.values()]
    texts = [" " * 19 if v is None else f"{v:19.12E}".replace("E", exponent) for v in values]
    lines = [f"{name} {date}" + "".join(texts[:3])] + [" " * margin + "".join(texts[i : i + 4]) for i in range(3, 29, 4)]
    return "\n".join(lines) + "\n"


def only(text: str) -> KeplerEphemeris:
    (ephemeris,) = [m for m in read_navigation(text) if isinstance(m, KeplerEphemeris)]
    return ephemeris


@pytest.mark.parametrize("exponent", ["E", "D", "e", "d"])
def test_gps(exponent: str) -> None:
    e = only(header() + record("G05", exponent=exponent))
    assert (e.toe, e.toc, e.transmitted) == (TOE, TOE, GpsTime.from_week_tow(2320, 115218.0))
    assert (e.source, e.issue, e.issue_clock, e.health, e.accuracy_m) == ("LNAV", 72, 72, 0, 2.0)
    assert (e.group_delay_s, e.fit_interval_s) == (-1e-8, 14400.0)
    assert (e.perigee, e.ascending_node, e.mean_anomaly) == (1.27, 2.5, 1.7)


def test_week_of_the_elements_follows_the_clock() -> None:
    """toe in the next week, a rolled-over week number, and a message sent before the week began."""
    e = only(header() + record("G05", "2024 06 29 23 59 44", toe=0.0, week=272.0, sent=-7200.0))
    assert e.toe == GpsTime.from_week_tow(2321, 0.0)
    assert e.transmitted == GpsTime.from_week_tow(2320, 604800.0 - 7200.0)


def test_unknown_transmission_time_becomes_toe() -> None:
    assert only(header() + record("G05", sent=0.9999e9)).transmitted == TOE
    assert only(header() + record("G05", sent=None)).transmitted == TOE


def test_beidou_time_and_delays() -> None:
    e = only(header() + record("C05", week=964.0, delay_1=4e-8, delay_2=5e-8, last=1.0))
    assert (e.toe, e.toc) == (TOE + 14.0, TOE + 14.0)
    assert (e.source, e.issue, e.issue_clock) == ("D2", 72, 1)
    assert (e.group_delay_s, e.group_delay_2_s) == (4e-8, 5e-8)
    assert only(header() + record("C19")).source == "D1"


@pytest.mark.parametrize(("bits", "source"), [(517, "INAV"), (513, "INAV"), (516, "INAV"), (258, "FNAV"), (0, "INAV")])
def test_galileo_message_and_its_delay(bits: float, source: str) -> None:
    e = only(header() + record("E11", source=bits, delay_1=1e-9, delay_2=2e-9, last=None))
    assert e.source == source
    assert e.group_delay_s == (2e-9 if source == "INAV" else 1e-9)
    assert e.issue_clock == e.issue == 72


@pytest.mark.parametrize(
    ("name", "bits", "source", "health"),
    [
        ("E11", 0b000000010, 517, 2),
        ("E11", 0b110111000, 517, 0),  # E5 alone is ill
        ("E11", 0b000010000, 258, 16),  # F/NAV knows of E5a only
        ("J02", 1, 0, 0),  # L1C/B alone
        ("J02", 62, 0, 48),
        ("G05", 63, 0, 63),
        ("C19", 1, 0, 1),
    ],
)
def test_health_is_that_of_l1(name: str, bits: float, source: float, health: int) -> None:
    assert only(header() + record(name, health=bits, source=source)).health == health


GLONASS = (
    "R05 2020 06 25 03 45 00 5.292985588312e-05 9.094947017729e-13 3.597300000000e+05\n"
    "    -1.623188574219e+04 2.482896804810e+00-3.725290298462e-09 0.000000000000e+00\n"
    "    -7.681162109375e+03-1.595878601074e-02 1.862645149231e-09 1.000000000000e+00\n"
    "     1.813964355469e+04 2.215008735657e+00-0.000000000000e+00 0.000000000000e+00\n"
)


@pytest.mark.parametrize("extra", ["", "                         .999999999999e+09 1.500000000000e+01\n"])
def test_glonass(extra: str) -> None:
    (e,) = read_navigation(header() + GLONASS + extra)
    assert isinstance(e, GlonassEphemeris)
    assert e.toe == GpsTime.from_calendar(2020, 6, 25, 3, 45, 18)
    assert e.transmitted - e.toe == 630.0  # Thursday 03:55:30 UTC
    np.testing.assert_allclose(e.position_m, [-1.623188574219e7, -7.681162109375e6, 1.813964355469e7])
    np.testing.assert_allclose(e.velocity_mps[0], 2482.896804810)
    np.testing.assert_allclose(e.acceleration_mps2[0], -3.725290298462e-06)
    assert (e.clock_bias_s, e.frequency_bias) == (5.292985588312e-05, 9.094947017729e-13)
    assert (e.channel, e.health, e.age_days) == (1, 0, 0.0)
    assert e.issue == 27  # tb: 06:45 in Moscow


def test_glonass_of_version_2() -> None:
    lines = GLONASS.replace("R05 2020 06 25 03 45 00", " 5 20  6 25  3 45  0.0")
    lines = lines.replace("3.597300000000e+05", "1.413000000000e+04")
    (e,) = read_navigation(header("2.11", kind="G") + lines.replace("\n    ", "\n   "))
    assert isinstance(e, GlonassEphemeris)
    assert e.satellite == satellite_from_name("R05")
    assert e.toe == GpsTime.from_calendar(2020, 6, 25, 3, 45, 18)
    assert e.transmitted == GpsTime.from_calendar(2020, 6, 25, 3, 55, 48)


def test_header_of_version_2() -> None:
    extra = (
        ("     .2235D-07   .2235D-07  -.1192D-06  -.1192D-06", "ION ALPHA"),
        ("     .1290D+06   .4915D+05  -.1966D+06   .3277D+06", "ION BETA"),
        ("    17    18  1929     7", "LEAP SECONDS"),
    )
    klobuchar, leap, _ = read_navigation(header("2.10", *extra) + record(" 7", "01  9  4  9 59 44.0", 3, "D", toe=208784.0))
    assert isinstance(klobuchar, Klobuchar)
    assert klobuchar.system == "G"
    np.testing.assert_allclose(klobuchar.beta, [129000.0, 49150.0, -196600.0, 327700.0])
    assert leap == LeapSeconds(17, 18, GpsTime.from_calendar(2017, 1, 1, 0, 0, 17))


def test_ionosphere_of_every_system_in_the_header() -> None:
    values = "".join(f"{v:12.4E}" for v in (1e-8, 2e-8, -1e-7, -2e-7))
    extra = [
        (f"{key} {values} {mark}", "IONOSPHERIC CORR")
        for key, mark in (
            ("GPSA", ""), ("GPSB", ""), ("QZSA", ""), ("QZSB", ""), ("BDSA", "A 05"), ("BDSB", "A 05"), ("BDSA", "B 11"),
            ("IRNA", ""), ("IRNB", ""), ("GAL ", ""),
        )
    ]  # fmt: skip
    messages = list(read_navigation(header("3.04", *extra) + record("G05")))
    assert [m.system for m in messages if isinstance(m, Klobuchar)] == ["G", "J", "C", "I"]
    assert [m.ai.tolist() for m in messages if isinstance(m, NequickCoefficients)] == [[1e-8, 2e-8, -1e-7]]


def wide(*values: float) -> str:
    return "".join(f"{v:19.12E}" for v in values)


def version_4() -> str:
    at = "\n    2024 06 24 08 00 00"
    klobuchar = f"> ION G05 LNAV{at}{wide(1e-8, 2e-8, 3e-8)}\n    {wide(4e-8, 1e5, 2e5, 3e5)}\n    {wide(4e5)}\n"
    nequick = f"> ION E11 IFNV{at}{wide(161.0, 0.66, 0.019)}\n    {wide(0.0)}\n"
    bdgim = f"> ION C19 CNVX{at}{wide(1.0, 2.0, 3.0)}\n    {wide(4.0, 5.0, 6.0, 7.0)}\n    {wide(8.0, 9.0)}\n"
    offset = "> STO G05 LNAV\n    2024 06 24 08 00 00 GPUT                                    \n    1.0\n"
    earth = "> EOP G05 CNVX\n    2024 06 24 08 00 00 1.0\n    1.0\n"
    return (
        header("4.00") + offset + klobuchar + "> EPH G05 LNAV\n" + record("G05") + nequick + bdgim
        + "> EPH G05 CNAV\n" + record("G05") + earth + "> EPH E11 FNAV\n" + record("E11", source=258.0)
        + "> EPH C19 D1\n" + record("C19") + "> EPH R05 FDMA\n" + GLONASS + "> EPH C19 CNV1\n" + record("C19")
    )  # fmt: skip


def test_version_4() -> None:
    reader = NavigationReader()
    messages = [*reader.feed(version_4().encode()), *reader.finish()]
    assert [type(m).__name__ for m in messages] == [
        "Klobuchar", "KeplerEphemeris", "NequickCoefficients", "BdgimCoefficients", "KeplerEphemeris", "KeplerEphemeris",
        "GlonassEphemeris",
    ]  # fmt: skip
    assert [m.source for m in messages if isinstance(m, KeplerEphemeris)] == ["LNAV", "FNAV", "D1"]
    assert isinstance(messages[0], Klobuchar)
    assert messages[0].alpha.tolist() == [1e-8, 2e-8, 3e-8, 4e-8]
    assert messages[0].beta.tolist() == [1e5, 2e5, 3e5, 4e5]
    assert messages[0].time == GpsTime.from_calendar(2024, 6, 24, 8)
    assert reader.counts.by_name["CNAV ephemerides (not used)"] == 1
    assert reader.counts.by_name["CNV1 ephemerides (not used)"] == 1
    assert reader.counts.by_name["system time offsets"] == 1
    assert reader.counts.by_name["Earth orientation parameters"] == 1
    bdgim = next(m for m in messages if isinstance(m, BdgimCoefficients))
    assert bdgim.alpha.tolist() == list(range(1, 10))
    assert bdgim.time == GpsTime.from_calendar(2024, 6, 24, 8) + 14.0  # told in BeiDou's time
    assert reader.counts.by_name["ionosphere models"] == 3


@pytest.mark.parametrize("size", [7, 100_000])
def test_comments_and_a_second_file_behind_the_first(size: int) -> None:
    comment = "A NOTE".ljust(60) + "COMMENT\n"
    commented = comment + record("G05").replace("\n", "\n" + comment)
    second = header("2.10") + record(" 7", "24  6 24 10  0  0.0", 3, "D")
    messages, counts = _read_in_pieces(
        (header() + commented + second + record(" 8", "24  6 24 10  0  0.0", 3)[:-2]).encode(), size
    )
    clean, _ = _read_in_pieces((header() + record("G05") + record("G07")).encode(), size)
    assert messages == clean
    assert counts == {"LNAV ephemerides read": 2, "records that cannot be read": 1}


def elements(message: object) -> tuple[object, ...]:
    """All that moves a satellite or its clock."""
    if isinstance(message, GlonassEphemeris):
        state = (message.position_m, message.velocity_mps, message.acceleration_mps2)
        return (message.toe, *(x for v in state for x in v), message.clock_bias_s, message.frequency_bias, message.channel)
    assert isinstance(message, KeplerEphemeris)
    unsaid = {"transmitted", "fit_interval_s", "issue_clock"}
    return tuple(getattr(message, f.name) for f in fields(message) if f.name not in unsaid and f.name != "group_delay_2_s")


@pytest.mark.parametrize("name", ["G05", "E11", "C19", "J02", "R05", "version 2"])
def test_a_record_cut_anywhere_is_refused_or_tells_the_same(name: str) -> None:
    head, whole = header(), record(name)
    if name == "R05":
        whole = GLONASS
    elif name == "version 2":
        head, whole = header("2.10"), record(" 7", "01  9  4  9 59 44.0", 3, "D", toe=208784.0)
    (first,) = read_navigation(head + whole)
    believed = 0
    for length in range(1, len(whole)):
        try:
            (message,) = read_navigation(head + whole[:length])
        except DataError:
            continue
        believed += 1
        assert elements(message) == elements(first), whole[:length]
    assert believed < 80, "what the last line says"


@pytest.mark.parametrize("lost", [1, 3, 12])
def test_an_ionosphere_cut_within_a_number_is_refused(lost: int) -> None:
    ion = f"> ION G05 LNAV\n    2024 06 24 08 00 00{wide(1e-8, 2e-8, 3e-8)}\n    {wide(4e-8, 1e5, 2e5, 3e5)}\n    {wide(4e5)}\n"
    (ephemeris,) = read_navigation(header("4.00") + "> EPH G05 LNAV\n" + record("G05") + ion.rstrip()[:-lost])
    assert isinstance(ephemeris, KeplerEphemeris)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("G05", {"af0": 4.1e-3}),
        ("G05", {"af1": -1e-8}),
        ("G05", {"af2": 1e-13}),
        ("G05", {"idot": 4.060883437809}),
        ("G05", {"idot": 4e-9}),
        ("G05", {"dn": 4.3e-8}),
        ("G05", {"omega_dot": -8.3e-5}),
        ("G05", {"e": 0.6}),
        ("G05", {"e": -5.9e-3}),
        ("G05", {"sqrt_a": 515.36}),
        ("G05", {"sqrt_a": 51536.0}),
        ("G05", {"m0": 17.0}),
        ("G05", {"cic": 3.4e-4}),
        ("G05", {"crs": -9820.0}),
        ("G05", {"delay_1": -1.0}),
        ("E11", {"delay_2": 2e-7}),
        ("C19", {"delay_1": 6e-8}),
        ("C19", {"af0": 1e-3}),
        ("G05", {"accuracy": 2e200}),
        ("G05", {"issue": 7.2e71}),
        ("G05", {"health": 1e30}),
    ],
)
def test_values_that_no_satellite_can_send_are_refused(name: str, changes: dict[str, float]) -> None:
    reader = NavigationReader()
    messages = [*reader.feed((header() + record(name, **changes) + record("G07")).encode()), *reader.finish()]
    assert [m.satellite for m in messages if isinstance(m, KeplerEphemeris)] == [7]
    assert reader.counts.by_name["records that cannot be read"] == 1
    assert reader.trouble.startswith("the first broken record begins at line 3: ")


@pytest.mark.parametrize("wrong", ["-1.623188574219e+05", "-1.623188574219e+06"])
def test_glonass_states_that_no_satellite_can_send_are_refused(wrong: str) -> None:
    with pytest.raises(DataError, match=r"at line 3: (a value of position_x|no orbit)"):
        list(read_navigation(header() + GLONASS.replace("-1.623188574219e+04", wrong)))


def test_a_glonass_channel_that_no_satellite_has_is_refused() -> None:
    with pytest.raises(DataError, match="at line 3: no frequency channel 100"):
        list(read_navigation(header() + GLONASS.replace(" 1.000000000000e+00", " 1.000000000000e+02")))


def test_numbers_of_fewer_digits_and_left_aligned_ones_are_read() -> None:
    text = record("G05").replace(f"{4.0:19.12E}", f"{'4.0':>19}").replace(f"{-1e-8:19.12E}", f"{'-1.0E-08':<19}")
    text = text.replace(f"{-2.6e-10:19.12E}", f"{'-2.6D-10':>19}").replace(f"{353.6:19.12E}", f"{'353.6':<19}")
    e = only(header() + text)
    assert (e.fit_interval_s, e.group_delay_s, e.inclination_rate, e.crc) == (14400.0, -1e-8, -2.6e-10, 353.6)
    assert elements(only(header() + record("G05", delay_2=None, last=None))) == elements(only(header() + record("G05")))


@pytest.mark.parametrize("mark", ["C19 CNVX", "G05 LNAV"])
def test_an_ionosphere_record_that_ends_early_is_counted_and_left_out(mark: str) -> None:
    short = f"> ION {mark}\n    2024 06 24 08 00 00{wide(1.0, 2.0, 3.0)}\n"
    reader = NavigationReader()
    text = header("4.00") + short + "> EPH G05 LNAV\n" + record("G05")
    messages = [*reader.feed(text.encode()), *reader.finish()]
    assert [type(m).__name__ for m in messages] == ["KeplerEphemeris"]
    assert reader.counts.by_name["records that cannot be read"] == 1


@pytest.mark.parametrize(
    "broken",
    [
        record("G05", sqrt_a=None),
        record("G05", sqrt_a=0.0),
        record("G05", e=1.5),
        record("G05", toe=9.99e8),
        record("G05", "2024 13 24 10 00 00"),
        record("G05", "2524 06 24 10 00 00"),
        record("G05", "1024 06 24 10 00 00"),
        record("X05"),
        record("G05")[:200] + "\n",
        "> EPH\n" + record("G05"),
        "> EPH G05 LNAV\n" + record("G06"),
        "> EPH G05 LNAV\n> EPH G07 LNAV\n",
    ],
)
def test_broken_records_cost_only_themselves(broken: str) -> None:
    reader = NavigationReader()
    messages = [*reader.feed((header() + broken + record("G07")).encode()), *reader.finish()]
    assert [m.satellite for m in messages if isinstance(m, KeplerEphemeris)][-1:] == [7]
    assert reader.counts.by_name["records that cannot be read"] == 1
    if "> EPH G07" in broken:
        return
    with pytest.raises(DataError, match="no ephemeris; the first broken record begins at line 3"):
        list(read_navigation(header() + broken))


def test_sbas_and_navic_are_counted() -> None:
    sbas = "S27 2020 06 25 00 00 00 0.000000000000E+00 0.000000000000E+00 3.456000000000E+05\n" + "    " + "\n    \n"
    reader = NavigationReader()
    reader.feed((header() + sbas + record("I05") + record("G05")).encode())
    reader.finish()
    assert reader.counts.by_name["S ephemerides (not used)"] == 1
    assert reader.counts.by_name["I ephemerides (not used)"] == 1


def _read_in_pieces(data: bytes, size: int) -> tuple[list[str], dict[str, int]]:
    reader = NavigationReader()
    messages = [m for i in range(0, len(data), size) for m in reader.feed(data[i : i + size])]
    return [repr(m) for m in [*messages, *reader.finish()]], reader.counts.by_name


@pytest.mark.parametrize("size", [1, 13, 4000])
def test_pieces_of_any_size_give_the_same(size: int) -> None:
    data = (recording("meijo") / "static_base.nav").read_bytes()[:20_000]
    assert _read_in_pieces(data, size) == _read_in_pieces(data, len(data))
    data = version_4().encode()
    assert _read_in_pieces(data, size) == _read_in_pieces(data, len(data))


@pytest.mark.parametrize("source", ["meijo", "version 4"])
def test_corrupted_files_never_crash(source: str) -> None:
    rng = np.random.default_rng(4)
    text = version_4().encode() if source == "version 4" else (recording("meijo") / "static_base.nav").read_bytes()[:20_000]
    clean = np.frombuffer(text, np.uint8)
    read = 0
    for _ in range(100):
        data = clean.copy()
        hit = rng.integers(0, len(data), rng.integers(1, 60))
        data[hit] = rng.integers(0, 256, len(hit))
        try:
            messages = list(read_navigation(data[: rng.integers(1, len(data))].tobytes()))
        except DataError:
            continue
        read += 1
        assert all(math.isfinite(m.sqrt_a) for m in messages if isinstance(m, KeplerEphemeris))
    assert read > 10
