"""Cold starts of simulated arrays of 1, 2, 4 and 8 antennas beside their Cramer-Rao bound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from shown.array_bound import SOURCES, Bound, bound
from shown.array_rig import (
    PLACES_M,
    SKIES,
    Errors,
    array_config,
    array_scenario,
    errors_of,
    figures,
    group_of,
    simulated,
    started,
    truth_of,
)
from shown.markdown import number, table

COUNTS: Final = (1, 2, 4, 8)
EPOCHS: Final = 10


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """The last epoch of a cold start, by number of antennas: error of the engine and bound."""

    errors: dict[int, Errors]
    bounds: dict[int, Bound]


def start(task: tuple[int, str]) -> Start:
    """A seed under a sky, with all numbers of antennas, which see the same errors."""
    seed, sky = task
    scenario = array_scenario(seed, max(COUNTS), sky, float(EPOCHS))
    session = simulated(scenario)
    satellite, direction = session.skies[EPOCHS // 2]
    truth = truth_of(session.epochs[-1], next(iter(PLACES_M)))
    errors, bounds = {}, {}
    for count in COUNTS:
        config = array_config(count, SKIES[sky][0])
        engine = started(config, session.told)
        groups = [group_of(epoch, config.names) for epoch in session.epochs]
        solutions = [engine.process(group) for group in groups]
        errors[count] = errors_of(solutions[-1:], [truth])
        seen = [[group[name] for name in config.names] for group in groups]
        bounds[count] = bound(seen, satellite, direction, truth[0], scenario.errors)
    return Start(errors, bounds)


def starts_facts(found: Mapping[str, Sequence[Start]]) -> list[dict[str, object]]:
    """Figures by sky and number of antennas."""
    return [_facts(sky, count, starts) for sky, starts in found.items() for count in starts[0].errors]


def _facts(sky: str, count: int, starts: Sequence[Start]) -> dict[str, object]:
    errors = [s.errors[count] for s in starts]
    of = figures(np.concatenate([e.position_m for e in errors]), np.concatenate([e.position_cov_m2 for e in errors]))
    split = np.mean([s.bounds[count].by_source_m2 for s in starts], axis=0)
    least = split[:-1].sum(axis=0)
    return {
        "sky": sky, "antennas": count, "starts": of.count, "horizontal_m": of.horizontal, "vertical_m": of.vertical,
        "rms_3d_m": of.total, "stated_3d_m": of.stated, "nees_over_3": of.nees, "inside_95_percent": of.inside,
        "bound_horizontal_m": float(np.sqrt(least[:2].sum())), "bound_vertical_m": float(np.sqrt(least[2])),
        "bound_3d_m": float(np.sqrt(least.sum())),
        "bound_by_source_3d_m": dict(zip(SOURCES, np.sqrt(split.sum(axis=1)).tolist(), strict=True)),
    }  # fmt: skip


def starts_table(facts: Iterable[dict[str, object]]) -> str:
    """RMS, what is stated, and the bound."""
    header = (
        "sky", "antennas", "starts", "RMS horizontal m", "vertical", "3-D", "stated 3-D", "NEES / 3",
        "inside 95 % ellipsoid %", "bound horizontal m", "vertical", "3-D",
    )  # fmt: skip
    keys = ("horizontal_m", "vertical_m", "rms_3d_m", "stated_3d_m", "nees_over_3")
    least = ("bound_horizontal_m", "bound_vertical_m", "bound_3d_m")
    rows = [
        [
            *(str(f[k]) for k in ("sky", "antennas", "starts")), *(_number(f[k]) for k in keys),
            _number(f["inside_95_percent"], 1), *(_number(f[k]) for k in least),
        ]
        for f in facts
    ]  # fmt: skip
    return table(header, rows)


def split_table(facts: Iterable[dict[str, object]]) -> str:
    """The bound by the errors that make it, 3-D."""
    header = ("sky", "antennas", *(f"{source} m" for source in SOURCES))
    rows = []
    for f in facts:
        split = f["bound_by_source_3d_m"]
        assert isinstance(split, dict)
        rows.append([str(f["sky"]), str(f["antennas"]), *(number(split[source], 2) for source in SOURCES)])
    return table(header, rows)


def _number(value: object, digits: int = 2) -> str:
    assert isinstance(value, float)
    return number(value, digits)
