"""Bit strings as navigation ICDs print them: bit 0 is sent first and is the most significant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Bits:
    """A string of bits, held as one integer.

    value  : the bits, the first one most significant; 0 <= value < 2 ** length
    length : number of bits

    Positions count from 0; a field outside the string raises IndexError.
    """

    value: int
    length: int

    def __post_init__(self) -> None:
        if self.length < 0 or not 0 <= self.value < 1 << self.length:
            raise ValueError(f"value does not fit in {self.length} bits")

    @classmethod
    def from_words(cls, words: NDArray[np.uint32] | Sequence[int], width: int = 32) -> Bits:
        """Words (n,) end to end, of each the lower `width` bits."""
        if width == 32:
            return cls.from_bytes(np.asarray(words, ">u4").tobytes())
        mask = (1 << width) - 1
        value = 0
        for word in words:
            value = (value << width) | (int(word) & mask)
        return cls(value, width * len(words))

    @classmethod
    def from_bytes(cls, data: bytes) -> Bits:
        """All bits of a byte string."""
        return cls(int.from_bytes(data, "big"), 8 * len(data))

    def unsigned(self, start: int, width: int) -> int:
        """Field of `width` bits as an unsigned integer."""
        shift = self.length - start - width
        if start < 0 or width < 0 or shift < 0:
            raise IndexError(f"field {start}+{width} is outside {self.length} bits")
        return (self.value >> shift) & ((1 << width) - 1)

    def signed(self, start: int, width: int) -> int:
        """Field of `width` bits in two's complement."""
        return to_signed(self.unsigned(start, width), width)

    def slice(self, start: int, width: int) -> Bits:
        """A part of the string as a string of its own."""
        return Bits(self.unsigned(start, width), width)

    def join(self, *fields: tuple[int, int]) -> Bits:
        """Fields (start, width) end to end: values that an ICD splits, the most significant part first."""
        return concatenate(self.slice(start, width) for start, width in fields)

    def put(self, start: int, width: int, number: int) -> Bits:
        """The same string with a field overwritten by an integer, unsigned or two's complement.

        Raises OverflowError where the number does not fit.
        """
        if not -(1 << (width - 1)) <= number < 1 << width:
            raise OverflowError(f"{number} does not fit in {width} bits")
        self.unsigned(start, width)  # checks the place
        shift = self.length - start - width
        mask = (1 << width) - 1
        return Bits(self.value & ~(mask << shift) | ((number & mask) << shift), self.length)

    def words(self, width: int = 32) -> NDArray[np.uint32]:
        """The string cut into words of `width` bits, zeros appended to fill the last one."""
        count = -(-self.length // width)
        padded = self.value << (count * width - self.length)
        mask = (1 << width) - 1
        return np.array([(padded >> (width * i)) & mask for i in range(count - 1, -1, -1)], np.uint32)

    def to_bytes(self) -> bytes:
        """The string as bytes, zeros appended to fill the last one."""
        count = -(-self.length // 8)
        return (self.value << (8 * count - self.length)).to_bytes(count, "big")


def zeros(length: int) -> Bits:
    """A string of zeros: where an encoder starts."""
    return Bits(0, length)


def concatenate(parts: Iterable[Bits]) -> Bits:
    """Strings end to end."""
    value = length = 0
    for part in parts:
        value = (value << part.length) | part.value
        length += part.length
    return Bits(value, length)


def to_signed(raw: int, width: int) -> int:
    """Two's complement of an unsigned field of `width` bits."""
    return raw - (1 << width) if raw >> (width - 1) & 1 else raw
