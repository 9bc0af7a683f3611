"""SBAS as a correction source: GPS orbits and clocks, and the ionosphere of all satellites, from one SBAS satellite at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Codes, Floats, Ints
from gnss_gyro.basics.frames import enu_from_ecef_at
from gnss_gyro.basics.satellites import System, in_system
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.corrections.sbas_degradation import DEGRADATION_TIMEOUT_S, DO_NOT_USE_S, UDREI_TIMEOUT_S
from gnss_gyro.corrections.sbas_ionosphere import SbasIonosphere
from gnss_gyro.corrections.sbas_orbits import forbidden_since_s, orbit_and_clock
from gnss_gyro.corrections.sbas_satellites import SbasSatellites
from gnss_gyro.corrections.source import Corrections, Viewpoint, no_corrections
from gnss_gyro.protocols.messages import Counts
from gnss_gyro.protocols.sbas.messages import (
    NOT_MONITORED,
    Covariances,
    DegradationParameters,
    DoNotUse,
    FastCorrections,
    FastDegradation,
    Integrity,
    IonosphereDelays,
    IonosphereMask,
    LongTermCorrections,
    MixedCorrections,
    PrnMask,
    SbasContent,
    SbasMessage,
)

ENOUGH_SATELLITES: Final = 4
"""An SBAS satellite is complete once it corrects so many navigation satellites."""

SAME_MESSAGE_S: Final = 2.0
"""Receivers stamp one message up to a second apart; a satellite repeats no correction that soon."""


@dataclass(slots=True)
class _Broadcast:
    """All that one SBAS satellite has told."""

    satellites: SbasSatellites = field(default_factory=SbasSatellites)
    ionosphere: SbasIonosphere = field(default_factory=SbasIonosphere)
    parameters: DegradationParameters | None = None
    parameters_time: GpsTime | None = None
    heard: GpsTime | None = None
    silent_until: GpsTime | None = None

    def feed(self, content: SbasContent, time: GpsTime) -> None:
        self.heard = time if self.heard is None else max(self.heard, time)
        if isinstance(content, DoNotUse):
            self.silent_until = time + DO_NOT_USE_S
        elif isinstance(content, PrnMask):
            self.satellites.feed_mask(content, time)
        elif isinstance(content, Integrity):
            self.satellites.feed_integrity(content, time)
        elif isinstance(content, MixedCorrections):
            self.satellites.feed(content.fast, time)
            self.satellites.feed(content.long_term, time)
        elif isinstance(content, (FastCorrections, FastDegradation, LongTermCorrections, Covariances)):
            self.satellites.feed(content, time)
        elif isinstance(content, IonosphereMask):
            self.ionosphere.feed_mask(content, time)
        elif isinstance(content, IonosphereDelays):
            self.ionosphere.feed_delays(content, time)
        elif isinstance(content, DegradationParameters) and (self.parameters_time is None or self.parameters_time <= time):
            self.parameters, self.parameters_time = content, time

    def parameters_at(self, time: GpsTime) -> DegradationParameters | None:
        told = self.parameters_time
        return self.parameters if told is not None and 0.0 <= time - told <= DEGRADATION_TIMEOUT_S else None

    def may_be_used(self, time: GpsTime) -> bool:
        return self.silent_until is None or not self.silent_until - DO_NOT_USE_S <= time < self.silent_until

    def is_complete(self, time: GpsTime) -> bool:
        """Does it tell enough of enough satellites, and was it heard lately?"""
        if self.heard is None or abs(time - self.heard) > UDREI_TIMEOUT_S or not self.may_be_used(time):
            return False
        fasts = ((code, self.satellites.fast(code)) for code in self.satellites.listed(time))
        monitored = [code for code, fast in fasts if fast is not None and fast.udrei < NOT_MONITORED]
        return sum(self.satellites.has_long_term(code, time) for code in monitored) >= ENOUGH_SATELLITES


class Sbas:
    """Corrections of the SBAS satellite that was complete first, until it is no more and another one is.

    Two satellites, even of one service, number their issues apart; what they tell is never mixed.
    """

    name = "sbas"

    def __init__(self) -> None:
        self.counts = Counts()
        self.satellite: int | None = None
        self._broadcasts: dict[int, _Broadcast] = {}
        self._last: dict[tuple[int, int], SbasMessage] = {}

    def reset(self) -> None:
        """Forget all messages."""
        self.satellite = None
        self._broadcasts.clear()
        self._last.clear()

    def feed(self, message: object) -> None:
        """Take in an SbasMessage."""
        if not isinstance(message, SbasMessage):
            self.counts.add("messages of other services")
            return
        if self._is_echo(message):
            return
        broadcast = self._broadcasts.setdefault(message.satellite, _Broadcast())
        broadcast.feed(message.content, message.time)
        self._choose(message.time)

    def at(self, time: GpsTime, satellites: Codes, issues: Ints, viewpoint: Viewpoint) -> Corrections | None:
        """Orbits and clocks of the GPS satellites (n,) whose IODE matches, and the ionosphere of all; NaN for the rest."""
        broadcast = None if self.satellite is None else self._broadcasts[self.satellite]
        if broadcast is None or not broadcast.may_be_used(time):
            return None
        result = no_corrections(len(satellites))
        slant_m, variance_m2, age_s = broadcast.ionosphere.slant(time, viewpoint, broadcast.parameters_at(time))
        result.ionosphere_m[:], result.ionosphere_variance_m2[:], result.age_s[:] = slant_m, variance_m2, age_s
        _fill_orbits(result, broadcast, time, satellites, issues, _units(viewpoint))
        return None if result.says_nothing else result

    def _is_echo(self, message: SbasMessage) -> bool:
        """Is it the last message of its type, as another antenna has heard it?"""
        key = message.satellite, message.kind
        last, self._last[key] = self._last.get(key, message), message
        return last is not message and last.content == message.content and abs(message.time - last.time) <= SAME_MESSAGE_S

    def _choose(self, time: GpsTime) -> None:
        """Stay with a satellite as long as it is complete; before any is, with the one heard first."""
        if self.satellite is not None and self._broadcasts[self.satellite].is_complete(time):
            return
        complete = (code for code, broadcast in self._broadcasts.items() if broadcast.is_complete(time))
        self.satellite = next(complete, next(iter(self._broadcasts)) if self.satellite is None else self.satellite)


def _fill_orbits(
    result: Corrections, broadcast: _Broadcast, time: GpsTime, satellites: Codes, issues: Ints, units: Floats
) -> None:
    """Rows of orbits, clocks and prohibitions. GLONASS numbers its issues otherwise and stays broadcast."""
    told, parameters = broadcast.satellites, broadcast.parameters_at(time)
    for row in np.flatnonzero(in_system(satellites, System.GPS)):
        code = int(satellites[row])
        forbidden_s = forbidden_since_s(told, code, time)
        if forbidden_s is not None:
            result.forbidden[row], result.age_s[row] = True, forbidden_s
        found = orbit_and_clock(told, code, int(issues[row]), time, units[row], parameters)
        if found is not None:
            result.orbit_ecef_m[row], result.clock_m[row] = found.orbit_ecef_m, found.clock_m
            result.variance_m2[row], result.age_s[row] = found.variance_m2, found.age_s


def _units(viewpoint: Viewpoint) -> Floats:
    """Unit vectors (n, 3) from the receiver to the satellites, ECEF; NaN where the place or a direction is not known."""
    n = len(viewpoint.elevation)
    if not np.isfinite(viewpoint.position_ecef_m).all():
        return np.full((n, 3), np.nan)
    level = np.cos(viewpoint.elevation)
    enu = (level * np.sin(viewpoint.azimuth), level * np.cos(viewpoint.azimuth), np.sin(viewpoint.elevation))
    units: Floats = np.stack(enu, axis=-1) @ enu_from_ecef_at(viewpoint.position_ecef_m)
    return units
