"""The recordings and the truth about them; every file is read once in a process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import (
    BdgimCoefficients,
    GlonassEphemeris,
    KeplerEphemeris,
    Klobuchar,
    LeapSeconds,
    Message,
    NequickCoefficients,
    Observations,
)
from gnss_gyro.streams.files import read_messages
from gnss_gyro.streams.merge import merge_by_time

ALL = "G,E,J,C"
_USEFUL = (Observations, KeplerEphemeris, GlonassEphemeris, Klobuchar, NequickCoefficients, BdgimCoefficients, LeapSeconds)
TICK_NS = 10_000_000
"""Epochs of two receivers are one and the same if their tags round to the same hundredth of a second."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A recording of two antennas.

    name      : of its folder
    files     : of antennas a and b
    beside    : the same files in a form that rnx2rtkp reads
    nav       : broadcast ephemerides
    length_m  : between the antennas
    truth_enu_m : (3,) vector from a to b
    systems   : sets of systems worth a table
    """

    name: str
    files: tuple[Path, Path]
    beside: tuple[Path, Path]
    nav: tuple[Path, ...]
    length_m: float
    truth_enu_m: Floats
    systems: tuple[str, ...]

    @property
    def antennas(self) -> dict[str, Path]:
        """Files by antenna name."""
        return dict(zip("ab", self.files, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class FileContent:
    """What an engine takes from a file: its messages, and what its header says of the receiver."""

    receiver: str
    messages: tuple[Message, ...]

    @property
    def ticks(self) -> frozenset[int]:
        """Times of the epochs."""
        return frozenset(tick(m.time) for m in self.messages if isinstance(m, Observations))


def default_folder() -> Path:
    """GNSS_GYRO_DATA, else shared/data beside the project."""
    named = os.environ.get("GNSS_GYRO_DATA")
    return Path(named) if named else Path(__file__).parents[3] / "shared" / "data"


def pairs(folder: Path) -> dict[str, Pair]:
    """The two-antenna recordings that are there, by name; truths are those of their NOTES."""
    made = (_meijo(folder), _wettzell(folder), _borre(folder), _zero_baseline(folder))
    return {pair.name: pair for pair in made if all(path.is_file() for path in (*pair.files, *pair.nav))}


def tick(time: GpsTime) -> int:
    """Number of an epoch's hundredth of a second."""
    return round(time.ns / TICK_NS)


@cache
def content(path: Path) -> FileContent:
    """A file, read once."""
    reader = read_messages(path)
    messages = tuple(message for message in reader if isinstance(message, _USEFUL))
    header = reader.header
    return FileContent(header.receiver_type if header else "u-blox", messages)


@cache
def merged(antennas: tuple[tuple[str, Path], ...]) -> tuple[tuple[str, Message], ...]:
    """Messages of several antennas' files in order of time."""
    return tuple(merge_by_time({name: iter(content(path).messages) for name, path in antennas}))


def common_ticks(antennas: Mapping[str, Path]) -> list[int]:
    """Epochs that all antennas have."""
    shared = frozenset.intersection(*(content(path).ticks for path in antennas.values()))
    return sorted(shared)


def _meijo(folder: Path) -> Pair:
    at = folder / "meijo"
    files = at / "static_base.obs", at / "static_rover.obs"
    return Pair("meijo", files, files, (at / "static_base.nav",), 0.9887, np.array([-0.2246, -0.9628, 0.0089]), ("G", ALL))


def _wettzell(folder: Path) -> Pair:
    at = folder / "wettzell"
    first, second = (at / f"{name}00DEU_R_20201770000_01D_30S_MO_120epoch.rnx" for name in ("WTZR", "WTZZ"))
    nav = at / "ESBC00DNK_R_20201770000_01D_MN.rnx"
    truth = np.array([-0.41788, 1.53523, 0.08142])
    return Pair("wettzell", (first, second), (first, second), (nav,), 1.59317, truth, ("G", "G,E", ALL))


def _borre(folder: Path) -> Pair:
    at = folder / "borre"
    rover = at / "rover_site247j.01o"
    files, beside = (at / "master_site24t1.01o", rover), (at / "master_site24t1_clean.01o", rover)
    return Pair("borre", files, beside, (at / "site247j.01n",), 8.4228, np.array([8.4186, -0.2143, 0.1588]), ("G",))


def _zero_baseline(folder: Path) -> Pair:
    at, stem = folder / "zero_baseline", "tckf_reach-m2-01_raw_202306291111"
    files = at / "vn_tckf.obs", at / f"{stem}.23O"
    return Pair("zero_baseline", files, files, (at / f"{stem}.nav",), 0.0, np.zeros(3), ("G", ALL))
