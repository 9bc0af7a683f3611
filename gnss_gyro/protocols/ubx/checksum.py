"""The two Fletcher sums that end a UBX frame (u-blox F9 HPG interface description, 3.4)."""

from __future__ import annotations

from typing import Final

import numpy as np

LONGEST_BODY: Final = 4 + 8192
"""Class, id, length field and the longest payload that is believed [bytes]."""
_WEIGHTS: Final = np.stack([np.ones(LONGEST_BODY), np.arange(LONGEST_BODY, 0.0, -1.0)], axis=1)
"""How often each byte of a body that ends with the last row stands in the two sums."""


def fletcher(body: bytes) -> bytes:
    """The two bytes that follow class to payload; of 1 to LONGEST_BODY bytes, for which floats are exact (below 2^34)."""
    a, b = np.frombuffer(body, np.uint8).astype(np.float64).dot(_WEIGHTS[-len(body) :]).tolist()
    return bytes((int(a) & 0xFF, int(b) & 0xFF))
