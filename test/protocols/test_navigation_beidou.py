"""BeiDou D1 and D2: the loop closes bit for bit, damage never passes, real subframes give BeiDou orbits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from navigation_samples import flipped, kepler, sfrbx_words
from recordings import recording

from gnss_gyro.basics.satellites import System, number_of, satellite
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import KeplerEphemeris, Klobuchar, LeapSeconds
from gnss_gyro.protocols.navigation import beidou_d1, beidou_d2
from gnss_gyro.protocols.navigation.beidou import BeidouAssembler
from gnss_gyro.protocols.navigation.beidou_words import bch_parity, is_geostationary, subframe, ura_index, with_parity
from gnss_gyro.protocols.navigation.bits import Bits
from gnss_gyro.protocols.navigation.fields import ORBIT, read_all, write_all

T0 = GpsTime.from_week_tow(2280, 215_084)  # BDT 215070: a frame begins
TOE = GpsTime.from_week_tow(2280, 212_414)  # BDT 212400
C21, C03 = satellite(System.BEIDOU, 21), satellite(System.BEIDOU, 3)
HALF_STEP = 0.5 + 1e-6
KINDS = {
    "D1": (C21, beidou_d1.encode_d1, beidou_d1.SUBFRAME_S, beidou_d1.EPHEMERIS),
    "D2": (C03, beidou_d2.encode_d2, beidou_d2.PAGE_S, beidou_d2.EPHEMERIS),
}
IONOSPHERE = Klobuchar(
    "C", np.array([39 * 2.0**-30, 36 * 2.0**-27, -36 * 2.0**-24, 53 * 2.0**-24]),
    np.array([93 * 2.0**11, -83 * 2.0**14, 96 * 2.0**16, -58 * 2.0**16]),
)  # fmt: skip


def feed(assembler, kind, parts, start=T0):
    code, _, step_s, _ = KINDS[kind]
    return [m for i, words in enumerate(parts) for m in assembler.feed(code, words, start + step_s * (i + 1))]


def encode(kind, ephemeris, time=T0, ionosphere=None):
    return KINDS[kind][1](ephemeris, time, ionosphere)


def ephemerides(messages):
    return [m for m in messages if isinstance(m, KeplerEphemeris)]


def sample(kind, seed=1):
    return kepler(KINDS[kind][0], kind, TOE, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(20))
def test_decoded_ephemeris_is_the_encoded_one_within_half_a_bit(kind, seed):
    original = sample(kind, seed)
    (decoded,) = ephemerides(feed(BeidouAssembler(), kind, encode(kind, original)))
    for name in ORBIT:
        assert abs(getattr(decoded, name) - getattr(original, name)) <= HALF_STEP * KINDS[kind][3][name].scale, name
    assert (decoded.toe, decoded.toc, decoded.transmitted) == (TOE, TOE, T0)
    assert (decoded.issue, decoded.issue_clock, decoded.source) == (original.issue, original.issue_clock, kind)
    assert (decoded.accuracy_m, decoded.health) == (2.0, 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(10))
def test_quantised_ephemeris_encodes_to_identical_bits(kind, seed):
    parts = encode(kind, sample(kind, seed), ionosphere=IONOSPHERE)
    (decoded,) = ephemerides(feed(BeidouAssembler(), kind, parts))
    np.testing.assert_array_equal(encode(kind, decoded, ionosphere=IONOSPHERE), parts)


@pytest.mark.parametrize("kind", KINDS)
def test_ionosphere_comes_along(kind):
    messages = feed(BeidouAssembler(), kind, encode(kind, sample(kind), ionosphere=IONOSPHERE))
    (decoded,) = (m for m in messages if isinstance(m, Klobuchar))
    np.testing.assert_array_equal(decoded.alpha, IONOSPHERE.alpha)
    np.testing.assert_array_equal(decoded.beta, IONOSPHERE.beta)
    assert decoded.system == "C"


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_overlaps_another_nor_head_nor_parity(kind):
    """Each bit of a subframe belongs to one thing only: writing all ones field by field never meets a one."""
    tables = [KINDS[kind][3], {"D1": beidou_d1, "D2": beidou_d2}[kind].IONOSPHERE]
    spans = [span for table in tables for name, field in table.items() if name != "sow" for span in field.spans]
    taken = [start + i for start, width in spans for i in range(width)]
    assert len(taken) == len(set(taken))
    inside = [bit % 300 for bit in taken]
    assert all(bit >= 42 and bit % 30 < 22 for bit in inside)


@pytest.mark.parametrize("kind", KINDS)
def test_an_ephemeris_comes_once_per_issue_and_again_after_half_an_hour(kind):
    assembler, other = BeidouAssembler(), replace(sample(kind, 2), issue=3)
    assert len(ephemerides(feed(assembler, kind, encode(kind, sample(kind))))) == 1
    assert not ephemerides(feed(assembler, kind, encode(kind, sample(kind), T0 + 30.0), T0 + 30.0))
    assert len(ephemerides(feed(assembler, kind, encode(kind, other, T0 + 60.0), T0 + 60.0))) == 1
    assert len(ephemerides(feed(assembler, kind, encode(kind, other, T0 + 1920.0), T0 + 1920.0))) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("late", [0, 1, 2])
def test_parts_of_different_frames_give_nothing(kind, late):
    parts = encode(kind, sample(kind))
    parts[late] = encode(kind, sample(kind, 2), T0 - 30.0)[late]
    assert not ephemerides(feed(BeidouAssembler(), kind, parts))


@pytest.mark.parametrize("kind", KINDS)
def test_different_toe_and_toc_give_nothing(kind):
    assembler = BeidouAssembler()
    assert not ephemerides(feed(assembler, kind, encode(kind, replace(sample(kind), toc=TOE + 3600.0))))
    assert assembler.counts.by_name["BeiDou set with different toe and toc"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_no_orbit_gives_nothing(kind):
    assembler = BeidouAssembler()
    assert not feed(assembler, kind, encode(kind, replace(sample(kind), sqrt_a=0.0)))
    assert assembler.counts.by_name["BeiDou ephemeris out of range"] == 1


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.integers(0, 2), st.integers(15, 299))
def test_a_flipped_bit_spoils_the_subframe(kind, part, bit):
    assembler = BeidouAssembler()
    parts = encode(kind, sample(kind))
    parts[part] = flipped(parts[part], bit, 30)
    assert not feed(assembler, kind, parts)
    assert assembler.counts.by_name == {"BeiDou subframe with wrong parity": 1}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 2**32 - 1), max_size=20), st.sampled_from([C21, C03]))
def test_garbage_never_raises(words, code):
    assembler = BeidouAssembler()
    assert assembler.feed(code, np.array(words, np.uint32), T0) == []
    assert sum(assembler.counts.by_name.values()) == 1


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 5), st.lists(st.integers(0, 2**22 - 1), min_size=9, max_size=9), st.sampled_from([C21, C03]))
def test_garbage_with_right_parity_never_raises(number, infos, code):
    """Any contents of one subframe: almanac, reserved pages, leap seconds."""
    bits = subframe(number, T0)
    for i, info in enumerate(infos):
        bits = bits.put(30 * (i + 1), 22, info)
    BeidouAssembler().feed(code, with_parity(bits), T0)


@pytest.mark.parametrize(("code", "page"), [(C21, beidou_d1.UTC_PAGE), (C03, beidou_d2.UTC_PAGE)])
def test_leap_seconds_count_from_gps(code, page):
    """BDT - UTC was 4 s in 2023, GPS - UTC 18 s."""
    numbers = {"page": page, "leap": 4, "leap_future": 5, "leap_week": (2281 - 1356) % 256, "leap_day": 6}
    words = with_parity(write_all(beidou_d1.UTC, subframe(5, T0), numbers))
    assert BeidouAssembler().feed(code, words, T0) == [LeapSeconds(18, 19, GpsTime.from_week_tow(2282, 19))]


def test_bch_code_corrects_one_bit():
    """Parities of the eleven unit vectors differ and none is a unit vector: distance three (BDS-SIS-ICD B1I, 5.1.3)."""
    parities = [bch_parity(1 << i) for i in range(11)]
    assert len({*parities, 1, 2, 4, 8}) == 15
    assert bch_parity(1) == 0b0011  # x^4 = x + 1


@pytest.mark.parametrize(("accuracy_m", "index"), [(0.5, 0), (2.0, 0), (2.8, 1), (16.0, 6), (6000.0, 15), (np.nan, 15)])
def test_ura_index(accuracy_m, index):
    assert ura_index(accuracy_m) == index


def test_geostationary_numbers():
    assert [n for n in range(1, 64) if is_geostationary(satellite(System.BEIDOU, n))] == [1, 2, 3, 4, 5, 59, 60, 61, 62, 63]


RADII_M = {"MEO": 27_906_100, "IGSO": 42_164_200}


@pytest.mark.parametrize(
    ("folder", "file", "satellites"), [("f9p_walk", "gnss_1730.ubx", 8), ("slas_hiroshima", "20230919-114418.ubx", 8)]
)
def test_real_subframes(folder, file, satellites):
    """Orbits of BeiDou's radii and inclination; what was decoded encodes to the very numbers that were received."""
    assembler, received, found = BeidouAssembler(), {}, {}
    for message, time in sfrbx_words(recording(folder) / file, System.BEIDOU):
        if len(message.words) == 10:
            bits = Bits.from_words(message.words, 30)
            received.setdefault(message.satellite, {})[bits.unsigned(18, 8) << 12 | bits.unsigned(30, 12)] = message.words
        found |= {m.satellite: m for m in ephemerides(assembler.feed(message.satellite, message.words, time))}
    assert len(found) == satellites
    assert "BeiDou subframe with wrong parity" not in assembler.counts.by_name
    for code, decoded in found.items():
        check_beidou(decoded)
        for i, words in enumerate(beidou_d1.encode_d1(decoded, decoded.transmitted)):
            sow = int(decoded.transmitted.tow_s) - 14 + 6 * i
            original = Bits.from_words(received[code][sow], 30)
            names = [n for n, f in beidou_d1.EPHEMERIS.items() if all(start // 300 == i for start, _ in f.spans)]
            table = {n: shifted(beidou_d1.EPHEMERIS[n], 300 * i) for n in names}
            assert read_all(table, Bits.from_words(words, 30)) == read_all(table, original)


def shifted(field, offset):
    return replace(field, spans=tuple((start - offset, width) for start, width in field.spans))


def check_beidou(e):
    assert 0 < e.transmitted - e.toe < 2 * 3600
    assert (e.toe.tow_s - 14) % 3600 == 0
    igso = number_of(e.satellite) in (6, 7, 9, 10, 16)
    assert e.sqrt_a**2 == pytest.approx(RADII_M["IGSO" if igso else "MEO"], abs=10e3)
    assert 48.0 < np.degrees(e.inclination) < 58.0
    assert abs(e.af0) < 1e-3
    assert abs(e.group_delay_s) < 60e-9
