"""Messages of all antennas in, aligned groups of screened epochs out."""

from __future__ import annotations

import numpy as np

from gnss_gyro.basics.satellites import satellite_from_name
from gnss_gyro.engine.config import EngineConfig
from gnss_gyro.observation.alignment import EpochAligner
from gnss_gyro.observation.epoch import Epoch
from gnss_gyro.observation.selection import select_l1
from gnss_gyro.observation.slips import SlipDetector
from gnss_gyro.orbits.store import EphemerisStore, StoreRules
from gnss_gyro.protocols.messages import Counts, Observations


class Assembler:
    """Selects, screens and aligns the antennas' observations."""

    def __init__(self, config: EngineConfig, store: EphemerisStore) -> None:
        self._config = config
        self._store = store
        self._slips = {name: SlipDetector() for name in config.names}
        self._selected = {name: Counts() for name in config.names}
        self._aligner = EpochAligner(config.names, config.alignment.tolerance_s, config.alignment.wait_s)
        self._excluded = np.array([satellite_from_name(name) for name in config.gnss.exclude], np.int16)

    def feed(self, antenna: str, observations: Observations) -> list[dict[str, Epoch]]:
        """Groups {antenna: epoch} that these observations complete."""
        if len(self._excluded):
            observations = observations.take(~np.isin(observations.satellite, self._excluded))
        return self._aligner.feed(select_l1(
            antenna, observations, self._config.gnss.systems, self._store.glonass_channels, self._selected[antenna],
            self._slips[antenna],
        ))  # fmt: skip

    def flush(self) -> list[dict[str, Epoch]]:
        """The groups still waiting."""
        return self._aligner.flush()

    @property
    def disputed(self) -> tuple[str, ...]:
        """The antennas of which nothing is used, since two receivers are heard under their names."""
        return self._aligner.disputed

    def counts(self) -> dict[str, int]:
        """What was dropped or found, by a name a user understands."""
        total: dict[str, int] = dict(self._aligner.counts.by_name)
        for name in self._config.names:
            for part in (self._selected[name], self._slips[name].counts):
                total.update({f"antenna {name}: {what}": number for what, number in part.by_name.items()})
        return total


def store_rules(config: EngineConfig) -> StoreRules:
    """The ephemeris store's rules under a configuration."""
    limit = config.gnss.max_ephemeris_age_s
    if limit is None:
        return StoreRules()
    return StoreRules(max_age_s=dict.fromkeys(StoreRules().max_age_s, limit))
