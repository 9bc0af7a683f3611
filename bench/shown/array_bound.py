"""How well any unbiased linear estimate could place a simulated array: the Cramer-Rao bound of its codes.

Codes of all antennas over some epochs, y = -u . x + clock + system bias + errors, for the position x of the last epoch. The
errors have the simulation's own statistics (simulation/errors.py), which the engine is not told:

    orbit and clock  one number per satellite, common to all antennas, standing still over seconds
    ionosphere       likewise, times the slant factor
    multipath        first-order Gauss-Markov per antenna and satellite; its correlation time is even in a range, of which the
                     engine knows nothing, so that the correlation of two epochs is the mean of exp(-dt / tau)
    noise            white, by the C/N0 of the moment

Errors are Gaussian (multipath nearly), so that generalised least squares reaches the bound. It assumes that phases tell the
motion between epochs exactly and say nothing else, that clocks are free at every epoch and antenna, and the biases between
systems free. Broadcast Klobuchar is right in the simulation (`ionosphere` = 1). The troposphere, which is no random number there,
has no part in the bound; what the engine's model of it differs by is told beside it, as it would pass through the same estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats, Ints
from gnss_gyro.basics.frames import geodetic_from_ecef
from gnss_gyro.basics.satellites import system_index
from gnss_gyro.models.troposphere import niell_mapping, seasonal_atmosphere, zenith_delays
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.simulation.atmosphere import slant_factor, tropospheric_delay
from gnss_gyro.simulation.errors import ErrorModel
from gnss_gyro.simulation.receivers import NOISE_REFERENCE_DBHZ

LOWEST: Final = np.radians(10.0)
"""The engine's elevation mask."""
WEAKEST_DBHZ: Final = 35.0
"""Its C/N0 mask for patch antennas."""
SOURCES: Final = ("orbit and clock", "ionosphere", "multipath", "noise", "troposphere")


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """Mean squares (5, 3) of the best estimate's ENU errors [m^2] by SOURCES; the last, the troposphere, is a squared offset."""

    by_source_m2: Floats

    @property
    def variance_m2(self) -> Floats:
        """Of the bound itself (3,): all but the troposphere."""
        return np.asarray(self.by_source_m2[:-1].sum(axis=0))


@dataclass(frozen=True, slots=True, eq=False)
class _Sky:
    """s satellites: codes (s,), unit vectors (s, 3) ENU, elevations (s,) [rad]."""

    satellite: Codes
    direction: Floats
    elevation: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Normal:
    """Sums over all codes for the unknowns (p,): A^T W A, A^T W C W A of multipath and of noise, A^T W d of the troposphere.

    Unknowns: position (3), satellites' orbit and clock (s), their ionosphere (s), biases of systems, clocks.
    """

    information: Floats
    multipath: Floats
    noise: Floats
    troposphere: Floats


def bound(
    groups: Sequence[Sequence[Epoch]], satellite: Codes, direction: Floats, place_ecef_m: Floats, errors: ErrorModel
) -> Bound:
    """The bound of an array's epochs (t times k), a second apart.

    satellite : (s,) of the sky;  direction : (s, 3) unit vectors to them, ENU;  place_ecef_m : (3,)
    """
    sky = _Sky(satellite, direction, np.arcsin(direction[:, 2]))
    sums = _normal(groups, sky, place_ecef_m, errors)
    s, size = len(satellite), len(sums.troposphere)
    orbit, ionosphere = np.zeros(size), np.zeros(size)
    orbit[3 : 3 + s] = 1.0 / errors.orbit_clock_m**2
    ionosphere[3 + s : 3 + 2 * s] = 1.0 / errors.ionosphere_residual_m**2
    gain = np.linalg.pinv(sums.information + np.diag(orbit + ionosphere), hermitian=True)[:3]
    of_priors = [np.sum(gain**2 * prior, axis=1) for prior in (orbit, ionosphere)]
    of_codes = [np.diag(gain @ part @ gain.T) for part in (sums.multipath, sums.noise)]
    return Bound(np.array([*of_priors, *of_codes, (gain @ sums.troposphere) ** 2]))


def _normal(groups: Sequence[Sequence[Epoch]], sky: _Sky, place_ecef_m: Floats, errors: ErrorModel) -> _Normal:
    epochs, antennas, s = len(groups), len(groups[0]), len(sky.satellite)
    system = np.unique(system_index(sky.satellite), return_inverse=True)[1]
    first_clock = 3 + 2 * s + int(system.max())
    size = first_clock + epochs * antennas
    sums = _Normal(np.zeros((size, size)), np.zeros((size, size)), np.zeros((size, size)), np.zeros(size))
    noise = np.array([[_noise(epoch, sky, errors) for epoch in group] for group in groups])
    low = 0.4 + 0.6 * np.exp(-sky.elevation / np.radians(20.0))
    slant, steady = slant_factor(sky.elevation), _mean_correlation(epochs, errors.multipath_time_s)
    apart_m = _troposphere_difference(sky, groups[-1][0], place_ecef_m)
    for k, j in np.argwhere(np.isfinite(noise).any(axis=0)):
        rows = np.flatnonzero(np.isfinite(noise[:, k, j]))
        multipath = (errors.code_multipath_m * low[j]) ** 2 * steady[np.ix_(rows, rows)]
        one = np.ones((len(rows), 1))
        bias = [3 + 2 * s + system[j] - 1] if system[j] else []
        design = np.hstack([-one * sky.direction[j], one, one * slant[j], *([one] if bias else []), np.eye(len(rows))])
        columns = np.concatenate([[0, 1, 2, 3 + j, 3 + s + j], bias, first_clock + k * epochs + rows]).astype(int)
        _add(sums, columns, design, multipath, np.diag(noise[rows, k, j] ** 2), float(apart_m[j]))
    return sums


def _add(sums: _Normal, columns: Ints, design: Floats, multipath: Floats, noise: Floats, troposphere_m: float) -> None:
    """Add the codes of one satellite at one antenna, in place."""
    weighted = np.linalg.solve(multipath + noise, design)
    at = np.ix_(columns, columns)
    sums.information[at] += design.T @ weighted
    sums.multipath[at] += weighted.T @ multipath @ weighted
    sums.noise[at] += weighted.T @ noise @ weighted
    sums.troposphere[columns] += weighted.sum(axis=0) * troposphere_m


def _noise(epoch: Epoch, sky: _Sky, errors: ErrorModel) -> Floats:
    """Standard deviation (s,) of an epoch's white code noise [m]; NaN = not seen, or under the engine's masks."""
    out = np.full(len(sky.satellite), np.nan)
    loud = 10.0 ** ((NOISE_REFERENCE_DBHZ - epoch.cn0_dbhz) / 20.0)
    out[np.searchsorted(sky.satellite, epoch.satellite)] = errors.code_m * loud
    weakest = errors.code_m * 10.0 ** ((NOISE_REFERENCE_DBHZ - WEAKEST_DBHZ) / 20.0)
    return np.asarray(np.where((sky.elevation >= LOWEST) & (out <= weakest), out, np.nan))


def _mean_correlation(epochs: int, range_s: tuple[float, float]) -> Floats:
    """Mean (t, t) of exp(-dt / tau) over correlation times even in a range, for epochs a second apart."""
    times = np.linspace(*range_s, 101)
    table = np.array([np.mean(np.exp(-dt / times)) for dt in range(epochs)])
    return np.asarray(table[np.abs(np.subtract.outer(np.arange(epochs), np.arange(epochs)))])


def _troposphere_difference(sky: _Sky, epoch: Epoch, place_ecef_m: Floats) -> Floats:
    """Simulated delay less that of the engine's model (s,) [m]."""
    latitude, _, height_m = map(float, geodetic_from_ecef(place_ecef_m))
    dry, wet = zenith_delays(seasonal_atmosphere(epoch.time, latitude, height_m), latitude, height_m)
    dry_mapping, wet_mapping = niell_mapping(epoch.time, latitude, height_m, sky.elevation)
    there = tropospheric_delay(sky.elevation[None], np.array([height_m]))[0]
    return np.asarray(there - dry * dry_mapping - wet * wet_mapping)
