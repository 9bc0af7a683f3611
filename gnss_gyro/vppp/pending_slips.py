"""Slips that the filter has not been told: of masked satellites, or of epochs that it never saw. They count at the next sight."""

from __future__ import annotations

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes
from gnss_gyro.basics.satellites import SYSTEMS
from gnss_gyro.observation.epoch import Epoch


class PendingSlips:
    """Remembers, by satellite, slips of the base antenna that the filter has not been told yet."""

    def __init__(self) -> None:
        self._pending: Bools = np.zeros(100 * len(SYSTEMS), bool)

    def hear(self, epoch: Epoch) -> None:
        """An epoch of the base antenna, whatever will be masked of it."""
        self._pending[epoch.satellite[epoch.slip]] = True

    def hear_nothing(self) -> None:
        """What slipped is not known, or the base antenna is another one: every satellite's phase begins anew."""
        self._pending[:] = True

    def due(self, satellite: Codes) -> Bools:
        """Which satellites (n,) have slipped since the filter last saw their phases?"""
        return np.asarray(self._pending[satellite])

    def told(self, satellite: Codes) -> None:
        """The filter has seen these satellites' phases, with what was due."""
        self._pending[satellite] = False
