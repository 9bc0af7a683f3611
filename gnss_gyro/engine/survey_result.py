"""What a survey has found: places of antennas on the body, and how good they are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.engine.config import EngineConfig


class SurveyOutcome(str, Enum):
    """What became of a survey. Only SURVEYED and NOT_RIGID have positions."""

    SURVEYED = "surveyed"
    NOT_RIGID = "not rigid"  # surveyed, but an antenna moves against the others
    ONE_PLACE = "one place"  # two antennas are in the same place
    TOO_FEW_FIXES = "too few fixes"  # integers were certain in too few epochs
    NO_EPOCHS = "no epochs"  # not one epoch with two antennas

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class SurveyedLength:
    """A distance between two antennas.

    pair      : their names
    length_m, sigma_m : as surveyed [m]
    told_m    : as it was told beforehand [m]; NaN = it was not
    """

    pair: tuple[str, str]
    length_m: float
    sigma_m: float
    told_m: float = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyResult:
    """All that a survey has found.

    outcome         : what became of it
    detail          : a sentence where the outcome has a cause worth naming, else ""
    names           : of the antennas, n
    position_body_m : (n, 3) x forward, y left, z up [m]; NaN = unknown
    sigma_m         : (n, 3) standard deviations in these axes [m], the turn of the axes themselves left out
    forward_sigma   : of the direction of x where it was taken from the course [rad]; NaN = x is where it is by definition
    assumed         : how origin, forward and up were chosen
    lengths         : of all pairs
    epochs          : with the reference antenna and at least one other
    fixed_share     : by antenna but the first, the share of epochs in which its integers were certain
    used_epochs     : epochs the positions were made of
    span_s          : time between the first and the last of them [s]
    warnings        : sentences for the user
    config          : ready for use; None unless SURVEYED
    """

    outcome: SurveyOutcome
    names: tuple[str, ...]
    position_body_m: Floats
    sigma_m: Floats
    detail: str = ""
    forward_sigma: float = float("nan")
    assumed: str = ""
    lengths: tuple[SurveyedLength, ...] = ()
    epochs: int = 0
    fixed_share: dict[str, float]
    used_epochs: int = 0
    span_s: float = 0.0
    warnings: tuple[str, ...] = ()
    config: EngineConfig | None = None


def nothing_surveyed(
    outcome: SurveyOutcome, names: tuple[str, ...], detail: str, epochs: int, fixed_share: dict[str, float]
) -> SurveyResult:
    """The result of a survey that found no positions."""
    unknown = np.full((len(names), 3), np.nan)
    return SurveyResult(
        outcome=outcome, names=names, position_body_m=unknown, sigma_m=unknown, detail=detail, epochs=epochs,
        fixed_share=fixed_share,
    )  # fmt: skip


def surveyed_config(config: EngineConfig, position_body_m: Floats, sigma_m: Floats) -> EngineConfig:
    """A configuration with surveyed positions in place of what it had; lengths are dropped, the positions tell them."""
    typical = np.clip(np.ceil(np.sqrt((sigma_m**2).mean(axis=1)) * 1e4) / 1e4, 1e-3, 0.1)
    antennas = tuple(
        replace(antenna, position_m=(float(x), float(y), float(z)), sigma_m=float(sigma))
        for antenna, (x, y, z), sigma in zip(config.antennas, np.round(position_body_m, 4) + 0.0, typical, strict=True)
    )
    return replace(config, antennas=antennas, lengths=())
