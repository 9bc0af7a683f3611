"""What one SBAS satellite has told of the navigation satellites: mask, fast and long-term corrections, and their errors.

Source: RTCA DO-229, A.4.4.2 to A.4.4.7 and A.4.4.16. Messages that count by a mask which was not received yet wait for it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from gnss_gyro.basics.time import GpsTime
from gnss_gyro.corrections.sbas_degradation import (
    COVARIANCE_TIMEOUT_S,
    DEGRADATION_TIMEOUT_S,
    LONG_TERM_TIMEOUT_S,
    MASK_TIMEOUT_S,
    factor_of,
)
from gnss_gyro.corrections.sbas_fast import Fast
from gnss_gyro.protocols.sbas.messages import (
    Covariance,
    Covariances,
    FastCorrections,
    FastDegradation,
    Integrity,
    LongTerm,
    LongTermCorrections,
    PrnMask,
)

ByMask: TypeAlias = FastCorrections | FastDegradation | LongTermCorrections | Covariances
"""Contents whose slots are those of a mask that they name."""
_PATIENCE: Final = 200
"""Messages that wait for their mask: those of some minutes."""
_ISSUES_KEPT: Final = 2
_TYPE_SLOTS: Final = 13
_ANY_ISSUE: Final = 3


@dataclass(frozen=True, slots=True)
class ToldLongTerm:
    """A long-term correction and when it was told."""

    correction: LongTerm
    time: GpsTime


class SbasSatellites:
    """Everything by satellite code; messages older than what is known change nothing."""

    def __init__(self) -> None:
        self._masks: dict[int, tuple[PrnMask, GpsTime]] = {}
        self._waiting: deque[tuple[ByMask, GpsTime]] = deque(maxlen=_PATIENCE)
        self._fast: dict[int, Fast] = {}
        self._long_term: dict[int, dict[int, ToldLongTerm]] = {}
        self._factors: dict[int, tuple[int, int, GpsTime]] = {}
        self._covariances: dict[int, tuple[Covariance, GpsTime]] = {}

    def feed_mask(self, mask: PrnMask, time: GpsTime) -> None:
        """Take in a mask, and what has waited for it."""
        known = self._masks.get(mask.issue)
        if known is not None and known[1] >= time:
            return
        self._masks[mask.issue] = mask, time
        waiting, self._waiting = self._waiting, deque(maxlen=_PATIENCE)
        for content, told in waiting:
            self.feed(content, told)

    def feed(self, content: ByMask, time: GpsTime) -> None:
        """Take in what counts by a mask."""
        rows = content.rows if isinstance(content, LongTermCorrections) else ()
        issues = {issue for issue, _ in rows} if isinstance(content, LongTermCorrections) else {content.mask_issue}
        if any(self._mask_of(issue, time) is None for issue in issues):
            self._waiting.append((content, time))
        elif isinstance(content, FastCorrections):
            self._feed_fast(content, time)
        elif isinstance(content, FastDegradation):
            self._feed_degradation(content, time)
        elif isinstance(content, Covariances):
            self._feed_covariances(content, time)
        else:
            for issue, row in content.rows:
                self._feed_long_term(self._satellite(issue, row.slot), row, time)

    def feed_integrity(self, integrity: Integrity, time: GpsTime) -> None:
        """Take in new UDREI for the fast corrections of the issues they hold for."""
        mask = self._mask_at(time)
        for slot, satellite in enumerate(mask.satellites if mask else ()):
            fast = None if satellite is None else self._fast.get(satellite)
            issue = integrity.issues[min(slot // _TYPE_SLOTS, 3)]
            if satellite is not None and fast is not None and issue in (_ANY_ISSUE, fast.issue) and fast.udrei_time <= time:
                self._fast[satellite] = replace(fast, udrei=integrity.udrei[slot], udrei_time=time)

    def is_listed(self, satellite: int, time: GpsTime) -> bool:
        """Is the satellite in the mask in force?"""
        mask = self._mask_at(time)
        return mask is not None and satellite in mask.satellites

    def fast(self, satellite: int) -> Fast | None:
        """The last fast correction."""
        return self._fast.get(satellite)

    def long_term(self, satellite: int, issue: int) -> ToldLongTerm | None:
        """The last long-term correction for an ephemeris of this IODE."""
        return self._long_term.get(satellite, {}).get(issue)

    def has_long_term(self, satellite: int, time: GpsTime) -> bool:
        """Is there a long-term correction of the satellite, for whatever ephemeris?"""
        return any(0.0 <= time - told.time <= LONG_TERM_TIMEOUT_S for told in self._long_term.get(satellite, {}).values())

    def degradation(self, satellite: int, time: GpsTime) -> tuple[int, float]:
        """Index of the degradation factor, and the system's latency [s]; the worst and nothing where they are not known."""
        factor, latency_s, told = self._factors.get(satellite, (factor_of(None, 0), 0, time))
        known = 0.0 <= time - told <= DEGRADATION_TIMEOUT_S
        return (factor, float(latency_s)) if known else (factor_of(None, 0), 0.0)

    def covariance(self, satellite: int, time: GpsTime) -> Covariance | None:
        """How the error depends on the place, if that was told lately."""
        covariance, told = self._covariances.get(satellite, (None, time))
        return covariance if 0.0 <= time - told <= COVARIANCE_TIMEOUT_S else None

    def listed(self, time: GpsTime) -> tuple[int, ...]:
        """Codes of the satellites in the mask in force."""
        mask = self._mask_at(time)
        return tuple(satellite for satellite in mask.satellites if satellite is not None) if mask else ()

    def _mask_at(self, time: GpsTime) -> PrnMask | None:
        """The last mask told until a time."""
        told = [(when, mask) for mask, when in self._masks.values() if 0.0 <= time - when <= MASK_TIMEOUT_S]
        return max(told, key=lambda pair: pair[0])[1] if told else None

    def _mask_of(self, issue: int, time: GpsTime) -> PrnMask | None:
        mask, told = self._masks.get(issue, (None, time))
        return mask if abs(time - told) <= MASK_TIMEOUT_S else None

    def _satellite(self, issue: int, slot: int) -> int | None:
        mask = self._masks[issue][0]
        return mask.satellites[slot] if slot < len(mask.satellites) else None

    def _feed_fast(self, content: FastCorrections, time: GpsTime) -> None:
        for i, (range_m, udrei) in enumerate(zip(content.range_m, content.udrei, strict=True)):
            satellite = self._satellite(content.mask_issue, content.first_slot + i)
            if satellite is not None:
                known = self._fast.get(satellite)
                self._fast[satellite] = Fast.after(known, range_m, udrei, content.issue, time)

    def _feed_degradation(self, content: FastDegradation, time: GpsTime) -> None:
        for slot in range(len(content.factor)):
            satellite = self._satellite(content.mask_issue, slot)
            if satellite is not None and (satellite not in self._factors or self._factors[satellite][2] <= time):
                self._factors[satellite] = factor_of(content, slot), content.latency_s, time

    def _feed_long_term(self, satellite: int | None, row: LongTerm, time: GpsTime) -> None:
        """Keep the last two issues: the receiver may have the new ephemeris before the service does, or after."""
        if satellite is None:
            return
        known = self._long_term.setdefault(satellite, {})
        if row.issue in known and known[row.issue].time > time:
            return
        known[row.issue] = ToldLongTerm(row, time)
        while len(known) > _ISSUES_KEPT:
            del known[min(known, key=lambda issue: known[issue].time)]

    def _feed_covariances(self, content: Covariances, time: GpsTime) -> None:
        for row in content.rows:
            satellite = self._satellite(content.mask_issue, row.slot)
            if satellite is not None and (satellite not in self._covariances or self._covariances[satellite][1] <= time):
                self._covariances[satellite] = row, time
