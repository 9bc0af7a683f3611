"""The checksum of UBX frames is that of its definition, for every length that a frame may have."""

import numpy as np
import pytest

from gnss_gyro.protocols.ubx.checksum import LONGEST_BODY, fletcher
from gnss_gyro.streams.formats import UBX, guess


def by_definition(body: bytes) -> bytes:
    """u-blox F9 HPG interface description, 3.4."""
    a = b = 0
    for byte in body:
        a = (a + byte) & 255
        b = (b + a) & 255
    return bytes((a, b))


@pytest.mark.parametrize("size", [4, 5, 44, 255, 256, 1230, LONGEST_BODY - 1, LONGEST_BODY])
def test_of_random_bytes_and_of_the_largest(size: int):
    for body in (np.random.default_rng(size).bytes(size), b"\xff" * size, bytes(size)):
        assert fletcher(body) == by_definition(body)


def test_a_file_is_told_by_a_frame_behind_what_only_looks_like_one():
    body = b"\x05\x01\x02\x00\x06\x8a"
    head = b"\xb5\x62\x01\x07\xff\xff" + b"\xb5\x62" + body + by_definition(body) + bytes(70_000)
    assert guess(head) == UBX
