"""One satellite's fast correction and its rate (RTCA DO-229, A.4.4.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from gnss_gyro.basics.time import GpsTime
from gnss_gyro.corrections.sbas_degradation import fast_timeout_s, rate_degradation_m
from gnss_gyro.protocols.sbas.messages import NOT_MONITORED, DegradationParameters

_RATE_INTERVALS: Final = 8.0
"""A rate holds for so many times the interval it was made over."""


@dataclass(frozen=True, slots=True)
class Fast:
    """The last fast correction of a satellite, with the one before for the rate.

    range_m    : to add to the pseudorange [m]
    issue      : IODF
    udrei      : index of the error
    udrei_time : when it was told; later than time where an integrity message came in between
    before     : range [m], issue and time of the correction before; None = there was none
    """

    range_m: float
    issue: int
    time: GpsTime
    udrei: int
    udrei_time: GpsTime
    before: tuple[float, int, GpsTime] | None = None

    @classmethod
    def after(cls, known: Fast | None, range_m: float, udrei: int, issue: int, time: GpsTime) -> Fast:
        """What is known after a message; the same as before where that message is not news."""
        if known is not None and known.time >= time:
            return known
        usable = known is not None and known.udrei < NOT_MONITORED
        before = (known.range_m, known.issue, known.time) if known is not None and usable else None
        new = cls(range_m, issue, time, udrei, time, before)
        late = known is not None and known.udrei_time > time
        return replace(new, udrei=known.udrei, udrei_time=known.udrei_time) if known is not None and late else new

    def interval_s(self, time: GpsTime, factor: int) -> float | None:
        """Time over which the rate is taken [s]; None where there is no rate to apply at a time."""
        if self.before is None or factor == 0:
            return None
        interval_s = self.time - self.before[2]
        fits = interval_s <= fast_timeout_s(factor) and time - self.time <= _RATE_INTERVALS * interval_s
        return interval_s if fits else None

    def range_at_m(self, time: GpsTime, factor: int) -> float:
        """Correction [m] at a time: with a degradation factor of zero, satellites' clocks do not run away."""
        interval_s = self.interval_s(time, factor)
        if interval_s is None or self.before is None:
            return self.range_m
        return self.range_m + (self.range_m - self.before[0]) / interval_s * (time - self.time)

    def rate_degradation_m(self, time: GpsTime, factor: int, parameters: DegradationParameters | None) -> float:
        """Error of the rate [m] at a time."""
        interval_s = self.interval_s(time, factor)
        if interval_s is None or self.before is None:
            return 0.0
        return rate_degradation_m(factor, (self.issue, self.before[1]), interval_s, time - self.time, parameters)
