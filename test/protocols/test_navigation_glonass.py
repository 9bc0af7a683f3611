"""GLONASS strings: the loop closes bit for bit, one wrong bit is put right, real strings give GLONASS orbits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from navigation_samples import flipped, glonass, sfrbx_words
from recordings import recording

from gnss_gyro.basics.constants import EARTH_ROTATION_RATE_GLONASS, MU_GLONASS
from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.navigation.bits import Bits, concatenate
from gnss_gyro.protocols.navigation.fields import read_all
from gnss_gyro.protocols.navigation.glonass import GlonassAssembler, day_of_four_years
from gnss_gyro.protocols.navigation.glonass_encode import encode_glonass_strings, frame_start
from gnss_gyro.protocols.navigation.glonass_strings import EPHEMERIS, STRING_BITS, STRING_S, checked, with_check_bits

TOE = GpsTime.from_utc(datetime(2023, 9, 19, 11, 45, tzinfo=timezone.utc))
T0 = frame_start(TOE - 600.0, 18)
HALF_STEP = 0.5 + 1e-6
STEPS = {"position_m": "position_x", "velocity_mps": "velocity_x", "acceleration_mps2": "acceleration_x"}


def feed(assembler, strings, start=T0, ephemeris=None, channel=-3):
    code = (ephemeris or sample()).satellite
    return [m for i, words in enumerate(strings) for m in assembler.feed(code, words, start + STRING_S * (i + 1), channel)]


def sample(seed=1):
    return glonass(7, TOE, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(20))
def test_decoded_ephemeris_is_the_encoded_one_within_half_a_bit(seed):
    original = sample(seed)
    (decoded,) = feed(GlonassAssembler(), encode_glonass_strings(original, T0))
    for name, field in STEPS.items():
        error = np.abs(getattr(decoded, name) - getattr(original, name))
        assert np.all(error <= HALF_STEP * EPHEMERIS[field].scale), name
    assert abs(decoded.clock_bias_s - original.clock_bias_s) <= HALF_STEP * EPHEMERIS["tau"].scale
    assert abs(decoded.frequency_bias - original.frequency_bias) <= HALF_STEP * EPHEMERIS["gamma"].scale
    assert (decoded.toe, decoded.transmitted, decoded.channel, decoded.issue) == (TOE, T0, -3, 59)
    assert (decoded.health, decoded.age_days) == (0, 1.0)


@pytest.mark.parametrize("seed", range(20))
def test_quantised_ephemeris_encodes_to_identical_bits(seed):
    strings = encode_glonass_strings(sample(seed), T0)
    (decoded,) = feed(GlonassAssembler(), strings)
    np.testing.assert_array_equal(encode_glonass_strings(decoded, T0), strings)


@pytest.mark.parametrize("minutes", range(0, 1440, 15))
def test_reference_times_around_the_day(minutes):
    """toe up to half an hour before and after the frame, over Moscow's midnight and UTC's."""
    toe = TOE + 60.0 * minutes
    for lead_s in (-1800.0, -450.0, 870.0, 1800.0):
        start = frame_start(toe - lead_s, 18)
        (decoded,) = feed(GlonassAssembler(), encode_glonass_strings(replace(sample(), toe=toe), start), start)
        assert (decoded.toe, decoded.transmitted) == (toe, start)


def test_an_ephemeris_comes_once_per_issue_and_again_after_half_an_hour():
    assembler = GlonassAssembler()
    later = replace(sample(2), toe=TOE + 1800.0)
    assert len(feed(assembler, encode_glonass_strings(sample(), T0))) == 1
    assert not feed(assembler, encode_glonass_strings(sample(), T0 + 30.0), T0 + 30.0)
    assert len(feed(assembler, encode_glonass_strings(later, T0 + 60.0), T0 + 60.0)) == 1
    assert len(feed(assembler, encode_glonass_strings(later, T0 + 1890.0), T0 + 1890.0)) == 1


@pytest.mark.parametrize("health", [1, 2, 3])
def test_a_change_of_health_is_told_at_once(health):
    assembler = GlonassAssembler()
    feed(assembler, encode_glonass_strings(sample(), T0))
    (sick,) = feed(assembler, encode_glonass_strings(replace(sample(), health=health), T0 + 30.0), T0 + 30.0)
    assert sick.health == health


@pytest.mark.parametrize("late", range(4))
@pytest.mark.parametrize("same_id", [False, True])
def test_strings_of_different_frames_give_nothing(late, same_id):
    strings = encode_glonass_strings(sample(), T0)
    old = encode_glonass_strings(sample(2), T0 - 30.0)
    if same_id:  # a receiver that does not number the frames: only time tells them apart
        old = [np.append(words[:3], strings[0][3]) for words in old]
    assembler = GlonassAssembler()
    assert not feed(assembler, old[late : late + 1], T0 - 30.0)
    assert not feed(assembler, strings[:late] + strings[late + 1 :])


def test_strings_of_another_satellite_or_date_give_nothing():
    assembler = GlonassAssembler()
    assert not feed(assembler, encode_glonass_strings(sample(), T0), ephemeris=glonass(8, TOE, np.random.default_rng(1)))
    assert not feed(assembler, encode_glonass_strings(sample(), T0), T0 + 5 * 86400.0)
    assert assembler.counts.by_name["GLONASS ephemeris of another satellite"] >= 1
    assert assembler.counts.by_name["GLONASS ephemeris of another date"] >= 1


def test_no_orbit_gives_nothing():
    assembler = GlonassAssembler()
    assert not feed(assembler, encode_glonass_strings(replace(sample(), position_m=np.zeros(3)), T0))
    assert assembler.counts.by_name["GLONASS ephemeris out of range"] == 1


def test_a_leap_second_told_by_others_moves_the_times():
    (decoded,) = feed(GlonassAssembler(), encode_glonass_strings(sample(), T0))
    strings = encode_glonass_strings(replace(sample(), toe=TOE + 1.0), T0 + 1.0, leap_s=19)
    assembler = GlonassAssembler()
    found = [m for words in strings for m in assembler.feed(sample().satellite, words, T0 + 5.0, leap_s=19)]
    assert found[0].toe == decoded.toe + 1.0


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**76 - 1), st.integers(0, 84), st.integers(0, 84))
def test_hamming_code_corrects_one_bit_and_finds_two(data, one, two):
    """GLONASS ICD L1/L2 5.1, 4.7."""
    string = with_check_bits(Bits(data << 8, STRING_BITS))
    damaged = Bits(string.value ^ 1 << one, STRING_BITS)
    assert checked(string) == string
    repaired = checked(damaged)
    assert repaired is not None
    assert repaired.value >> 8 == data
    if one != two:
        assert checked(Bits(damaged.value ^ 1 << two, STRING_BITS)) is None


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 3), st.integers(0, 84))
def test_a_flipped_bit_does_no_harm(string, bit):
    strings = encode_glonass_strings(sample(), T0)
    (expected,) = feed(GlonassAssembler(), strings)
    strings[string] = flipped(strings[string], bit, 32)
    (decoded,) = feed(GlonassAssembler(), strings)
    np.testing.assert_array_equal(encode_glonass_strings(decoded, T0), encode_glonass_strings(expected, T0))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 2**32 - 1), max_size=8))
def test_garbage_never_raises(words):
    assembler = GlonassAssembler()
    assert assembler.feed(sample().satellite, np.array(words, np.uint32), T0) == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2**72 - 1), min_size=4, max_size=4))
def test_garbage_with_right_check_bits_never_raises(contents):
    strings = [with_check_bits(Bits((i + 1) << 80 | rest << 8, STRING_BITS)) for i, rest in enumerate(contents)]
    words = [concatenate([string, Bits(0, 43)]).words() for string in strings]
    feed(GlonassAssembler(), words)


def test_day_of_four_years():
    """1 January 2024 began the eighth interval; 19 September 2023 was day 1358 of the seventh."""
    assert day_of_four_years(GpsTime.from_calendar(2024, 1, 1, 12)) == 1
    assert day_of_four_years(GpsTime.from_calendar(2023, 9, 19, 12)) == 1358


def test_times_off_the_quarter_hour_are_refused():
    with pytest.raises(ValueError, match="toe"):
        encode_glonass_strings(replace(sample(), toe=TOE + 1.0), T0)


def test_real_strings():
    """Orbits of GLONASS's semi-major axis; what was decoded encodes to the very numbers that were received."""
    assembler, strings, found = GlonassAssembler(), {}, {}
    path = recording("slas_hiroshima") / "20230919-114418.ubx"
    for message, time in sfrbx_words(path, System.GLONASS):
        string = Bits.from_words(message.words[:3]).slice(0, STRING_BITS)
        assert with_check_bits(string) == string
        strings.setdefault(message.satellite, {})[string.unsigned(1, 4)] = string
        messages = assembler.feed(message.satellite, message.words, time, message.glonass_channel)
        found |= {m.satellite: m for m in messages}
    assert len(found) == 9
    for code, decoded in found.items():
        check_glonass(decoded)
        received = read_all(EPHEMERIS, concatenate(strings[code][i] for i in range(1, 5)))
        again = encode_glonass_strings(decoded, decoded.transmitted)
        numbers = read_all(EPHEMERIS, concatenate(Bits.from_words(words[:3]).slice(0, STRING_BITS) for words in again[:4]))
        assert numbers == received


def check_glonass(e):
    assert e.toe - e.transmitted == 30.0
    spin = np.array([0.0, 0.0, EARTH_ROTATION_RATE_GLONASS])
    velocity = e.velocity_mps + np.cross(spin, e.position_m)
    semi_major_axis = 1.0 / (2.0 / np.linalg.norm(e.position_m) - velocity @ velocity / MU_GLONASS)
    assert semi_major_axis == pytest.approx(25_508_000, abs=15e3)
    momentum = np.cross(e.position_m, velocity)
    assert np.degrees(np.arccos(momentum[2] / np.linalg.norm(momentum))) == pytest.approx(64.8, abs=2.0)
    assert -7 <= e.channel <= 6
    assert abs(e.clock_bias_s) < 1e-3
    assert e.health == 0
