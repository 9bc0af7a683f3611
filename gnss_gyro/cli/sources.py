"""Recordings of antennas and of navigation data as the engine wants them: in order, within a time window, accounted for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gnss_gyro.basics.errors import DataError
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import (
    BdgimCoefficients,
    CorrectionMessage,
    GlonassEphemeris,
    KeplerEphemeris,
    Klobuchar,
    LeapSeconds,
    Message,
    NavigationMessage,
    NequickCoefficients,
    Observations,
)
from gnss_gyro.report.recording import RecordingFacts
from gnss_gyro.streams.bags.address import bag_address, called
from gnss_gyro.streams.files import FileReader, read_messages
from gnss_gyro.streams.formats import NAVIGATION, OBSERVATIONS, UBX
from gnss_gyro.streams.opening import opened

_NAVIGATION = KeplerEphemeris | GlonassEphemeris | Klobuchar | NequickCoefficients | BdgimCoefficients | LeapSeconds
_PIECE = 1 << 20
_ENOUGH_BEYOND = 100
"""So many epochs in a row behind the end of the window: the rest of the file need not be read."""
_EPOCH_MARKS = {UBX: b"\xb5\x62\x02\x15", OBSERVATIONS: b"\n> "}


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the recordings that is wanted; None = open."""

    start: GpsTime | None = None
    end: GpsTime | None = None

    def before(self, time: GpsTime) -> bool:
        """Is this too early?"""
        return self.start is not None and time < self.start

    def behind(self, time: GpsTime) -> bool:
        """Is this too late?"""
        return self.end is not None and time > self.end


class Source:
    """One file: its messages, and what is to be told of it.

    path, reader, facts
    sha256 : of the file as it is on disk
    epochs_expected : roughly, for progress bars; None = not known
    """

    def __init__(self, path: Path, window: Window | None = None) -> None:
        self.path = path
        self.reader: FileReader = read_messages(path)
        self.facts = RecordingFacts()
        self.sha256, self.epochs_expected = _fingerprint(path, _EPOCH_MARKS.get(self.reader.kind))
        self._window = window or Window()
        self._outside = 0

    @property
    def receiver(self) -> str:
        """Make and model as far as known (a RINEX header: once the first message came)."""
        if self.reader.kind == UBX:
            return "u-blox"
        return self.reader.header.receiver_type if self.reader.header else ""

    def messages(self) -> Iterator[Message]:
        """Observations within the window, all navigation messages and corrections."""
        beyond = 0
        for message in self.reader:
            if isinstance(message, Observations):
                beyond = beyond + 1 if self._window.behind(message.time) else 0
                if beyond > _ENOUGH_BEYOND:
                    return
                if beyond or self._window.before(message.time):
                    self._outside += 1
                    continue
            elif not isinstance(message, _NAVIGATION | CorrectionMessage):
                continue
            self.facts.see(message)
            yield message

    def navigation(self) -> Iterator[NavigationMessage]:
        """Navigation messages only."""
        for message in self.reader:
            if isinstance(message, _NAVIGATION):
                self.facts.see(message)
                yield message

    @property
    def silence(self) -> str:
        """Of a file without any epoch to use: what is wrong with it."""
        return "holds no observations between --start and --end" if self._outside else "holds no observations"

    def as_dict(self) -> dict[str, Any]:
        """What summary.json tells of the file."""
        header = self.reader.header
        about = {"version": header.version, "marker": header.marker, "receiver": header.receiver_type,
                 "antenna": header.antenna_type} if header else {}  # fmt: skip
        outside = {"epochs_outside_the_window": self._outside} if self._outside else {}
        return {
            "file": str(self.path), "kind": self.reader.kind, "sha256": self.sha256, "header": about, **self.facts.as_dict(),
            **outside, "counts": dict(self.reader.counts.by_name),
        }  # fmt: skip


def antenna_source(name: str, path: Path, window: Window) -> Source:
    """The file of an antenna. Raises DataError where it holds no observations by its kind."""
    source = Source(path, window)
    if source.reader.kind == NAVIGATION:
        raise DataError(f"antenna {name}: {called(path)} is {NAVIGATION}; give it with --nav")
    return source


def navigation_source(path: Path) -> Source:
    """A file with ephemerides: RINEX navigation data, or UBX. Raises DataError where it holds none by its kind."""
    source = Source(path)
    if source.reader.kind == OBSERVATIONS:
        raise DataError(f"--nav {path.name} is a file of {OBSERVATIONS}; give it with --antenna NAME={path.name}")
    return source


def _fingerprint(path: Path, mark: bytes | None) -> tuple[str, int | None]:
    """SHA-256 of a file (of a receiver in a bag: of its bytes) and how often a mark stands in it."""
    digest, found, tail = hashlib.sha256(), 0, b""
    with opened(path) if bag_address(path) else path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            if mark:
                found += (tail + piece).count(mark)
                tail = piece[1 - len(mark) :]
    return digest.hexdigest(), found or None
