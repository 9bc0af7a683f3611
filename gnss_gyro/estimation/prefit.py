"""Observed minus computed: an epoch with everything removed that is known before the baselines are."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.estimation.noise import NoiseModel, standard_deviations
from gnss_gyro.models.geometry import elevation_azimuth, lines_of_sight
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.orbits.states import OrbitOutcome, SatelliteStates


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
    range_m, unit, _ = lines_of_sight(place_ecef_m, states.position_m)
    elevation, _ = elevation_azimuth(unit, enu_from_ecef)
    weak = epoch.cn0_dbhz < cn0_mask_dbhz  # NaN: not told, not weak
    rows = np.flatnonzero((states.outcome == OrbitOutcome.OK) & (elevation >= elevation_mask) & ~weak)
    epoch = epoch.take(rows)
    computed = range_m[rows] - SPEED_OF_LIGHT * states.clock_s[rows]
    code_sigma, phase_sigma = standard_deviations(noise, epoch, elevation[rows])
    return Prefit(
        satellite=epoch.satellite,
        signal=epoch.signal,
        wavelength_m=epoch.wavelength_m,
        direction=unit[rows] @ enu_from_ecef.T,
        elevation=elevation[rows],
        code_m=epoch.code_m - computed,
        phase_m=np.where(epoch.half_cycle, np.nan, epoch.phase_m) - computed,
        code_var_m2=code_sigma**2,
        phase_var_m2=phase_sigma**2,
        slip=epoch.slip,
    )
