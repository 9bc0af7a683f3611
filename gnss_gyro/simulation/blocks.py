"""Observations of one antenna over many epochs as arrays, and their way to Epoch and Observations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.protocols.messages import HALF_CYCLE, SLIP, Observations


@dataclass(frozen=True, slots=True)
class ObservationBlock:
    """What one antenna measured at t epochs of s satellites; values where not present are meaningless.

    antenna          : name
    time_ns          : (t,) receiver time tags, GPS scale [ns]
    satellite        : (s,) strictly increasing
    signal           : (s,)
    wavelength_m     : (s,)
    glonass_channel  : (s,)
    present          : (t, s) was measured
    code_m           : (t, s)
    phase_cycles     : (t, s)
    doppler_hz       : (t, s)
    cn0_dbhz         : (t, s)
    lock_time_s      : (t, s)
    code_std_m       : (t, s) as the receiver would tell: white noise only
    phase_std_cycles : (t, s) likewise
    flags            : (t, s) SLIP, HALF_CYCLE
    clock_reset      : (t,)
    on               : (t,) the antenna delivers an epoch at all
    leap_s           : GPS - UTC
    """

    antenna: str
    time_ns: Ints
    satellite: Codes
    signal: Codes
    wavelength_m: Floats
    glonass_channel: NDArray[np.int8]
    present: Bools
    code_m: Floats
    phase_cycles: Floats
    doppler_hz: Floats
    cn0_dbhz: Floats
    lock_time_s: Floats
    code_std_m: Floats
    phase_std_cycles: Floats
    flags: NDArray[np.uint8]
    clock_reset: Bools
    on: Bools
    leap_s: int

    def __len__(self) -> int:
        return len(self.time_ns)

    def observations(self, row: int) -> Observations | None:
        """One epoch as its receiver's message; None = the antenna is out."""
        if not self.on[row]:
            return None
        k = np.flatnonzero(self.present[row])
        return Observations(
            GpsTime(int(self.time_ns[row])), self.satellite[k], self.signal[k], self.code_m[row, k], self.phase_cycles[row, k],
            self.doppler_hz[row, k], self.cn0_dbhz[row, k], self.lock_time_s[row, k], self.code_std_m[row, k],
            self.phase_std_cycles[row, k], self.glonass_channel[k], self.flags[row, k], bool(self.clock_reset[row]), self.leap_s,
        )  # fmt: skip

    def epoch(self, row: int) -> Epoch | None:
        """One epoch without the way through bytes; None = the antenna is out."""
        if not self.on[row]:
            return None
        k = np.flatnonzero(self.present[row])
        wavelength, flags = self.wavelength_m[k], self.flags[row, k]
        return Epoch(
            self.antenna, GpsTime(int(self.time_ns[row])), self.satellite[k], self.signal[k], wavelength, self.code_m[row, k],
            self.phase_cycles[row, k] * wavelength, -self.doppler_hz[row, k] * wavelength, self.cn0_dbhz[row, k],
            self.lock_time_s[row, k], self.code_std_m[row, k], self.phase_std_cycles[row, k] * wavelength,
            (flags & SLIP) != 0, (flags & HALF_CYCLE) != 0,
        )  # fmt: skip

    def epochs(self) -> Iterator[Epoch | None]:
        """All epochs in their order."""
        return (self.epoch(row) for row in range(len(self)))
