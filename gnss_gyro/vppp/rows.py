"""Codes, phases and the Doppler velocity of an epoch as linear observations of the filter's state."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats
from gnss_gyro.basics.kernels import kernel
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.array_epoch import PHASE_GRADE_M2, ArrayEpoch
from gnss_gyro.vppp.ionosphere_field import TERMS, field_design
from gnss_gyro.vppp.position import LocalFrame, turn_block
from gnss_gyro.vppp.signal_errors import clock_group

DOPPLER_DOUBT: Final = 4.0
"""On the variance of Doppler velocities: they are those of a moment, and bodies shake."""
_BIASES: Final = layout.BIASES.start
_FIELD: Final = layout.FIELD.start


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Observations z = common @ x[:COMMON] + the satellite's own numbers + noise.

    A code's own numbers are range error and multipath, a phase's is the ambiguity.

    common_code, common_phase : (n, COMMON)
    code_m, phase_m           : (n,) observed, less model, at the place of the epoch [m]; NaN = none
    code_cov_m2, phase_cov_m2 : (n, n) of the noise
    velocity_mps              : (3,) in the state's axes; NaN = none
    velocity_cov              : (3, 3)
    """

    common_code: Floats
    common_phase: Floats
    code_m: Floats
    phase_m: Floats
    code_cov_m2: Floats
    phase_cov_m2: Floats
    velocity_mps: Floats
    velocity_cov: Floats


def design_of(epoch: ArrayEpoch, frame: LocalFrame, phase_factor: float = 1.0) -> Design:
    """Design and reduced observations of an epoch for a state whose position counts in a frame.

    phase_factor : on the variance of phases
    """
    n = len(epoch.satellite)
    common, observed_m = np.zeros((2, n, layout.COMMON)), np.empty((2, n))
    phase_cov_m2 = phase_factor * epoch.phase_cov_m2 if phase_factor > 1.0 else epoch.phase_cov_m2
    design = Design(
        common[0], common[1], observed_m[0], observed_m[1], epoch.code_cov_m2, phase_cov_m2, np.empty(3), np.empty((3, 3))
    )
    _write_ranges(
        epoch.direction, frame.axes_from_ecef, frame.origin_ecef_m, epoch.place_ecef_m, epoch.satellite, epoch.elevation,
        epoch.azimuth, epoch.carrier_hz, epoch.ionosphere_variance_m2, epoch.wet_mapping, epoch.ionosphere_m,
        epoch.troposphere_m, epoch.code_m, epoch.phase_m, common, observed_m,
    )  # fmt: skip
    _write_velocity(
        frame.axes_from_ecef, epoch.enu_from_ecef, epoch.velocity_enu_mps, epoch.velocity_cov,
        design.velocity_mps, design.velocity_cov,
    )  # fmt: skip
    return design


@kernel
def _write_ranges(
    direction: Floats, axes: Floats, origin_m: Floats, place_m: Floats, satellite: Codes, elevation: Floats, azimuth: Floats,
    carrier_hz: Floats, told_m2: Floats, wet_mapping: Floats, ionosphere_m: Floats, troposphere_m: Floats, code_m: Floats,
    phase_m: Floats, common: Floats, observed_m: Floats,
) -> None:  # fmt: skip
    """Common numbers (2, n, COMMON), zero before, and reduced observations (2, n) of codes and of phases.

    told_m2 : ArrayEpoch.ionosphere_variance_m2
    """
    group, fields = clock_group(satellite), field_design(elevation, azimuth, carrier_hz)
    for i in range(len(group)):
        shared = troposphere_m[i]
        for k in range(3):
            shared -= direction[i, k] * (origin_m[k] - place_m[k])  # ranges are shorter at the origin of the frame
        observed_m[0, i], observed_m[1, i] = code_m[i] - ionosphere_m[i] - shared, phase_m[i] + ionosphere_m[i] - shared
        for kind in range(2):
            for axis in range(3):
                for k in range(3):
                    common[kind, i, axis] -= axes[axis, k] * direction[i, k]
            common[kind, i, layout.CLOCK], common[kind, i, layout.WET] = 1.0, wet_mapping[i]
        if group[i] > 0:  # that of phases is in their ambiguities
            common[0, i, _BIASES + group[i] - 1] = 1.0
        for term in range(TERMS):
            if math.isnan(told_m2[i]):
                common[0, i, _FIELD + term] = fields[i, term]
            if not told_m2[i] <= PHASE_GRADE_M2:
                common[1, i, _FIELD + term] = -fields[i, term]


@kernel
def _write_velocity(
    axes: Floats, enu: Floats, velocity_enu_mps: Floats, cov_enu: Floats, velocity_mps: Floats, cov: Floats
) -> None:
    """A velocity in ENU at the epoch, in the axes of the state."""
    turn = np.zeros((3, 3))
    for i in range(3):
        velocity_mps[i] = 0.0
        for j in range(3):
            for k in range(3):
                turn[i, j] += axes[i, k] * enu[j, k]
            velocity_mps[i] += turn[i, j] * velocity_enu_mps[j]
    turn_block(turn, cov_enu, 0, cov)
    for i in range(3):
        for j in range(3):
            cov[i, j] *= DOPPLER_DOUBT
