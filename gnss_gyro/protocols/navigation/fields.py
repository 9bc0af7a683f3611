"""Tables of an ICD as data: where a number stands in a message, and what its last bit is worth.

One table serves decoder and encoder. A value is its integer times the scale, so that decoded values encode to the same bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from math import isnan, pi
from typing import Final, TypeAlias

from gnss_gyro.basics.time import WEEK_NS, WEEK_S, GpsTime
from gnss_gyro.protocols.navigation.bits import Bits, to_signed

SEMICIRCLE: Final = pi
"""[rad] (3.1415926535898 in the ICDs: the difference is below 1e-14)."""


SMALLEST_SQRT_A: Final = 4000.0
"""[m^0.5]: half the height of the lowest of these satellites."""


class Kind(Enum):
    """How an integer is written."""

    UNSIGNED = "unsigned"
    SIGNED = "two's complement"
    MAGNITUDE = "sign and magnitude"


@dataclass(frozen=True, slots=True)
class Field:
    """One number of a message.

    spans : (start, width) of its parts, the most significant first
    scale : value of its last bit, in the unit of the decoded quantity
    kind  : how it is written
    width : number of bits in all parts
    """

    spans: tuple[tuple[int, int], ...]
    scale: float = 1.0
    kind: Kind = Kind.UNSIGNED
    width: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", sum(width for _, width in self.spans))


Layout: TypeAlias = Mapping[str, Field]


def unsigned(*spans: tuple[int, int], scale: float = 1.0) -> Field:
    """An unsigned field."""
    return Field(spans, scale)


def signed(*spans: tuple[int, int], scale: float = 1.0) -> Field:
    """A field in two's complement."""
    return Field(spans, scale, Kind.SIGNED)


def magnitude(*spans: tuple[int, int], scale: float = 1.0) -> Field:
    """A field of a sign bit and a magnitude."""
    return Field(spans, scale, Kind.MAGNITUDE)


def read(field: Field, bits: Bits) -> int:
    """The integer in a message."""
    raw = 0
    for start, width in field.spans:
        raw = (raw << width) | bits.unsigned(start, width)
    if field.kind is Kind.SIGNED:
        return to_signed(raw, field.width)
    if field.kind is Kind.MAGNITUDE:
        limit = 1 << (field.width - 1)
        return raw if raw < limit else limit - raw
    return raw


def write(field: Field, bits: Bits, number: int) -> Bits:
    """The message with the integer in its place. Raises OverflowError where it does not fit."""
    raw = _encoded(field, number)
    left = field.width
    for start, width in field.spans:
        left -= width
        bits = bits.put(start, width, (raw >> left) & ((1 << width) - 1))
    return bits


def limits(field: Field) -> tuple[int, int]:
    """The smallest and the largest integer that fit."""
    half = 1 << (field.width - 1)
    if field.kind is Kind.UNSIGNED:
        return 0, 2 * half - 1
    return (-half if field.kind is Kind.SIGNED else 1 - half), half - 1


def _encoded(field: Field, number: int) -> int:
    half = 1 << (field.width - 1)
    low, high = limits(field)
    if not low <= number <= high:
        raise OverflowError(f"{number} does not fit in {field.width} bits ({field.kind.value})")
    if field.kind is Kind.MAGNITUDE and number < 0:
        return half - number
    return number % (2 * half)


def read_all(layout: Layout, bits: Bits) -> dict[str, int]:
    """The integers of all fields of a message."""
    return {name: read(field, bits) for name, field in layout.items()}


def write_all(layout: Layout, bits: Bits, numbers: Mapping[str, int]) -> Bits:
    """The message with all these integers in their places."""
    for name, number in numbers.items():
        bits = write(layout[name], bits, number)
    return bits


def values(layout: Layout, numbers: Mapping[str, int], names: Iterable[str]) -> dict[str, float]:
    """Quantities by name, in the unit of the layout's scales."""
    return {name: numbers[name] * layout[name].scale for name in names}


def quantise(field: Field, value: float) -> int:
    """The integer nearest to a quantity; unknown (NaN) becomes 0. Raises OverflowError where it does not fit."""
    number = 0 if isnan(value) else round(value / field.scale)
    _encoded(field, number)
    return number


def quantised(layout: Layout, source: object, names: Iterable[str]) -> dict[str, int]:
    """Integers of the attributes of these names."""
    return {name: quantise(layout[name], float(getattr(source, name))) for name in names}


def on_grid(seconds: float, step_s: float, what: str) -> int:
    """Seconds in steps that a message can hold. Raises ValueError for a time between two steps."""
    steps = round(seconds / step_s)
    if abs(steps * step_s - seconds) > 1e-6:
        raise ValueError(f"{what} is not a multiple of {step_s:g} s")
    return steps


def is_orbit(layout: Layout, numbers: Mapping[str, int]) -> bool:
    """Whether these can be the elements of a satellite: one that sends no orbit fills them with zeros or ones."""
    times = (numbers[name] * layout[name].scale for name in ("toe", "toc"))
    return numbers["sqrt_a"] * layout["sqrt_a"].scale > SMALLEST_SQRT_A and all(time < WEEK_S for time in times)


def nearest_time_of_week(tow_s: float, reference: GpsTime) -> GpsTime:
    """The instant with this time of week [s] that is closest to a reference."""
    offset = (GpsTime.from_week_tow(0, tow_s).ns - reference.ns + WEEK_NS // 2) % WEEK_NS - WEEK_NS // 2
    return GpsTime(reference.ns + offset)


ORBIT: Final = (
    "sqrt_a", "eccentricity", "mean_anomaly", "mean_motion_difference", "inclination", "inclination_rate",
    "ascending_node", "ascending_node_rate", "perigee", "cuc", "cus", "crc", "crs", "cic", "cis",
    "af0", "af1", "af2", "group_delay_s", "group_delay_2_s",
)  # fmt: skip
"""Attributes of KeplerEphemeris that stand in Galileo's and BeiDou's messages under the same name."""
