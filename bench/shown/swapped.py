"""Antennas of a simulated roof connected in the wrong order: three and more give themselves away by their lengths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gnss_gyro.attitude.array import AntennaArray
from gnss_gyro.basics.rotations import vector_from_rotation
from gnss_gyro.basics.satellites import System
from gnss_gyro.engine.config import config_from_dict
from gnss_gyro.engine.engine import Engine
from gnss_gyro.estimation.outcome import Outcome
from gnss_gyro.simulation.scenario import Scenario, Simulation, rectangle, simulate
from shown.markdown import number, table
from shown.wrong_geometry import outcome_words

EPOCHS: Final = 40
SEEDS: Final = (5, 6, 7, 8)
WRONG_DEG: Final = 5.0
ROOF: Final = rectangle()
CASES: Final[dict[str, dict[str, str]]] = {
    "nothing": {},
    "two at the front": {"front_left": "front_right"},
    "two on the left": {"front_left": "rear_left"},
    "two across": {"front_left": "rear_right"},
    "both pairs across: the roof turned by 180 degrees": {"front_left": "rear_right", "front_right": "rear_left"},
    "left and right, front and rear: the roof upside down": {"front_left": "front_right", "rear_left": "rear_right"},
}
"""Names exchanged."""
_ALIKE: Final = ("both pairs", "left and right")
"""Beginnings of the cases that leave all lengths as they were: no observation can tell."""


@dataclass(frozen=True, slots=True)
class Swap:
    """One case over all seeds.

    epochs, accepted, wrong : numbers of epochs; wrong ones are accepted and more than 5 degrees off
    turn_deg  : mean angle of the accepted attitudes to the truth [deg]
    words     : outcomes
    complaint : the geometry monitor's last, of the first seed that has one
    """

    what: str
    antennas: int
    epochs: int
    accepted: int
    wrong: int
    turn_deg: float
    words: str
    complaint: str

    @property
    def alike(self) -> bool:
        """Are all lengths as configured in spite of the swap?"""
        return self.what.startswith(_ALIKE)


def swaps(say: Callable[[str], None], seeds: Sequence[int] = SEEDS) -> list[Swap]:
    """All cases with four antennas, and one with three."""
    three = ROOF.subset(("front_left", "front_right", "rear_left"))
    cases = [(ROOF, what) for what in CASES] + [(three, "two at the front"), (three, "two on the left")]
    found = []
    for array, what in cases:
        found.append(swap(array, what, seeds))
        say(f"swapped {what}, {len(array)} antennas: {found[-1].words}")
    return found


def swap(array: AntennaArray, what: str, seeds: Sequence[int]) -> Swap:
    """Simulated tractors whose antennas come under each other's names."""
    words: Counter[str] = Counter()
    turns, complaints = [], []
    for seed in seeds:
        outcomes, angles, complaint = _drive(array, CASES[what], seed)
        words.update(outcomes)
        turns += angles
        complaints += [complaint] if complaint else []
    wrong = sum(angle > WRONG_DEG for angle in turns)
    mean = float(np.mean(turns)) if turns else float("nan")
    said = complaints[0] if complaints else ""
    return Swap(what, len(array), EPOCHS * len(seeds), len(turns), wrong, mean, outcome_words(words.elements()), said)


def _drive(array: AntennaArray, names: Mapping[str, str], seed: int) -> tuple[list[str], list[float], str]:
    """Outcomes, angles to the truth [deg] of the accepted epochs, and the complaint of one drive."""
    other = {**names, **{second: first for first, second in names.items()}}
    simulation = simulate(Scenario(duration_s=float(EPOCHS), antennas=array, limits={System.GPS: 8}, seed=seed))
    engine = _engine(array, simulation)
    words, turns = [], []
    for epoch in simulation.epochs():
        group = {name: replace(e, antenna=name) for e in epoch.epochs for name in [other.get(e.antenna, e.antenna)]}
        solution = engine.process({name: group[name] for name in array.names if name in group})
        words.append(str(solution.outcome))
        if solution.outcome is Outcome.FIXED and solution.attitude is not None:
            error = solution.attitude.enu_from_body @ epoch.truth.enu_from_body[0].T
            turns.append(float(np.degrees(np.linalg.norm(vector_from_rotation(error)))))
    geometry = engine.summary()["geometry"]
    return words, turns, str(geometry["complaint"]) if isinstance(geometry, dict) else ""


def swaps_table(found: list[Swap]) -> str:
    """As markdown."""
    header = ("swapped", "antennas", "accepted", "wrong", "attitude off by deg", "outcomes", "complaint")
    rows = [
        [
            s.what, str(s.antennas), f"{s.accepted} of {s.epochs}", "cannot be told" if s.alike else str(s.wrong),
            number(s.turn_deg), s.words, s.complaint or "–",
        ]
        for s in found
    ]  # fmt: skip
    return table(header, rows)


def _engine(array: AntennaArray, simulation: Simulation) -> Engine:
    antennas = {
        name: {"position_m": [float(x) for x in place], "receiver": "patch"}
        for name, place in zip(array.names, array.position_body_m, strict=True)
    }
    engine = Engine(config_from_dict({"antennas": antennas, "gnss": {"systems": ["G"]}, "filter": {"vehicle": "tractor"}}))
    for ephemeris in simulation.ephemerides():
        engine.feed(None, ephemeris)
    return engine
