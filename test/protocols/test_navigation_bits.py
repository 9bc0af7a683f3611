"""Bit strings and CRC-24Q."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnss_gyro.protocols.crc import crc24q, crc24q_bits
from gnss_gyro.protocols.navigation.bits import Bits, concatenate, zeros


@given(st.integers(0, 90), st.integers(1, 40), st.data())
def test_fields_come_back_as_they_were_put(start, width, data):
    signed = data.draw(st.integers(-(1 << (width - 1)), (1 << (width - 1)) - 1))
    assert zeros(130).put(start, width, signed).signed(start, width) == signed
    unsigned = data.draw(st.integers(0, (1 << width) - 1))
    assert zeros(130).put(start, width, unsigned).unsigned(start, width) == unsigned


def test_a_put_leaves_the_neighbours_alone():
    ones = Bits((1 << 64) - 1, 64)
    assert ones.put(10, 5, 0).value == ones.value ^ (0b11111 << 49)


def test_bit_0_is_the_first_sent():
    assert Bits.from_bytes(b"\x80\x01").unsigned(0, 1) == 1
    assert Bits.from_bytes(b"\x80\x01").unsigned(15, 1) == 1
    assert Bits.from_bytes(b"\x80\x01").unsigned(1, 14) == 0


@given(st.lists(st.integers(0, 2**30 - 1), min_size=1, max_size=12))
def test_words_round_trip(words):
    np.testing.assert_array_equal(Bits.from_words(words, 30).words(30), words)


def test_upper_bits_of_a_word_are_ignored():
    assert Bits.from_words([0xC0000001], 30).value == 1


def test_split_fields_join_with_the_first_part_on_top():
    bits = zeros(20).put(2, 4, 0b1010).put(12, 3, 0b011)
    assert bits.join((2, 4), (12, 3)).value == 0b1010011
    assert concatenate([bits, bits]).length == 40


def test_fields_outside_and_numbers_too_large_are_refused():
    with pytest.raises(IndexError):
        zeros(10).unsigned(5, 6)
    with pytest.raises(OverflowError):
        zeros(10).put(0, 4, 16)


def test_crc24q_of_the_standard_check_string():
    assert crc24q(b"123456789") == 0xCDE703  # CRC-24/LTE-A in catalogues: same generator, start 0


@given(st.binary(max_size=200))
def test_a_message_with_its_crc_leaves_none(data):
    assert crc24q(data + crc24q(data).to_bytes(3, "big")) == 0
    assert crc24q_bits(int.from_bytes(data, "big"), 8 * len(data)) == crc24q(data)
