"""From the baselines of a log to places on the body, with sigmas, warnings and a configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from gnss_gyro.attitude.lengths import Lengths
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.engine.config import EngineConfig
from gnss_gyro.engine.survey_result import SurveyedLength, SurveyOutcome, SurveyResult, nothing_surveyed, surveyed_config
from gnss_gyro.estimation.array_shape import ArrayShape, array_shape, consistent_epochs, pair_lengths, stood_still
from gnss_gyro.estimation.baseline_survey import SurveyedEpoch
from gnss_gyro.estimation.batch_means import CORRELATION_S, STILL_CORRELATION_S, batches, means_of, sigma_of_mean
from gnss_gyro.estimation.body_axes import (
    axes_by_direction,
    axes_by_pair,
    axes_by_positions,
    course_angles,
    reference_axes,
    up_in_shape,
)
from gnss_gyro.estimation.rigidity import loose_lengths, rigidity_complaint

_FEWEST: Final = 10
"""Epochs with all antennas fixed that make a survey."""
_MOST: Final = 3000
"""Epochs looked at; of more, evenly chosen ones."""
_SHORT_S: Final = 120.0
_TOLD_SIGMAS: Final = 3.0
_OUTLIERS: Final = 0.05
_LOW_SHARE: Final = 0.5
_MOVED_M: Final = 0.02
_APART_M: Final = 0.02
"""No two antennas are nearer to one another than this; the direction between them would be noise."""


class SurveyLog:
    """The baselines of a log as they come."""

    def __init__(self, names: tuple[str, ...], told: Lengths) -> None:
        self.names, self.told, self.epochs = names, told, 0
        self._rows: list[tuple[float, SurveyedEpoch, Floats]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def skip(self) -> None:
        """An epoch that gave no baselines."""
        self.epochs += 1

    def add(self, time_s: float, epoch: SurveyedEpoch, velocity_enu_mps: Floats) -> None:
        """An epoch, and the velocity of the reference antenna (3,)."""
        self.epochs += 1
        self._rows.append((time_s, epoch, velocity_enu_mps))

    def fixed_share(self) -> dict[str, float]:
        """By antenna but the first, the share of all epochs in which its integers were certain."""
        fixed = np.array([np.isfinite(epoch.vectors_enu_m[:, 0]) for _, epoch, _ in self._rows]).reshape(-1, len(self.names) - 1)
        return {name: float(fixed[:, i].sum() / max(self.epochs, 1)) for i, name in enumerate(self.names[1:])}

    def series(self) -> Series:
        """The epochs in which all antennas are fixed, evenly chosen if there are very many."""
        rows = [row for row in self._rows if np.isfinite(row[1].vectors_enu_m).all()]
        rows = rows[:: -(-len(rows) // _MOST)] if rows else []
        k = len(self.names) - 1
        vectors = np.array([epoch.vectors_enu_m for _, epoch, _ in rows]).reshape(-1, k, 3)
        cov = np.array([epoch.covariance_m2 for _, epoch, _ in rows]).reshape(-1, 3 * k, 3 * k)
        pairs = k * (k + 1) // 2
        lengths = np.array([pair_lengths(v, c) for v, c in zip(vectors, cov, strict=True)]).reshape(len(rows), pairs, 2)
        velocity = np.array([v for _, _, v in rows]).reshape(-1, 3)
        return Series(np.array([t for t, _, _ in rows]), vectors, cov, lengths[..., 0], lengths[..., 1], velocity)


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Epochs with all antennas fixed: time_s (t,), vectors (t, k, 3), covariances (t, 3k, 3k), lengths and their sigmas (t, p),
    velocities (t, 3); metres, seconds, east north up."""

    time_s: Floats
    vectors_enu_m: Floats
    covariance_m2: Floats
    lengths_m: Floats
    length_sigma_m: Floats
    velocity_enu_mps: Floats

    def __len__(self) -> int:
        return len(self.time_s)

    def consistent(self) -> Series:
        """Without the epochs whose lengths are not those of the others."""
        keep = consistent_epochs(self.lengths_m)
        return Series(*(getattr(self, name)[keep] for name in self.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """Positions on the body (n, 3), by batches (b, n, 3), the axes (3, 3) and a word on them, sigma of forward [rad]."""

    position_m: Floats
    by_batch_m: Floats
    body_from_shape: Floats
    assumed: str
    forward_sigma: float = float("nan")


def evaluated(log: SurveyLog, config: EngineConfig, forward: tuple[str, str] | str | None) -> SurveyResult:
    """The result of a log."""
    share, everything = log.fixed_share(), log.series()
    if not len(log):
        detail = "no epoch has the first antenna, another one, and a position"
        return nothing_surveyed(SurveyOutcome.NO_EPOCHS, log.names, detail, log.epochs, share)
    if len(everything) < _FEWEST:
        return nothing_surveyed(SurveyOutcome.TOO_FEW_FIXES, log.names, _why_few(share, len(everything)), log.epochs, share)
    meeting = _in_one_place(log.names, everything)
    if meeting:
        return nothing_surveyed(SurveyOutcome.ONE_PLACE, log.names, meeting, log.epochs, share)
    loose = loose_lengths(log.names, everything.lengths_m, everything.length_sigma_m, everything.time_s)
    series = everything.consistent()
    shape = array_shape(series.vectors_enu_m, series.covariance_m2, series.lengths_m)
    batch = batches(series.time_s)
    placed, doubts = _placed(shape, series, means_of(shape.turned_m, batch), config, forward)
    complaint = rigidity_complaint(loose, len(log.names))
    lengths = _lengths(log, shape, series, means_of(shape.turned_m, batch))
    sigma = sigma_of_mean(placed.by_batch_m, _epoch_sigma(shape, placed), series.time_s, _correlation_s(shape))
    warnings = [*([complaint] if complaint else []), *doubts, *_doubts(log, share, everything, series, lengths)]
    return SurveyResult(
        outcome=SurveyOutcome.NOT_RIGID if complaint else SurveyOutcome.SURVEYED,
        names=log.names,
        position_body_m=placed.position_m,
        sigma_m=sigma,
        detail=complaint,
        forward_sigma=placed.forward_sigma,
        assumed=placed.assumed,
        lengths=lengths,
        epochs=log.epochs,
        fixed_share=share,
        used_epochs=len(series),
        span_s=float(series.time_s[-1] - series.time_s[0]),
        warnings=tuple(warnings),
        config=None if complaint else surveyed_config(config, placed.position_m, sigma),
    )


def _why_few(share: dict[str, float], both: int) -> str:
    each = ", ".join(f"{name} in {100.0 * part:.0f} %" for name, part in share.items())
    return (
        f"all antennas are fixed together in {both} epochs, {_FEWEST} are needed (of all epochs: {each}); "
        "a longer log, more satellite systems, a lower mask, or lengths by tape measure help"
    )


def _in_one_place(names: tuple[str, ...], series: Series) -> str:
    """A sentence on two antennas that are in one place, by recordings of one receiver or cables of one antenna; "" = none are."""
    apart = np.median(series.lengths_m, axis=0)
    meeting = [pair for pair, length in zip(combinations(names, 2), apart, strict=True) if not length > _APART_M]
    return f"antennas {meeting[0][0]} and {meeting[0][1]} are in one place" if meeting else ""


def _placed(
    shape: ArrayShape, series: Series, batch_means: Floats, config: EngineConfig, forward: tuple[str, str] | str | None
) -> tuple[_Placed, list[str]]:
    """The antennas in body axes by the rule asked for, and what speaks against it."""
    up, word = up_in_shape(shape.position_m, shape.enu_from_shape)
    told = [antenna.position_m for antenna in config.antennas]
    if forward == "course":
        by_course = _by_course(shape, series, batch_means, up, word)
        if by_course is not None:
            return by_course, []
        return _by_pair(shape, batch_means, up, word, config.names, (0, 1)), [
            "the course tells no forward: the log has too little straight driving with Doppler"
        ]
    if isinstance(forward, tuple):
        pair = config.names.index(forward[0]), config.names.index(forward[1])
        return _by_pair(shape, batch_means, up, word, config.names, pair), []
    if all(position is not None for position in told) and len(told) > 2:
        return _by_positions(shape, batch_means, np.array(told, float), config.names)
    if len(told) == 2 and None not in told:
        return _along_told(shape, batch_means, up, np.array(told, float)), []
    return _by_pair(shape, batch_means, up, word, config.names, (0, 1)), []


def _by_pair(
    shape: ArrayShape, batch_means: Floats, up: Floats, word: str, names: tuple[str, ...], pair: tuple[int, int]
) -> _Placed:
    def place(position: Floats) -> tuple[Floats, Floats]:
        axes = axes_by_pair(position, up, *pair)
        return position @ axes.T, axes

    assumed = f"origin at {names[0]}, x forward from {names[pair[0]]} to {names[pair[1]]}"
    return _applied(place, shape, batch_means, f"{assumed}, {word}" if len(names) > 2 else assumed)


def _by_positions(
    shape: ArrayShape, batch_means: Floats, told_m: Floats, names: tuple[str, ...]
) -> tuple[_Placed, list[str]]:  # fmt: skip
    def place(position: Floats) -> tuple[Floats, Floats]:
        rotation, shift = axes_by_positions(position, told_m)
        return position @ rotation.T + shift, rotation

    placed = _applied(place, shape, batch_means, "axes and origin that bring the antennas nearest to their configured positions")
    off = np.linalg.norm(placed.position_m - told_m, axis=1)
    moved = [
        f"antenna {name} is {100.0 * d:.1f} cm from its configured position"
        for name, d in zip(names, off, strict=True)
        if d > _MOVED_M
    ]
    return placed, moved


def _along_told(shape: ArrayShape, batch_means: Floats, up: Floats, told_m: Floats) -> _Placed:
    """Two antennas: the first stays where it was told, the second in the direction that was told."""
    direction = (told_m[1] - told_m[0]) / max(float(np.linalg.norm(told_m[1] - told_m[0])), 1e-9)

    def place(position: Floats) -> tuple[Floats, Floats]:
        return told_m[0] + np.outer(np.linalg.norm(position, axis=1), direction), axes_by_pair(position, up, 0, 1)

    return _applied(place, shape, batch_means, "the first antenna and the direction to the second are as configured")


def _applied(place: Callable[[Floats], tuple[Floats, Floats]], shape: ArrayShape, batch_means: Floats, assumed: str) -> _Placed:
    """All antennas, and those of every batch, by one rule: shape -> places, axes."""
    position, axes = place(shape.position_m)
    return _Placed(position, np.array([place(one)[0] for one in batch_means]), axes, assumed)


def _correlation_s(shape: ArrayShape) -> float:
    return STILL_CORRELATION_S if stood_still(shape.enu_from_shape) else CORRELATION_S


def _epoch_sigma(shape: ArrayShape, placed: _Placed) -> Floats:
    """Formal standard deviations (n, 3) of the antennas at one epoch, in body axes [m]."""
    cov = placed.body_from_shape @ shape.epoch_cov_m2 @ placed.body_from_shape.T
    return np.sqrt(np.maximum(np.einsum("nii->ni", cov), 0.0))


def _by_course(shape: ArrayShape, series: Series, batch_means: Floats, up: Floats, word: str) -> _Placed | None:
    angle, usable = course_angles(shape.enu_from_shape, series.velocity_enu_mps, series.time_s, up)
    if not usable.any():
        return None
    mean = float(angle[usable].mean())
    axes = reference_axes(up)
    rotation = axes_by_direction(np.cos(mean) * axes[0] + np.sin(mean) * axes[1], up)
    time_s = series.time_s[usable]
    by_batch = means_of(angle[usable], batches(time_s))
    sigma = float(sigma_of_mean(by_batch, float(angle[usable].std()), time_s))
    assumed = (
        f"origin at the first antenna, x forward by the course of {np.count_nonzero(usable)} straight epochs "
        f"(sigma {np.degrees(sigma):.2f} deg), {word}"
    )
    return _Placed(shape.position_m @ rotation.T, batch_means @ rotation.T, rotation, assumed, sigma)


def _lengths(log: SurveyLog, shape: ArrayShape, series: Series, batch_means: Floats) -> tuple[SurveyedLength, ...]:
    found = []
    for p, (i, j) in enumerate(combinations(range(len(log.names)), 2)):
        by_batch = np.linalg.norm(batch_means[:, j] - batch_means[:, i], axis=1)
        length = float(np.linalg.norm(shape.position_m[j] - shape.position_m[i]))
        epoch_sigma = float(np.median(series.length_sigma_m[:, p]))
        sigma = float(sigma_of_mean(by_batch, epoch_sigma, series.time_s, _correlation_s(shape)))
        pair = (log.names[i], log.names[j])
        found.append(SurveyedLength(pair, length, sigma, log.told.get(pair, (float("nan"), 0.0))[0]))
    return tuple(found)


def _doubts(
    log: SurveyLog, share: dict[str, float], everything: Series, series: Series, lengths: tuple[SurveyedLength, ...]
) -> list[str]:
    """What a user should know before trusting the positions."""
    span = float(series.time_s[-1] - series.time_s[0])
    doubts = [f"the log is short ({span:.0f} s): multipath has hardly averaged"] if span < _SHORT_S else []
    lost = 1.0 - len(series) / len(everything)
    if lost > _OUTLIERS:
        doubts.append(f"{100.0 * lost:.0f} % of the fixed epochs had other lengths than the rest and were left out")
    low = {name: part for name, part in share.items() if part < _LOW_SHARE}
    doubts += [f"antenna {name} was fixed in {100.0 * part:.0f} % of the epochs only" for name, part in low.items()]
    for length in lengths:
        told = log.told.get(length.pair)
        if told is not None and abs(length.length_m - told[0]) > _TOLD_SIGMAS * told[1]:
            a, b = length.pair
            doubts.append(f"{a}-{b} is {length.length_m:.3f} m, not {told[0]:.3f} m as was told")
    return doubts
