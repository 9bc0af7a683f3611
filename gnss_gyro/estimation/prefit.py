"""Observed minus computed: an epoch with everything removed that is known before the baselines are."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.estimation.noise import NoiseClass, NoiseModel, code_factor, growth
from gnss_gyro.estimation.single_point_kernels import OUTLIER, USED
from gnss_gyro.models.geometry import elevation_of, look
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
    elevation_mask: float, cn0_mask_dbhz: float = 0.0, usage: Ints | None = None,
) -> Prefit:  # fmt: skip
    """Reduce an epoch to what baselines, clocks and integers have to explain.

    place_ecef_m  : (3,) where the reference antenna was when this antenna's receiver sampled [m]
    enu_from_ecef : (3, 3) at the reference antenna
    elevation_mask: [rad]; satellites below it, without a usable state or weaker than the C/N0 mask are left out
    usage         : (n,) of the antenna's single point: what it found to be outliers has no code here, for codes of baselines are
                    not screened again; None = nothing is known of them
    """
    usage = np.full(len(epoch), USED) if usage is None else usage
    codes, direction, columns, slip = reduced(
        place_ecef_m, enu_from_ecef, noise.noise_class is NoiseClass.GEODETIC, noise.code_m, noise.phase_m, elevation_mask,
        cn0_mask_dbhz, states.position_m, states.clock_s, states.outcome,
        epoch.satellite, epoch.signal, epoch.wavelength_m, epoch.code_m, epoch.phase_m, epoch.cn0_dbhz, epoch.slip,
        epoch.half_cycle, usage,
    )  # fmt: skip
    wavelength_m, elevation, code_m, phase_m, code_var_m2, phase_var_m2 = columns
    return Prefit(
        codes[0], codes[1], wavelength_m, direction, elevation, code_m, phase_m, code_var_m2, phase_var_m2, slip
    )  # fmt: skip


@kernel
def reduced(
    place_ecef_m: Floats, enu_from_ecef: Floats, geodetic: bool, code_noise_m: float, phase_noise_m: float,
    elevation_mask: float, cn0_mask_dbhz: float, satellite_m: Floats, clock_s: Floats, outcome: Ints,
    satellite: Codes, signal: Codes, wavelength_m: Floats, code_m: Floats, phase_m: Floats, cn0_dbhz: Floats, slip: Bools,
    half_cycle: Bools, usage: Ints,
) -> tuple[Codes, Floats, Floats, Bools]:  # fmt: skip
    """Kernel of prefit: satellite and signal (2, n), direction (n, 3), the other floats in their order (6, n), slip (n,)."""
    sight, rows = np.empty((len(satellite), 4)), np.empty(len(satellite), np.int64)
    n = 0
    for i in range(len(satellite)):
        sight[n, 0], sight[n, 1], sight[n, 2], sight[n, 3] = look(place_ecef_m, enu_from_ecef, satellite_m, i)
        if outcome[i] == _OK and elevation_of(sight[n, 3]) >= elevation_mask and not cn0_dbhz[i] < cn0_mask_dbhz:
            rows[n] = i  # C/N0 not told is not weak
            n += 1
    codes, direction = np.empty((2, n), np.int16), np.empty((n, 3))
    columns, slipped = np.empty((6, n)), np.empty(n, np.bool_)
    for k in range(n):
        i, elevation = rows[k], elevation_of(sight[k, 3])
        computed = sight[k, 0] - SPEED_OF_LIGHT * clock_s[i]
        grown = growth(geodetic, elevation, cn0_dbhz[i])
        codes[0, k], codes[1, k], slipped[k] = satellite[i], signal[i], slip[i]
        direction[k, 0], direction[k, 1], direction[k, 2] = sight[k, 1], sight[k, 2], sight[k, 3]
        columns[0, k], columns[1, k], columns[2, k] = wavelength_m[i], elevation, code_m[i] - computed
        if usage[i] == OUTLIER:
            columns[2, k] = np.nan
        columns[3, k] = np.nan if half_cycle[i] else phase_m[i] - computed
        columns[4, k] = (code_noise_m * grown * code_factor(satellite[i])) ** 2
        columns[5, k] = (phase_noise_m * grown) ** 2
    return codes, direction, columns, slipped
