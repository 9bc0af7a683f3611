"""The parts of SBAS messages that speak of orbits: long-term corrections and covariances (DO-229, A.4.4.7, A.4.4.16)."""

from __future__ import annotations

from typing import Final

from gnss_gyro.protocols.navigation.bits import Bits
from gnss_gyro.protocols.navigation.fields import Layout, read_all, signed, unsigned
from gnss_gyro.protocols.sbas.messages import Covariance, Covariances, LongTerm

Rows = tuple[tuple[int, LongTerm], ...]

_STILL: Final[Layout] = {
    "slot": unsigned((0, 6)),
    "issue": unsigned((6, 8)),
    "x": signed((14, 9), scale=0.125),
    "y": signed((23, 9), scale=0.125),
    "z": signed((32, 9), scale=0.125),
    "clock": signed((41, 10), scale=2.0**-31),
}
"""One of the two satellites of a half with velocity code 0 (figure A-8)."""
_STILL_BITS: Final = 51

_MOVING: Final[Layout] = {
    "slot": unsigned((1, 6)),
    "issue": unsigned((7, 8)),
    "x": signed((15, 11), scale=0.125),
    "y": signed((26, 11), scale=0.125),
    "z": signed((37, 11), scale=0.125),
    "clock": signed((48, 11), scale=2.0**-31),
    "vx": signed((59, 8), scale=2.0**-11),
    "vy": signed((67, 8), scale=2.0**-11),
    "vz": signed((75, 8), scale=2.0**-11),
    "drift": signed((83, 8), scale=2.0**-39),
    "time": unsigned((91, 13), scale=16.0),
    "mask_issue": unsigned((104, 2)),
}
"""The only satellite of a half with velocity code 1 (figure A-7)."""
_DAY_S: Final = 86_400.0


def long_term_half(half: Bits) -> Rows:
    """Rows, each with its IODP, of the 106 bits of half a message; slot number 0 means none."""
    if half.unsigned(0, 1):
        return _moving(half)
    mask_issue = half.unsigned(103, 2)
    parts = (half.slice(1, _STILL_BITS), half.slice(1 + _STILL_BITS, _STILL_BITS))
    return tuple((mask_issue, _still(part)) for part in parts if part.unsigned(0, 6))


def _still(part: Bits) -> LongTerm:
    raw = read_all(_STILL, part)
    x, y, z, clock = (raw[name] * _STILL[name].scale for name in ("x", "y", "z", "clock"))
    return LongTerm(raw["slot"] - 1, raw["issue"], (x, y, z), clock)


def _moving(half: Bits) -> Rows:
    raw = read_all(_MOVING, half)
    if not raw["slot"]:
        return ()
    names = ("x", "y", "z", "clock", "vx", "vy", "vz", "drift", "time")
    x, y, z, clock, vx, vy, vz, drift, time = (raw[name] * _MOVING[name].scale for name in names)
    row = LongTerm(raw["slot"] - 1, raw["issue"], (x, y, z), clock, (vx, vy, vz), drift, time % _DAY_S)
    return ((raw["mask_issue"], row),)


def covariances(bits: Bits) -> Covariances:
    """Type 28: one or two satellites of 105 bits each."""
    parts = (bits.slice(16, 105), bits.slice(121, 105))
    return Covariances(bits.unsigned(14, 2), tuple(_covariance(part) for part in parts if part.unsigned(0, 6)))


def _covariance(part: Bits) -> Covariance:
    """Exponent, the four diagonal elements (unsigned), then E12 E13 E14 E23 E24 E34 (signed)."""
    scale = 2.0 ** (part.unsigned(6, 3) - 5)
    diagonal = [part.unsigned(9 + 9 * i, 9) * scale for i in range(4)]
    e12, e13, e14, e23, e24, e34 = (part.signed(45 + 10 * i, 10) * scale for i in range(6))
    factor = (
        (diagonal[0], e12, e13, e14),
        (0.0, diagonal[1], e23, e24),
        (0.0, 0.0, diagonal[2], e34),
        (0.0, 0.0, 0.0, diagonal[3]),
    )
    return Covariance(part.unsigned(0, 6) - 1, scale, factor)
