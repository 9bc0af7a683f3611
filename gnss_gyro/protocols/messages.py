"""What decoders hand on: the same messages whichever protocol they came in."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.arrays import Bools, Codes, Floats
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.sbas.messages import SbasMessage

SLIP = np.uint8(1)
"""The receiver says that the phase may have slipped since the last epoch (lock lost, LLI bit 0)."""
HALF_CYCLE = np.uint8(2)
"""The phase may be off by half a cycle (polarity not resolved yet)."""
BOC = np.uint8(4)
"""RINEX LLI bit 2: tracked under anti-spoofing or BOC; a fact about the signal, not a slip."""


@dataclass(frozen=True, slots=True)
class Observations:
    """All that one receiver measured at one epoch, one row per satellite and signal, in no special order.

    time               : receiver time tag, GPS scale
    satellite          : (n,) codes of basics.satellites
    signal             : (n,) codes of basics.signals
    pseudorange_m      : (n,) [m]            NaN = not measured
    phase_cycles       : (n,) [cycles]       NaN = not measured or not valid; grows with the range
    doppler_hz         : (n,) [Hz]           NaN = not measured; positive = approaching
    cn0_dbhz           : (n,) [dB-Hz]        NaN = not measured
    lock_time_s        : (n,) [s]            NaN = not told; saturates at the receiver's limit
    pseudorange_std_m  : (n,) [m]            NaN = not told
    phase_std_cycles   : (n,) [cycles]       NaN = not told
    glonass_channel    : (n,) frequency channel -7..6, 0 for other systems; -128 = not told
    flags              : (n,) bits SLIP, HALF_CYCLE, BOC
    clock_reset        : the receiver says that its clock was stepped at this epoch
    leap_s             : GPS - UTC as told by the receiver, None = not told
    """

    time: GpsTime
    satellite: Codes
    signal: Codes
    pseudorange_m: Floats
    phase_cycles: Floats
    doppler_hz: Floats
    cn0_dbhz: Floats
    lock_time_s: Floats
    pseudorange_std_m: Floats
    phase_std_cycles: Floats
    glonass_channel: NDArray[np.int8]
    flags: NDArray[np.uint8]
    clock_reset: bool = False
    leap_s: int | None = None

    def __post_init__(self) -> None:
        shape = (len(self.satellite),)
        columns = (
            self.satellite, self.signal, self.pseudorange_m, self.phase_cycles, self.doppler_hz, self.cn0_dbhz, self.lock_time_s,
            self.pseudorange_std_m, self.phase_std_cycles, self.glonass_channel, self.flags,
        )  # fmt: skip
        for column in columns:
            if column.shape != shape:
                raise ValueError(f"a column of Observations has shape {column.shape}, not {shape}")

    def __len__(self) -> int:
        return len(self.satellite)

    def take(self, rows: Bools) -> Observations:
        """The same epoch with some of its rows, by a mask (n,)."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        taken: dict[str, Any] = {name: value[rows] for name, value in values.items() if isinstance(value, np.ndarray)}
        return replace(self, **taken)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeplerEphemeris:
    """Broadcast orbit and clock of one GPS, QZSS, Galileo or BeiDou satellite, in the ICDs' own elements.

    Angles [rad], lengths [m], times on the GPS scale (BeiDou's 14 s are already added), rates per second.
    """

    satellite: int
    source: str  # LNAV, INAV, FNAV, D1, D2, CNAV...
    toe: GpsTime
    toc: GpsTime
    transmitted: GpsTime  # when the message was sent, as far as known; else toe
    issue: int  # IODE, IODnav, AODE
    issue_clock: int  # IODC, IODnav, AODC
    sqrt_a: float  # [m^0.5]
    eccentricity: float
    mean_anomaly: float
    mean_motion_difference: float  # [rad/s]
    inclination: float
    inclination_rate: float
    ascending_node: float
    ascending_node_rate: float
    perigee: float
    cuc: float
    cus: float
    crc: float
    crs: float
    cic: float
    cis: float
    af0: float  # [s]
    af1: float  # [s/s]
    af2: float  # [s/s^2]
    group_delay_s: float  # TGD; Galileo BGD(E1, E5b) for INAV, BGD(E1, E5a) for FNAV; BeiDou TGD1
    group_delay_2_s: float = float("nan")  # Galileo the other BGD; BeiDou TGD2
    accuracy_m: float = float("nan")  # URA or SISA, 1 sigma
    health: int = 0  # 0 = healthy for the L1 (E1, B1I) signal
    fit_interval_s: float = float("nan")

    def __eq__(self, other: object) -> bool:
        """Equal in every element; what is unknown in both is equal, too."""
        return isinstance(other, KeplerEphemeris) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        values = (getattr(self, field.name) for field in fields(self))
        return tuple(None if value != value else value for value in values)


@dataclass(frozen=True, slots=True, kw_only=True)
class GlonassEphemeris:
    """Broadcast state of one GLONASS satellite in PZ-90 (ECEF) at its reference time."""

    satellite: int
    toe: GpsTime
    transmitted: GpsTime
    issue: int
    position_m: Floats  # (3,)
    velocity_mps: Floats  # (3,)
    acceleration_mps2: Floats  # (3,) of sun and moon
    clock_bias_s: float  # -tau_n
    frequency_bias: float  # gamma_n [-]
    channel: int
    health: int = 0
    age_days: float = 0.0


@dataclass(frozen=True, slots=True)
class Klobuchar:
    """Ionosphere of eight parameters (IS-GPS-200, 20.3.3.5.2.5) broadcast by GPS, QZSS, BeiDou or NavIC.

    alpha : (4,) [s, s/semicircle, ...]
    beta  : (4,) [s, s/semicircle, ...]
    """

    system: str
    alpha: Floats
    beta: Floats
    time: GpsTime | None = None


@dataclass(frozen=True, slots=True)
class NequickCoefficients:
    """Effective ionisation level of Galileo's NeQuick G: (3,) ai0, ai1, ai2 (OS SIS ICD, 5.1.6)."""

    ai: Floats
    time: GpsTime | None = None


@dataclass(frozen=True, slots=True)
class BdgimCoefficients:
    """Ionosphere of nine parameters broadcast by BeiDou's third generation (BDS-SIS-ICD B1C, 7.8): alpha (9,) [TECU]."""

    alpha: Floats
    time: GpsTime | None = None


@dataclass(frozen=True, slots=True)
class LeapSeconds:
    """GPS - UTC in force, and the announced change."""

    seconds: int
    future_seconds: int | None = None
    change: GpsTime | None = None


Ephemeris: TypeAlias = KeplerEphemeris | GlonassEphemeris
IonosphereMessage: TypeAlias = Klobuchar | NequickCoefficients | BdgimCoefficients
NavigationMessage: TypeAlias = KeplerEphemeris | GlonassEphemeris | IonosphereMessage | LeapSeconds
CorrectionMessage: TypeAlias = SbasMessage
"""What correction services say; each service adds its own kind."""
Message: TypeAlias = Observations | NavigationMessage | CorrectionMessage


@dataclass(slots=True)
class Counts:
    """How many of what a decoder saw: the reader's account, printed by `inspect` and kept in summary.json."""

    by_name: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, amount: int = 1) -> None:
        """Count something, by a name a user understands."""
        if amount:
            self.by_name[name] = self.by_name.get(name, 0) + amount
