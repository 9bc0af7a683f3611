"""The 226 bits of a message before its parity -> content (RTCA DO-229, A.4.4; figures A-5 to A-18)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gnss_gyro.basics.errors import DecodeError
from gnss_gyro.basics.satellites import System, satellite
from gnss_gyro.protocols.navigation.bits import Bits
from gnss_gyro.protocols.sbas.decode_orbits import covariances, long_term_half
from gnss_gyro.protocols.sbas.grid import BANDS, points_of_band
from gnss_gyro.protocols.sbas.messages import (
    SLOTS,
    DegradationParameters,
    DoNotUse,
    FastCorrections,
    FastDegradation,
    Integrity,
    IonosphereDelays,
    IonosphereMask,
    LongTermCorrections,
    MixedCorrections,
    Null,
    PrnMask,
    SbasContent,
)

KIND: Final = (8, 6)
"""Where the type number stands, behind the preamble."""
_MASK_BITS: Final = 210
_STEP_M: Final = 0.125
_DELAY_NOT_TO_USE: Final = 0x1FF


def decode(kind: int, bits: Bits) -> SbasContent | None:
    """Content of a message; None for a type that is not read. Raises DecodeError for one that cannot be."""
    decoder = _DECODERS.get(kind)
    return None if decoder is None else decoder(bits)


def _prn_mask(bits: Bits) -> PrnMask:
    numbers = [number for number in range(1, _MASK_BITS + 1) if bits.unsigned(13 + number, 1)]
    if len(numbers) > SLOTS:
        raise DecodeError(f"a PRN mask of {len(numbers)} satellites")
    return PrnMask(bits.unsigned(224, 2), tuple(map(satellite_of_mask, numbers)))


def satellite_of_mask(number: int) -> int | None:
    """Satellite code of a bit 1..210 of the PRN mask (table A-5); None for numbers that are reserved."""
    if number <= 37:
        return satellite(System.GPS, number)
    if number <= 61:
        return satellite(System.GLONASS, number - 37)
    return satellite(System.SBAS, number - 100) if 120 <= number <= 158 else None


def _fast(first_slot: int) -> Callable[[Bits], FastCorrections]:
    return lambda bits: FastCorrections(
        issue=bits.unsigned(14, 2),
        mask_issue=bits.unsigned(16, 2),
        first_slot=first_slot,
        range_m=tuple(bits.signed(18 + 12 * i, 12) * _STEP_M for i in range(13)),
        udrei=_nibbles(bits, 174, 13),
    )


def _mixed(bits: Bits) -> MixedCorrections:
    fast = FastCorrections(
        mask_issue=bits.unsigned(110, 2),
        issue=bits.unsigned(114, 2),
        first_slot=13 * bits.unsigned(112, 2),
        range_m=tuple(bits.signed(14 + 12 * i, 12) * _STEP_M for i in range(6)),
        udrei=_nibbles(bits, 86, 6),
    )
    return MixedCorrections(fast, LongTermCorrections(long_term_half(bits.slice(120, 106))))


def _long_term(bits: Bits) -> LongTermCorrections:
    return LongTermCorrections(long_term_half(bits.slice(14, 106)) + long_term_half(bits.slice(120, 106)))


def _integrity(bits: Bits) -> Integrity:
    issues = (bits.unsigned(14, 2), bits.unsigned(16, 2), bits.unsigned(18, 2), bits.unsigned(20, 2))
    return Integrity(issues, _nibbles(bits, 22, SLOTS))


def _fast_degradation(bits: Bits) -> FastDegradation:
    return FastDegradation(bits.unsigned(18, 2), bits.unsigned(14, 4), _nibbles(bits, 22, SLOTS))


_PARAMETERS: Final = (
    ("b_rrc_m", 10, 0.002), ("c_ltc_lsb_m", 10, 0.002), ("c_ltc_v1_mps", 10, 0.00005), ("i_ltc_v1_s", 9, 1.0),
    ("c_ltc_v0_m", 10, 0.002), ("i_ltc_v0_s", 9, 1.0), ("c_geo_lsb_m", 10, 0.0005), ("c_geo_v_mps", 10, 0.00005),
    ("i_geo_s", 9, 1.0), ("c_er_m", 6, 0.5), ("c_iono_step_m", 10, 0.001), ("i_iono_s", 9, 1.0),
    ("c_iono_ramp_mps", 10, 0.000005),
)  # fmt: skip
"""Name, width and scale of the fields of type 10, which follow each other up to two flags (table A-9)."""


def _degradation_parameters(bits: Bits) -> DegradationParameters:
    values, at = {}, 14
    for name, width, scale in _PARAMETERS:
        values[name] = bits.unsigned(at, width) * scale
        at += width
    return DegradationParameters(
        **values,
        rss_udre=bool(bits.unsigned(at, 1)),
        rss_iono=bool(bits.unsigned(at + 1, 1)),
        c_covariance=bits.unsigned(at + 2, 7) * 0.1,
    )


def _ionosphere_mask(bits: Bits) -> IonosphereMask:
    band = _band(bits.unsigned(18, 4))
    points = tuple(point for i, point in enumerate(points_of_band(band)) if bits.unsigned(24 + i, 1))
    return IonosphereMask(band, bits.unsigned(22, 2), points)


def _ionosphere_delays(bits: Bits) -> IonosphereDelays:
    raw = [bits.unsigned(22 + 13 * i, 9) for i in range(15)]
    return IonosphereDelays(
        band=_band(bits.unsigned(14, 4)),
        issue=bits.unsigned(217, 2),
        block=bits.unsigned(18, 4),
        delay_m=tuple(float("nan") if steps == _DELAY_NOT_TO_USE else steps * _STEP_M for steps in raw),
        givei=tuple(bits.unsigned(31 + 13 * i, 4) for i in range(15)),
    )


def _band(number: int) -> int:
    if number >= BANDS:
        raise DecodeError(f"there is no ionospheric band {number}")
    return number


def _nibbles(bits: Bits, start: int, count: int) -> tuple[int, ...]:
    return tuple(bits.unsigned(start + 4 * i, 4) for i in range(count))


_DECODERS: Final[dict[int, Callable[[Bits], SbasContent]]] = {
    0: lambda _: DoNotUse(),
    1: _prn_mask,
    2: _fast(0),
    3: _fast(13),
    4: _fast(26),
    5: _fast(39),
    6: _integrity,
    7: _fast_degradation,
    10: _degradation_parameters,
    18: _ionosphere_mask,
    24: _mixed,
    25: _long_term,
    26: _ionosphere_delays,
    28: covariances,
    63: lambda _: Null(),
}
