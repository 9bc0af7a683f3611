"""SBAS messages packed bit by bit, independently of the decoder: from the figures of RTCA DO-229, A.4.4."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from gnss_gyro.protocols.sbas.words import SbasAssembler

POLYNOMIAL = 0x1864CFB


def field(value: int, width: int) -> str:
    """Two's complement or unsigned, as text of zeros and ones."""
    assert -(1 << (width - 1)) <= value < 1 << width
    return format(value % (1 << width), f"0{width}b")


def fields(*pairs: tuple[int, int]) -> str:
    return "".join(field(value, width) for value, width in pairs)


def parity(bits: str) -> str:
    """CRC-24Q by long division, a bit at a time."""
    register = 0
    for bit in bits + "0" * 24:
        register = register << 1 | int(bit)
        if register >> 24:
            register ^= POLYNOMIAL
    return field(register, 24)


def packed(kind: int, body: str, preamble: int = 0x53) -> str:
    """All 250 bits of a message."""
    data = (fields((preamble, 8), (kind, 6)) + body).ljust(226, "0")
    assert len(data) == 226
    return data + parity(data)


def words_of(bits: str, count: int = 8) -> np.ndarray:
    """As u-blox hands it on: the bits left-adjusted in words of 32."""
    padded = bits.ljust(32 * count, "0")
    return np.array([int(padded[32 * i : 32 * i + 32], 2) for i in range(count)], np.uint32)


def prn_mask(numbers: Iterable[int], issue: int = 0) -> str:
    chosen = set(numbers)
    return packed(1, "".join("1" if number in chosen else "0" for number in range(1, 211)) + field(issue, 2))


def fast(kind: int, steps: list[int], udrei: list[int], issue: int = 0, mask_issue: int = 0) -> str:
    """Types 2 to 5: 13 corrections in steps of 0.125 m."""
    body = fields((issue, 2), (mask_issue, 2)) + "".join(field(s, 12) for s in steps) + "".join(field(u, 4) for u in udrei)
    return packed(kind, body)


def integrity(issues: list[int], udrei: list[int]) -> str:
    return packed(6, "".join(field(i, 2) for i in issues) + "".join(field(u, 4) for u in udrei))


def fast_degradation(latency_s: int, factors: list[int], mask_issue: int = 0) -> str:
    return packed(7, fields((latency_s, 4), (mask_issue, 2), (0, 2)) + "".join(field(f, 4) for f in factors))


def degradation(raw: list[int]) -> str:
    """Type 10: sixteen integers in the order of the table."""
    widths = (10, 10, 10, 9, 10, 9, 10, 10, 9, 6, 10, 9, 10, 1, 1, 7)
    return packed(10, "".join(field(value, width) for value, width in zip(raw, widths, strict=True)))


def still(slot: int, issue: int, xyz: tuple[int, int, int], clock: int) -> str:
    """One satellite with velocity code 0; slot counts from 1, 0 = none."""
    return fields((slot, 6), (issue, 8), (xyz[0], 9), (xyz[1], 9), (xyz[2], 9), (clock, 10))


NOBODY = still(0, 0, (0, 0, 0), 0)


def still_half(first: str, second: str = NOBODY, mask_issue: int = 0) -> str:
    return "0" + first + second + field(mask_issue, 2) + "0"


def moving_half(
    slot: int, issue: int, xyz: tuple[int, int, int], clock: int, speed: tuple[int, int, int], drift: int, time: int,
    mask_issue: int = 0,
) -> str:  # fmt: skip
    place = "".join(field(value, 11) for value in (*xyz, clock))
    return (
        "1"
        + fields((slot, 6), (issue, 8))
        + place
        + "".join(field(v, 8) for v in (*speed, drift))
        + fields((time, 13), (mask_issue, 2))
    )


def long_term(first: str, second: str = still_half(NOBODY)) -> str:
    return packed(25, first + second)


def mixed(steps: list[int], udrei: list[int], half: str, block: int = 0, issue: int = 0, mask_issue: int = 0) -> str:
    head = "".join(field(s, 12) for s in steps) + "".join(field(u, 4) for u in udrei)
    return packed(24, head + fields((mask_issue, 2), (block, 2), (issue, 2), (0, 4)) + half)


def grid_mask(band: int, bits: Iterable[int], issue: int = 0) -> str:
    """Type 18; bits count from 1."""
    chosen = set(bits)
    return packed(18, fields((1, 4), (band, 4), (issue, 2)) + "".join("1" if bit in chosen else "0" for bit in range(1, 202)))


def grid_delays(band: int, block: int, steps: list[int], givei: list[int], issue: int = 0) -> str:
    pairs = zip(steps + [0] * (15 - len(steps)), givei + [15] * (15 - len(givei)), strict=True)
    return packed(26, fields((band, 4), (block, 4)) + "".join(fields((s, 9), (g, 4)) for s, g in pairs) + field(issue, 2))


def covariance(slot: int, exponent: int, diagonal: list[int], others: list[int]) -> str:
    return fields((slot, 6), (exponent, 3)) + "".join(field(d, 9) for d in diagonal) + "".join(field(o, 10) for o in others)


def covariances(first: str, second: str = "0" * 105, mask_issue: int = 0) -> str:
    return packed(28, field(mask_issue, 2) + first + second)


def message_of(bits: str, time, satellite: int = 531):
    """The typed message, by the decoder under test; time is that of transmission."""
    assembler = SbasAssembler()
    messages = assembler.feed(satellite, words_of(bits), time + 1.2)
    assert len(messages) == 1, assembler.counts.by_name
    return messages[0]
