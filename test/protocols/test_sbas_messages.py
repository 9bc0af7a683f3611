"""SBAS messages: what an independent packer writes is read, damage never passes, the recordings are consistent."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
import sbas_samples as sample
from hypothesis import given, settings
from hypothesis import strategies as st
from navigation_samples import sfrbx_words
from recordings import recording

from gnss_gyro.basics.satellites import System, satellite_from_name, satellite_name
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import KeplerEphemeris, SbasMessage
from gnss_gyro.protocols.sbas.decode import satellite_of_mask
from gnss_gyro.protocols.sbas.grid import points_of_band
from gnss_gyro.protocols.sbas.messages import DoNotUse, LongTerm, Null
from gnss_gyro.protocols.sbas.words import SbasAssembler, time_sent
from gnss_gyro.streams.files import read_messages

SAME_ORBIT_M = 2.0
T0 = GpsTime.from_week_tow(2381, 408_657)
S31 = satellite_from_name("S31")
RNG = np.random.default_rng(31)


def content_of(bits: str):
    return sample.message_of(bits, T0).content


def integers(rng, count, low, high):
    return rng.integers(low, high, count).tolist()


def test_header_and_time():
    message = sample.message_of(sample.packed(63, ""), T0, satellite=S31)
    assert (message.satellite, message.kind, message.time, message.content) == (S31, 63, T0, Null())


@pytest.mark.parametrize("late_s", [0.0, 0.12, 0.5, 0.87])
def test_a_message_was_sent_at_a_second_before_it_arrived(late_s):
    assert time_sent(T0 + 1.12 + late_s) == T0


def test_a_mask_names_satellites_by_slot():
    mask = content_of(sample.prn_mask([1, 32, 38, 61, 62, 119, 120, 158, 159, 210], issue=2))
    names = [None if code is None else satellite_name(code) for code in mask.satellites]
    assert names == ["G01", "G32", "R01", "R24", None, None, "S20", "S58", None, None]
    assert mask.issue == 2


def test_a_mask_of_too_many_satellites_is_counted():
    assembler = SbasAssembler()
    assert assembler.feed(S31, sample.words_of(sample.prn_mask(range(1, 53))), T0) == []
    assert assembler.counts.by_name == {"SBAS message 1 malformed": 1}
    assert len(content_of(sample.prn_mask(range(1, 52))).satellites) == 51


@pytest.mark.parametrize("kind", [2, 3, 4, 5])
def test_fast_corrections(kind):
    steps, udrei = integers(RNG, 13, -2048, 2048), integers(RNG, 13, 0, 16)
    fast = content_of(sample.fast(kind, steps, udrei, issue=3, mask_issue=1))
    assert (fast.first_slot, fast.issue, fast.mask_issue) == (13 * (kind - 2), 3, 1)
    assert fast.range_m == tuple(0.125 * step for step in steps)
    assert fast.udrei == tuple(udrei)


def test_integrity_and_degradation_of_all_slots():
    udrei, factors = integers(RNG, 51, 0, 16), integers(RNG, 51, 0, 16)
    told = content_of(sample.integrity([0, 1, 2, 3], udrei))
    assert (told.issues, told.udrei) == ((0, 1, 2, 3), tuple(udrei))
    degradation = content_of(sample.fast_degradation(9, factors, mask_issue=3))
    assert (degradation.latency_s, degradation.mask_issue, degradation.factor) == (9, 3, tuple(factors))


def test_degradation_parameters():
    raw = [54, 38, 76, 256, 152, 100, 311, 83, 255, 6, 836, 300, 1000, 1, 0, 77]
    told = content_of(sample.degradation(raw))
    expected = [0.108, 0.076, 0.0038, 256.0, 0.304, 100.0, 0.1555, 0.00415, 255.0, 3.0, 0.836, 300.0, 0.005, True, False, 7.7]
    np.testing.assert_allclose([getattr(told, name) for name in told.__dataclass_fields__], expected, rtol=1e-12)


def test_long_term_corrections_that_stand_still():
    half = sample.still_half(sample.still(7, 200, (-256, 255, 1), -512), sample.still(51, 0, (0, -1, 8), 511), mask_issue=2)
    rows = content_of(sample.long_term(half)).rows
    assert rows == (
        (2, LongTerm(6, 200, (-32.0, 31.875, 0.125), -512 * 2.0**-31)),
        (2, LongTerm(50, 0, (0.0, -0.125, 1.0), 511 * 2.0**-31)),
    )


def test_long_term_corrections_that_move():
    half = sample.moving_half(9, 17, (-1024, 1023, 8), -1024, (-128, 127, 1), -128, 5399, mask_issue=3)
    rows = content_of(sample.long_term(sample.still_half(sample.NOBODY), half)).rows
    speed, drift = (-128 * 2.0**-11, 127 * 2.0**-11, 2.0**-11), -128 * 2.0**-39
    assert rows == ((3, LongTerm(8, 17, (-128.0, 127.875, 1.0), -1024 * 2.0**-31, speed, drift, 86_384.0)),)


def test_mixed_corrections():
    steps, udrei = integers(RNG, 6, -2048, 2048), integers(RNG, 6, 0, 16)
    half = sample.still_half(sample.still(30, 5, (1, 2, 3), 4), mask_issue=1)
    told = content_of(sample.mixed(steps, udrei, half, block=2, issue=1, mask_issue=1))
    assert (told.fast.first_slot, told.fast.issue, told.fast.mask_issue) == (26, 1, 1)
    assert (told.fast.range_m, told.fast.udrei) == (tuple(0.125 * step for step in steps), tuple(udrei))
    assert told.long_term.rows == ((1, LongTerm(29, 5, (0.125, 0.25, 0.375), 4 * 2.0**-31)),)


def test_ionosphere():
    mask = content_of(sample.grid_mask(1, [1, 28, 29, 201], issue=3))
    assert (mask.band, mask.issue, mask.points) == (1, 3, ((-85, -140), (75, -140), (-55, -135), (55, -105)))
    told = content_of(sample.grid_delays(1, 13, [0, 1, 510, 511], [0, 14, 15, 7], issue=2))
    assert (told.band, told.block, told.issue) == (1, 13, 2)
    np.testing.assert_array_equal(told.delay_m[:4], [0.0, 0.125, 63.75, np.nan])
    assert told.givei[:4] == (0, 14, 15, 7)


def test_covariances():
    told = content_of(sample.covariances(sample.covariance(4, 6, [1, 2, 3, 511], [-512, 511, -1, 4, 5, 6]), mask_issue=2))
    (row,) = told.rows
    assert (told.mask_issue, row.slot, row.scale) == (2, 3, 2.0)
    np.testing.assert_array_equal(row.factor, 2.0 * np.array([[1, -512, 511, -1], [0, 2, 4, 5], [0, 0, 3, 6], [0, 0, 0, 511]]))


def test_do_not_use():
    assert content_of(sample.packed(0, "1" * 212)) == DoNotUse()


def test_types_that_are_not_read_are_counted():
    assembler = SbasAssembler()
    assert assembler.feed(S31, sample.words_of(sample.packed(17, "")), T0) == []
    assert assembler.counts.by_name == {"SBAS message 17 not used": 1}


def test_a_band_that_does_not_exist_is_counted():
    assembler = SbasAssembler()
    for bits in (sample.grid_mask(11, [1]), sample.grid_delays(15, 0, [], [])):
        assert assembler.feed(S31, sample.words_of(bits), T0) == []
    assert assembler.counts.by_name == {"SBAS message 18 malformed": 1, "SBAS message 26 malformed": 1}


@pytest.mark.parametrize("preamble", [0x53, 0x9A, 0xC6])
def test_a_ninth_word_changes_nothing(preamble):
    bits = sample.packed(63, "", preamble)
    messages = [SbasAssembler().feed(S31, sample.words_of(bits, count), T0) for count in (8, 9)]
    assert messages[0] == messages[1] != []


@pytest.mark.parametrize("bit", range(250))
def test_a_flipped_bit_is_noticed(bit):
    bits = sample.fast(2, list(range(13)), [5] * 13)
    damaged = bits[:bit] + "10"[int(bits[bit])] + bits[bit + 1 :]
    assembler = SbasAssembler()
    assert assembler.feed(S31, sample.words_of(damaged), T0) == []
    assert sum(assembler.counts.by_name.values()) == 1


@settings(max_examples=300)
@given(st.integers(0, 63), st.text("01", min_size=212, max_size=212), st.integers(0, 12))
def test_any_bits_with_good_parity_are_read_or_counted(kind, body, count):
    assembler = SbasAssembler()
    messages = assembler.feed(S31, sample.words_of(sample.packed(kind, body), 8)[: count or 8], T0)
    assert len(messages) + sum(assembler.counts.by_name.values()) == 1


def test_grid_bands_have_the_points_of_the_standard():
    """Table A-14: numbers of points, and the first and last of some bands."""
    assert [len(points_of_band(band)) for band in range(11)] == [201] * 8 + [200] + [192] * 2
    assert (points_of_band(0)[0], points_of_band(0)[27], points_of_band(0)[200]) == ((-75, -180), (85, -180), (55, -145))
    assert (points_of_band(3)[50], points_of_band(4)[127], points_of_band(8)[199]) == ((-85, -50), (85, 0), (55, 175))
    assert (points_of_band(9)[0], points_of_band(9)[71], points_of_band(9)[191]) == ((60, -180), (60, 175), (85, 150))
    assert (points_of_band(10)[179], points_of_band(10)[180], points_of_band(10)[191]) == ((-75, 170), (-85, -170), (-85, 160))


def test_no_grid_point_stands_twice_in_the_upright_bands():
    points = [point for band in range(9) for point in points_of_band(band)]
    assert len(points) == len(set(points)) == 1808
    assert all(-180 <= longitude < 180 for _, longitude in points)


@pytest.mark.parametrize("number", [0, 11, -1])
def test_there_are_eleven_bands(number):
    if 0 <= number < 11:
        assert points_of_band(number)
    else:
        with pytest.raises(ValueError, match="band"):
            points_of_band(number)


def test_reserved_numbers_of_the_mask_have_no_satellite():
    assert [satellite_of_mask(number) for number in (62, 119, 159, 193, 210)] == [None] * 5


def messages_in(folder: str, file: str) -> list[SbasMessage]:
    return [m for m in read_messages(recording(folder) / file) if isinstance(m, SbasMessage)]


def test_all_messages_of_the_recordings_have_good_parity():
    for folder, file, total in (("f9p_walk", "gnss_1730.ubx", 307), ("slas_hiroshima", "20230919-114418.ubx", 72)):
        assembler, read = SbasAssembler(), 0
        for words, time in sfrbx_words(recording(folder) / file, System.SBAS):
            read += len(assembler.feed(words.satellite, words.words, time))
        assert read + sum(assembler.counts.by_name.values()) == total
        assert {name.split(" ", 3)[3] for name in assembler.counts.by_name} == {"not used"}


def test_a_satellite_sends_a_message_a_second():
    by_satellite = defaultdict(list)
    for words, time in sfrbx_words(recording("f9p_walk") / "gnss_1730.ubx", System.SBAS):
        by_satellite[words.satellite].append(time_sent(time).ns // 1_000_000_000)
    for seconds in by_satellite.values():
        assert max(Counter(seconds).values()) == 1
        assert max(seconds) - min(seconds) < 135


def test_satellites_of_one_service_agree():
    """WAAS by PRN 131, 133, 135: masks are the same, long-term corrections of an issue (computed anew within) near each other."""
    told = defaultdict(list)
    for message in messages_in("f9p_walk", "gnss_1730.ubx"):
        if message.kind in (1, 18):
            told[message.kind, getattr(message.content, "band", None)].append(message.content)
        if message.kind == 25:
            for _, row in message.content.rows:
                told[row.slot, row.issue].append(row.position_m)
    for key, contents in told.items():
        if key[1] is None or key[0] == 18:
            assert len(set(contents)) == 1
        else:
            assert np.ptp(np.array(contents), axis=0).max() < SAME_ORBIT_M
    assert len(told[1, None]) == 5


def test_long_term_corrections_refer_to_the_ephemerides_of_the_recording():
    messages = list(read_messages(recording("f9p_walk") / "gnss_1730.ubx"))
    issues = {m.satellite: m.issue for m in messages if isinstance(m, KeplerEphemeris) and m.satellite < 100}
    mask = next(m.content for m in messages if isinstance(m, SbasMessage) and m.kind == 1)
    told = {
        (mask.satellites[row.slot], row.issue)
        for m in messages if isinstance(m, SbasMessage) and m.kind == 25 for _, row in m.content.rows
    }  # fmt: skip
    both = {satellite for satellite, _ in told} & set(issues)
    assert {satellite_name(code) for code in both} == {"G10", "G27", "G32"}
    assert {(code, issues[code]) for code in both} <= told
