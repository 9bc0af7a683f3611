"""An epoch of the array with a correction service's word on satellites and signal path."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.corrections.applying import range_corrections, slant_delays
from gnss_gyro.corrections.source import Corrections
from gnss_gyro.vppp.array_epoch import ArrayEpoch

_PHASE_GRADE_M2: Final = 0.1**2
"""Corrections of this variance or less are made for phases; steps of others would look like slips."""


def corrected_array_epoch(epoch: ArrayEpoch, corrections: Corrections) -> ArrayEpoch:
    """The epoch with corrected codes (and, by services precise enough, phases) and with the service's delays and variances."""
    for_code_m, for_phase_m = range_corrections(corrections, epoch.direction)
    told = corrections.corrected & np.isfinite(corrections.variance_m2)
    precise = told & (corrections.variance_m2 <= _PHASE_GRADE_M2)
    delays = slant_delays(corrections, SPEED_OF_LIGHT / epoch.carrier_hz)
    has_ionosphere = np.isfinite(delays.ionosphere_m) & np.isfinite(delays.ionosphere_variance_m2)
    return replace(
        epoch,
        code_m=epoch.code_m + for_code_m,
        phase_m=np.where(precise | corrections.forbidden, epoch.phase_m + for_phase_m, epoch.phase_m),
        orbit_variance_m2=np.where(told, corrections.variance_m2, epoch.orbit_variance_m2),
        corrected=told,
        ionosphere_m=np.where(has_ionosphere, delays.ionosphere_m, epoch.ionosphere_m),
        ionosphere_variance_m2=np.where(has_ionosphere, delays.ionosphere_variance_m2, np.nan),
        troposphere_m=np.where(np.isfinite(delays.troposphere_m), delays.troposphere_m, epoch.troposphere_m),
    )
