"""Scalar functions of time with their exact rates: the strings a trajectory is woven from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gnss_gyro.basics.arrays import Floats

if TYPE_CHECKING:
    from scipy.interpolate import BSpline


class Motion(Protocol):
    """A smooth scalar function of time."""

    def __call__(self, time_s: Floats) -> tuple[Floats, Floats]:
        """Value (n,) and its time derivative (n,) at times (n,) [s]."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """offset + slope * time."""

    offset: float = 0.0
    slope: float = 0.0

    def __call__(self, time_s: Floats) -> tuple[Floats, Floats]:
        """Value and rate."""
        return self.offset + self.slope * time_s, np.full(len(time_s), self.slope)


STILL = Line()
"""Nothing moves."""


@dataclass(frozen=True, slots=True)
class Sines:
    """Sum of amplitude * sin(frequency_rps * time + phase); three arrays (k,)."""

    amplitude: Floats
    frequency_rps: Floats
    phase: Floats

    def __call__(self, time_s: Floats) -> tuple[Floats, Floats]:
        """Value and rate."""
        angle = np.multiply.outer(time_s, self.frequency_rps) + self.phase
        return np.sin(angle) @ self.amplitude, np.cos(angle) @ (self.amplitude * self.frequency_rps)


@dataclass(frozen=True, slots=True)
class Spline:
    """A quintic spline through samples, and its derivative."""

    value: BSpline
    rate: BSpline

    @classmethod
    def through(cls, time_s: Floats, samples: Floats) -> Spline:
        """The spline through samples (k,) at increasing times (k,), k >= 6."""
        from scipy.interpolate import make_interp_spline  # late: slow to import, and bodies at rest do without

        value = make_interp_spline(time_s, samples, k=5)
        return cls(value, value.derivative())

    def __call__(self, time_s: Floats) -> tuple[Floats, Floats]:
        """Value and rate."""
        return self.value(time_s), self.rate(time_s)


@dataclass(frozen=True, slots=True)
class Sum:
    """Several motions at once."""

    parts: tuple[Motion, ...]

    def __call__(self, time_s: Floats) -> tuple[Floats, Floats]:
        """Value and rate."""
        values = [part(time_s) for part in self.parts]
        return np.sum([v for v, _ in values], axis=0), np.sum([r for _, r in values], axis=0)


def random_sines(rng: np.random.Generator, sigma: float, period_s: tuple[float, float], waves: int = 5) -> Sines:
    """Waves of random periods in a range and random phases, of a given standard deviation together."""
    period = np.exp(rng.uniform(np.log(period_s[0]), np.log(period_s[1]), waves))
    amplitude = np.full(waves, sigma * np.sqrt(2.0 / waves))
    return Sines(amplitude, 2.0 * np.pi / period, rng.uniform(0.0, 2.0 * np.pi, waves))
