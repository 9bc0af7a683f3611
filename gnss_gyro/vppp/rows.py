"""Codes and phases of an epoch as linear observations of the filter's state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.array_epoch import ArrayEpoch
from gnss_gyro.vppp.ionosphere_field import field_design
from gnss_gyro.vppp.signal_errors import clock_group
from gnss_gyro.vppp.state import FilterState


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """m observations z = common @ x[:COMMON] + x[first] + x[second] + noise.

    common     : (m, COMMON)
    first, second : (m,) indices into the state: the satellite's range error; its multipath or ambiguity
    observed_m : (m,)
    cov_m2     : (m, m) of the noise
    satellite  : (m,) row of the satellite in the epoch
    """

    common: Floats
    first: Ints
    second: Ints
    observed_m: Floats
    cov_m2: Floats
    satellite: Ints

    def __len__(self) -> int:
        return len(self.satellite)

    def innovation(self, state: FilterState) -> Floats:
        """Observed less predicted (m,) [m]."""
        predicted = self.common @ state.mean[: layout.COMMON] + state.mean[self.first] + state.mean[self.second]
        return np.asarray(self.observed_m - predicted)

    def state_covariance(self, cov: Floats) -> Floats:
        """Covariance (N, m) of the state and the observed quantities: P H^T."""
        return np.asarray(cov[:, : layout.COMMON] @ self.common.T + cov[:, self.first] + cov[:, self.second])

    def observed(self, state_cov: Floats) -> Floats:
        """H @ A (m, k) of a matrix A (N, k)."""
        return np.asarray(self.common @ state_cov[: layout.COMMON] + state_cov[self.first] + state_cov[self.second])


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


def design_of(epoch: ArrayEpoch, origin_ecef_m: Floats, enu_from_ecef: Floats) -> Design:
    """Design and reduced observations of an epoch for a state whose position starts from an origin, in ENU axes there."""
    n, group = len(epoch), clock_group(epoch.satellite)
    common = np.zeros((n, layout.COMMON))
    common[:, layout.POSITION] = -epoch.direction @ enu_from_ecef.T
    common[:, layout.CLOCK] = 1.0
    common[:, layout.WET] = epoch.wet_mapping
    fields = field_design(epoch.elevation, epoch.azimuth, epoch.carrier_hz)
    fields[~np.isnan(epoch.ionosphere_variance_m2)] = 0.0
    common_phase = common.copy()
    common_phase[:, layout.FIELD] = -fields
    common[:, layout.FIELD] = fields
    others = np.flatnonzero(group > 0)
    common[others, layout.BIASES.start + group[others] - 1] = 1.0
    nearer = epoch.direction @ (origin_ecef_m - epoch.place_ecef_m)  # ranges are shorter by that at the origin
    shared = epoch.troposphere_m - nearer
    return Design(
        common, common_phase, epoch.code_m - epoch.ionosphere_m - shared, epoch.phase_m + epoch.ionosphere_m - shared
    )


def code_rows(epoch: ArrayEpoch, design: Design, state: FilterState, at: Ints) -> Rows:
    """Rows of all codes. at : (n,) place of the epoch's satellites in the state."""
    rows = np.flatnonzero(~np.isnan(design.code_m))
    return Rows(
        design.common_code[rows], state.range_error + at[rows], state.multipath + at[rows], design.code_m[rows],
        epoch.code_cov_m2[np.ix_(rows, rows)], rows,
    )  # fmt: skip


def phase_rows(epoch: ArrayEpoch, design: Design, state: FilterState, at: Ints) -> Rows:
    """Rows of the phases whose ambiguity the state holds. at : (n,) place of the epoch's satellites in the state."""
    rows = np.flatnonzero(~np.isnan(design.phase_m) & state.has_phase[at] & ~epoch.slip)
    return Rows(
        design.common_phase[rows], state.range_error + at[rows], state.ambiguity + at[rows], design.phase_m[rows],
        epoch.phase_cov_m2[np.ix_(rows, rows)], rows,
    )  # fmt: skip
