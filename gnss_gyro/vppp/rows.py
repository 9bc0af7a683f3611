"""Codes and phases of an epoch as linear observations of the filter's state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.array_epoch import PHASE_GRADE_M2, ArrayEpoch
from gnss_gyro.vppp.ionosphere_field import TERMS, field_design
from gnss_gyro.vppp.position import LocalFrame
from gnss_gyro.vppp.signal_errors import clock_group
from gnss_gyro.vppp.state import FilterState

_BIASES: Final = layout.BIASES.start
_FIELD: Final = layout.FIELD.start


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """m observations z = common @ x[:COMMON] + the satellite's own numbers + noise.

    common     : (m, COMMON)
    own        : (k, m) indices into the state: of codes the range error and the multipath, of phases the ambiguity
    observed_m : (m,)
    cov_m2     : (m, m) of the noise
    satellite  : (m,) row of the satellite in the epoch
    """

    common: Floats
    own: Ints
    observed_m: Floats
    cov_m2: Floats
    satellite: Ints

    def __len__(self) -> int:
        return len(self.satellite)

    def innovation(self, state: FilterState) -> Floats:
        """Observed less predicted (m,) [m]."""
        predicted = self.common @ state.mean[: layout.COMMON]
        return np.asarray(self.observed_m - predicted - sum(state.mean[index] for index in self.own))

    def state_covariance(self, cov: Floats) -> Floats:
        """Covariance (N, m) of the state and the observed quantities: P H^T."""
        out = cov[:, : layout.COMMON] @ self.common.T
        for index in self.own:
            out += cov[:, index]
        return np.asarray(out)

    def observed(self, state_cov: Floats) -> Floats:
        """H @ A (m, k) of a matrix A (N, k)."""
        out = self.common @ state_cov[: layout.COMMON]
        for index in self.own:
            out += state_cov[index]
        return np.asarray(out)


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """What is the same for code and phase of an epoch's satellites.

    common_code, common_phase : (n, COMMON)
    code_m, phase_m           : (n,) observed, less model, at the place of the epoch [m]; NaN = none
    """

    common_code: Floats
    common_phase: Floats
    code_m: Floats
    phase_m: Floats


def design_of(epoch: ArrayEpoch, frame: LocalFrame) -> Design:
    """Design and reduced observations of an epoch for a state whose position counts in a frame."""
    nearer = frame.origin_ecef_m - epoch.place_ecef_m
    return Design(*_design(
        epoch.direction, frame.axes_from_ecef, nearer, clock_group(epoch.satellite), epoch.elevation, epoch.azimuth,
        epoch.carrier_hz, epoch.ionosphere_variance_m2, epoch.wet_mapping, epoch.ionosphere_m, epoch.troposphere_m,
        epoch.code_m, epoch.phase_m,
    ))  # fmt: skip


@njit(cache=True)
def _design(
    direction: Floats, axes: Floats, nearer_m: Floats, group: Ints, elevation: Floats, azimuth: Floats, carrier_hz: Floats,
    told_m2: Floats, wet_mapping: Floats, ionosphere_m: Floats, troposphere_m: Floats, code_m: Floats, phase_m: Floats,
) -> tuple[Floats, Floats, Floats, Floats]:  # fmt: skip
    """The fields of Design in their order.

    nearer_m : (3,) from the place of the epoch to the origin of the frame;  told_m2 : ArrayEpoch.ionosphere_variance_m2
    """
    n = len(group)
    common = np.zeros((n, layout.COMMON))
    code, phase = np.empty(n), np.empty(n)
    for i in range(n):
        for axis in range(3):
            for k in range(3):
                common[i, axis] -= axes[axis, k] * direction[i, k]
        common[i, layout.CLOCK] = 1.0
        common[i, layout.WET] = wet_mapping[i]
        # ranges are shorter at the origin
        shared = troposphere_m[i] - (
            direction[i, 0] * nearer_m[0] + direction[i, 1] * nearer_m[1] + direction[i, 2] * nearer_m[2]
        )
        code[i], phase[i] = code_m[i] - ionosphere_m[i] - shared, phase_m[i] + ionosphere_m[i] - shared
    common_phase, fields = common.copy(), field_design(elevation, azimuth, carrier_hz)
    for i in range(n):
        if group[i] > 0:  # that of phases is in their ambiguities
            common[i, _BIASES + group[i] - 1] = 1.0
        if np.isnan(told_m2[i]):
            common[i, _FIELD : _FIELD + TERMS] = fields[i]
        if not told_m2[i] <= PHASE_GRADE_M2:
            common_phase[i, _FIELD : _FIELD + TERMS] = -fields[i]
    return common, common_phase, code, phase


def code_rows(epoch: ArrayEpoch, design: Design, state: FilterState, at: Ints) -> Rows:
    """Rows of all codes. at : (n,) place of the epoch's satellites in the state."""
    rows = np.flatnonzero(~np.isnan(design.code_m))
    starts = state.range_error, state.multipath
    return Rows(*_picked(design.common_code, design.code_m, epoch.code_cov_m2, rows, at, starts), rows)


def phase_rows(epoch: ArrayEpoch, design: Design, state: FilterState, at: Ints, rows: Ints) -> Rows:
    """Rows of some phases (k,) of the epoch, whose ambiguities need not be known yet."""
    return Rows(*_picked(design.common_phase, design.phase_m, epoch.phase_cov_m2, rows, at, (state.ambiguity,)), rows)


@njit(cache=True)
def _picked(
    common: Floats, observed_m: Floats, cov_m2: Floats, rows: Ints, at: Ints, starts: tuple[int, ...]
) -> tuple[Floats, Ints, Floats, Floats]:
    """The fields of Rows in their order for some rows (k,) of the epoch; starts: of the satellites' own numbers in the state."""
    own, cov = np.empty((len(starts), len(rows)), np.int64), np.empty((len(rows), len(rows)))
    for i in range(len(rows)):
        for block in range(len(starts)):
            own[block, i] = starts[block] + at[rows[i]]
        for j in range(len(rows)):
            cov[i, j] = cov_m2[rows[i], rows[j]]
    return common[rows], own, observed_m[rows], cov
