"""A recorded walk under WAAS, as a receiver lives through it from a cold start, or as one that was on for five minutes before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from gnss_gyro.basics.satellites import System
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.corrections.applying import issues_of
from gnss_gyro.corrections.sbas import Sbas
from gnss_gyro.corrections.source import Corrections, Viewpoint
from gnss_gyro.estimation.single_point import SinglePoint, SinglePointOutcome, SinglePointSettings, single_point
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.observation.selection import select_l1
from gnss_gyro.orbits.propagation import states_at
from gnss_gyro.orbits.states import SatelliteStates
from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import CorrectionMessage, Klobuchar, NavigationMessage, Observations
from gnss_gyro.streams.files import read_messages

FILE = "gnss_1730.ubx"
FAST = frozenset({0, 2, 3, 4, 5, 6, 24})
SETTINGS = SinglePointSettings(float(np.radians(10.0)), cn0_mask_dbhz=35.0)
ALL = (System.GPS, System.GALILEO, System.BEIDOU)

Start: TypeAlias = Callable[[list[object]], tuple[EphemerisStore, Sbas, list[object]]]


@dataclass(frozen=True, slots=True)
class Step:
    """An epoch with a broadcast position, the observations behind it, and what SBAS says; None = nothing."""

    since_s: float
    time: GpsTime
    observations: Observations
    epoch: Epoch
    states: SatelliteStates
    klobuchar: Klobuchar | None
    point: SinglePoint
    corrections: Corrections | None


def messages_of(folder: Path) -> list[object]:
    """Everything in the recording."""
    return list(read_messages(folder / FILE))


def live(messages: list[object]) -> tuple[EphemerisStore, Sbas, list[object]]:
    """Nothing known at the start, all messages to come."""
    return EphemerisStore(), Sbas(), messages


def warm(messages: list[object]) -> tuple[EphemerisStore, Sbas, list[object]]:
    """All that repeats within five minutes known at the start; fast corrections of one satellite, and observations, to come.

    Of its three satellites each tells only some of the grid in 134 s: here one speaks for all, since WAAS sends the same by each.
    """
    store, source = EphemerisStore(), Sbas()
    store.extend(m for m in messages if isinstance(m, NavigationMessage))
    told = [m for m in messages if isinstance(m, CorrectionMessage)]
    start, fast = min(m.time for m in told), [m for m in told if m.kind in FAST and m.satellite == told[0].satellite]
    for message in (m for m in told if m.kind not in FAST):
        source.feed(replace(message, satellite=told[0].satellite, time=start))
    return store, source, [m for m in messages if isinstance(m, Observations) or m in fast]


def steps(start: Start, messages: list[object], systems: tuple[System, ...] = ALL) -> Iterator[Step]:
    """Epochs in their order, each with what was known by then."""
    store, source, coming = start(messages)
    began = next(m for m in messages if isinstance(m, Observations)).time
    for message in coming:
        if isinstance(message, CorrectionMessage):
            source.feed(message)
        elif isinstance(message, NavigationMessage):
            store.add(message)
        elif isinstance(message, Observations):
            step = _step(message, select_l1("a", message, systems), store, source, message.time - began)
            if step is not None:
                yield step


def _step(observations: Observations, epoch: Epoch, store: EphemerisStore, source: Sbas, since_s: float) -> Step | None:
    states = states_at(store, epoch.time, epoch.satellite, epoch.code_m)
    klobuchar = store.klobuchar_for(System.GPS)
    point = single_point(epoch, states, klobuchar, SETTINGS)
    if point.outcome is not SinglePointOutcome.OK:
        return None
    viewpoint = Viewpoint(point.position_ecef_m, point.elevation, point.azimuth)
    issues = issues_of(store.table_at(epoch.time), epoch.satellite)
    corrections = source.at(epoch.time, epoch.satellite, issues, viewpoint)
    return Step(since_s, epoch.time, observations, epoch, states, klobuchar, point, corrections)
