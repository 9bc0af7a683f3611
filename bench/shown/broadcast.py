"""Are two decoders' ephemerides equal, value by value?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from gnss_gyro.basics.satellites import satellite_name
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import GlonassEphemeris, KeplerEphemeris

PRINTED: Final = 5.1e-12
"""The converter prints twelve significant digits: half of the last is at most this, relative to the value."""
_LEFT_OUT: Final = {"satellite", "source", "transmitted"}
"""Not values of the orbit: who sent it, and when it was received."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """common: ephemerides in both; values compared and equal ones; differing: "system.field (count)", the commonest first."""

    common: int
    values: int
    equal: int
    differing: tuple[str, ...]


def compare(ours: Sequence[KeplerEphemeris | GlonassEphemeris], others: Iterable[object]) -> Agreement:
    """Compare ephemerides of equal satellite and reference time; values that either side does not know are left out."""
    theirs = {_key(e): e for e in others if isinstance(e, (KeplerEphemeris, GlonassEphemeris))}
    common = [(e, theirs[_key(e)]) for e in ours if _key(e) in theirs]
    values, differing = 0, Counter[str]()
    for one, two in common:
        for field in fields(one):
            a, b = getattr(one, field.name), getattr(two, field.name)
            if field.name in _LEFT_OUT or _unknown(a) or _unknown(b):
                continue
            values += 1
            differing[f"{satellite_name(one.satellite)[0]} {field.name}"] += not same(a, b)
    wrong = [f"{name} ({count})" for name, count in differing.most_common() if count]
    return Agreement(len(common), values, values - differing.total(), tuple(wrong))


def same(a: object, b: object) -> bool:
    """Are two values equal as far as they were printed?"""
    if isinstance(a, GpsTime):
        return a == b
    x, y = np.asarray(a, float), np.asarray(b, float)
    return bool(np.all(np.abs(x - y) <= PRINTED * np.maximum(np.abs(x), np.abs(y))))


def _key(ephemeris: KeplerEphemeris | GlonassEphemeris) -> tuple[int, int]:
    return ephemeris.satellite, ephemeris.toe.ns


def _unknown(value: object) -> bool:
    return not isinstance(value, GpsTime) and bool(np.isnan(np.asarray(value, float)).any())
