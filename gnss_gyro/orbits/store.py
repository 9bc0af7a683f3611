"""All navigation data received so far, and the choice of the ephemeris for a satellite and time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np

from gnss_gyro.basics.satellites import System, system_of
from gnss_gyro.basics.time import NS, GpsTime
from gnss_gyro.orbits.states import OrbitOutcome
from gnss_gyro.orbits.table import EphemerisTable, is_usable, table_of
from gnss_gyro.protocols.messages import (
    BdgimCoefficients,
    CorrectionMessage,
    Ephemeris,
    GlonassEphemeris,
    KeplerEphemeris,
    Klobuchar,
    LeapSeconds,
    NavigationMessage,
    NequickCoefficients,
)

HOUR_S: Final = 3600.0

MAX_AGE_S: Final[Mapping[System, float]] = MappingProxyType({
    System.GPS: 2.0 * HOUR_S,  # half the fit interval of 4 h (IS-GPS-200, 20.3.4.4)
    System.QZSS: 2.0 * HOUR_S,  # as GPS; renewed hourly or faster (IS-QZSS-PNT)
    System.GALILEO: 4.0 * HOUR_S,  # maximum operational period of a data set (Galileo OS SDD, 2.3)
    System.BEIDOU: 2.0 * HOUR_S,  # renewed hourly (BDS-SIS-ICD B1I, 5.2.4.11); twice that
    System.GLONASS: 0.5 * HOUR_S,  # centre of half an hour, ICD 4.4; twice that so that one may be missed
})  # fmt: skip
"""Longest distance of a time from toe at which an ephemeris is used [s]."""

MARGIN_S: Final = 300.0
"""Added to every age: the successor takes its time to be received."""
CAPACITY: Final = 1000
"""Ephemerides kept per satellite: several days of navigation files."""
HEARD_CAPACITY: Final = 64
"""Those heard live, per satellite: Galileo renews every ten minutes, in two messages, and an old one may serve four hours."""

UPLOAD_S: Final = 600.0
"""Reference times closer than this are those of one period: a new upload's is put some seconds beside that of the old one."""

_CELL_NS: Final = 30 * NS
_CELL_OFFSET_NS: Final = 7_537_500_000
"""The choice changes only between cells of 30 s, whose bounds no receiver samples near: two antennas never
straddle one, else they would see one satellite in two places a metre apart."""


@dataclass(frozen=True, slots=True)
class StoreRules:
    """What the store accepts and keeps.

    max_age_s : longest |time - toe| by system [s]
    margin_s  : added to it [s]
    capacity  : ephemerides kept per satellite
    heard_capacity : of those, how many were heard live
    """

    max_age_s: Mapping[System, float] = field(default_factory=lambda: MAX_AGE_S)
    margin_s: float = MARGIN_S
    capacity: int = CAPACITY
    heard_capacity: int = HEARD_CAPACITY

    def limit_s(self, ephemeris: Ephemeris) -> float:
        """Longest |time - toe| [s] for one ephemeris; a longer fit interval extends it."""
        limit = self.max_age_s.get(system_of(ephemeris.satellite), 0.0)
        fit_s = ephemeris.fit_interval_s if isinstance(ephemeris, KeplerEphemeris) else math.nan
        return (max(limit, fit_s / 2.0) if math.isfinite(fit_s) else limit) + self.margin_s


_Key: TypeAlias = tuple[int, str, int, int]


class EphemerisStore:
    """Navigation data of all systems; bounded, and cheap to ask as long as nothing changes.

    Fed message by message it knows only what was received; fed with whole navigation files it knows the future too.
    """

    def __init__(self, rules: StoreRules | None = None) -> None:
        self.rules = rules or StoreRules()
        self.klobuchar: dict[str, Klobuchar] = {}
        self.nequick: NequickCoefficients | None = None
        self.bdgim: BdgimCoefficients | None = None
        self.leap_seconds: LeapSeconds | None = None
        self.glonass_channels: dict[int, int] = {}
        self._by_satellite: dict[int, dict[_Key, Ephemeris]] = {}
        self._heard: dict[int, deque[_Key]] = {}
        self._table: EphemerisTable | None = None
        self._cell = 0

    def hear(self, message: NavigationMessage | CorrectionMessage) -> bool:
        """As add, for a message that a receiver heard just now: of these fewer are kept, for a node that runs for months."""
        told = self.add(message)
        if told and isinstance(message, (KeplerEphemeris, GlonassEphemeris)):
            self._forget_old_news(message)
        return told

    def add(self, message: NavigationMessage | CorrectionMessage) -> bool:
        """Take in one message; False if it told nothing new, cannot be an orbit, or speaks of corrections."""
        if isinstance(message, Klobuchar):
            return self._add_klobuchar(message)
        if isinstance(message, NequickCoefficients):
            known_ai, self.nequick = self.nequick, message
            return known_ai is None or not np.array_equal(known_ai.ai, message.ai)
        if isinstance(message, BdgimCoefficients):
            known_alpha, self.bdgim = self.bdgim, message
            return known_alpha is None or not np.array_equal(known_alpha.alpha, message.alpha)
        if isinstance(message, LeapSeconds):
            known, self.leap_seconds = self.leap_seconds, message
            return known != message
        return isinstance(message, (KeplerEphemeris, GlonassEphemeris)) and self._add_ephemeris(message)

    def extend(self, messages: Iterable[NavigationMessage | CorrectionMessage]) -> int:
        """Take in many messages; the number that told something new."""
        return sum(self.add(message) for message in messages)

    def messages(self) -> list[NavigationMessage]:
        """All that is known, for another store."""
        others = [message for message in (self.nequick, self.bdgim, self.leap_seconds) if message is not None]
        ephemerides = [ephemeris for known in self._by_satellite.values() for ephemeris in known.values()]
        return [*self.klobuchar.values(), *others, *ephemerides]

    def satellites(self) -> list[int]:
        """Codes of the satellites with an ephemeris, however old."""
        return sorted(self._by_satellite)

    def klobuchar_for(self, system: System) -> Klobuchar | None:
        """Ionosphere broadcast by a system; GPS's, or any but NavIC's (of its own band and region), where it broadcast none."""
        own = self.klobuchar.get(system.value) or self.klobuchar.get(System.GPS.value)
        return own or next((model for name, model in self.klobuchar.items() if name != System.NAVIC.value), None)

    def choose(self, satellite: int, time: GpsTime) -> tuple[Ephemeris | None, OrbitOutcome]:
        """The ephemeris for a satellite at a time: of those not stale the best source, then the closest toe, as sent last."""
        known = self._by_satellite.get(satellite)
        if not known:
            return None, OrbitOutcome.NO_EPHEMERIS
        best = self._mended(min(known.values(), key=lambda eph: self._rank(eph, time)), known.values(), time)
        if self._is_stale(best, time):
            return best, OrbitOutcome.STALE
        return best, OrbitOutcome.UNHEALTHY if self._news_of(best, known.values(), time).health else OrbitOutcome.OK

    def table_at(self, time: GpsTime) -> EphemerisTable:
        """Chosen ephemerides of all satellites at a time (rounded to the middle of its 30 s cell)."""
        cell = (time.ns - _CELL_OFFSET_NS) // _CELL_NS
        if self._table is None or cell != self._cell:
            middle = GpsTime(cell * _CELL_NS + _CELL_OFFSET_NS + _CELL_NS // 2)
            chosen = (self.choose(satellite, middle) for satellite in self.satellites())
            self._table = table_of((eph, outcome) for eph, outcome in chosen if eph is not None)
            self._cell = cell
        return self._table

    def _add_klobuchar(self, message: Klobuchar) -> bool:
        known = self.klobuchar.get(message.system)
        self.klobuchar[message.system] = message
        return known is None or not (all(known.alpha == message.alpha) and all(known.beta == message.beta))

    def _add_ephemeris(self, ephemeris: Ephemeris) -> bool:
        if not is_usable(ephemeris):
            return False
        known = self._by_satellite.setdefault(ephemeris.satellite, {})
        key = _key(ephemeris)
        if key in known and known[key].health == ephemeris.health:
            return False
        known.pop(key, None)
        known[key] = ephemeris
        if len(known) > self.rules.capacity:
            del known[next(iter(known))]
        if isinstance(ephemeris, GlonassEphemeris):
            self.glonass_channels[ephemeris.satellite] = ephemeris.channel
        self._table = None
        return True

    def _forget_old_news(self, ephemeris: Ephemeris) -> None:
        heard = self._heard.setdefault(ephemeris.satellite, deque())
        heard.append(_key(ephemeris))
        if len(heard) > self.rules.heard_capacity:
            oldest = heard.popleft()
            if oldest not in heard:  # it may have come again with another health
                self._by_satellite[ephemeris.satellite].pop(oldest, None)

    def _rank(self, ephemeris: Ephemeris, time: GpsTime) -> tuple[bool, bool, float, int]:
        away_s = abs(time - ephemeris.toe)
        return self._is_stale(ephemeris, time), _source(ephemeris) == "FNAV", away_s, -ephemeris.transmitted.ns

    def _mended(self, chosen: Ephemeris, known: Iterable[Ephemeris], time: GpsTime) -> Ephemeris:
        """The last one sent until now about the same reference time: a new upload mends what an old one had wrong, by metres."""
        near = [e for e in known if abs(e.toe - chosen.toe) < UPLOAD_S and _source(e) == _source(chosen)]
        sent = [e for e in near if e.transmitted <= time]
        return max(sent, key=lambda e: e.transmitted.ns, default=chosen)

    def _news_of(self, chosen: Ephemeris, known: Iterable[Ephemeris], time: GpsTime) -> Ephemeris:
        """The last one sent until now, of the same source: health is a matter of now, not of the reference time."""
        sent = [eph for eph in known if chosen.transmitted < eph.transmitted <= time and _source(eph) == _source(chosen)]
        return max(sent, key=lambda eph: eph.transmitted.ns, default=chosen)

    def _is_stale(self, ephemeris: Ephemeris, time: GpsTime) -> bool:
        return abs(time - ephemeris.toe) > self.rules.limit_s(ephemeris)


def _source(ephemeris: Ephemeris) -> str:
    return ephemeris.source if isinstance(ephemeris, KeplerEphemeris) else "GLONASS"


def _key(ephemeris: Ephemeris) -> _Key:
    """What makes two messages the same data set."""
    return ephemeris.toe.ns, _source(ephemeris), ephemeris.issue, getattr(ephemeris, "issue_clock", 0)
