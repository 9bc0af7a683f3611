"""One epoch of the whole array as one receiver would have seen it at the body point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gnss_gyro.basics.arrays import Bools, Codes, Floats
from gnss_gyro.basics.time import GpsTime

PHASE_GRADE_M2: Final = 0.1**2
"""A service's corrections of this variance or less are made for phases; steps of others would look like slips."""


@dataclass(frozen=True, slots=True, eq=False)
class ArrayEpoch:
    """Observed minus computed at the body point, all antennas combined, satellites in increasing order.

    time          : receiver time tag of the base antenna
    place_ecef_m  : (3,) where ranges were computed [m]
    enu_from_ecef : (3, 3) there
    satellite     : (n,) codes of basics.satellites
    direction     : (n, 3) unit vectors to the satellites, ECEF [-]
    elevation, azimuth : (n,) [rad]
    carrier_hz    : (n,)
    code_m        : (n,) pseudorange less range and satellite clock [m]; NaN = none
    code_cov_m2   : (n, n) of noise and multipath; rows of NaN codes are not read
    phase_m       : (n,) likewise; NaN = none
    phase_cov_m2  : (n, n)
    slip          : (n,) the phase may have a new ambiguity
    range_step_m  : (n,) how much longer the computed range is than by the ephemeris of the epoch before; 0 = the same one [m]
    orbit_variance_m2 : (n,) of orbit and clock as the message or a correction states it; NaN = not stated
    corrected     : (n,) orbit and clock come from a correction service, whose variance stands as it is
    ionosphere_m  : (n,) slant delay of code by the model or a service [m]
    ionosphere_variance_m2 : (n,) where a service gave the delay; NaN = it is the model's, and the field corrects it. The field
                    corrects phases also where this is not PHASE_GRADE_M2: they then hold the service's delay less the model's
    field_variance : (6,) of the ionosphere field's numbers (ionosphere_field.FieldPrior)
    troposphere_m : (n,) slant delay [m]
    wet_mapping   : (n,) slant per zenith wet delay [-]
    velocity_enu_mps : (3,) from Doppler [m/s]; NaN = none
    velocity_cov  : (3, 3) [m^2/s^2]
    """

    time: GpsTime
    place_ecef_m: Floats
    enu_from_ecef: Floats
    satellite: Codes
    direction: Floats
    elevation: Floats
    azimuth: Floats
    carrier_hz: Floats
    code_m: Floats
    code_cov_m2: Floats
    phase_m: Floats
    phase_cov_m2: Floats
    slip: Bools
    range_step_m: Floats
    orbit_variance_m2: Floats
    corrected: Bools
    ionosphere_m: Floats
    ionosphere_variance_m2: Floats
    field_variance: Floats
    troposphere_m: Floats
    wet_mapping: Floats
    velocity_enu_mps: Floats
    velocity_cov: Floats

    def __len__(self) -> int:
        return len(self.satellite)
