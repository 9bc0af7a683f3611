"""The watch over the shape of three or more antennas: which one is not where the configuration has it?

Now and then every baseline is fixed by itself, without the configured geometry beyond a hint of 10 cm, and compared with
it. The mean of measured minus configured vectors, in body axes, is then explained by one antenna out of place, each in its
turn; the one that explains it best is named.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.attitude.rotation_fit import fit_rotation
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.rotations import skew
from gnss_gyro.estimation.batch_means import CORRELATION_S
from gnss_gyro.estimation.differences import ArrayDifferences
from gnss_gyro.estimation.fixed_solution import free_vectors
from gnss_gyro.estimation.free_integers import ANYWHERE_M, Whereabouts, free_integers

_EVERY_S: Final = 5.0
_FIRST_LOOKS: Final = 5
"""So many epochs are looked at one after the other, before it is done now and then [s]."""
_HINT_M: Final = 0.1
"""How far an antenna may be from its configured place, 1 sigma, while the attitude is known [m]."""
_FAILURE_RATE: Final = 1e-5
_RESIDUAL_PROBABILITY: Final = 1e-3
_MIN_DOF: Final = 2
_ENOUGH: Final = 3
"""Looks before anything is said."""
_SMALLEST_M: Final = 0.010
_RUINOUS_M: Final = 0.025
_SIGMAS: Final = 3.0
_ALIKE: Final = 6.0
"""Explanations whose chi-square differs by less than this are equally good."""
_UNSEEN_M: Final = 0.05
"""A direction in which an antenna would be known worse than this is not observable: a turn of the whole array explains it."""


@dataclass(frozen=True, slots=True, eq=False)
class Misplaced:
    """One antenna out of place, as an explanation of what was measured.

    antenna  : its name
    offset_m : (3,) measured minus configured position in body axes [m]; 0 where not observable
    sigma_m  : of the length of the offset [m]
    chi2     : of what it leaves unexplained
    """

    antenna: str
    offset_m: Floats
    sigma_m: float
    chi2: float

    @property
    def amount_m(self) -> float:
        """How far it is out of place [m]."""
        return float(np.linalg.norm(self.offset_m))

    @property
    def significant(self) -> bool:
        """Is it out of place, beyond doubt and beyond a centimetre?"""
        return self.amount_m > max(_SIGMAS * self.sigma_m, _SMALLEST_M)


class ShapeMonitor:
    """Compares the measured shape of an array with the configured one; silent for fewer than three antennas or a line of them."""

    def __init__(self, array: AntennaArray) -> None:
        self._array = array
        self._wanted = len(array) >= 3 and array.rank >= 2
        self._last_s = -np.inf
        self._looks: dict[tuple[str, ...], _Looks] = {}
        self._misplaced: tuple[Misplaced, ...] = ()

    def look(self, time_s: float, differences: ArrayDifferences, enu_from_body: Floats | None) -> None:
        """Take in one epoch, if it is time.

        enu_from_body : (3, 3) the accepted attitude, be it of some of the antennas; None = unknown
        """
        if not self._wanted or not self._is_due(time_s) or len(differences.antennas) < 2:
            return
        self._last_s = time_s
        array = self._array.subset((differences.reference, *differences.antennas))
        measured = _free_baselines(differences, array, enu_from_body)
        if measured is None or array.rank < 2:
            return
        fit = fit_rotation(*measured, array.baselines_body_m(), array.shape_covariance_m2())
        turn = np.kron(np.eye(len(array) - 1), fit.enu_from_body.T)
        deviation = measured[0] @ fit.enu_from_body - array.baselines_body_m()
        self._looks.setdefault(array.names, _Looks(array)).add(time_s, deviation.ravel(), turn @ measured[1] @ turn.T)
        self._misplaced = self._explained()

    def _is_due(self, time_s: float) -> bool:
        looks = self._most()
        return looks is None or looks.count < _FIRST_LOOKS or not 0.0 <= time_s - self._last_s < _EVERY_S

    def misplaced(self) -> tuple[Misplaced, ...]:
        """Antennas of which one is out of place, likeliest first: more where they cannot be told apart, none if all fits."""
        return self._misplaced

    def _explained(self) -> tuple[Misplaced, ...]:
        looks = self._most()
        if looks is None:
            return ()
        explanations = sorted(looks.explanations(), key=lambda explanation: explanation.chi2)
        best = explanations[0]
        if not best.significant or looks.chi2 - best.chi2 < _SIGMAS**2:
            return ()
        return tuple(e for e in explanations if e.chi2 - best.chi2 < _ALIKE and e.significant)

    @property
    def is_ruinous(self) -> bool:
        """Is an antenna so far out of place that the attitude is wrong? Phase centres of cheap antennas vary by less."""
        return any(explanation.amount_m > _RUINOUS_M for explanation in self.misplaced())

    def complaint(self) -> str:
        """A sentence that names the antenna out of place, how far and where to; "" if all fits."""
        first, others = self.misplaced()[:1], self.misplaced()[1:]
        instead = f", or instead {', '.join(other.antenna for other in others)}" if others else ""
        return "".join(_sentence(explanation) for explanation in first) + instead

    def table(self) -> dict[str, dict[str, object]]:
        """By antenna but the reference: mean of measured minus configured vector in body axes [m], its sigma [m], and looks."""
        looks = self._most()
        if looks is None:
            return {}
        deviation, sigma = looks.mean.reshape(-1, 3), np.sqrt(np.diag(looks.covariance)).reshape(-1, 3)
        rows = zip(looks.array.names[1:], deviation.round(4).tolist(), sigma.round(4).tolist(), strict=True)
        return {name: {"deviation_body_m": off, "sigma_m": spread, "looks": looks.count} for name, off, spread in rows}

    def _most(self) -> _Looks | None:
        """The looks at the set of antennas that was seen most."""
        enough = [looks for looks in self._looks.values() if looks.count >= _ENOUGH]
        return max(enough, key=lambda looks: looks.count, default=None)


class _Looks:
    """Deviations (3k,) of the baselines of one set of antennas, added up."""

    def __init__(self, array: AntennaArray) -> None:
        self.array, self.count = array, 0
        k = 3 * (len(array) - 1)
        self._sum, self._cov_sum = np.zeros(k), np.zeros((k, k))
        self._first_s, self._last_s = np.inf, -np.inf

    def add(self, time_s: float, deviation_m: Floats, covariance_m2: Floats) -> None:
        self._sum += deviation_m
        self._cov_sum += covariance_m2
        self.count += 1
        self._first_s, self._last_s = min(self._first_s, time_s), max(self._last_s, time_s)

    @property
    def mean(self) -> Floats:
        return np.asarray(self._sum / self.count)

    @property
    def covariance(self) -> Floats:
        """Of the mean: what multipath leaves after so many minutes, and the configured sigmas of the antennas [m^2]."""
        minutes = 1.0 + (self._last_s - self._first_s) / CORRELATION_S
        return np.asarray(self._cov_sum / self.count / min(minutes, self.count) + self.array.baselines_covariance_m2())

    @property
    def chi2(self) -> float:
        """Of the deviations, the array turned as a whole as it fits best."""
        return float(self.mean @ self._weight() @ self.mean)

    def explanations(self) -> Iterable[Misplaced]:
        """Each antenna in turn as the one out of place."""
        weight, k = self._weight(), len(self.array) - 1
        for j, name in enumerate(self.array.names):
            signs = -np.ones(k) if j == 0 else np.eye(k)[j - 1]
            yield self._explained(name, np.kron(signs[:, None], np.eye(3)), weight)

    def _explained(self, name: str, design: Floats, weight: Floats) -> Misplaced:
        values, axes = np.linalg.eigh(design.T @ weight @ design)
        seen = values > 1.0 / _UNSEEN_M**2
        inverse = (axes * np.where(seen, 1.0 / np.where(seen, values, 1.0), 0.0)) @ axes.T
        offset = inverse @ (design.T @ weight @ self.mean)
        rest = self.mean - design @ offset
        direction = offset / max(float(np.linalg.norm(offset)), 1e-12)
        return Misplaced(name, offset, float(np.sqrt(direction @ inverse @ direction)), float(rest @ weight @ rest))

    def _weight(self) -> Floats:
        """Weight (3k, 3k) of the deviations, blind to any turn of the array [1/m^2]."""
        weight = np.linalg.inv(self.covariance)
        turns = np.concatenate([-skew(b) for b in self.array.baselines_body_m()])
        at_w = turns.T @ weight
        return np.asarray(weight - at_w.T @ np.linalg.pinv(at_w @ turns, rcond=1e-9) @ at_w)


def _free_baselines(
    differences: ArrayDifferences, array: AntennaArray, enu_from_body: Floats | None
) -> tuple[Floats, Floats] | None:
    """Baselines (k, 3) and covariance (3k, 3k) from integers that do not rely on the geometry; None if one is uncertain."""
    body = array.baselines_body_m()
    integers = np.full(len(differences.phase), np.nan)
    for index in range(len(body)):
        centre, radius = (np.zeros(3), ANYWHERE_M) if enu_from_body is None else (enu_from_body @ body[index], _HINT_M)
        found = free_integers(differences, index, Whereabouts(centre, 0.0, radius))
        if found is None or not found.accepted(_FAILURE_RATE, _RESIDUAL_PROBABILITY, _MIN_DOF):
            return None
        integers[differences.phase.of(index)] = found.integers
    rows = differences.phase
    return free_vectors(differences, rows, rows.value_m - rows.wavelength_m * integers)


def _sentence(explanation: Misplaced) -> str:
    x, y, z = 100.0 * explanation.offset_m
    return (
        f"antenna {explanation.antenna} is {100.0 * explanation.amount_m:.1f} cm from its configured position "
        f"(x {x:+.1f}, y {y:+.1f}, z {z:+.1f} cm)"
    )
