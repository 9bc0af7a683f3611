"""What is in a recording, told from its messages as they pass."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import Any

import numpy as np

from gnss_gyro.basics.arrays import Ints
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import (
    BdgimCoefficients,
    GlonassEphemeris,
    KeplerEphemeris,
    Klobuchar,
    LeapSeconds,
    NequickCoefficients,
    Observations,
)
from gnss_gyro.protocols.sbas.messages import SbasMessage
from gnss_gyro.report.metrics import gaps, interval_s

NAVIGATION_NAMES = {
    KeplerEphemeris: "ephemerides", GlonassEphemeris: "ephemerides", Klobuchar: "ionosphere (Klobuchar)",
    NequickCoefficients: "ionosphere (NeQuick)", BdgimCoefficients: "ionosphere (BDGIM)", LeapSeconds: "leap seconds",
    SbasMessage: "SBAS messages",
}  # fmt: skip


class RecordingFacts:
    """Epochs, their times and the navigation messages of one recording."""

    def __init__(self) -> None:
        self._times = array("q")
        self.navigation: Counter[str] = Counter()

    def see(self, message: object) -> None:
        """Take one message into the account."""
        if isinstance(message, Observations):
            self._times.append(message.time.ns)
        else:
            name = NAVIGATION_NAMES.get(type(message))
            if name:
                self.navigation[name] += 1

    @property
    def time_ns(self) -> Ints:
        """(n,) times of the epochs in the order in which they came [ns]."""
        return np.array(self._times, np.int64)

    @property
    def epochs(self) -> int:
        """Number of epochs."""
        return len(self._times)

    def as_dict(self) -> dict[str, Any]:
        """The account in plain values."""
        times = self.time_ns
        facts: dict[str, Any] = {"epochs": len(times)}
        if len(times):
            holes = gaps(times)
            steps = np.diff(times)
            facts |= {
                "start": str(GpsTime(int(times.min()))), "end": str(GpsTime(int(times.max()))), "interval_s": interval_s(times),
                "gaps": len(holes), "longest_gap_s": max((length for _, length in holes), default=0.0),
                "repeated_epochs": int(np.sum(steps == 0)), "epochs_out_of_order": int(np.sum(steps < 0)),
            }  # fmt: skip
        return facts | {"navigation": dict(self.navigation)}
