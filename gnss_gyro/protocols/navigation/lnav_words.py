"""GPS and QZSS LNAV subframes: ten words of 24 data bits and 6 parity bits, as u-blox receivers hand them on.

Source: IS-GPS-200, 20.3.5 (parity). Where the word before ends in D30* = 1, a satellite complements the data bits; u-blox
undoes this by complementing the whole 32-bit word: D29*, D30* (its two top bits), the data and the parity. Seen so in the
recordings of two receivers; of D29* and D30* only whether they differ is left, which is all that a check needs.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.protocols.navigation.bits import Bits

WORDS: Final = 10
DATA_BITS: Final = 24
PREAMBLE: Final = 0x8B

_TAPS: Final = (
    (1, 2, 3, 5, 6, 10, 11, 12, 13, 14, 17, 18, 20, 23),
    (2, 3, 4, 6, 7, 11, 12, 13, 14, 15, 18, 19, 21, 24),
    (1, 3, 4, 5, 7, 8, 12, 13, 14, 15, 16, 19, 20, 22),
    (2, 4, 5, 6, 8, 9, 13, 14, 15, 16, 17, 20, 21, 23),
    (1, 3, 5, 6, 7, 9, 10, 14, 15, 16, 17, 18, 21, 22, 24),
    (3, 5, 6, 8, 9, 10, 11, 13, 15, 19, 22, 23, 24),
)
"""Data bits, counted from 1, that enter D25 to D30 (IS-GPS-200, table 20-XIV)."""
_MASKS: Final = tuple(sum(1 << (DATA_BITS - tap) for tap in taps) for taps in _TAPS)
_WITH_D29: Final = 0b101001
"""The parity bits that D29* enters; D30* enters the others."""
_SOLVED_WORDS: Final = (1, 9)
"""Words 2 and 10: their last two data bits are chosen so that D29 = D30 = 0 (20.3.3.2)."""


def parity(data: int, d29_before: int, d30_before: int) -> int:
    """D25 to D30 of 24 data bits and the last two bits of the word before."""
    result = 0
    for mask in _MASKS:
        result = result << 1 | (data & mask).bit_count() & 1
    return result ^ (_WITH_D29 * d29_before) ^ ((0x3F ^ _WITH_D29) * d30_before)


def data_of_words(words: NDArray[np.uint32]) -> Bits | str:
    """The 240 data bits of a subframe, or why there are none: a name for the counts."""
    if len(words) != WORDS:
        return "LNAV subframe of wrong length"
    if int(words[0]) >> 22 & 0xFF != PREAMBLE:
        return "LNAV subframe without preamble"
    data, differ = 0, 0
    for word in words.tolist():
        bits = word >> 6 & 0xFFFFFF
        if parity(bits, differ, 0) != word & 0x3F:
            return "LNAV parity errors"
        data, differ = data << DATA_BITS | bits, (word >> 1 ^ word) & 1
    return Bits(data, DATA_BITS * WORDS)


def words_of_data(data: Bits) -> NDArray[np.uint32]:
    """The ten words (10,) of 240 data bits; the last two data bits of words 2 and 10 are overwritten."""
    d29 = d30 = 0
    words = []
    for index in range(WORDS):
        bits = data.unsigned(DATA_BITS * index, DATA_BITS)
        if index in _SOLVED_WORDS:
            bits = _solved(bits, d29, d30)
        check = parity(bits, d29, d30) ^ (0x3F * d30)
        words.append((d29 ^ d30) << 31 | bits << 6 | check)
        d29, d30 = (check >> 1 & 1) ^ d30, (check & 1) ^ d30
    return np.array(words, np.uint32)


def _solved(bits: int, d29: int, d30: int) -> int:
    """Data bits whose last two make the parity end in 00."""
    choices = ((bits & ~3) | last for last in range(4))
    return next(choice for choice in choices if parity(choice, d29, d30) & 3 == 0)
