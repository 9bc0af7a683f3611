"""One antenna and its receiver: from the sky of a block to the observations of the block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.satellites import System, system_of
from gnss_gyro.basics.signals import L1_PREFERENCE, carrier_hz, signal
from gnss_gyro.basics.time import NS, GpsTime, leap_seconds_at
from gnss_gyro.protocols.messages import GlonassEphemeris
from gnss_gyro.simulation.blocks import ObservationBlock
from gnss_gyro.simulation.errors import ErrorModel
from gnss_gyro.simulation.processes import ClockTrack, GaussMarkov, LockTrack, PhaseLock, ReceiverClock
from gnss_gyro.simulation.sky import EARLIER_S, SkyTrack, travel
from gnss_gyro.simulation.trajectory import BodyStates, Trajectory

NOISE_REFERENCE_DBHZ: Final = 50.0


@dataclass(frozen=True, slots=True)
class SkyBlock:
    """All that is common to the antennas over t epochs of s satellites.

    start      : GPS time at which the trajectory's time is 0
    time       : nominal GPS time of the first epoch
    after_s    : (t,) nominal epochs after `time`
    columns    : (s,) the satellites' places in the constellation
    sky        : satellite states
    body       : states (t) at the nominal epochs
    direction  : (t, s, 3) unit vectors ECEF to the satellites
    elevation  : (t, s) over the horizon [rad]
    receivable : (t, s) over the mask and among the chosen
    code_delay_m, phase_delay_m : (t, s) of atmosphere, orbit and clock errors, at the signal's own frequency
    """

    start: GpsTime
    time: GpsTime
    after_s: Floats
    columns: Ints
    sky: SkyTrack
    body: BodyStates
    direction: Floats
    elevation: Floats
    receivable: Bools
    code_delay_m: Floats
    phase_delay_m: Floats


@dataclass(frozen=True, slots=True)
class Tracked:
    """Signals a receiver tracks: codes, wavelengths [m] and GLONASS channels, each (s,)."""

    signal: Codes
    wavelength_m: Floats
    channel: Ints


@dataclass(frozen=True, slots=True)
class Measured:
    """What a receiver makes of a block, before the integers: presence (t, s), antenna on (t,), the rest (t, s).

    loud is the factor on the noise at 50 dB-Hz.
    """

    present: Bools
    on: Bools
    cn0_dbhz: Floats
    loud: Floats
    code_m: Floats
    phase_m: Floats
    range_rate_mps: Floats


def tracked_signals(sky: SkyTrack, preference: Mapping[System, str]) -> Tracked:
    """The L1 signal of every satellite, by the receiver's choice."""
    rows = []
    for ephemeris in sky.ephemerides:
        system = system_of(ephemeris.satellite)
        code = signal(preference.get(system, L1_PREFERENCE[system][0]))
        channel = ephemeris.channel if isinstance(ephemeris, GlonassEphemeris) else 0
        rows.append((code, SPEED_OF_LIGHT / carrier_hz(system, code, channel), channel))
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    return Tracked(np.array(columns[0], np.int16), np.array(columns[1], float), np.array(columns[2], np.int64))


class Receiver:
    """The state of one receiver, carried from block to block."""

    def __init__(
        self, name: str, position_body_m: Floats, size: int, errors: ErrorModel, step_s: float, rng: np.random.Generator,
        make_rng: np.random.Generator, signals: Mapping[System, str] | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self._position, self._errors, self._step_s, self._rng = position_body_m, errors, step_s, rng
        self._signals = signals or {}
        self._clock = ReceiverClock(errors, step_s, rng)
        self._lock = PhaseLock(size, errors, step_s, rng)
        self._multipath = GaussMarkov(2 * size, rng.uniform(*errors.multipath_time_s), step_s, rng)
        self._size = size
        self._sampling_ns = round(rng.uniform(-1.0, 1.0) * errors.sampling_offset_s * 1e6) * 1000  # RINEX holds microseconds
        self._system_bias_m = {system: errors.system_bias_m * make_rng.standard_normal() for system in System}
        self._system_bias_m[System.GPS] = 0.0
        self._channel_bias_m = errors.channel_bias_m * make_rng.standard_normal()

    def observe(self, block: SkyBlock, trajectory: Trajectory, hidden: Bools, on: Bools) -> ObservationBlock:
        """Observations of a block.

        hidden : (t, s) behind an obstacle
        on     : (t,) the antenna works
        """
        sky, errors = block.sky, self._errors
        clock = self._clock.next(len(block.after_s))
        late_s = EARLIER_S + self._sampling_ns / NS - clock.offset_s
        true_s = (block.time - block.start) + block.after_s + self._sampling_ns / NS - clock.offset_s
        position, velocity = trajectory.at(true_s).point(self._position)
        tau, rate, since = travel(sky.position_m, sky.velocity_mps, sky.acceleration_mps2, position, velocity, late_s)

        cn0, loud = self._loudness(block)
        present = block.receivable & ~hidden & on[:, None] & (cn0 > errors.cn0_threshold_dbhz)
        lock = self._lock.next(true_s, block.columns, present)
        tracked = tracked_signals(sky, self._signals)
        light_s = tau + clock.offset_s[:, None] - (sky.clock_s + sky.clock_drift * since)
        bias = self._biases(sky, tracked)
        code_error, phase_error = self._noise(block, loud)
        code = SPEED_OF_LIGHT * light_s + block.code_delay_m + bias + code_error
        phase = SPEED_OF_LIGHT * light_s + block.phase_delay_m + bias + phase_error
        range_rate = SPEED_OF_LIGHT * (rate + clock.rate[:, None] - sky.clock_drift)
        return self._packed(block, tracked, clock, lock, Measured(present, on, cn0, loud, code, phase, range_rate))

    def _loudness(self, block: SkyBlock) -> tuple[Floats, Floats]:
        """C/N0 [dB-Hz] and the factor on the noise at 50 dB-Hz, both (t, s); by the angle over the antenna plane."""
        errors = self._errors
        sine = np.einsum("tsi,ti->ts", block.direction, block.body.ecef_from_body[:, :, 2])
        gain = (
            errors.cn0_horizon_dbhz + (errors.cn0_zenith_dbhz - errors.cn0_horizon_dbhz) * np.where(sine < 0.0, 2.0, 1.0) * sine
        )
        cn0 = gain + errors.cn0_noise_db * self._rng.standard_normal(sine.shape)
        return cn0, 10.0 ** ((NOISE_REFERENCE_DBHZ - cn0) / 20.0)

    def _biases(self, sky: SkyTrack, tracked: Tracked) -> Floats:
        """Hardware biases (s,) [m]."""
        by_system = np.array([self._system_bias_m[system_of(e.satellite)] for e in sky.ephemerides])
        biases: Floats = by_system + self._channel_bias_m * tracked.channel
        return biases

    def _noise(self, block: SkyBlock, loud: Floats) -> tuple[Floats, Floats]:
        """White noise and multipath of code and phase (t, s) [m]."""
        errors, shape = self._errors, loud.shape
        code = errors.code_m * loud * self._rng.standard_normal(shape)
        phase = errors.phase_m * loud * self._rng.standard_normal(shape)
        if errors.code_multipath_m == 0.0 and errors.phase_multipath_m == 0.0:
            return code, phase
        both = np.concatenate([block.columns, block.columns + self._size])
        multipath = self._multipath.next(len(loud), both)
        low = 0.4 + 0.6 * np.exp(-np.maximum(block.elevation, 0.0) / np.radians(20.0))
        s = len(block.columns)
        code += errors.code_multipath_m * low * multipath[:, :s]
        phase += errors.phase_multipath_m * low * multipath[:, s:]
        return code, phase

    def _packed(
        self, block: SkyBlock, tracked: Tracked, clock: ClockTrack, lock: LockTrack, measured: Measured
    ) -> ObservationBlock:
        errors, wavelength, loud = self._errors, tracked.wavelength_m, measured.loud
        doppler_noise = errors.doppler_mps * loud * self._rng.standard_normal(loud.shape)
        nominal_ns = block.time.ns + np.round(block.after_s * NS).astype(np.int64)
        return ObservationBlock(
            antenna=self.name, time_ns=nominal_ns + self._sampling_ns, satellite=block.sky.satellite, signal=tracked.signal,
            wavelength_m=wavelength, glonass_channel=tracked.channel.astype(np.int8), present=measured.present,
            code_m=measured.code_m, phase_cycles=measured.phase_m / wavelength + lock.ambiguity,
            doppler_hz=-(measured.range_rate_mps + doppler_noise) / wavelength, cn0_dbhz=measured.cn0_dbhz,
            lock_time_s=lock.lock_time_s, code_std_m=np.maximum(errors.code_m * loud, 0.01),
            phase_std_cycles=np.maximum(errors.phase_m * loud / wavelength, 0.004), flags=lock.flags,
            clock_reset=clock.jumped, on=measured.on, leap_s=leap_seconds_at(block.time.utc()),
        )  # fmt: skip
