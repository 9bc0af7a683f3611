"""Galileo I/NAV: the loop closes bit for bit, damage never passes, real pages give Galileo orbits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from navigation_samples import flipped, kepler, sfrbx_words
from recordings import recording

from gnss_gyro.basics.satellites import System, satellite
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import KeplerEphemeris, LeapSeconds, NequickCoefficients
from gnss_gyro.protocols.navigation.bits import concatenate
from gnss_gyro.protocols.navigation.fields import ORBIT, read_all
from gnss_gyro.protocols.navigation.inav import EPHEMERIS, InavAssembler, word_of_page
from gnss_gyro.protocols.navigation.inav_encode import PAGE_S, encode_inav, sisa_index

T0 = GpsTime.from_week_tow(2280, 215_100)
E11 = satellite(System.GALILEO, 11)
RNG = np.random.default_rng(11)
HALF_STEP = 0.5 + 1e-6  # rounding to the last bit
ECCENTRIC_PAIR = (satellite(System.GALILEO, 14), satellite(System.GALILEO, 18))  # launched into a wrong orbit


def feed(assembler, pages, start=T0, code=E11):
    return [m for i, page in enumerate(pages) for m in assembler.feed(code, page, start + PAGE_S * (i + 1))]


def ephemerides(messages):
    return [m for m in messages if isinstance(m, KeplerEphemeris)]


def sample(seed=1):
    toe = GpsTime.from_week_tow(2280, 214_200)
    return replace(kepler(E11, "INAV", toe, np.random.default_rng(seed)), accuracy_m=3.12, issue=101)


@pytest.mark.parametrize("seed", range(20))
def test_decoded_ephemeris_is_the_encoded_one_within_half_a_bit(seed):
    original = sample(seed)
    (decoded,) = ephemerides(feed(InavAssembler(), encode_inav(original, T0)))
    for name in ORBIT:
        assert abs(getattr(decoded, name) - getattr(original, name)) <= HALF_STEP * EPHEMERIS[name].scale, name
    assert (decoded.toe, decoded.toc, decoded.issue, decoded.accuracy_m) == (original.toe, original.toc, 101, 3.12)
    assert decoded.transmitted == T0 + 10.0  # word 5 is the last of the six


@pytest.mark.parametrize("seed", range(20))
def test_quantised_ephemeris_encodes_to_identical_bits(seed):
    pages = encode_inav(sample(seed), T0)
    (decoded,) = ephemerides(feed(InavAssembler(), pages))
    np.testing.assert_array_equal(encode_inav(decoded, T0), pages)


def test_ionosphere_and_leap_seconds_come_along():
    announced = LeapSeconds(18, 19, GpsTime.from_week_tow(2282, 19))
    ai = NequickCoefficients(np.array([164.0, 0.0625, 209 * 2.0**-15]))
    messages = feed(InavAssembler(), encode_inav(sample(), T0, ai, announced))
    (ionosphere,) = (m for m in messages if isinstance(m, NequickCoefficients))
    np.testing.assert_array_equal(ionosphere.ai, ai.ai)
    assert [m for m in messages if isinstance(m, LeapSeconds)] == [announced]


def test_a_leap_second_that_is_past_is_in_force():
    past = LeapSeconds(18, 19, GpsTime.from_week_tow(2279, 19))
    messages = feed(InavAssembler(), encode_inav(sample(), T0, leap=past))
    assert LeapSeconds(19) in messages


def test_an_ephemeris_comes_once_per_issue_and_again_after_half_an_hour():
    assembler = InavAssembler()
    assert len(ephemerides(feed(assembler, encode_inav(sample(), T0)))) == 1
    assert not ephemerides(feed(assembler, encode_inav(sample(), T0 + 30.0), T0 + 30.0))
    assert len(ephemerides(feed(assembler, encode_inav(replace(sample(), issue=102), T0 + 60.0), T0 + 60.0))) == 1
    assert len(ephemerides(feed(assembler, encode_inav(replace(sample(), issue=102), T0 + 1900.0), T0 + 1900.0))) == 1


def test_a_change_of_health_is_told_at_once():
    assembler = InavAssembler()
    feed(assembler, encode_inav(sample(), T0))
    (sick,) = ephemerides(feed(assembler, encode_inav(replace(sample(), health=2), T0 + 30.0), T0 + 30.0))
    assert sick.health == 2


@pytest.mark.parametrize("swapped", [0, 1, 3, 4])
def test_mixed_issues_give_nothing(swapped):
    pages = encode_inav(sample(), T0)
    pages[swapped] = encode_inav(replace(sample(2), issue=102), T0)[swapped]
    assert not ephemerides(feed(InavAssembler(), pages))


def test_no_orbit_gives_no_ephemeris():
    assembler = InavAssembler()
    assert not ephemerides(feed(assembler, encode_inav(replace(sample(), sqrt_a=0.0), T0)))
    assert assembler.counts.by_name["I/NAV ephemeris out of range"] == 1


def test_words_of_hours_ago_are_not_combined():
    assembler = InavAssembler()
    pages = encode_inav(sample(), T0)
    assert not ephemerides(feed(assembler, pages[:3]))
    assert not ephemerides(feed(assembler, pages[3:], T0 + 7200.0))


def test_pages_of_another_satellite_give_nothing():
    assembler = InavAssembler()
    assert not ephemerides(feed(assembler, encode_inav(sample(), T0), code=E11 + 1))
    assert assembler.counts.by_name["I/NAV ephemeris of another satellite"] == 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 5), st.one_of(st.integers(0, 113), st.integers(128, 233)))
def test_a_flipped_bit_spoils_the_page(page, bit):
    assembler = InavAssembler()
    pages = encode_inav(sample(), T0)
    pages[page] = flipped(pages[page], bit, 32)
    feed(assembler, pages)
    assert sum(assembler.counts.by_name.values()) == 1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 2**32 - 1), max_size=20))
def test_garbage_never_raises(words):
    assembler = InavAssembler()
    assert assembler.feed(E11, np.array(words, np.uint32), T0) == []
    assert sum(assembler.counts.by_name.values()) == 1


@pytest.mark.parametrize("week_error", [-1000, 0, 1000])
def test_weeks_follow_from_a_receiver_time_that_is_wrong_by_years(week_error):
    start = GpsTime.from_week_tow(2280 + week_error, 215_100)
    (decoded,) = ephemerides(feed(InavAssembler(), encode_inav(sample(), T0), start))
    assert decoded.toe == sample().toe


def test_an_ephemeris_of_last_week_is_known_as_such():
    toe, now = GpsTime.from_week_tow(2279, 604_200), GpsTime.from_week_tow(2280, 60)
    (decoded,) = ephemerides(feed(InavAssembler(), encode_inav(replace(sample(), toe=toe, toc=toe), now), now))
    assert decoded.toe == toe


def test_times_off_the_grid_are_refused():
    with pytest.raises(ValueError, match="toe"):
        encode_inav(replace(sample(), toe=T0 + 1.0), T0)


@pytest.mark.parametrize(
    ("accuracy_m", "index"), [(0.0, 0), (0.49, 49), (0.5, 50), (1.0, 75), (3.12, 107), (6.0, 125), (6.1, 255), (np.nan, 255)]
)
def test_sisa_index(accuracy_m, index):
    """OS SIS ICD 2.1, table 76."""
    assert sisa_index(accuracy_m) == index


@pytest.mark.parametrize(
    ("folder", "file", "satellites"), [("f9p_walk", "gnss_1730.ubx", 7), ("slas_hiroshima", "20230919-114418.ubx", 7)]
)
def test_real_pages(folder, file, satellites):
    """Orbits of Galileo's radius and inclination; what was decoded encodes to the very bits that were received."""
    assembler, pages, found = InavAssembler(), {}, {}
    for message, time in sfrbx_words(recording(folder) / file, System.GALILEO):
        word = word_of_page(message.words)
        if not isinstance(word, str):
            pages.setdefault(message.satellite, {})[word.unsigned(0, 6)] = word
        found |= {m.satellite: m for m in ephemerides(assembler.feed(message.satellite, message.words, time))}
    assert len(found) == satellites
    assert not {"I/NAV page with wrong CRC", "I/NAV page parts out of order"} & set(assembler.counts.by_name)
    for code, decoded in found.items():
        check_galileo(decoded)
        received = read_all(EPHEMERIS, concatenate(pages[code][i] for i in range(1, 6)))
        again = dict(zip((2, 4, 6, 1, 3, 5), map(word_of_page, encode_inav(decoded, T0)), strict=True))
        assert read_all(EPHEMERIS, concatenate(again[i] for i in range(1, 6))) == received


def check_galileo(e):
    assert abs(e.toe - e.transmitted) < 4 * 3600
    assert 50.0 < np.degrees(e.inclination) < 58.5 or e.satellite in ECCENTRIC_PAIR
    assert abs(e.af0) < 1e-2
    assert abs(e.group_delay_s) < 30e-9
    if e.satellite in ECCENTRIC_PAIR:
        assert e.sqrt_a**2 == pytest.approx(27_977_600, abs=3e3)
        assert e.health != 0
    else:
        assert e.sqrt_a**2 == pytest.approx(29_600_300, abs=3e3)
        assert e.health == 0
