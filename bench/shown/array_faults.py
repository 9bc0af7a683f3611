"""Faults put into observations a minute after the start, and how far the position then leaves what it states of itself."""

from __future__ import annotations

import copy
import copyreg
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats
from gnss_gyro.basics.satellites import satellite_name
from gnss_gyro.engine.engine import Engine
from gnss_gyro.engine.solution import Solution
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.observation.slips import SlipDetector
from shown.array_rig import Errors, Truth, errors_of, squared_sigmas
from shown.markdown import number, table

BEFORE_S: Final = 60
AFTER_S: Final = 60
SIGMAS: Final = 5.0
"""No error may exceed so many of its own standard deviations."""
Group = Mapping[str, Epoch]
"""One epoch of an array, by antenna."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A step in the observations.

    code_m, phase_m : added to the ranges of some satellites [m]
    satellites      : how many satellites it hits
    first_only      : at the first antenna only
    gone            : satellites that vanish, by azimuth and elevation [rad]
    """

    name: str
    code_m: float = 0.0
    phase_m: float = 0.0
    satellites: int = 1
    first_only: bool = False
    gone: Callable[[Floats, Floats], Bools] | None = None


def _east(azimuth: Floats, elevation: Floats) -> Bools:
    return np.asarray(np.sin(azimuth) > 0.0)


def _high(azimuth: Floats, elevation: Floats) -> Bools:
    return np.asarray(elevation > np.median(elevation))


def _low(azimuth: Floats, elevation: Floats) -> Bools:
    return np.asarray(elevation <= np.median(elevation))


FAULTS: Final = (
    Fault("none"),
    *(Fault(f"satellite clock {m} m", m, m) for m in (5, 20, 100)),
    *(Fault(f"ionosphere {m} m", m, -m) for m in (5, 20, 100)),
    Fault("multipath 20 m on 3, all antennas", 20.0, 0.0, 3),
    Fault("multipath 20 m on 3, one antenna", 20.0, 0.0, 3, True),
    Fault("eastern sky gone", gone=_east),
    Fault("higher half gone", gone=_high),
    Fault("lower half gone", gone=_low),
)


@dataclass(frozen=True, slots=True)
class Sky:
    """Where satellites stand when the fault comes: codes (s,), azimuth and elevation (s,) [rad]."""

    satellite: Codes
    azimuth: Floats
    elevation: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Aftermath:
    """What followed a fault, worst over AFTER_S.

    worst_axis, worst_3d : largest error over its sigma: of east, north, up; Mahalanobis distance
    largest_m            : largest 3-D error
    before_axis, before_3d : the same ratios in the last ten seconds before the fault
    hit                  : satellites with a fault;  refused : those of them that were named
    innocent             : others that were named
    lost                 : epochs without a position
    """

    worst_axis: float
    worst_3d: float
    largest_m: float
    before_axis: float
    before_3d: float
    hit: tuple[str, ...]
    refused: tuple[str, ...]
    innocent: tuple[str, ...]
    lost: int


def after_faults(
    engine: Engine, groups: Sequence[Group], truths: Sequence[Truth], seed: int, faults: Iterable[Fault] = FAULTS
) -> dict[str, Aftermath]:
    """Run an engine to the fault, then from there on with each fault, by its name.

    groups, truths : BEFORE_S + AFTER_S epochs a second apart
    """
    watches = {name: SlipDetector() for name in groups[0]}
    solutions = [engine.process(_watched(watches, group)) for group in groups[:BEFORE_S]]
    before = errors_of(solutions[-10:], truths[BEFORE_S - 10 : BEFORE_S])
    sky = sky_of_record(solutions[-1])
    found = {}
    for fault in faults:
        if fault.first_only and len(groups[0]) < 2:
            continue
        hit = _hit(fault, sky, seed)
        twin, eyes = twin_of(engine), copy.deepcopy(watches)
        later = [twin.process(_watched(eyes, _spoiled(group, fault, hit))) for group in groups[BEFORE_S:]]
        found[fault.name] = _aftermath(later, truths[BEFORE_S:], before, hit if fault.gone is None else hit[:0])
    return found


def twin_of(engine: Engine) -> Engine:
    """An engine that knows the same, to go on otherwise."""
    copyreg.pickle(MappingProxyType, lambda proxy: (MappingProxyType, (dict(proxy),)))  # else it cannot be copied
    return copy.deepcopy(engine)


def sky_of_record(solution: Solution) -> Sky:
    """Satellites that the first antenna's single point used."""
    record = solution.record
    assert record is not None
    rows = np.flatnonzero((record.antenna == 0) & np.isfinite(record.code_residual_m) & np.isfinite(record.elevation))
    return Sky(record.satellite[rows], record.azimuth[rows], record.elevation[rows])


def _watched(watches: Mapping[str, SlipDetector], group: Group) -> Group:
    """With slips marked as the engine's assembler does."""
    return {name: watches[name].update(epoch) for name, epoch in group.items()}


def _hit(fault: Fault, sky: Sky, seed: int) -> Codes:
    """Satellites (k,) of a fault, drawn by the seed; those that vanish where the fault says so."""
    if fault.gone is not None:
        return sky.satellite[fault.gone(sky.azimuth, sky.elevation)]
    if fault.code_m == 0.0:
        return sky.satellite[:0]
    order = np.random.default_rng([seed, 5]).permutation(len(sky.satellite))
    return sky.satellite[order[: fault.satellites]]


def _spoiled(group: Group, fault: Fault, hit: Codes) -> Group:
    first = next(iter(group))
    return {
        name: epoch if fault.first_only and name != first else _with_fault(epoch, fault, hit) for name, epoch in group.items()
    }


def _with_fault(epoch: Epoch, fault: Fault, hit: Codes) -> Epoch:
    struck = np.isin(epoch.satellite, hit)
    if fault.gone is not None:
        return epoch.take(~struck)
    return replace(epoch, code_m=epoch.code_m + struck * fault.code_m, phase_m=epoch.phase_m + struck * fault.phase_m)


def _aftermath(solutions: Sequence[Solution], truths: Sequence[Truth], before: Errors, hit: Codes) -> Aftermath:
    known = [k for k, s in enumerate(solutions) if np.isfinite(s.position_ecef_m).all()]
    errors = errors_of([solutions[k] for k in known], [truths[k] for k in known])
    named = {int(code) for s in solutions for code in (*s.refused.code, *s.refused.phase)}
    struck = set(hit.tolist())
    return Aftermath(
        *_worst(errors), float(np.max(np.linalg.norm(errors.position_m, axis=1), initial=0.0)), *_worst(before), _names(struck),
        _names(named & struck), _names(named - struck), len(truths) - len(known),
    )  # fmt: skip


def _worst(errors: Errors) -> tuple[float, float]:
    """Largest error over sigma by axis, and in 3-D; 0 without any position."""
    sigma = np.sqrt(np.diagonal(errors.position_cov_m2, axis1=1, axis2=2))
    squares = squared_sigmas(errors.position_m, errors.position_cov_m2)
    return float(np.max(np.abs(errors.position_m) / sigma, initial=0.0)), float(np.sqrt(np.max(squares, initial=0.0)))


def _names(codes: Iterable[int]) -> tuple[str, ...]:
    return tuple(satellite_name(code) for code in sorted(codes))


def fault_facts(where: str, found: Sequence[Mapping[str, Aftermath]]) -> list[dict[str, object]]:
    """Figures of each fault over the sessions of one kind."""
    return [_facts(where, name, [f[name] for f in found]) for name in found[0]] if found else []


def _facts(where: str, fault: str, found: Sequence[Aftermath]) -> dict[str, object]:
    hit = sum(len(a.hit) for a in found)
    return {
        "where": where, "fault": fault, "sessions": len(found), "worst_axis": max(a.worst_axis for a in found),
        "worst_3d": max(a.worst_3d for a in found), "over_5_sigma": sum(a.worst_axis > SIGMAS for a in found),
        "over_5_sigma_3d": sum(a.worst_3d > SIGMAS for a in found), "largest_m": max(a.largest_m for a in found),
        "median_largest_m": float(np.median([a.largest_m for a in found])),
        "named_percent": 100.0 * sum(len(a.refused) for a in found) / hit if hit else float("nan"),
        "innocent_per_session": sum(len(a.innocent) for a in found) / len(found),
        "epochs_without_position": sum(a.lost for a in found),
    }  # fmt: skip


def faults_table(facts: Iterable[Mapping[str, object]]) -> str:
    """Worst errors over their sigmas, and who was named."""
    header = (
        "where", "fault", "sessions", "worst error / sigma: one axis", "3-D", "sessions over 5 sigma: axis", "3-D",
        "largest 3-D error m: median", "worst", "faulty ones refused %", "others refused per session",
        "epochs without position",
    )  # fmt: skip
    keys = ("worst_axis", "worst_3d", "over_5_sigma", "over_5_sigma_3d", "median_largest_m", "largest_m")
    rest = ("named_percent", "innocent_per_session", "epochs_without_position")
    rows = [
        [str(f["where"]), str(f["fault"]), str(f["sessions"]), *(_shown(f[k]) for k in (*keys, *rest))] for f in facts
    ]  # fmt: skip
    return table(header, rows)


def _shown(value: object) -> str:
    return number(value, 2 if value < 100.0 else 0) if isinstance(value, float) else str(value)
