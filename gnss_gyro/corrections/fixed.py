"""Corrections told one by one: by a test, by a user, or by who has worked them out elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from gnss_gyro.basics.arrays import Codes, Ints
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.corrections.source import Corrections, Viewpoint, no_corrections
from gnss_gyro.protocols.messages import Counts

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class FixedCorrection:
    """What holds for one satellite from a time on; NaN = not told. Signs and units as in Corrections.

    issue      : of the ephemeris that orbit and clock refer to; None = any
    lifetime_s : how long it holds [s]
    """

    satellite: int
    time: GpsTime
    issue: int | None = None
    lifetime_s: float = 3600.0
    orbit_ecef_m: tuple[float, float, float] = (_NAN, _NAN, _NAN)
    clock_m: float = _NAN
    variance_m2: float = _NAN
    code_bias_m: float = _NAN
    phase_bias_m: float = _NAN
    ionosphere_m: float = _NAN
    ionosphere_variance_m2: float = _NAN
    troposphere_m: float = _NAN
    troposphere_variance_m2: float = _NAN
    forbidden: bool = False


_REFERRING = ("orbit_ecef_m", "clock_m", "variance_m2")
_ANYWAY = (
    "code_bias_m", "phase_bias_m", "ionosphere_m", "ionosphere_variance_m2", "troposphere_m", "troposphere_variance_m2",
    "forbidden",
)  # fmt: skip


class Fixed:
    """Holds the last correction told for each satellite."""

    name = "fixed"

    def __init__(self) -> None:
        self.counts = Counts()
        self._told: dict[int, FixedCorrection] = {}

    def reset(self) -> None:
        """Forget all corrections."""
        self._told.clear()

    def feed(self, message: object) -> None:
        """Take in a FixedCorrection; one older than that known of its satellite is left out."""
        if not isinstance(message, FixedCorrection):
            self.counts.add("messages of other services")
            return
        known = self._told.get(message.satellite)
        if known is not None and known.time > message.time:
            self.counts.add("corrections out of order")
            return
        self._told[message.satellite] = message

    def at(self, time: GpsTime, satellites: Codes, issues: Ints, viewpoint: Viewpoint) -> Corrections | None:
        """Corrections (n,) that hold at a time."""
        result = no_corrections(len(satellites))
        for i, (satellite, issue) in enumerate(zip(satellites.tolist(), issues.tolist(), strict=True)):
            told = self._told.get(satellite)
            if told is not None and 0.0 <= time - told.time <= told.lifetime_s:
                _fill(result, i, told, issue)
                result.age_s[i] = time - told.time
        return None if result.says_nothing else result


def _fill(result: Corrections, row: int, told: FixedCorrection, issue: int) -> None:
    names = _ANYWAY + (_REFERRING if told.issue in (None, issue) else ())
    for name in names:
        getattr(result, name)[row] = getattr(told, name)
