"""Orbit, clock and ionosphere errors that change as smoothly as real ones do, added to a simulation without its own.

The simulation's own are first-order Gauss-Markov sequences: with 0.6 m over half an hour and 0.5 m (vertical) over ten minutes
they walk by 2 cm and 3 cm times the slant factor from one second to the next, where real ones move by millimetres (the clock of a
satellite by its Allan deviation, some 1e-12 to 1e-11 in a second; a quiet ionosphere by its slope). Carrier phases see that.
These have the same standard deviations and correlation times, but the correlation exp(-dt^2 / (2 tau^2)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.signals import L1_HZ
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.simulation.atmosphere import slant_factor
from gnss_gyro.simulation.common import IONOSPHERE_TIME_S, ORBIT_CLOCK_TIME_S
from gnss_gyro.simulation.errors import ErrorModel

_WAVES = 24
_CODES = 1024


@dataclass(frozen=True, slots=True, eq=False)
class SlowErrors:
    """Of every satellite, by its code, for a session.

    orbit_clock, ionosphere : (codes, waves, 3) of waves with random frequency [rad/s], cosine and sine amplitude [m]
    """

    orbit_clock: Floats
    ionosphere: Floats

    @classmethod
    def drawn(cls, errors: ErrorModel, seed: int) -> SlowErrors:
        """With the magnitudes of an error model."""
        rng = np.random.default_rng([seed, 600])
        return cls(
            _waves(rng, errors.orbit_clock_m, ORBIT_CLOCK_TIME_S), _waves(rng, errors.ionosphere_residual_m, IONOSPHERE_TIME_S)
        )

    def added(self, epoch: Epoch, time_s: float, satellite: Codes, elevation: Floats) -> Epoch:
        """An epoch at a time since the start with these errors; the sky (s,), (s,) tells elevations [rad]."""
        common = _at(self.orbit_clock[epoch.satellite], time_s)
        there = elevation[np.searchsorted(satellite, epoch.satellite)]
        dispersion = (L1_HZ * epoch.wavelength_m / SPEED_OF_LIGHT) ** 2
        delay = _at(self.ionosphere[epoch.satellite], time_s) * slant_factor(there) * dispersion
        return replace(epoch, code_m=epoch.code_m + common + delay, phase_m=epoch.phase_m + common - delay)


def without_own(errors: ErrorModel) -> ErrorModel:
    """The same error model without the simulation's own orbit, clock and ionosphere errors."""
    return replace(errors, orbit_clock_m=0.0, ionosphere_residual_m=0.0)


def _waves(rng: np.random.Generator, sigma_m: float, time_s: float) -> Floats:
    """Waves whose sum has a Gaussian spectrum and so the wanted correlation."""
    frequency = rng.standard_normal((_CODES, _WAVES)) / time_s
    amplitude = rng.standard_normal((_CODES, _WAVES, 2)) * sigma_m / np.sqrt(_WAVES)
    return np.asarray(np.concatenate([frequency[:, :, None], amplitude], axis=2))


def _at(waves: Floats, time_s: float) -> Floats:
    turned = waves[:, :, 0] * time_s
    return np.asarray(np.sum(waves[:, :, 1] * np.cos(turned) + waves[:, :, 2] * np.sin(turned), axis=1))
