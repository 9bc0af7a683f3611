"""Figures of merit as pure functions of arrays: rates, circular statistics, errors against a truth, consistency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats, Ints
from gnss_gyro.basics.frames import ecef_from_geodetic, enu_from_ecef
from gnss_gyro.report.csv_writer import ANGLE_SIGMAS, ANGLES, GEODETIC, VELOCITY
from gnss_gyro.report.series import Series

WRONG_M: Final = 0.05
"""A vector further than this from the truth is wrong [m]."""
MATCH_NS: Final = 10_000_000
"""Epochs of solution and truth further apart than this do not belong together [ns]."""
GAP_FACTOR: Final = 1.5
"""A step longer than so many intervals is a gap."""


def wrapped_deg(angle_deg: Floats) -> Floats:
    """The same angles in [-180, 180) [deg]."""
    return (angle_deg + 180.0) % 360.0 - 180.0


def circular_mean_deg(angle_deg: Floats) -> float:
    """Mean direction in [0, 360) [deg], NaN rows left out; NaN of nothing."""
    known = np.radians(angle_deg[np.isfinite(angle_deg)])
    if not len(known):
        return float("nan")
    return float(np.degrees(np.arctan2(np.mean(np.sin(known)), np.mean(np.cos(known)))) % 360.0)


def circular_std_deg(angle_deg: Floats) -> float:
    """Standard deviation about the mean direction [deg]; NaN of nothing."""
    known = angle_deg[np.isfinite(angle_deg)]
    return rms(wrapped_deg(known - circular_mean_deg(known)))


def rms(values: Floats) -> float:
    """Root of the mean square, NaN left out; NaN of nothing."""
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else float("nan")


def mean(values: Floats) -> float:
    """Mean, NaN left out; NaN of nothing."""
    known = values[np.isfinite(values)]
    return float(np.mean(known)) if len(known) else float("nan")


def share(mask: Bools) -> float:
    """Share of the true; NaN of nothing."""
    return float(np.mean(mask)) if len(mask) else float("nan")


def outcome_counts(series: Series) -> dict[str, int]:
    """Epochs by outcome, the most frequent first."""
    return dict(Counter(str(word) for word in series.outcome).most_common())


def time_to_first_fix_s(series: Series) -> float:
    """From the first epoch to the first that carries an attitude [s]; NaN = never."""
    rows = np.flatnonzero(series.accepted)
    return float(series.elapsed_s[rows[0]]) if len(rows) else float("nan")


def interval_s(time_ns: Ints) -> float:
    """Usual step between epochs [s]; NaN for fewer than two."""
    steps = np.diff(np.unique(time_ns))
    return float(np.median(steps)) / 1e9 if len(steps) else float("nan")


def gaps(time_ns: Ints) -> list[tuple[int, float]]:
    """Gaps as (time before the gap [ns], its length [s])."""
    times = np.unique(time_ns)
    steps = np.diff(times)
    if not len(steps):
        return []
    rows = np.flatnonzero(steps > GAP_FACTOR * np.median(steps))
    return [(int(times[i]), float(steps[i]) / 1e9) for i in rows]


def matching_rows(time_ns: Ints, truth_ns: Ints) -> tuple[Ints, Ints]:
    """Rows of both that belong together: nearest in time, and near enough."""
    if not len(time_ns) or not len(truth_ns):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    order = np.argsort(truth_ns, kind="stable")
    after = np.clip(np.searchsorted(truth_ns[order], time_ns), 1, max(len(order) - 1, 1))
    pair = np.stack([order[after - 1], order[np.minimum(after, len(order) - 1)]])
    distance = np.abs(truth_ns[pair] - time_ns)
    nearest = pair[np.argmin(distance, axis=0), np.arange(len(time_ns))]
    rows = np.flatnonzero(np.min(distance, axis=0) <= MATCH_NS)
    return rows, nearest[rows]


@dataclass(frozen=True, slots=True)
class Errors:
    """What the accepted epochs of a solution are off the truth, n epochs and k antennas but the first.

    elapsed_s       : (n,) since the first epoch of the solution [s]
    angle_deg       : (n, 3) heading, pitch, roll: solution - truth, NaN = unknown [deg]
    sigma_deg       : (n, 3) as the solution states them [deg]
    vector_m        : (n, k) distances of the antennas' vectors from the true ones [m]
    """

    elapsed_s: Floats
    angle_deg: Floats
    sigma_deg: Floats
    vector_m: Floats

    @property
    def wrong(self) -> Bools:
        """Mask (n,) of epochs in which some vector is wrong."""
        return np.asarray(np.any(self.vector_m > WRONG_M, axis=1))

    @property
    def normalised_squares(self) -> Floats:
        """(n, 3) squared errors of the angles over their variances; 1 on average where the sigmas are true."""
        return (self.angle_deg / self.sigma_deg) ** 2


def errors_against(series: Series, truth: Series) -> Errors:
    """Errors of the accepted epochs that the truth knows of."""
    accepted = np.flatnonzero(series.accepted)
    rows, truth_rows = matching_rows(series.time_ns[accepted], truth.time_ns)
    found, true = series.take(accepted[rows]), truth.take(truth_rows)
    others = [name for name in series.others if name in truth.others]
    distances = [np.linalg.norm(found.vector_m(name) - true.vector_m(name), axis=1) for name in others]
    return Errors(
        series.elapsed_s[accepted[rows]], wrapped_deg(found.stacked(ANGLES) - true.stacked(ANGLES)), found.stacked(ANGLE_SIGMAS),
        np.stack(distances, axis=-1) if distances else np.zeros((len(found), 0)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PositionErrors:
    """What positions and velocities are off the truth, n epochs.

    elapsed_s    : (n,) since the first epoch of the solution [s]
    position_m   : (n, 3) east, north, up: solution - truth [m]
    velocity_mps : (n, 3) likewise [m/s]; NaN = one of them is unknown
    """

    elapsed_s: Floats
    position_m: Floats
    velocity_mps: Floats


def position_errors(series: Series, truth: Series) -> PositionErrors:
    """Errors of the epochs that have a position and that the truth, of the same antenna, knows of."""
    located = np.flatnonzero(np.isfinite(series["latitude_deg"]))
    rows, truth_rows = matching_rows(series.time_ns[located], truth.time_ns)
    found, true = series.take(located[rows]), truth.take(truth_rows)
    offset = [_enu_m(here, there) for here, there in zip(found.stacked(GEODETIC), true.stacked(GEODETIC), strict=True)]
    return PositionErrors(found.elapsed_s, np.array(offset).reshape(-1, 3), found.stacked(VELOCITY) - true.stacked(VELOCITY))


def _enu_m(geodetic: Floats, origin: Floats) -> Floats:
    """East, north, up (3,) [m] of a place from an origin, both latitude [deg], longitude [deg], height [m]."""
    scale = np.array([np.pi / 180.0, np.pi / 180.0, 1.0])
    offset = ecef_from_geodetic(geodetic * scale) - ecef_from_geodetic(origin * scale)
    return np.asarray(enu_from_ecef(*np.radians(origin[:2])) @ offset)


def nees(errors: Floats, covariance: Floats) -> Floats:
    """Normalised estimation error squared (n,) of errors (n, k) with covariances (n, k, k)."""
    return np.einsum("ni,ni->n", errors, np.linalg.solve(covariance, errors[..., None])[..., 0])


def extremes_kept(values: Floats, most: int) -> Ints:
    """Rows of a long line that still show its extremes: the lowest and the highest of each of most / 2 pieces, and both ends."""
    n = len(values)
    if n <= most:
        return np.arange(n)
    rows: set[int] = {0, n - 1}
    for piece in np.array_split(np.arange(n), max(most // 2, 1)):
        known = piece[np.isfinite(values[piece])]
        rows.update(_lowest_and_highest(values, known) if len(known) else [int(piece[0])])
    return np.array(sorted(rows), np.int64)


def _lowest_and_highest(values: Floats, rows: Ints) -> Sequence[int]:
    return int(rows[np.argmin(values[rows])]), int(rows[np.argmax(values[rows])])
