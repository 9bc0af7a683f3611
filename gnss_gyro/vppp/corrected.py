"""An epoch of the array with a correction service's word on satellites and signal path."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.corrections.applying import range_corrections, slant_delays
from gnss_gyro.corrections.source import Corrections
from gnss_gyro.vppp.array_epoch import PHASE_GRADE_M2, ArrayEpoch


def corrected_array_epoch(epoch: ArrayEpoch, corrections: Corrections) -> ArrayEpoch:
    """The epoch with corrected codes and with the service's delays and variances; phases follow what is good enough for them.

    A delay that is not stays the model's on the phases: grids of delays come, go and step by decimetres.
    """
    for_code_m, for_phase_m = range_corrections(corrections, epoch.direction)
    told = corrections.corrected & np.isfinite(corrections.variance_m2)
    precise = told & (corrections.variance_m2 <= PHASE_GRADE_M2)
    delays = slant_delays(corrections, SPEED_OF_LIGHT / epoch.carrier_hz)
    has_ionosphere = np.isfinite(delays.ionosphere_m) & np.isfinite(delays.ionosphere_variance_m2)
    has_troposphere = np.isfinite(delays.troposphere_m) & np.isfinite(delays.troposphere_variance_m2)
    phase_m = np.where(precise | corrections.forbidden, epoch.phase_m + for_phase_m, epoch.phase_m)
    coarse = has_ionosphere & (delays.ionosphere_variance_m2 > PHASE_GRADE_M2)
    return replace(
        epoch,
        code_m=epoch.code_m + for_code_m,
        phase_m=np.where(coarse, phase_m + epoch.ionosphere_m - delays.ionosphere_m, phase_m),
        orbit_variance_m2=np.where(told, corrections.variance_m2, epoch.orbit_variance_m2),
        corrected=told,
        ionosphere_m=np.where(has_ionosphere, delays.ionosphere_m, epoch.ionosphere_m),
        ionosphere_variance_m2=np.where(has_ionosphere, delays.ionosphere_variance_m2, np.nan),
        troposphere_m=np.where(has_troposphere, delays.troposphere_m, epoch.troposphere_m),
    )
