"""The plug-in point of correction services: what every service gives, and how it is asked.

A service is one class that fits CorrectionSource, one line in corrections/table.py, and passes the laws of
test/corrections/test_source_laws.py. All services give the same arrays; no estimator asks which service it was.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Protocol

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats, Ints
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import Counts

NO_ISSUE: Final = -1
"""Issue of data of a satellite without ephemeris."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """What a service says of n satellites at one time; NaN = not provided.

    orbit_ecef_m            : (n, 3) to add to the broadcast position, ECEF [m]
    clock_m                 : (n,) to add to c x broadcast satellite clock [m]
    code_bias_m             : (n,) to subtract from the pseudorange near L1 [m]
    phase_bias_m            : (n,) to subtract from the carrier phase near L1 [m]
    ionosphere_m            : (n,) slant delay of the code at 1575.42 MHz, positive [m]
    troposphere_m           : (n,) slant delay [m]
    variance_m2             : (n,) of what is left of orbit, clock and biases along the line of sight [m^2]
    ionosphere_variance_m2  : (n,) of ionosphere_m [m^2]
    troposphere_variance_m2 : (n,) of troposphere_m [m^2]
    age_s                   : (n,) since the oldest message behind orbit and clock, else behind what is told of the satellite [s]
    forbidden               : (n,) the service says that the satellite must not be used
    """

    orbit_ecef_m: Floats
    clock_m: Floats
    code_bias_m: Floats
    phase_bias_m: Floats
    ionosphere_m: Floats
    troposphere_m: Floats
    variance_m2: Floats
    ionosphere_variance_m2: Floats
    troposphere_variance_m2: Floats
    age_s: Floats
    forbidden: Bools

    def __post_init__(self) -> None:
        n = len(self.forbidden)
        for field in fields(self):
            shape = (n, 3) if field.name == "orbit_ecef_m" else (n,)
            if getattr(self, field.name).shape != shape:
                raise ValueError(f"Corrections.{field.name} has shape {getattr(self, field.name).shape}, not {shape}")

    def __len__(self) -> int:
        return len(self.forbidden)

    @property
    def corrected(self) -> Bools:
        """Mask (n,) of the satellites whose orbit or clock is corrected."""
        corrected: Bools = np.isfinite(self.clock_m) | np.isfinite(self.orbit_ecef_m).any(axis=1)
        return corrected

    @property
    def says_nothing(self) -> bool:
        """Is there neither a correction nor a warning for any of the satellites?"""
        values = (getattr(self, field.name) for field in fields(self) if field.name not in ("age_s", "forbidden"))
        return not self.forbidden.any() and not any(np.isfinite(value).any() for value in values)


def no_corrections(n: int) -> Corrections:
    """Corrections of n satellites of which nothing is known: NaN, none forbidden; arrays of their own, to be filled."""
    return Corrections(
        orbit_ecef_m=np.full((n, 3), np.nan),
        clock_m=np.full(n, np.nan),
        code_bias_m=np.full(n, np.nan),
        phase_bias_m=np.full(n, np.nan),
        ionosphere_m=np.full(n, np.nan),
        troposphere_m=np.full(n, np.nan),
        variance_m2=np.full(n, np.nan),
        ionosphere_variance_m2=np.full(n, np.nan),
        troposphere_variance_m2=np.full(n, np.nan),
        age_s=np.full(n, np.nan),
        forbidden=np.zeros(n, np.bool_),
    )


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Where a receiver is, roughly, and where it sees n satellites.

    position_ecef_m    : (3,) [m], good to some hundred metres
    elevation, azimuth : (n,) [rad], azimuth from north over east; NaN = not known
    """

    position_ecef_m: Floats
    elevation: Floats
    azimuth: Floats

    def __post_init__(self) -> None:
        if self.position_ecef_m.shape != (3,) or self.elevation.shape != self.azimuth.shape or self.elevation.ndim != 1:
            raise ValueError("a Viewpoint needs a position (3,) and as many elevations (n,) as azimuths (n,)")


class CorrectionSource(Protocol):
    """A correction service as its receiver sees it: messages in, corrections out.

    counts : messages that could not be used, by reason
    """

    name: str
    counts: Counts

    def feed(self, message: object) -> None:
        """Take in a message; one that is not the service's own, and not of use to it, changes nothing. Never raises."""

    def reset(self) -> None:
        """Forget all messages: time has run back, a recording begins anew."""

    def at(self, time: GpsTime, satellites: Codes, issues: Ints, viewpoint: Viewpoint) -> Corrections | None:
        """Corrections of satellites (n,) for ephemerides of these issues (n,); None = nothing usable.

        Depends only on what was fed and on the arguments, not on what was asked before. Messages later than `time` are not used.
        """
