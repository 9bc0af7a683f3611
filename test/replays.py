"""Recordings as tests want them: observations of a receiver, and the orbits that go with them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from gnss_gyro.orbits.store import EphemerisStore
from gnss_gyro.protocols.messages import GlonassEphemeris, KeplerEphemeris, Klobuchar, Observations
from gnss_gyro.streams.files import read_messages


@lru_cache(maxsize=16)
def observations_in(path: Path) -> tuple[Observations, ...]:
    """All epochs of a file."""
    return tuple(message for message in read_messages(path) if isinstance(message, Observations))


def orbits_in(paths: Iterable[Path]) -> EphemerisStore:
    """Ephemerides and ionosphere of some files."""
    store = EphemerisStore()
    for path in paths:
        for message in read_messages(path):
            if isinstance(message, (KeplerEphemeris, GlonassEphemeris, Klobuchar)):
                store.add(message)
    return store
