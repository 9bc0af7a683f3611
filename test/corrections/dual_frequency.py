"""The ionosphere by two frequencies of Galileo, a measure without any model: known but for one constant of the receiver."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from sbas_walk import Step

from gnss_gyro.basics.constants import SPEED_OF_LIGHT
from gnss_gyro.basics.frames import geodetic_from_ecef
from gnss_gyro.basics.satellites import System, in_system
from gnss_gyro.basics.signals import L1_HZ, signal
from gnss_gyro.models.ionosphere import klobuchar_delay_m
from gnss_gyro.protocols.messages import KeplerEphemeris

RATIO = (L1_HZ / 1_176.45e6) ** 2
E5A = signal("5Q")
ENOUGH = 100


def slant_differences(walk: Iterable[Step], messages: Iterable[object]) -> dict[int, tuple[float, float]]:
    """By satellite: median of SBAS, and of Klobuchar, minus E1 against E5a [m].

    E5a - E1 is (ratio - 1) times the delay on E1 plus the group delay BGD(E1, E5a) (Galileo OS SIS ICD, 5.1.5), and the
    receiver's own constant, the same for all satellites.
    """
    group_delay_m = {m.satellite: SPEED_OF_LIGHT * m.group_delay_2_s for m in messages if isinstance(m, KeplerEphemeris)}
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for step in walk:
        if step.corrections is None or step.klobuchar is None:
            continue
        latitude, longitude, _ = map(float, geodetic_from_ecef(step.point.position_ecef_m))
        model = klobuchar_delay_m(step.klobuchar, step.time, latitude, longitude, step.point.elevation, step.point.azimuth)
        second = {
            int(satellite): code
            for satellite, kind, code in zip(
                step.observations.satellite, step.observations.signal, step.observations.pseudorange_m, strict=True
            )
            if kind == E5A
        }
        for row in np.flatnonzero(in_system(step.epoch.satellite, System.GALILEO)):
            code = int(step.epoch.satellite[row])
            if code in group_delay_m:
                measured = (second.get(code, np.nan) - step.epoch.code_m[row]) / (RATIO - 1.0) - group_delay_m[code]
                found[code].append((step.corrections.ionosphere_m[row] - measured, model[row] - measured))
    finite = {code: np.array(rows)[np.isfinite(rows).all(axis=1)] for code, rows in found.items()}
    return {code: tuple(np.median(rows, axis=0).tolist()) for code, rows in finite.items() if len(rows) >= ENOUGH}
