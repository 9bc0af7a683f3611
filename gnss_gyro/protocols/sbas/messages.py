"""What an SBAS satellite says on L1, message by message (RTCA DO-229, appendix A.4; ICAO Annex 10 volume I, appendix B, 3.5).

Slots are places in the PRN mask, counted from 0. Grid points are named by whole degrees, as the standard's tables name them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from gnss_gyro.basics.time import GpsTime

SLOTS: Final = 51
"""Most satellites that a PRN mask may hold."""
NOT_MONITORED: Final = 14
"""UDREI of a satellite of which the service knows nothing."""
DO_NOT_USE: Final = 15
"""UDREI of a satellite that the service forbids."""
GRID_NOT_MONITORED: Final = 15
"""GIVEI of a grid point of which the service knows nothing."""

GridPoint: TypeAlias = tuple[int, int]
"""Latitude and longitude [deg] of an ionospheric grid point; longitudes from -180 to 175."""


@dataclass(frozen=True, slots=True)
class DoNotUse:
    """Type 0: nothing of this SBAS satellite is to be used (for a minute)."""


@dataclass(frozen=True, slots=True)
class PrnMask:
    """Type 1: the satellites that slots stand for.

    issue      : IODP
    satellites : code of basics.satellites by slot; None for one that has none here
    """

    issue: int
    satellites: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class FastCorrections:
    """Types 2 to 5, and the fast half of type 24: clocks, of satellites in adjacent slots.

    mask_issue : IODP
    issue      : IODF
    first_slot : of the first correction
    range_m    : to add to pseudoranges [m]
    udrei      : index of the error, NOT_MONITORED, or DO_NOT_USE
    """

    mask_issue: int
    issue: int
    first_slot: int
    range_m: tuple[float, ...]
    udrei: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Integrity:
    """Type 6: UDREI of all slots at once.

    issues : IODF of the fast corrections of types 2, 3, 4, 5 that it holds for; 3 = whatever their issue
    udrei  : (51,)
    """

    issues: tuple[int, int, int, int]
    udrei: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FastDegradation:
    """Type 7: how fast corrections lose their worth.

    mask_issue : IODP
    latency_s  : of the system [s]
    factor     : (51,) index of the degradation factor by slot
    """

    mask_issue: int
    latency_s: int
    factor: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DegradationParameters:
    """Type 10, by the names of the standard (DO-229, A.4.4.6): lengths [m], rates [m/s], intervals [s]."""

    b_rrc_m: float
    c_ltc_lsb_m: float
    c_ltc_v1_mps: float
    i_ltc_v1_s: float
    c_ltc_v0_m: float
    i_ltc_v0_s: float
    c_geo_lsb_m: float
    c_geo_v_mps: float
    i_geo_s: float
    c_er_m: float
    c_iono_step_m: float
    i_iono_s: float
    c_iono_ramp_mps: float
    rss_udre: bool
    rss_iono: bool
    c_covariance: float


@dataclass(frozen=True, slots=True)
class IonosphereMask:
    """Type 18: the grid points of a band that will get delays, in the order of the delays.

    issue : IODI
    """

    band: int
    issue: int
    points: tuple[GridPoint, ...]


@dataclass(frozen=True, slots=True)
class IonosphereDelays:
    """Type 26: vertical delays at L1 of up to 15 adjacent points of a band's mask.

    issue   : IODI
    block   : the first point is number 15 x block of the mask
    delay_m : [m]; NaN = not to be used
    givei   : index of the error, or GRID_NOT_MONITORED
    """

    band: int
    issue: int
    block: int
    delay_m: tuple[float, ...]
    givei: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LongTerm:
    """Orbit and clock of one slot relative to one broadcast ephemeris.

    issue         : IODE of that ephemeris
    position_m    : to add to the broadcast position, ECEF [m]
    clock_s       : to add to the broadcast clock [s]
    velocity_mps  : rate of position_m; None with velocity code 0
    clock_drift   : rate of clock_s [s/s]
    time_of_day_s : when position_m and clock_s hold [s of the GPS day]; None with velocity code 0
    """

    slot: int
    issue: int
    position_m: tuple[float, float, float]
    clock_s: float
    velocity_mps: tuple[float, float, float] | None = None
    clock_drift: float = 0.0
    time_of_day_s: float | None = None


@dataclass(frozen=True, slots=True)
class LongTermCorrections:
    """Type 25, and half of type 24; each row with the IODP it counts its slot by."""

    rows: tuple[tuple[int, LongTerm], ...]


@dataclass(frozen=True, slots=True)
class MixedCorrections:
    """Type 24: a few fast corrections and a few long-term ones."""

    fast: FastCorrections
    long_term: LongTermCorrections


@dataclass(frozen=True, slots=True)
class Covariance:
    """How the error of one slot's orbit and clock depends on where the user is.

    scale  : 2^(exponent - 5) [-]
    factor : (4, 4) upper triangle R, rows end to end; the covariance is R' R, relative to UDRE
    """

    slot: int
    scale: float
    factor: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Covariances:
    """Type 28: of one or two slots. mask_issue: IODP."""

    mask_issue: int
    rows: tuple[Covariance, ...]


@dataclass(frozen=True, slots=True)
class Null:
    """Type 63: nothing."""


SbasContent: TypeAlias = (
    DoNotUse | PrnMask | FastCorrections | Integrity | FastDegradation | DegradationParameters | IonosphereMask
    | IonosphereDelays | LongTermCorrections | MixedCorrections | Covariances | Null
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SbasMessage:
    """One message of one SBAS satellite.

    satellite : code of the satellite that sent it (PRN 131 is S31)
    time      : when its first bit was sent, to a second
    kind      : type number 0..63
    """

    satellite: int
    time: GpsTime
    kind: int
    content: SbasContent
