"""Observed minus computed: an epoch with everything removed that is known before the baselines are."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.estimation.noise import NoiseClass, NoiseModel, deviations
from gnss_gyro.models.geometry import view
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.orbits.states import OrbitOutcome, SatelliteStates

_OK = int(OrbitOutcome.OK)


@dataclass(frozen=True, slots=True)
class Prefit:
    """One antenna's code and phase minus range and satellite clock, computed at the reference antenna's place.

    satellite    : (n,)   codes of basics.satellites, increasing
    signal       : (n,)   codes of basics.signals
    wavelength_m : (n,)   [m]
    direction    : (n, 3) unit vectors to the satellites, ENU at the reference antenna [-]
    elevation    : (n,)   [rad]
    code_m       : (n,)   prefit pseudorange [m]; NaN = not usable
    phase_m      : (n,)   prefit phase [m]; NaN = not usable, half cycles unresolved included
    code_var_m2, phase_var_m2 : (n,) [m^2]
    slip         : (n,)   the ambiguity may have changed
    """

    satellite: Codes
    signal: Codes
    wavelength_m: Floats
    direction: Floats
    elevation: Floats
    code_m: Floats
    phase_m: Floats
    code_var_m2: Floats
    phase_var_m2: Floats
    slip: Bools

    def without(self, satellites: Codes) -> Prefit:
        """The same without some satellites."""
        keep = ~np.isin(self.satellite, satellites)
        return Prefit(*(getattr(self, f.name)[keep] for f in fields(self)))


def prefit(
    epoch: Epoch, states: SatelliteStates, place_ecef_m: Floats, enu_from_ecef: Floats, noise: NoiseModel,
    elevation_mask: float, cn0_mask_dbhz: float = 0.0,
) -> Prefit:  # fmt: skip
    """Reduce an epoch to what baselines, clocks and integers have to explain.

    place_ecef_m  : (3,) where the reference antenna was when this antenna's receiver sampled [m]
    enu_from_ecef : (3, 3) at the reference antenna
    elevation_mask: [rad]; satellites below it, without a usable state or weaker than the C/N0 mask are left out
    """
    geodetic = noise.noise_class is NoiseClass.GEODETIC
    return Prefit(*reduced(
        place_ecef_m, enu_from_ecef, geodetic, noise.code_m, noise.phase_m, elevation_mask, cn0_mask_dbhz,
        states.position_m, states.clock_s, states.outcome,
        epoch.satellite, epoch.signal, epoch.wavelength_m, epoch.code_m, epoch.phase_m, epoch.cn0_dbhz, epoch.slip,
        epoch.half_cycle,
    ))  # fmt: skip


@njit(cache=True)
def reduced(
    place_ecef_m: Floats, enu_from_ecef: Floats, geodetic: bool, code_noise_m: float, phase_noise_m: float,
    elevation_mask: float, cn0_mask_dbhz: float, satellite_m: Floats, clock_s: Floats, outcome: Ints,
    satellite: Codes, signal: Codes, wavelength_m: Floats, code_m: Floats, phase_m: Floats, cn0_dbhz: Floats, slip: Bools,
    half_cycle: Bools,
) -> tuple[Codes, Codes, Floats, Floats, Floats, Floats, Floats, Floats, Floats, Bools]:  # fmt: skip
    """Kernel of prefit: the fields of Prefit in their order."""
    range_m, unit, elevation, _ = view(place_ecef_m, enu_from_ecef, satellite_m)
    kept = np.empty(len(satellite), np.int64)
    n = 0
    for i in range(len(satellite)):  # C/N0 not told is not weak
        if outcome[i] == _OK and elevation[i] >= elevation_mask and not cn0_dbhz[i] < cn0_mask_dbhz:
            kept[n] = i
            n += 1
    rows = kept[:n]
    code_sigma, phase_sigma = deviations(geodetic, code_noise_m, phase_noise_m, satellite[rows], cn0_dbhz[rows], elevation[rows])
    code, phase, direction = np.empty(n), np.empty(n), np.empty((n, 3))
    for k in range(n):
        i = rows[k]
        computed = range_m[i] - SPEED_OF_LIGHT * clock_s[i]
        code[k] = code_m[i] - computed
        phase[k] = np.nan if half_cycle[i] else phase_m[i] - computed
        for a in range(3):
            direction[k, a] = (
                enu_from_ecef[a, 0] * unit[i, 0] + enu_from_ecef[a, 1] * unit[i, 1] + enu_from_ecef[a, 2] * unit[i, 2]
            )
    return (
        satellite[rows], signal[rows], wavelength_m[rows], direction, elevation[rows], code, phase,
        code_sigma * code_sigma, phase_sigma * phase_sigma, slip[rows],
    )  # fmt: skip
