"""Displacement and mean velocity of one antenna between two of its epochs, from what its carrier phases changed by.

Screened least squares: the unknowns are three coordinates of the displacement and one change of the receiver clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.estimation.noise import DEFAULT_NOISE, NoiseClass, NoiseModel
from gnss_gyro.estimation.phase_change import PhaseEnd, PhasePair, common_rows, phase_pair, sampling_interval_s
from gnss_gyro.estimation.screening import Screened, screened_least_squares
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.protocols.messages import Klobuchar

SHORTEST_S: Final = 0.02
LONGEST_S: Final = 30.5
"""Half a minute, and what receiver clocks and tags may add."""
_SLIP_WAVELENGTHS: Final = 0.25
"""Of an excluded phase: nearer to half a cycle than to none."""
_LEAST: Final = 4
_NEAR_M: Final = 20.0
"""Further corrections of the displacement bend the ranges by 0.01 mm: linearise again."""
_ROUNDS: Final = 4


class PhaseVelocityOutcome(str, Enum):
    """What became of a velocity by phases."""

    OK = "ok"
    UNCHECKED = "unchecked"  # four phases: a velocity is given, but nothing tests it
    INCONSISTENT = "inconsistent"  # a velocity is given, but no set of phases agrees on it
    NO_POSITION = "no position"
    BAD_INTERVAL = "bad interval"
    TOO_FEW_PHASES = "too few phases"
    BAD_GEOMETRY = "bad geometry"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class PhaseVelocity:
    """One antenna's motion between two epochs; NaN where there is none. Rows (n,) are those of the later epoch.

    interval_s            : between the true times of sampling [s]
    displacement_ecef_m   : (3,) relative to the Earth [m]
    velocity_ecef_mps     : (3,) displacement over interval: the mean velocity [m/s]
    clock_drift           : of the receiver, mean over the interval [s/s]
    covariance_m2         : (4, 4) of displacement and clock change times c [m^2]; larger where the residuals are
    residual_m            : (n,) of the changes of phase, slips included [m]; NaN = no phase to compare
    used                  : (n,)
    slip                  : (n,) found here: disagrees by more than a quarter of a wavelength although not marked before
    chi2, dof             : of the used phases
    """

    outcome: PhaseVelocityOutcome
    interval_s: float
    displacement_ecef_m: Floats
    velocity_ecef_mps: Floats
    clock_drift: float
    covariance_m2: Floats
    residual_m: Floats
    used: Bools
    slip: Bools
    chi2: float
    dof: int

    @property
    def covariance_m2ps2(self) -> Floats:
        """Covariance (4, 4) of velocity and clock drift times c [m^2/s^2]."""
        return np.asarray(self.covariance_m2 / self.interval_s**2)


def phase_velocity(
    first: PhaseEnd,
    second: PhaseEnd,
    klobuchar: Klobuchar | None = None,
    noise: NoiseModel = DEFAULT_NOISE[NoiseClass.PATCH],
) -> PhaseVelocity:
    """Displacement from the first end to the second by screened least squares.

    first, second : the states of both by the same ephemerides (states_at with one choose_at and one store): a new
                    ephemeris moves a satellite by decimetres, which looks like a slip
    klobuchar     : ionosphere, of which the change counts; None = an average one
    Slips are whole or half cycles; over half a minute a bad satellite clock may look like half a cycle too.
    Satellites that a single point solution left out for being low, weak or unknown are left out here too, and phases
    whose signal or half-cycle state changed or that the later epoch marks as slipped.
    """
    n = len(second.epoch)
    interval_s = sampling_interval_s(first, second)
    if np.isnan(first.point.position_ecef_m).any() or np.isnan(second.point.position_ecef_m).any():
        return _failure(n, PhaseVelocityOutcome.NO_POSITION, interval_s)
    if not SHORTEST_S <= interval_s <= LONGEST_S:
        return _failure(n, PhaseVelocityOutcome.BAD_INTERVAL, interval_s)
    rows = common_rows(first, second)
    if len(rows[0]) < _LEAST:
        return _failure(n, PhaseVelocityOutcome.TOO_FEW_PHASES, interval_s)
    solved = _solve(phase_pair(first, second, rows, interval_s, klobuchar, noise))
    if solved is None:
        return _failure(n, PhaseVelocityOutcome.BAD_GEOMETRY, interval_s)
    return _success(solved, interval_s, rows[1], second.epoch)


def _solve(pair: PhasePair) -> _Solved | None:
    """Solution about the displacement it leads to; None where the geometry does not determine it."""
    displacement = pair.start_m
    everyone = np.ones(len(pair.noise_var_m2), bool)
    for _ in range(_ROUNDS):
        view = pair.second_from(displacement)
        design = np.column_stack([-view.unit, np.ones(len(everyone))])
        turn = pair.first.unit - view.unit
        # The screening sees each phase's share of the place's error, the covariance all of them together.
        sigma = np.sqrt(pair.noise_var_m2 + np.einsum("ij,jk,ik->i", turn, pair.place_cov_m2, turn))
        change = view.phase_m - pair.first.phase_m
        screened = screened_least_squares(design / sigma[:, None], change / sigma, everyone)
        if not screened.solved:
            return None
        displacement = displacement + screened.solution[:3]
        if np.abs(screened.solution[:3]).max() < _NEAR_M:
            break
    gain = screened.cofactor @ (design * (screened.used / sigma**2)[:, None]).T
    from_place = gain @ turn
    noisier = max(1.0, screened.chi2 / screened.dof) if screened.dof > 0 else 1.0
    covariance = noisier * (gain * pair.noise_var_m2) @ gain.T + from_place @ pair.place_cov_m2 @ from_place.T
    return _Solved(screened, displacement, covariance, screened.residual * sigma)


@dataclass(frozen=True, slots=True)
class _Solved:
    """What was solved: displacement (3,) [m], covariance (4, 4) [m^2], residuals (k,) [m]."""

    screened: Screened
    displacement_m: Floats
    covariance_m2: Floats
    residual_m: Floats


def _success(solved: _Solved, interval_s: float, rows: Ints, epoch: Epoch) -> PhaseVelocity:
    screened, residual, used = solved.screened, np.full(len(epoch), np.nan), np.zeros(len(epoch), bool)
    residual[rows], used[rows] = solved.residual_m, screened.used
    slip = ~used & (np.abs(residual) > _SLIP_WAVELENGTHS * epoch.wavelength_m)
    outcome = PhaseVelocityOutcome.OK if screened.consistent else PhaseVelocityOutcome.INCONSISTENT
    if screened.consistent and screened.dof < 1:
        outcome = PhaseVelocityOutcome.UNCHECKED
    displacement, drift = solved.displacement_m, float(screened.solution[3]) / SPEED_OF_LIGHT / interval_s
    return PhaseVelocity(
        outcome, interval_s, displacement, displacement / interval_s, drift, solved.covariance_m2, residual, used, slip,
        screened.chi2, screened.dof,
    )  # fmt: skip


def _failure(n: int, outcome: PhaseVelocityOutcome, interval_s: float) -> PhaseVelocity:
    nan, nothing = float("nan"), np.full(3, np.nan)
    none = np.zeros(n, bool)
    return PhaseVelocity(
        outcome, interval_s, nothing, nothing, nan, np.full((4, 4), nan), np.full(n, nan), none, none, nan, 0
    )  # fmt: skip
