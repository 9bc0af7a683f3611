"""GPS and QZSS LNAV: parity against the standard, real subframes bit for bit, round trips, assembly."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import recording

from gnss_gyro.basics.satellites import System, satellite_from_name, satellite_name
from gnss_gyro.basics.time import WEEK_S, GpsTime
from gnss_gyro.protocols.messages import KeplerEphemeris, Klobuchar, LeapSeconds
from gnss_gyro.protocols.navigation.lnav import LnavAssembler, fit_interval_s, health_on_l1
from gnss_gyro.protocols.navigation.lnav_encode import accuracy_index, encode_lnav, encode_page_18
from gnss_gyro.protocols.navigation.lnav_words import data_of_words, words_of_data
from gnss_gyro.protocols.ubx.framing import UbxFramer
from gnss_gyro.protocols.ubx.sfrbx import NavigationWords, decode_sfrbx

T0 = GpsTime.from_week_tow(2280, 388_800.0)
WORDS_PER_FOLDER = {"f9p_walk": "gnss_1730.ubx", "slas_hiroshima": "20230919-114418.ubx"}


def ephemeris(name: str = "G07", time: GpsTime = T0, issue: int = 77) -> KeplerEphemeris:
    return KeplerEphemeris(
        satellite=satellite_from_name(name), source="LNAV", toe=time + 7200.0, toc=time + 7200.0, transmitted=time,
        issue=issue, issue_clock=issue + 256, sqrt_a=5153.6, eccentricity=0.0123, mean_anomaly=5.5,
        mean_motion_difference=4.5e-9, inclination=0.96, inclination_rate=-2e-10, ascending_node=-3.1,
        ascending_node_rate=-8e-9, perigee=0.7, cuc=1e-6, cus=-2e-6, crc=250.0, crs=-31.0, cic=1e-7, cis=-2e-7,
        af0=-1.2e-4, af1=3e-12, af2=0.0, group_delay_s=-1.1e-8, accuracy_m=2.8, health=0,
        fit_interval_s=4 * 3600.0 if name[0] == "G" else 2 * 3600.0,
    )  # fmt: skip


def through(message: KeplerEphemeris, sent: GpsTime = T0, reference: GpsTime | None = None) -> KeplerEphemeris:
    assembler, out = LnavAssembler(), []
    for words in encode_lnav(message, sent):
        out += assembler.feed(message.satellite, words, reference or sent + 6.0)
    assert len(out) == 1
    return out[0]


def real_words(folder: str) -> list[NavigationWords]:
    frames = UbxFramer().feed((recording(folder) / WORDS_PER_FOLDER[folder]).read_bytes())
    decoded = (decode_sfrbx(frame.payload) for frame in frames if (frame.message_class, frame.message_id) == (2, 0x13))
    kept = [words for words in decoded if words is not None and satellite_name(words.satellite)[0] in "GJ"]
    return [words for words in kept if len(words.words) == 10 and int(words.words[0]) >> 22 == 0x8B]


@pytest.mark.parametrize("folder", WORDS_PER_FOLDER)
def test_real_subframes_are_rebuilt_bit_for_bit(folder):
    subframes = real_words(folder)
    assert len(subframes) >= 78
    for subframe in subframes:
        data = data_of_words(subframe.words)
        assert not isinstance(data, str)
        np.testing.assert_array_equal(words_of_data(data), subframe.words)


def test_real_ephemerides_have_the_issues_of_the_recording():
    """The notes: IODE of nine GPS satellites; Kepler's sqrt(a) near 5153.6, inclination near 55 degrees."""
    assembler, found = LnavAssembler(), []
    for subframe in real_words("slas_hiroshima"):
        found += assembler.feed(subframe.satellite, subframe.words, GpsTime.from_calendar(2023, 9, 19, 11, 45))
    issues = {satellite_name(e.satellite): e.issue for e in found if isinstance(e, KeplerEphemeris)}
    gps = {name: issue for name, issue in issues.items() if name[0] == "G"}
    assert gps == {"G26": 20, "G31": 27, "G28": 112, "G16": 4, "G29": 47, "G32": 115, "G04": 184, "G03": 100, "G27": 8}
    assert set(issues) - set(gps) == {"J02", "J03", "J04", "J07"}
    assert next(m for m in found if isinstance(m, LeapSeconds)) == LeapSeconds(18)
    assert next(m for m in found if isinstance(m, Klobuchar)).system == "J"


AUTHORITY = {
    "G26": {
        "af0": 0.227734912187e-3, "af1": -0.193267624127e-11, "crs": 103.28125, "mean_motion_difference": 0.499627954367e-8,
        "mean_anomaly": 0.593350818849, "cuc": 0.548176467419e-5, "eccentricity": 0.820335245226e-2,
        "cus": 0.699050724506e-5, "sqrt_a": 5153.75786781, "cic": 0.0, "ascending_node": -1.91889229583,
        "cis": 0.216066837311e-6, "inclination": 0.932796083684, "crc": 229.15625, "perigee": 0.469180087782,
        "ascending_node_rate": -0.843499420851e-8, "inclination_rate": 0.197865384745e-9, "accuracy_m": 2.0,
        "health": 0, "group_delay_s": 0.698491930962e-8, "issue": 20, "issue_clock": 20, "fit_interval_s": 14400.0,
    },
    "J02": {
        "af0": -0.425986945629e-5, "crs": 960.5, "mean_anomaly": 2.63109957346, "eccentricity": 0.0751559826313,
        "sqrt_a": 6493.70023346, "ascending_node": -1.70985687214, "inclination": 0.715461034190,
        "perigee": -1.56525231054, "inclination_rate": 0.567880797372e-10, "accuracy_m": 2.8,
        "group_delay_s": 0.232830643654e-8, "issue": 13, "issue_clock": 781,
    },
}  # fmt: skip
"""What RTKLIB 2.4.3 (convbin) writes to RINEX from the same recording."""


@pytest.mark.parametrize("name", AUTHORITY)
def test_values_are_those_another_decoder_finds(name):
    assembler, found = LnavAssembler(), []
    for subframe in real_words("slas_hiroshima"):
        found += assembler.feed(subframe.satellite, subframe.words, GpsTime.from_calendar(2023, 9, 19, 11, 45))
    ours = next(m for m in found if isinstance(m, KeplerEphemeris) and satellite_name(m.satellite) == name)
    assert ours.toe == ours.toc == GpsTime.from_calendar(2023, 9, 19, 12)
    for field, value in AUTHORITY[name].items():
        assert getattr(ours, field) == pytest.approx(value, rel=1e-11), field


@pytest.mark.parametrize("name", ["G07", "J02"])
def test_what_was_decoded_survives_encoding_exactly(name):
    once = through(ephemeris(name))
    assert repr(through(once)) == repr(once)  # exact too, and NaN is NaN


def test_rounding_is_within_half_a_bit():
    sent, back = ephemeris(), through(ephemeris())
    tolerance = {"mean_anomaly": 1.5e-9, "ascending_node": 1.5e-9, "perigee": 1.5e-9, "inclination": 1.5e-9, "crc": 0.02,
                 "crs": 0.02, "sqrt_a": 1e-6, "eccentricity": 6e-11, "af0": 2.4e-10, "group_delay_s": 2.4e-10,
                 "cuc": 1e-9, "cus": 1e-9, "cic": 1e-9, "cis": 1e-9}  # fmt: skip
    for field in fields(KeplerEphemeris):
        one, other = getattr(sent, field.name), getattr(back, field.name)
        if field.name == "mean_anomaly":
            one -= 2 * np.pi
        if isinstance(one, float):
            np.testing.assert_allclose(other, one, rtol=0, atol=tolerance.get(field.name, 2e-13), err_msg=field.name)
        else:
            assert other == one, field.name


@given(st.integers(0, 2**20), st.integers(-500, 500), st.integers(-7200, 7200))
@settings(deadline=None, max_examples=50)
def test_weeks_are_found_from_a_rough_time(steps, weeks_off, seconds_off):
    """The week comes from subframe 1, the receiver's own only chooses among its 1024-week cycles."""
    time = GpsTime.from_week_tow(1900 + steps % 900, float(steps * 16 % WEEK_S // 48 * 48))
    reference = GpsTime(max(time.ns, 0)) + float(weeks_off * WEEK_S + seconds_off)
    back = through(ephemeris(time=time), time, reference)
    assert (back.toe, back.toc, back.transmitted) == (time + 7200.0, time + 7200.0, time)


def test_toe_beyond_the_end_of_the_week():
    late = GpsTime.from_week_tow(2280, WEEK_S - 3600.0)
    assert through(ephemeris(time=late), late).toe == GpsTime.from_week_tow(2281, 3600.0)


def test_subframes_of_two_issues_make_no_ephemeris():
    assembler, old, new = LnavAssembler(), encode_lnav(ephemeris(issue=10), T0), encode_lnav(ephemeris(issue=11), T0 + 30.0)
    fed = [assembler.feed(7, words, T0) for words in (old[0], old[1], new[2], new[0])]
    assert fed == [[], [], [], []]
    assert [m.issue for m in assembler.feed(7, new[1], T0)] == [11]


def test_repetitions_are_handed_on_once_and_changes_at_once():
    assembler = LnavAssembler()
    out = []
    for repeat in range(3):
        for words in encode_lnav(ephemeris(), T0 + 30.0 * repeat):
            out += assembler.feed(7, words, T0 + 30.0 * repeat)
    assert len(out) == 1
    for words in encode_lnav(replace(ephemeris(), health=63), T0 + 90.0):
        out += assembler.feed(7, words, T0 + 90.0)
    assert [message.health for message in out] == [0, 63]


@given(st.integers(0, 2), st.integers(0, 9), st.integers(0, 29))
@settings(deadline=None)
def test_one_flipped_bit_is_seen(row, word, bit):
    words = encode_lnav(ephemeris(), T0)
    words[row, word] ^= np.uint32(1 << bit)
    assembler = LnavAssembler()
    assert [m for part in words for m in assembler.feed(7, part, T0)] == []
    assert sum(assembler.counts.by_name.values()) == 1


@given(st.lists(st.integers(0, 2**32 - 1), max_size=12))
def test_noise_is_counted(noise):
    assembler = LnavAssembler()
    assert assembler.feed(7, np.array(noise, np.uint32), T0) == []
    assert sum(assembler.counts.by_name.values()) == 1


@pytest.mark.parametrize("system", ["G", "J"])
def test_page_18_round_trip(system):
    alpha = np.array([12, 3, -7, -1]) * 2.0 ** np.array([-30, -27, -24, -24])
    beta = np.array([40, 5, -3, -8]) * 2.0 ** np.array([11, 14, 16, 16])
    leap = LeapSeconds(18, 19, GpsTime.from_week_tow(2290, 4 * 86400.0 + 19.0))
    words = encode_page_18(Klobuchar(system, alpha, beta), leap, T0)
    klobuchar, back = LnavAssembler().feed(satellite_from_name(f"{system}03"), words, T0 + 6.0)
    np.testing.assert_array_equal(klobuchar.alpha, alpha)
    np.testing.assert_array_equal(klobuchar.beta, beta)
    assert (klobuchar.system, klobuchar.time) == (system, T0)
    assert back == leap


def test_tables():
    assert [accuracy_index(value) for value in (0.0, 2.0, 2.1, 4000.0, float("nan"))] == [0, 0, 1, 14, 15]
    assert health_on_l1(System.GPS, 0b000001) != 0
    assert health_on_l1(System.QZSS, 0b001110) == 0
    assert health_on_l1(System.QZSS, 0b000001) == 0
    assert health_on_l1(System.QZSS, 0b100000) != 0
    assert health_on_l1(System.QZSS, 0b010001) != 0
    assert [fit_interval_s(System.GPS, True, issue) / 3600 for issue in (3, 240, 255, 496, 500, 1022)] == [6, 8, 14, 14, 26, 26]
