"""Integers of all baselines of an array from one epoch: sphere, circle, point.

The baseline with the best view is searched on its sphere; each of its candidates leaves one angle of the body, found on the
circle; then every integer of every antenna follows, and each hypothesis is scored exactly on the rigid body.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.estimation.acceptance import AcceptanceRule, failure_probability, judge
from gnss_gyro.estimation.differences import ArrayDifferences, Rows
from gnss_gyro.estimation.integer_search import WINDOW, BaselineModel, Candidates, core_first, search_sphere
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.estimation.rigid_scorer import Hypothesis, RigidScorer
from gnss_gyro.estimation.weighing import own_rows, weighed, weighed_alone

_MOST_FIRST = 300
"""Candidates of the first baseline that are followed up."""
_MOST_OF_INCOMPLETE = 20
"""The same where the search hit its bounds: no fix can come of it, but which satellite spoils it can still be told."""
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
    phase_chi2, phase_dof, code_chi2, code_dof : residuals at the solution; the phase's include the length
    residual_m          : (M,) phase residuals [m]
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
    code_chi2: float
    code_dof: int
    residual_m: Floats


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
    search = _search_first(differences, array, first, prior)
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
    lengths = np.linalg.norm(array.baselines_body_m(), axis=1)
    counts = [differences.phases(i) for i in range(len(differences.antennas))]
    return min(range(len(counts)), key=lambda i: (-min(counts[i], 10), lengths[i]))


def baseline_model(differences: ArrayDifferences, baseline: int, prior: Prior | None) -> tuple[BaselineModel, Ints]:
    """The search problem of one baseline, most precise phases first, and the places (m,) of its rows in that order."""
    phase, code = own_rows(differences.phase, baseline), weighed_alone(differences.code, baseline)
    order = core_first(np.diag(phase.cov_m2))
    m = len(phase)
    info = prior.info[baseline] if prior else np.zeros((m, m))
    mean = prior.mean[baseline] if prior else np.zeros(m)
    ordered = phase.take(order)
    model = BaselineModel(
        code_normal=code.normal,
        code_rhs=code.rhs,
        phase_m=ordered.value_m,
        design=ordered.design,
        wavelength_m=ordered.wavelength_m,
        weight=weighed_alone(differences.phase, baseline).weight[np.ix_(order, order)],
        covariance=ordered.cov_m2,
        prior_info=np.ascontiguousarray(info[np.ix_(order, order)]),
        prior_mean=mean[order],
    )
    return model, np.argsort(order)


def _search_first(differences: ArrayDifferences, array: AntennaArray, first: int, prior: Prior | None) -> Candidates:
    """Candidates of the first baseline, integers in the order of its phase rows."""
    model, back = baseline_model(differences, first, prior)
    reference, other = differences.reference, differences.antennas[first]
    found = search_sphere(model, array.length_m(reference, other), max(array.length_sigma_m(reference, other), 1e-4))
    return Candidates(found.cost, found.integers[:, back], found.vector_m, found.phase_chi2, found.complete)


def _single(differences: ArrayDifferences, array: AntennaArray, search: Candidates, rule: AcceptanceRule) -> IntegerFix:
    """A single baseline: the sphere is all there is."""
    phase, code = differences.phase, differences.code
    vector = search.vector_m[0]
    dof = redundancy(differences, array)
    failure = failure_probability(search.cost)
    chi2 = float(search.phase_chi2[0])
    code_residual, weighed_code = code.value_m - code.design @ vector, weighed(code, 1)
    return IntegerFix(
        outcome=judge(rule, failure, chi2, dof, search.complete),
        rows=phase,
        integers=search.integers[0],
        vectors_enu_m=vector[None, :],
        rotation=np.full((3, 3), np.nan),
        failure_probability=failure,
        ratio=_ratio(search.cost + weighed_code.constant),  # at a vector of zero: the search leaves it out
        phase_chi2=chi2,
        phase_dof=dof,
        code_chi2=float(code_residual @ weighed_code.weight @ code_residual),
        code_dof=len(code),
        residual_m=phase.value_m - phase.design @ vector - phase.wavelength_m * search.integers[0],
    )


def _rigid(
    differences: ArrayDifferences, array: AntennaArray, first: int, search: Candidates, rule: AcceptanceRule
) -> IntegerFix:
    """All antennas: follow up the first baseline's candidates, keep every hypothesis within the window."""
    scorer = RigidScorer(differences, array, first)
    bounds = search.cost + weighed_alone(differences.code, first).constant  # at a vector of zero: the search leaves it out
    kept: dict[bytes, Hypothesis] = {}
    best, complete = np.inf, search.complete
    most = _MOST_FIRST if complete else _MOST_OF_INCOMPLETE
    for number, (bound, vector) in enumerate(zip(bounds, search.vector_m, strict=True)):
        if bound > best + WINDOW + _SLACK:
            break
        if number == most:
            complete = False
            break
        for hypothesis in scorer.hypotheses(vector):
            kept.setdefault(hypothesis.integers.tobytes(), hypothesis)
            best = min(best, hypothesis.cost)
    if not kept:  # no place on the first baseline's sphere suits the other antennas
        return _nothing(Outcome.FLOAT, differences)
    return _decide(differences, scorer, list(kept.values()), complete, array, rule)


def _decide(
    differences: ArrayDifferences, scorer: RigidScorer, hypotheses: list[Hypothesis], complete: bool,
    array: AntennaArray, rule: AcceptanceRule,
) -> IntegerFix:  # fmt: skip
    hypotheses = sorted(hypotheses, key=lambda h: h.cost)
    costs = np.array([h.cost for h in hypotheses])
    best = hypotheses[0]
    vectors = scorer.body @ best.rotation.T
    phase = differences.phase
    dof = redundancy(differences, array)
    failure = failure_probability(costs)
    return IntegerFix(
        outcome=judge(rule, failure, best.phase_chi2, dof, complete),
        rows=phase,
        integers=best.integers,
        vectors_enu_m=vectors,
        rotation=best.rotation,
        failure_probability=failure,
        ratio=_ratio(costs),
        phase_chi2=best.phase_chi2,
        phase_dof=dof,
        code_chi2=best.code_chi2,
        code_dof=len(differences.code),
        residual_m=phase.value_m
        - np.einsum("ij,ij->i", phase.design, vectors[phase.baseline])
        - phase.wavelength_m * best.integers,
    )


def _nothing(outcome: Outcome, differences: ArrayDifferences) -> IntegerFix:
    k, m = len(differences.antennas), len(differences.phase)
    return IntegerFix(
        outcome, differences.phase, np.full(m, np.nan), np.full((k, 3), np.nan), np.full((3, 3), np.nan), 1.0, np.nan,
        np.nan, 0, np.nan, 0, np.full(m, np.nan),
    )  # fmt: skip


def _ratio(costs: Floats) -> float:
    return float(costs[1] / max(costs[0], 1e-12)) if len(costs) > 1 else float("inf")
