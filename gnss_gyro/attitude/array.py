"""Where the antennas sit on the body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np

from gnss_gyro.attitude.lengths import Lengths, positions_from_lengths, sigmas_from_lengths
from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.basics.rotations import skew

COINCIDENT_M: Final = 1e-3
"""Antennas closer than this are taken as one [m]."""
_RANK_SIGMAS: Final = 2.0
_CONSISTENT_SIGMAS: Final = 4.0
_ARRAYS: Final = 64
"""Arrays, subsets among them, whose derived quantities are remembered."""
_PAIRS: Final = 16 * _ARRAYS

Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class AntennaArray:
    """A rigid array of antennas; the first one is the reference unless another is named.

    names           : n different names
    position_body_m : (n, 3) in the body frame (x forward, y left, z up) [m]
    sigma_m         : (n,) standard deviation of every coordinate of an antenna [m]

    Raises ConfigError for malformed or, with three or more antennas, coincident ones. Two antennas at one
    point are a deliberate zero baseline: length 0, rank 0, no attitude.
    """

    names: tuple[str, ...]
    position_body_m: Floats
    sigma_m: Floats

    def __post_init__(self) -> None:
        n = len(self.names)
        _require(n > 0, "an array needs at least one antenna")
        _require(len(set(self.names)) == n, f"antenna names repeat: {', '.join(self.names)}")
        _require(self.position_body_m.shape == (n, 3), f"antenna positions have shape {self.position_body_m.shape}, not ({n}, 3)")
        _require(self.sigma_m.shape == (n,), f"antenna sigmas have shape {self.sigma_m.shape}, not ({n},)")
        _require(bool(np.isfinite(self.position_body_m).all()), "an antenna position is not a number")
        _require(bool(((self.sigma_m >= 0.0) & (self.sigma_m < np.inf)).all()), "an antenna sigma is negative or not a number")
        for a, b in self.pairs if n > 2 else ():
            _require(self.length_m(a, b) > COINCIDENT_M, f"antennas {a} and {b} are at the same place")

    @classmethod
    def from_positions(cls, position_body_m: Mapping[str, Iterable[float]], sigma_m: float | Mapping[str, float]) -> AntennaArray:
        """From positions in the body frame [m] by name, with one sigma [m] for all or one for each."""
        names = tuple(position_body_m)
        position = np.array([list(position_body_m[name]) for name in names], float)
        sigma = [sigma_m[name] if isinstance(sigma_m, Mapping) else sigma_m for name in names]
        return cls(names, position, np.array(sigma, float))

    @classmethod
    def from_lengths(cls, names: Iterable[str], lengths: Lengths) -> AntennaArray:
        """From mutual distances {(a, b): (length [m], sigma [m])}.

        The lengths define the body frame: the first antenna is its origin, the second lies on +x, the third in
        the x-y plane at +y, the fourth above it. The flattest shape that the lengths allow is taken, since noise
        would fold a straight or plane array. Raises ConfigError for lengths that do not determine the shape or
        contradict one another.
        """
        names = tuple(names)
        return cls(names, positions_from_lengths(names, lengths), sigmas_from_lengths(names, lengths))

    def __len__(self) -> int:
        return len(self.names)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All n (n - 1) / 2 pairs of names, in order."""
        return tuple((a, b) for i, a in enumerate(self.names) for b in self.names[i + 1 :])

    @property
    def lengths_m(self) -> Floats:
        """Distances between all antennas (n, n) [m]."""
        difference = self.position_body_m[:, None] - self.position_body_m[None, :]
        return np.asarray(np.linalg.norm(difference, axis=2))

    @property
    def rank(self) -> int:
        """Dimensions the array spans: 0 a point, 1 a line (roll about it unknown), 2 a plane, 3 space.

        An extent within twice the sigma of the coordinates does not count.
        """
        return _rank(self)

    def index(self, name: str) -> int:
        """Row of an antenna. Raises ConfigError for an unknown name."""
        try:
            return self.names.index(name)
        except ValueError:
            raise ConfigError(f"there is no antenna {name!r}; there are {', '.join(self.names)}") from None

    def length_m(self, a: str, b: str) -> float:
        """Distance between two antennas [m]."""
        return _length(self, a, b)[0]

    def length_sigma_m(self, a: str, b: str) -> float:
        """Standard deviation of the distance between two antennas [m]."""
        return _length(self, a, b)[1]

    def rovers(self, reference: str | None = None) -> Ints:
        """Rows (n - 1,) of all antennas but the reference, in order."""
        origin = self.index(reference) if reference is not None else 0
        return np.array([i for i in range(len(self)) if i != origin], np.int64)

    def baselines_body_m(self, reference: str | None = None) -> Floats:
        """Vectors (n - 1, 3) from the reference antenna to the others, in their order [m]."""
        return _baselines_body_m(self, reference)

    def baselines_covariance_m2(self, reference: str | None = None) -> Floats:
        """Covariance (3 (n - 1), 3 (n - 1)) of `baselines_body_m`; the same in every frame, being isotropic."""
        return _baselines_covariance_m2(self, reference)

    def shape_covariance_m2(self, reference: str | None = None) -> Floats:
        """The part of `baselines_covariance_m2` that deforms the array, in body axes.

        The part that turns it as a whole is left out: the antennas as configured define the body frame, so that a turn of the
        mount is no error of the attitude. Of a pair only the length remains uncertain.
        """
        return _shape_covariance_m2(self, reference)

    def subset(self, names: Iterable[str]) -> AntennaArray:
        """The array of some of the antennas, in the order given, in the same body frame."""
        return _subset(self, tuple(names))

    def require_lengths(self, lengths: Lengths) -> None:
        """Raise ConfigError naming the worst pair if measured lengths contradict the positions (antennas swapped, a typo)."""
        worst, message = _CONSISTENT_SIGMAS, ""
        for (a, b), (length, sigma) in lengths.items():
            here = self.length_m(a, b)
            misfit = abs(here - length) / max(np.hypot(sigma, self.length_sigma_m(a, b)), 1e-6)
            if misfit > worst:
                worst, message = misfit, f"{a}-{b} is {here:.4f} m by the positions but was measured {length:.4f} m"
        _require(not message, message)


# An array never changes and is asked at every epoch: what follows from it is computed once.


@lru_cache(maxsize=_ARRAYS)
def _rank(array: AntennaArray) -> int:
    centred = array.position_body_m - array.position_body_m.mean(axis=0)
    extents = np.linalg.svd(centred, compute_uv=False)
    return int(np.count_nonzero(extents > max(COINCIDENT_M / 2.0, _RANK_SIGMAS * float(array.sigma_m.max()))))


@lru_cache(maxsize=_PAIRS)
def _length(array: AntennaArray, a: str, b: str) -> tuple[float, float]:
    """Distance of two antennas and its standard deviation [m]."""
    i, j = array.index(a), array.index(b)
    length = np.linalg.norm(array.position_body_m[j] - array.position_body_m[i])
    return float(length), float(np.hypot(array.sigma_m[i], array.sigma_m[j]))


@lru_cache(maxsize=_ARRAYS)
def _baselines_body_m(array: AntennaArray, reference: str | None) -> Floats:
    origin = array.index(reference) if reference is not None else 0
    return array.position_body_m[array.rovers(reference)] - array.position_body_m[origin]


@lru_cache(maxsize=_ARRAYS)
def _baselines_covariance_m2(array: AntennaArray, reference: str | None) -> Floats:
    origin = array.index(reference) if reference is not None else 0
    variance = array.sigma_m**2
    between = np.diag(variance[array.rovers(reference)]) + variance[origin]
    return np.asarray(np.kron(between, np.eye(3)), float)


@lru_cache(maxsize=_ARRAYS)
def _shape_covariance_m2(array: AntennaArray, reference: str | None) -> Floats:
    covariance = array.baselines_covariance_m2(reference)
    turns = np.concatenate([-skew(b) for b in array.baselines_body_m(reference)])
    keep = np.eye(len(covariance)) - turns @ np.linalg.pinv(turns, rcond=1e-9)
    return np.asarray(keep @ covariance @ keep.T)


@lru_cache(maxsize=_ARRAYS)
def _subset(array: AntennaArray, names: tuple[str, ...]) -> AntennaArray:
    rows = [array.index(name) for name in names]
    return AntennaArray(names, array.position_body_m[rows], array.sigma_m[rows])


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ConfigError(message)
