"""What a trial is worth, in figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.rotations import wrap_angle
from shown.beside import Beside
from shown.trial import CORRECT_M, Trial

SETTLED = 10
"""Epochs after which a filter must be as good as single epochs are."""


@dataclass(frozen=True, slots=True)
class Shares:
    """Of n epochs: accepted, correct (the candidate, accepted or not) [%], and wrong ones in numbers."""

    epochs: int
    accepted: float
    correct: float
    wrong: int

    @property
    def wrong_percent(self) -> float:
        """[%]."""
        return 100.0 * self.wrong / self.epochs if self.epochs else float("nan")


@dataclass(frozen=True, slots=True)
class Spread:
    """An angle over the accepted epochs [deg]: scatter about its mean, mean reported sigma, mean less truth."""

    scatter: float
    reported: float
    bias: float


def shares(accepted: Bools, vector_enu_m: Floats, truth_enu_m: Floats, candidate_enu_m: Floats | None = None) -> Shares:
    """Shares of n epochs; without candidates, correct means accepted and correct."""
    right = is_correct(vector_enu_m, truth_enu_m)
    n = len(accepted)
    candidates = accepted & right if candidate_enu_m is None else is_correct(candidate_enu_m, truth_enu_m)
    return Shares(n, _percent(accepted), _percent(candidates), int(np.count_nonzero(accepted & ~right)))


def is_correct(vector_enu_m: Floats, truth_enu_m: Floats) -> Bools:
    """Mask (n,) of the vectors (n, 3) near enough to the truth; unknown vectors are not."""
    return np.asarray(np.nan_to_num(np.linalg.norm(vector_enu_m - truth_enu_m, axis=1), nan=np.inf) < CORRECT_M)


def engine_shares(trial: Trial, truth_enu_m: Floats, after: int = 0) -> Shares:
    """Of the engine, from an epoch on."""
    asked = bool(np.isfinite(trial.best_enu_m).any())
    candidates = trial.best_enu_m[after:] if asked else None
    return shares(trial.accepted[after:], trial.vector_enu_m[after:], truth_enu_m, candidates)


def plain_shares(trial: Trial, truth_enu_m: Floats) -> Shares:
    """Of plain LAMBDA with the ratio test."""
    vectors = np.array([fix.vector_enu_m if fix else np.full(3, np.nan) for fix in trial.plain]).reshape(-1, 3)
    accepted = np.array([fix is not None and fix.accepted for fix in trial.plain], bool)
    return shares(accepted, vectors, truth_enu_m, vectors)


def beside_shares(beside: Beside | None, truth_enu_m: Floats) -> Shares | None:
    """Of another solver."""
    return shares(beside.fixed, beside.vector_enu_m, truth_enu_m) if beside else None


def first_fix_s(trial: Trial) -> float:
    """Time from the first common epoch to the first published attitude [s]; NaN if there is none."""
    return float(trial.time_s[np.argmax(trial.accepted)]) if trial.accepted.any() else float("nan")


def spreads(trial: Trial, truth_enu_m: Floats) -> tuple[Spread, Spread]:
    """Heading and pitch of the accepted epochs; unknown for antennas at one point."""
    east, north, up = truth_enu_m
    truth = np.array([np.arctan2(east, north), np.arctan2(up, np.hypot(east, north))])
    rows = trial.accepted & np.isfinite(trial.angle).all(axis=1)
    if not np.linalg.norm(truth_enu_m) or rows.sum() < 2:
        unknown = Spread(float("nan"), float("nan"), float("nan"))
        return unknown, unknown
    error, sigma = np.degrees(wrap_angle(trial.angle[rows] - truth)), np.degrees(trial.sigma[rows])
    heading, pitch = (
        Spread(float(error[:, i].std()), float(sigma[:, i].mean()), float(error[:, i].mean())) for i in range(2)
    )
    return heading, pitch


def _percent(mask: Bools) -> float:
    return 100.0 * float(np.mean(mask)) if len(mask) else float("nan")
