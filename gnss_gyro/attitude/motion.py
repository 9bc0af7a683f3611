"""How bodies turn: the statistics of their angular rate."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats


@dataclass(frozen=True, slots=True)
class Motion:
    """Angular rate about the body axes x, y, z (roll, pitch and yaw rate) as three independent Gauss-Markov processes.

    rate_sigma_radps : of the rate before anything is measured: its steady state [rad/s]
    noise_rad2ps3    : spectral density of the white angular acceleration [rad^2/s^3]
    time_constant_s  : correlation time [s]
    """

    rate_sigma_radps: tuple[float, float, float]
    noise_rad2ps3: tuple[float, float, float]
    time_constant_s: float

    @classmethod
    def correlated(cls, rate_sigma_radps: Iterable[float], time_constant_s: float) -> Motion:
        """Exponentially correlated rate of a steady-state sigma [rad/s] and a correlation time [s]."""
        x, y, z = rate_sigma_radps
        noise = (2.0 * x * x / time_constant_s, 2.0 * y * y / time_constant_s, 2.0 * z * z / time_constant_s)
        return cls((x, y, z), noise, time_constant_s)

    def rate_decay(self, dt_s: float) -> float:
        """The share of the rate that is left after a time."""
        return math.exp(-dt_s / self.time_constant_s)

    def effective_time_s(self, dt_s: float) -> float:
        """Expected angle turned in a time, per unit of the rate at its start [s]."""
        return -self.time_constant_s * math.expm1(-dt_s / self.time_constant_s)

    def process_noise(self, dt_s: float) -> tuple[Floats, Floats, Floats]:
        """Variance of angle [rad^2], covariance of angle and rate, variance of rate, each (3,), that a time adds."""
        noise = np.array(self.noise_rad2ps3)
        angle, cross, rate = self.growth(dt_s)
        return noise * angle, noise * cross, noise * rate

    def growth(self, dt_s: float) -> tuple[float, float, float]:
        """Process noise for a spectral density of one: [s^3], [s^2], [s].

        Brown and Hwang, Introduction to random signals and applied Kalman filtering, integrated Gauss-Markov process.
        """
        x = dt_s / self.time_constant_s
        if x < 1e-2:  # series: the closed form loses its digits
            return (
                dt_s**3 * (1.0 / 3.0 - x / 4.0 + 7.0 * x * x / 60.0),
                dt_s**2 * (0.5 - x / 2.0 + 7.0 * x * x / 24.0),
                dt_s * (1.0 - x + 2.0 * x * x / 3.0),
            )
        tau, decay = self.time_constant_s, math.exp(-x)
        angle = tau**3 / 2.0 * (2.0 * x - 3.0 + 4.0 * decay - decay**2)
        return angle, tau**2 / 2.0 * (1.0 - decay) ** 2, tau / 2.0 * (1.0 - decay**2)


def _preset(roll_degps: float, pitch_degps: float, yaw_degps: float, time_constant_s: float) -> Motion:
    return Motion.correlated(np.radians([roll_degps, pitch_degps, yaw_degps]), time_constant_s)


MOTIONS: Final = {
    "static": _preset(0.002, 0.002, 0.002, 10.0),
    "vehicle": _preset(4.0, 3.0, 20.0, 1.0),
    "tractor": _preset(8.0, 6.0, 25.0, 0.8),
    "ship": _preset(5.0, 3.0, 4.0, 3.0),
    "drone": _preset(120.0, 120.0, 90.0, 0.3),
    "pedestrian": _preset(90.0, 90.0, 90.0, 0.4),
}
"""Presets by the name used in the configuration."""
