"""All recordings of a job, opened and checked, as one sequence of messages in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Protocol

from gnss_gyro.basics.errors import ConfigError, DataError
from gnss_gyro.cli.sources import Source, Window, antenna_source, navigation_source
from gnss_gyro.protocols.messages import Message
from gnss_gyro.protocols.rinex.navigation import UNREADABLE
from gnss_gyro.report.pairing import pairing_warnings
from gnss_gyro.streams.bags.address import bag_address, called
from gnss_gyro.streams.formats import UBX
from gnss_gyro.streams.merge import merge_by_time
from gnss_gyro.streams.opening import opened


class Listener(Protocol):
    """Who wants to know whose receiver it is: an engine, a surveyor."""

    def set_receiver(self, antenna: str, receiver: str) -> None:
        """Make and model of an antenna's receiver."""
        ...


@dataclass(frozen=True, slots=True)
class Inputs:
    """Opened files.

    antennas   : by name, in the order of the rig
    navigation : files with ephemerides
    warnings   : sentences for the user, known before anything is read
    """

    antennas: Mapping[str, Source]
    navigation: Sequence[Source]
    warnings: tuple[str, ...]

    @property
    def epochs_expected(self) -> int | None:
        """Roughly, for progress bars."""
        return max((source.epochs_expected or 0 for source in self.antennas.values()), default=0) or None

    @property
    def sha256_by_file(self) -> dict[str, str]:
        """Hashes of all that was read."""
        return {str(source.path): source.sha256 for source in chain(self.antennas.values(), self.navigation)}

    def messages(self, listener: Listener) -> Iterator[tuple[str | None, Message]]:
        """(antenna, message) by time; those of navigation files come first, under no name."""
        for source in self.navigation:
            for news in source.navigation():
                yield None, news
        streams = {name: _introduced(listener, name, source) for name, source in self.antennas.items()}
        yield from merge_by_time(streams)

    def shortcomings(self, tolerance_s: float) -> list[str]:
        """Sentences on recordings that turned out to hold nothing, or not to belong together, once all was read.

        tolerance_s : epochs of two antennas further apart than this are not paired [s]
        """
        silent = [f"antenna {name}: {called(s.path)} {s.silence}" for name, s in self.antennas.items() if not s.facts.epochs]
        unpaired = pairing_warnings({name: source.facts.time_ns for name, source in self.antennas.items()}, tolerance_s)
        return [*silent, *unpaired, *self._navigation_warnings()]

    def _navigation_warnings(self) -> list[str]:
        """Sentences on files that turned out to hold no ephemerides or broken ones, once all was read."""
        empty = [f"{s.path.name} holds no ephemeris" for s in self.navigation if not s.facts.navigation["ephemerides"]]
        if not any(s.facts.navigation["ephemerides"] for s in chain(self.antennas.values(), self.navigation)):
            empty.append("no ephemeris was found in any file: give --nav FILE with the broadcast ephemerides of that day")
        return [*empty, *(_broken_records(source) for source in self.navigation if source.reader.trouble)]


def _broken_records(source: Source) -> str:
    count = source.reader.counts.by_name[UNREADABLE]
    records = "1 record" if count == 1 else f"{count} records"
    return f"{source.path.name}: {records} cannot be read; {source.reader.trouble}"


def open_inputs(names: Sequence[str], antenna_files: Mapping[str, Path], nav_files: Sequence[Path], window: Window) -> Inputs:
    """Open the files of a rig with these antennas. Raises ConfigError and DataError."""
    dead = _check_names(names, antenna_files)
    antenna_files, empty = _without_empty(antenna_files)
    antennas = {name: antenna_source(name, antenna_files[name], window) for name in names if name in antenna_files}
    navigation = [navigation_source(path) for path in nav_files]
    if not navigation and not any(source.reader.kind == UBX for source in antennas.values()):
        raise DataError("no navigation data: give --nav FILE with the broadcast ephemerides (RINEX observations hold none)")
    return Inputs(antennas, navigation, (*dead, *empty, *_same_files(antennas)))


def _check_names(names: Sequence[str], antenna_files: Mapping[str, Path]) -> list[str]:
    """Files must belong to antennas; antennas may lack a file. Raises ConfigError."""
    for name in antenna_files:
        if name not in names:
            close = get_close_matches(name, names, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"the configuration has {', '.join(names)}"
            raise ConfigError(f"no antenna {name!r} in the configuration; {hint}")
    return [f"antenna {name} has no file: it is taken as dead" for name in names if name not in antenna_files]


def _without_empty(antenna_files: Mapping[str, Path]) -> tuple[Mapping[str, Path], list[str]]:
    """The files that hold anything, and sentences on the others: a dead receiver must not stop the rest of the rig."""
    empty = [name for name, path in antenna_files.items() if _is_empty(path)]
    if len(empty) == len(antenna_files):
        return antenna_files, []  # opening them tells what is wrong
    kept = {name: path for name, path in antenna_files.items() if name not in empty}
    return kept, [f"antenna {name}: {called(antenna_files[name])} is empty: it is taken as dead" for name in empty]


def _is_empty(path: Path) -> bool:
    if bag_address(path) is None:
        return path.is_file() and path.stat().st_size == 0
    with opened(path) as file:
        return not file.read(1)


def _same_files(antennas: Mapping[str, Source]) -> list[str]:
    first: dict[str, str] = {}
    for name, source in antennas.items():
        first.setdefault(source.sha256, name)
    twins = [(first[s.sha256], name) for name, s in antennas.items() if first[s.sha256] != name]
    return [f"antennas {a} and {b} have the same recording" for a, b in twins]


def _introduced(listener: Listener, name: str, source: Source) -> Iterator[Message]:
    """Messages of a source; the listener hears whose they are before the first."""
    told = False
    for message in source.messages():
        if not told:
            listener.set_receiver(name, source.receiver)
            told = True
        yield message
