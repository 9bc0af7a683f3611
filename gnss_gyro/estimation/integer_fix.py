"""Integers of all baselines of an array from one epoch: sphere, circle, point.

The baseline with the best view is searched on its sphere; each of its candidates leaves one angle of the body, found on the
circle; then every integer of every antenna follows, and each hypothesis is scored exactly on the rigid body.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats
from gnss_gyro.estimation.acceptance import AcceptanceRule, failure_probability, judge
from gnss_gyro.estimation.differences import ArrayDifferences, Rows
from gnss_gyro.estimation.integer_search import CORE, WINDOW, BaselineModel, Candidates, search_sphere
from gnss_gyro.estimation.known_length import known_length
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.estimation.rigid_scorer import Hypotheses, RigidScorer, distinct
from gnss_gyro.estimation.search_problem import ordered_rows
from gnss_gyro.estimation.weighing import weighed_alone

_MOST_FIRST = 300
"""Candidates of the first baseline that are followed up."""
_MOST_OF_INCOMPLETE = 20
"""The same where the search hit its bounds: no fix can come of it, but which satellite spoils it can still be told."""
_NO_PRIOR = (np.zeros((0, 0)), np.zeros(0))
_NO_ROTATION = np.full((3, 3), np.nan)
_SLACK = 5.0
"""The first baseline's cost bounds the array's from below only approximately: antenna sigmas enter them differently."""


@dataclass(frozen=True, slots=True, eq=False)
class IntegerFix:
    """The best integers of an epoch and whether they may be believed.

    outcome             : FIXED, or why not
    rows                : the phase double differences (M)
    integers            : (M,) [cycles]
    vectors_enu_m       : (k, 3) baselines under the constraint [m]
    rotation            : (3, 3) ENU from body; NaN for a single baseline
    failure_probability : that the integers are wrong
    ratio               : cost of the second best / cost of the best
    phase_chi2, phase_dof : residuals at the solution, the length included
    """

    outcome: Outcome
    rows: Rows
    integers: Floats
    vectors_enu_m: Floats
    rotation: Floats
    failure_probability: float
    ratio: float
    phase_chi2: float
    phase_dof: int

    @property
    def residual_m(self) -> Floats:
        """Phase residuals (M,) [m]."""
        rows = self.rows
        modelled = np.einsum("ij,ij->i", rows.design, self.vectors_enu_m[rows.baseline])
        return np.asarray(rows.value_m - modelled - rows.wavelength_m * self.integers)


@dataclass(frozen=True, slots=True)
class Prior:
    """Float integers from earlier epochs, one information matrix for each baseline.

    info, mean : by baseline, (m, m) [1/cycles^2] and (m,) [cycles], in the order of the baseline's phase rows
    """

    info: tuple[Floats, ...]
    mean: tuple[Floats, ...]


def fix_integers(
    differences: ArrayDifferences, array: AntennaArray, rule: AcceptanceRule, prior: Prior | None = None
) -> IntegerFix:
    """Integers of all baselines at one epoch.

    differences    : of the antennas in `array`, whose first antenna is the reference
    prior          : float integers accumulated over earlier epochs
    """
    if len(differences.antennas) == 0:
        return _nothing(Outcome.TOO_FEW_ANTENNAS, differences)
    first = first_baseline(differences, array)
    if differences.phases(first) < 3 or redundancy(differences, array) < rule.min_redundancy:
        return _nothing(Outcome.TOO_FEW_SATELLITES, differences)
    search = _search_first(differences, array, first, prior, rule.max_nodes)
    if len(search) == 0:
        return _nothing(Outcome.SEARCH_LIMIT, differences)
    if len(differences.antennas) == 1:
        return _single(differences, array, search, rule)
    return _rigid(differences, array, first, search, rule)


def redundancy(differences: ArrayDifferences, array: AntennaArray) -> int:
    """Phases beyond the unknowns of the rotation; a single baseline's length counts as a phase."""
    if len(array) == 2:
        return len(differences.phase) + 1 - 3
    return len(differences.phase) - rotation_unknowns(array)


def rotation_unknowns(array: AntennaArray) -> int:
    """Angles of the body that its antennas can tell: 3, 2 for a line, 0 for a point."""
    return min(array.rank + 1, 3) if array.rank else 0


def first_baseline(differences: ArrayDifferences, array: AntennaArray) -> int:
    """The baseline to begin with: most phases, then the shortest, whose sphere holds the fewest candidates."""
    k = len(differences.antennas)
    if k == 1:
        return 0
    counts = differences.phase.counts(k)
    lengths = [known_length(array, differences.reference, name)[0] for name in differences.antennas]
    return min(range(k), key=lambda i: (-min(counts[i], 10), lengths[i]))


def baseline_model(differences: ArrayDifferences, baseline: int, prior: Prior | None) -> BaselineModel:
    """The search problem of one baseline, most precise phases first."""
    rows = differences.phase
    first, last = np.searchsorted(rows.baseline, (baseline, baseline + 1)).tolist()
    code = weighed_alone(differences.code, baseline, len(differences.antennas))
    order, phase, design, wave, weight, covariance = ordered_rows(
        first, last, rows.pivot, rows.value_m, rows.design, rows.wavelength_m, rows.part_m2, CORE
    )
    info, mean = _NO_PRIOR
    if prior is not None:
        info, mean = np.ascontiguousarray(prior.info[baseline][np.ix_(order, order)]), prior.mean[baseline][order]
    return BaselineModel(code.normal, code.rhs, phase, design, wave, weight, covariance, order, info, mean)


def _search_first(
    differences: ArrayDifferences, array: AntennaArray, first: int, prior: Prior | None, max_nodes: int
) -> Candidates:
    """Candidates of the first baseline."""
    length_m, sigma_m = known_length(array, differences.reference, differences.antennas[first])
    return search_sphere(baseline_model(differences, first, prior), length_m, sigma_m, max_nodes=max_nodes)


def _single(differences: ArrayDifferences, array: AntennaArray, search: Candidates, rule: AcceptanceRule) -> IntegerFix:
    """A single baseline: the sphere is all there is."""
    dof, failure, chi2 = redundancy(differences, array), failure_probability(search.cost), float(search.phase_chi2[0])
    constant = weighed_alone(differences.code, 0, 1).constant  # at a vector of zero: the search leaves it out
    return IntegerFix(
        outcome=judge(rule, failure, chi2, dof, search.complete),
        rows=differences.phase,
        integers=search.integers[0],
        vectors_enu_m=search.vector_m[:1],
        rotation=_NO_ROTATION,
        failure_probability=failure,
        ratio=_ratio(search.cost, constant),
        phase_chi2=chi2,
        phase_dof=dof,
    )


def _rigid(
    differences: ArrayDifferences, array: AntennaArray, first: int, search: Candidates, rule: AcceptanceRule
) -> IntegerFix:
    """All antennas: follow up the first baseline's candidates, keep every hypothesis within the window."""
    scorer = RigidScorer(differences, array, first)
    constant = weighed_alone(differences.code, first, len(differences.antennas)).constant
    bounds = (search.cost + constant).tolist()  # at a vector of zero: the search leaves it out
    found: list[Hypotheses] = []
    best, complete = np.inf, search.complete
    most = _MOST_FIRST if complete else _MOST_OF_INCOMPLETE
    for number, (bound, vector) in enumerate(zip(bounds, search.vector_m, strict=True)):
        if bound > best + WINDOW + _SLACK:
            break
        if number == most:
            complete = False
            break
        for hypotheses in scorer.hypotheses(vector):
            found.append(hypotheses)
            best = min(best, *hypotheses.cost.tolist(), np.inf)
    if best == np.inf:  # no place on the first baseline's sphere suits the other antennas
        return _nothing(Outcome.FLOAT, differences)
    return _decide(differences, scorer, distinct(found), complete, array, rule)


def _decide(
    differences: ArrayDifferences, scorer: RigidScorer, hypotheses: Hypotheses, complete: bool,
    array: AntennaArray, rule: AcceptanceRule,
) -> IntegerFix:  # fmt: skip
    """The best of hypotheses, and whether it may be believed."""
    best, costs = int(hypotheses.cost.argmin()), np.sort(hypotheses.cost)
    rotation, phase_chi2 = hypotheses.rotations[best], float(hypotheses.chi2[best, 0])
    dof, failure = redundancy(differences, array), failure_probability(costs)
    return IntegerFix(
        outcome=judge(rule, failure, phase_chi2, dof, complete),
        rows=differences.phase,
        integers=hypotheses.integers[best],
        vectors_enu_m=scorer.body @ rotation.T,
        rotation=rotation,
        failure_probability=failure,
        ratio=_ratio(costs, 0.0),
        phase_chi2=phase_chi2,
        phase_dof=dof,
    )


def _nothing(outcome: Outcome, differences: ArrayDifferences) -> IntegerFix:
    k, m = len(differences.antennas), len(differences.phase)
    return IntegerFix(
        outcome, differences.phase, np.full(m, np.nan), np.full((k, 3), np.nan), _NO_ROTATION, 1.0, np.nan, np.nan, 0
    )


def _ratio(costs: Floats, constant: float) -> float:
    """Second best cost over the best, both with what the search leaves out."""
    return float(costs[1] + constant) / max(float(costs[0]) + constant, 1e-12) if len(costs) > 1 else float("inf")
