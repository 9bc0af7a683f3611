"""Codes and phases of an epoch as linear observations of the filter's state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.vppp import state as layout
from gnss_gyro.vppp.array_epoch import ArrayEpoch
from gnss_gyro.vppp.ionosphere_field import field_design
from gnss_gyro.vppp.position import LocalFrame
from gnss_gyro.vppp.signal_errors import clock_group
from gnss_gyro.vppp.state import FilterState


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
    own: tuple[Ints, ...]
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
    n, group = len(epoch), clock_group(epoch.satellite)
    common = np.zeros((n, layout.COMMON))
    common[:, layout.POSITION] = -epoch.direction @ frame.axes_from_ecef.T
    common[:, layout.CLOCK] = 1.0
    common[:, layout.WET] = epoch.wet_mapping
    fields = field_design(epoch.elevation, epoch.azimuth, epoch.carrier_hz)
    fields[~np.isnan(epoch.ionosphere_variance_m2)] = 0.0
    common_phase = common.copy()
    common_phase[:, layout.FIELD] = -fields
    common[:, layout.FIELD] = fields
    others = np.flatnonzero(group > 0)
    common[others, layout.BIASES.start + group[others] - 1] = 1.0
    nearer = epoch.direction @ (frame.origin_ecef_m - epoch.place_ecef_m)  # ranges are shorter by that at the origin
    shared = epoch.troposphere_m - nearer
    return Design(
        common, common_phase, epoch.code_m - epoch.ionosphere_m - shared, epoch.phase_m + epoch.ionosphere_m - shared
    )


def code_rows(epoch: ArrayEpoch, design: Design, state: FilterState, at: Ints) -> Rows:
    """Rows of all codes. at : (n,) place of the epoch's satellites in the state."""
    rows = np.flatnonzero(~np.isnan(design.code_m))
    own = state.range_error + at[rows], state.multipath + at[rows]
    return Rows(design.common_code[rows], own, design.code_m[rows], epoch.code_cov_m2[np.ix_(rows, rows)], rows)


def phase_rows(epoch: ArrayEpoch, design: Design, state: FilterState, at: Ints, rows: Ints) -> Rows:
    """Rows of some phases (k,) of the epoch, whose ambiguities need not be known yet."""
    own = (state.ambiguity + at[rows],)
    return Rows(design.common_phase[rows], own, design.phase_m[rows], epoch.phase_cov_m2[np.ix_(rows, rows)], rows)
