"""The shape of an array from the distances between its antennas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import numpy as np

from gnss_gyro.basics.arrays import Bools, Floats
from gnss_gyro.basics.errors import ConfigError

Lengths: TypeAlias = Mapping[tuple[str, str], tuple[float, float]]
"""{(name, name): (length [m], sigma [m])}, each pair once."""

SMALLEST_SIGMA_M: Final = 1e-4
"""No length is known better than this [m]: smaller sigmas, 0 too, are raised to it."""
_FLAT_SIGMAS: Final = 2.0
_CONSISTENT_SIGMAS: Final = 4.0
_SPAN_M: Final = 1e-3


def positions_from_lengths(names: tuple[str, ...], lengths: Lengths) -> Floats:
    """Positions (n, 3) [m] in the frame the antennas define: first at 0, second on +x, third at +y, fourth above.

    Each antenna is placed from the ones before it, then all lengths are adjusted by weighted least squares.
    Raises ConfigError for lengths that do not determine the shape or contradict one another.
    """
    length, sigma = _matrices(names, lengths)
    position = _adjusted(_placed_all(names, length, sigma, _FLAT_SIGMAS), length, sigma)
    if _misfit(position, length, sigma).max(initial=0.0) > _CONSISTENT_SIGMAS:  # too flat after all
        position = _adjusted(_placed_all(names, length, sigma, 0.0), length, sigma)
    _check_consistency(names, position, length, sigma)
    return position


def sigmas_from_lengths(names: tuple[str, ...], lengths: Lengths) -> Floats:
    """Sigma (n,) [m] of the antennas' coordinates that best reproduces the sigmas of the lengths."""
    _, sigma = _matrices(names, lengths)
    rows = np.argwhere(np.triu(np.isfinite(sigma), 1))
    if len(rows) == 0:
        return np.zeros(len(names))
    design = np.zeros((len(rows), len(names)))
    design[np.arange(len(rows)), rows[:, 0]] = 1.0
    design[np.arange(len(rows)), rows[:, 1]] = 1.0
    total = sigma[rows[:, 0], rows[:, 1]] ** 2
    even = float(total.mean()) / 2.0  # two antennas leave the split open: share it evenly
    scale = float(total.max())
    return np.asarray(np.sqrt(even + scale * _shares(design, (total - 2.0 * even) / scale, even / scale)))


def _shares(design: Floats, excess: Floats, floor: float) -> Floats:
    """Corrections (n,) >= -floor with design @ correction = excess in least squares."""
    from scipy.optimize import nnls  # late: slow to import, and rigs of positions do without

    minimum = np.linalg.pinv(design) @ excess
    if (minimum >= -floor).all():
        return np.asarray(minimum)
    return np.asarray(nnls(design, excess + 2.0 * floor)[0]) - floor


def _matrices(names: tuple[str, ...], lengths: Lengths) -> tuple[Floats, Floats]:
    """Symmetric lengths and sigmas (n, n) [m]; NaN where no length is given."""
    n = len(names)
    length, sigma = np.full((n, n), np.nan), np.full((n, n), np.nan)
    for (a, b), (metres, spread) in lengths.items():
        if a not in names or b not in names or a == b:
            raise ConfigError(f"length {a}-{b} does not join two antennas of {', '.join(names)}")
        if not (np.isfinite(metres) and np.isfinite(spread) and metres >= 0.0 and spread >= 0.0):
            raise ConfigError(f"length {a}-{b} = {metres} +- {spread} m is not a length")
        if metres == 0.0 and n > 2:
            raise ConfigError(f"antennas {a} and {b} are at the same place")
        i, j = names.index(a), names.index(b)
        if np.isfinite(length[i, j]):
            raise ConfigError(f"length {a}-{b} is given twice")
        length[i, j] = length[j, i] = metres
        sigma[i, j] = sigma[j, i] = max(spread, SMALLEST_SIGMA_M)
    return length, sigma


def _placed_all(names: tuple[str, ...], length: Floats, sigma: Floats, flat_sigmas: float) -> Floats:
    """Positions (n, 3), each antenna placed from those before it; heights within so many sigmas of 0 are 0."""
    position = np.zeros((len(names), 3))
    for i in range(1, len(names)):
        position[i] = _placed(names, i, position[:i], length[i, :i], flat_sigmas * sigma[i, :i])
    return position


def _placed(names: tuple[str, ...], i: int, placed: Floats, length: Floats, tolerance: Floats) -> Floats:
    """Position (3,) of antenna i from its distances (i,) to the i placed ones; a new dimension is entered on its + side."""
    known = np.isfinite(length)
    dimension = _span(placed)
    if not known.any() or _span(placed[known]) < dimension:
        missing = ", ".join(f"{names[i]}-{names[j]}" for j in np.flatnonzero(~known))
        raise ConfigError(f"the shape of the array is not determined: give the length {missing}")
    anchors, ranges = placed[known], length[known]
    origin, other = anchors[0], anchors[1:]
    design = 2.0 * (other - origin)[:, :dimension]
    square = np.sum(other**2 - origin**2, axis=1) - ranges[1:] ** 2 + ranges[0] ** 2
    inside = np.linalg.pinv(design, rcond=1e-9) @ (square - design @ origin[:dimension]) if dimension else np.empty(0)
    position = np.zeros(3)
    position[:dimension] = origin[:dimension] + inside
    if dimension < 3:
        height2 = float(ranges[0] ** 2 - inside @ inside)
        if height2 > _height2_noise(anchors, position, design, ranges, tolerance[known]):
            position[dimension] = np.sqrt(height2)
    return position


def _height2_noise(anchors: Floats, position: Floats, design: Floats, ranges: Floats, tolerance: Floats) -> float:
    """The square of a height [m^2] that errors of the ranges (m,) as large as the tolerance make seem real."""
    if design.shape[1] == 0:
        return 0.0
    solve = np.linalg.pinv(design, rcond=1e-9)
    inside = (position - anchors[0])[: design.shape[1]]
    slope = np.empty(len(ranges))  # d(height^2) / d(range)
    slope[1:] = 4.0 * ranges[1:] * (inside @ solve)
    slope[0] = 2.0 * ranges[0] * (1.0 - 2.0 * float((inside @ solve).sum()))
    return float(np.linalg.norm(slope * tolerance))


def _span(points: Floats) -> int:
    """Dimension (0 to 3) of the smallest flat that holds the points (m, 3)."""
    return int(np.count_nonzero(np.linalg.svd(points - points[0], compute_uv=False) > _SPAN_M))


def _adjusted(position: Floats, length: Floats, sigma: Floats) -> Floats:
    """Least-squares positions (n, 3); coordinates that define the frame, and dimensions not entered, stay 0."""
    from scipy.optimize import least_squares  # late: slow to import, and rigs of positions do without

    free = _free_coordinates(position)
    first, second = np.nonzero(np.triu(np.isfinite(length), 1))

    def misfit(values: Floats) -> Floats:
        trial = position.copy()
        trial[free] = values
        distance = np.linalg.norm(trial[first] - trial[second], axis=1)
        return np.asarray((distance - length[first, second]) / sigma[first, second])

    adjusted = position.copy()
    if free.any():
        solved = least_squares(misfit, position[free], xtol=1e-12, ftol=1e-12, gtol=1e-12)  # type: ignore[operator, unused-ignore]
        adjusted[free] = solved.x  # stubs for Python 3.10 take the function for the module of its name
    return adjusted


def _free_coordinates(position: Floats) -> Bools:
    """Mask (n, 3) of the coordinates that the frame does not fix at 0."""
    free = np.zeros(position.shape, bool)
    entered = 0
    for i in range(1, len(position)):
        entered = max(entered, _span(position[: i + 1]))
        free[i, :entered] = True
    return free


def _misfit(position: Floats, length: Floats, sigma: Floats) -> Floats:
    """How far (n, n) the lengths are missed, in sigmas; 0 where none is given."""
    distance = np.linalg.norm(position[:, None] - position[None, :], axis=2)
    return np.where(np.isfinite(length), np.abs(distance - length) / sigma, 0.0)


def _check_consistency(names: tuple[str, ...], position: Floats, length: Floats, sigma: Floats) -> None:
    misfit = _misfit(position, length, sigma)
    i, j = np.unravel_index(int(np.argmax(misfit)), misfit.shape)
    if misfit[i, j] > _CONSISTENT_SIGMAS:
        distance = float(np.linalg.norm(position[i] - position[j]))
        raise ConfigError(
            f"the lengths contradict one another: {names[i]}-{names[j]} is given as {length[i, j]:.4f} m, "
            f"the others make it {distance:.4f} m"
        )
