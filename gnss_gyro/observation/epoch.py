"""One antenna's observations at one time, as everything downstream sees them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from operator import attrgetter

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.basics.time import GpsTime


@dataclass(frozen=True, slots=True)
class Epoch:
    """The L1 observations of one antenna, one row per satellite, sorted by satellite code.

    antenna         : name in the rig
    time            : receiver time tag, GPS scale (not corrected for the receiver clock)
    satellite       : (n,) codes of basics.satellites, strictly increasing
    signal          : (n,) codes of basics.signals
    wavelength_m    : (n,) [m]
    code_m          : (n,) pseudorange [m]                            NaN = missing
    phase_m         : (n,) carrier phase [m], grows with the range    NaN = missing
    range_rate_mps  : (n,) from Doppler [m/s], positive = receding    NaN = missing
    cn0_dbhz        : (n,) [dB-Hz]                                    NaN = not told
    lock_time_s     : (n,) [s]                                        NaN = not told
    code_std_m      : (n,) as told by the receiver [m]                NaN = not told
    phase_std_m     : (n,) as told by the receiver [m]                NaN = not told
    slip            : (n,) the ambiguity may have changed since this antenna's last epoch
    half_cycle      : (n,) the phase may be off by half a wavelength
    """

    antenna: str
    time: GpsTime
    satellite: Codes
    signal: Codes
    wavelength_m: Floats
    code_m: Floats
    phase_m: Floats
    range_rate_mps: Floats
    cn0_dbhz: Floats
    lock_time_s: Floats
    code_std_m: Floats
    phase_std_m: Floats
    slip: Bools
    half_cycle: Bools

    def __post_init__(self) -> None:
        shape = (len(self.satellite),)
        if {column.shape for column in _columns_of(self)} != {shape}:
            told = {name: getattr(self, name).shape for name in COLUMNS}
            raise ValueError(f"columns of Epoch have shapes {told}, not all {shape}")
        if not is_increasing(self.satellite):
            raise ValueError("Epoch.satellite must be strictly increasing")

    def __len__(self) -> int:
        return len(self.satellite)

    def with_slip(self, slip: Bools) -> Epoch:
        """The same epoch with other slips (n,)."""
        return Epoch(
            self.antenna, self.time, self.satellite, self.signal, self.wavelength_m, self.code_m, self.phase_m,
            self.range_rate_mps, self.cn0_dbhz, self.lock_time_s, self.code_std_m, self.phase_std_m, slip, self.half_cycle,
        )  # fmt: skip

    def take(self, rows: Bools | Ints) -> Epoch:
        """The same epoch with some of its satellites: a mask (n,) or increasing row numbers (k,)."""
        return replace(self, **{name: getattr(self, name)[rows] for name in COLUMNS})


COLUMNS = tuple(f.name for f in fields(Epoch) if f.name not in ("antenna", "time"))
_columns_of = attrgetter(*COLUMNS)


@kernel
def is_increasing(codes: Codes) -> bool:
    """Whether every code (n,) is greater than the one before."""
    for i in range(1, len(codes)):  # noqa: SIM110  (no generators in kernels)
        if codes[i] <= codes[i - 1]:
            return False
    return True
