"""What spoils the observations of a simulation: one frozen table of magnitudes, and presets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Final

import numpy as np

from gnss_gyro.protocols.messages import Klobuchar

KLOBUCHAR = Klobuchar("G", np.array([1.1e-8, 2.2e-8, -6.0e-8, -1.2e-7]), np.array([9.6e4, 1.3e5, -6.6e4, -4.6e5]))
"""A day of moderate activity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorModel:
    """Magnitudes of all errors; 0 (or NaN where said) turns one off. "+-" means drawn uniformly once per receiver.

    clock_offset_s        : +- receiver clock at the start [s]
    clock_drift           : +- its drift [s/s]
    clock_walk            : random walk of the drift [s/s/sqrt(s)]
    clock_jump_s          : the clock is kept within half of this by steps of this [s]; inf = never
    sampling_offset_s     : +- distance of the receiver's sampling from the nominal epochs [s]
    code_m, phase_m       : white noise at 50 dB-Hz [m]; grows with 10^((50 - CN0) / 20)
    doppler_mps           : white noise at 50 dB-Hz [m/s]; likewise
    cn0_zenith_dbhz       : C/N0 perpendicular to the antenna plane
    cn0_horizon_dbhz      : C/N0 in the antenna plane; falls on below it
    cn0_noise_db          : white noise of the reported C/N0 and of the noise levels with it
    cn0_threshold_dbhz    : weaker signals are not tracked
    code_multipath_m      : at the horizon, 40 % of it at the zenith [m]; first-order Gauss-Markov
    phase_multipath_m     : likewise [m]
    multipath_time_s      : range from which an antenna's correlation time is drawn [s]
    ionosphere            : share of the Klobuchar delay that is really there
    klobuchar             : its parameters, also broadcast
    ionosphere_residual_m : vertical, per satellite, over 40 minutes, same for all antennas [m]
    troposphere           : share of a standard troposphere
    orbit_clock_m         : per satellite, over half an hour, same for all antennas [m]
    system_bias_m         : of a receiver make's other systems against its GPS, code and phase [m, 1 sigma]
    channel_bias_m        : of a receiver make per GLONASS channel, code and phase [m, 1 sigma]
    slip_rate_hz          : cycle slips per satellite and second
    silent_slips          : share of them that the receiver does not tell
    half_cycle_s          : time until the polarity is resolved after lock, up to [s]; 0 = at once
    initial_lock_s        : signals have been tracked for up to so long before the start [s]
    """

    clock_offset_s: float = 0.0
    clock_drift: float = 0.0
    clock_walk: float = 0.0
    clock_jump_s: float = inf
    sampling_offset_s: float = 0.0
    code_m: float = 0.0
    phase_m: float = 0.0
    doppler_mps: float = 0.0
    cn0_zenith_dbhz: float = 50.0
    cn0_horizon_dbhz: float = 36.0
    cn0_noise_db: float = 0.0
    cn0_threshold_dbhz: float = 26.0
    code_multipath_m: float = 0.0
    phase_multipath_m: float = 0.0
    multipath_time_s: tuple[float, float] = (10.0, 60.0)
    ionosphere: float = 0.0
    klobuchar: Klobuchar = field(default=KLOBUCHAR)
    ionosphere_residual_m: float = 0.0
    troposphere: float = 0.0
    orbit_clock_m: float = 0.0
    system_bias_m: float = 0.0
    channel_bias_m: float = 0.0
    slip_rate_hz: float = 0.0
    silent_slips: float = 0.0
    half_cycle_s: float = 0.0
    initial_lock_s: float = 600.0

    @classmethod
    def none(cls) -> ErrorModel:
        """Geometry and integers only; every signal is heard."""
        return cls(cn0_threshold_dbhz=-inf)

    @classmethod
    def patch_antenna(cls) -> ErrorModel:
        """A cheap single-frequency receiver with a patch antenna on a ground plane.

        Phase noise and multipath together come to what u-blox M8 receivers showed on short baselines: 2 mm at 50 dB-Hz,
        growing with 10^((50 - CN0) / 20).
        """
        return cls(
            clock_offset_s=4e-4, clock_drift=5e-7, clock_walk=1e-10, clock_jump_s=1e-3, sampling_offset_s=0.0,
            code_m=0.5, phase_m=0.0012, doppler_mps=0.03, cn0_zenith_dbhz=50.0, cn0_horizon_dbhz=37.0, cn0_noise_db=0.7,
            cn0_threshold_dbhz=28.0, code_multipath_m=1.0, phase_multipath_m=0.003, ionosphere=1.0,
            ionosphere_residual_m=0.5, troposphere=1.0, orbit_clock_m=0.6, system_bias_m=3.0, channel_bias_m=0.02,
            slip_rate_hz=1.0 / 7200.0, silent_slips=0.0, half_cycle_s=8.0,
        )  # fmt: skip

    @classmethod
    def survey(cls) -> ErrorModel:
        """A geodetic receiver with a choke ring."""
        return cls(
            clock_offset_s=4e-4, clock_drift=5e-8, clock_walk=1e-11, clock_jump_s=1e-3,
            code_m=0.2, phase_m=0.001, doppler_mps=0.01, cn0_zenith_dbhz=52.0, cn0_horizon_dbhz=40.0, cn0_noise_db=0.3,
            cn0_threshold_dbhz=26.0, code_multipath_m=0.2, phase_multipath_m=0.001, ionosphere=1.0,
            ionosphere_residual_m=0.5, troposphere=1.0, orbit_clock_m=0.6, system_bias_m=3.0, channel_bias_m=0.005,
            slip_rate_hz=1.0 / 86_400.0,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Satellites in a sector of the sky are not received; angles [rad], times since the start [s].

    azimuth   : (from, to), clockwise from north, or from the nose where in_body; to < from runs through zero
    elevation : signals below it are blocked
    antennas  : whom it hides; empty = all
    in_body   : the sector turns with the body (a mast, a cabin) instead of standing on the ground
    """

    azimuth: tuple[float, float] = (0.0, 2.0 * np.pi)
    elevation: float = np.pi / 2.0
    start_s: float = -inf
    end_s: float = inf
    antennas: tuple[str, ...] = ()
    in_body: bool = False


@dataclass(frozen=True, slots=True)
class Outage:
    """An antenna delivers nothing for a time since the start [s]."""

    antenna: str
    start_s: float
    end_s: float = inf


PRESETS: Final[dict[str, Callable[[], ErrorModel]]] = {
    "none": ErrorModel.none,
    "patch": ErrorModel.patch_antenna,
    "survey": ErrorModel.survey,
}
"""Error models by the names a user gives."""
