"""Where the epochs of an observation file lie: their head lines are read, their satellites only located."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.arrays import Ints
from gnss_gyro.basics.satellites import SYSTEMS, System, satellite_from_name
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.rinex.text import calendar_time, whole

OLD_DATE = rb" [ \d]\d [ \d]\d [ \d]\d [ \d]\d [ \d]\d[ \d]{3}[. ][\d ]{7}"
_OLD_HEAD = re.compile(OLD_DATE + rb"  [0-6 ][ \d]{2}\d")
_OLD_EVENT = re.compile(rb" {26,28}  [2-5][ \d]{2}\d")
_NAMES_PER_LINE = 12
_POINT, _FIELD = 10, 16
"""Where the first field of a line has its decimal point, and how far it is to the next."""
_HEAD_MARK = ord(">")
_SATELLITE_BASE = np.full(256, -1, np.int64)
for _index, _system in enumerate(SYSTEMS):
    _SATELLITE_BASE[ord(_system.value)] = 100 * _index
_SATELLITE_BASE[32] = 0  # a blank means GPS (RINEX 2.11, table A2)


def _none() -> Ints:
    return np.empty(0, np.int64)


class Kind(Enum):
    """What a block of lines is."""

    EPOCH = "epochs"
    EVENT = "special records"
    CYCLE_SLIPS = "cycle slip records"
    NEW_HEADER = "header lines among the epochs"
    UNEVEN = "epochs with too many or too few lines"
    BROKEN = "epochs with an unreadable head"
    STRAY = "lines outside any epoch"


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together.

    first, last  : its lines are first <= line < last
    records      : (n,) first line of each satellite
    satellite    : (n,) codes; -1 = unreadable
    announced    : number of satellites the head line promised
    """

    kind: Kind
    first: int
    last: int
    time: GpsTime = GpsTime(0)
    flag: int = 0
    records: Ints = field(default_factory=_none)
    satellite: Ints = field(default_factory=_none)
    announced: int = 0


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a piece of text.

    start, end : (k,) of each line in the text, line ends excluded
    initial    : its first characters; NUL for an empty line
    satellite  : (k,) codes of the names that lines begin with, -1 = none
    complete   : the text ends here
    """

    text: bytes
    start: Ints
    end: Ints
    initial: bytes
    satellite: Ints
    complete: bool

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, i: int) -> bytes:
        return self.text[self.start[i] : self.end[i]]

    def label(self, i: int) -> bytes:
        """What stands where header lines have their label."""
        return self[i][60:80].strip()


def split_lines(text: bytes, complete: bool) -> Lines:
    """Lines of a text; a last line without line end counts only if the text is complete."""
    buffer = np.frombuffer(text, np.uint8)
    end = np.flatnonzero(buffer == 10)
    if complete and len(text) and text[-1] != 10:
        end = np.append(end, len(text))
    start = np.concatenate([[0], end[:-1] + 1]) if len(end) else np.empty(0, np.int64)
    returned = (end > start) & (buffer[np.maximum(end - 1, 0)] == 13) if len(end) else np.empty(0, bool)
    start, end = start.astype(np.int64), (end - returned).astype(np.int64)
    letters = buffer[np.minimum(start[:, None] + np.arange(3), max(len(buffer) - 1, 0))]
    letters[end - start < 3] = 0
    initial = np.where(end > start, buffer[np.minimum(start, max(len(buffer) - 1, 0))], 0).astype(np.uint8)
    return Lines(text, start, end, initial.tobytes(), _satellites(letters), complete)


def _satellites(letters: NDArray[np.uint8]) -> Ints:
    """Satellite codes (n,) of names (n, 3), -1 = none."""
    tens, units = letters[:, 1].astype(np.int64) - 48, letters[:, 2].astype(np.int64) - 48
    tens[letters[:, 1] == 32] = 0
    base = _SATELLITE_BASE[letters[:, 0]]
    number = 10 * tens + units
    good = (base >= 0) & (tens >= 0) & (tens <= 9) & (units >= 0) & (units <= 9) & (number > 0)
    return np.where(good, base + number, -1)


def next_block(lines: Lines, first: int, old: bool, lines_per_satellite: int) -> Block | None:
    """The block that begins at a line; None while it is not complete yet."""
    if first >= len(lines):
        return None
    if not old and lines.initial[first] == _HEAD_MARK:
        return _new_block(lines, first)
    if lines.label(first) == b"RINEX VERSION / TYPE":
        return Block(Kind.NEW_HEADER, first, first)
    return _old_block(lines, first, lines_per_satellite) if old else Block(Kind.STRAY, first, first + 1)


def _new_block(lines: Lines, first: int) -> Block | None:
    head = lines[first]
    flag, announced = whole(head[29:32]), whole(head[32:35])
    if flag is None or announced is None or not 0 <= flag <= 6 or announced < 0:
        return Block(Kind.BROKEN, first, first + 1)
    promised = first + 1 + announced
    last = lines.initial.find(_HEAD_MARK, first + 1, promised)
    last = last if last >= 0 else min(promised, len(lines))
    if last == len(lines) < promised and not lines.complete:
        return None
    if flag in (2, 3, 4, 5):
        return Block(Kind.EVENT, first, last, flag=flag, announced=announced)
    time = _time_or_none(head[2:18], head[18:29])
    if time is None:
        return Block(Kind.BROKEN, first, last)
    if flag == 6:
        return Block(Kind.CYCLE_SLIPS, first, last, time, flag)
    return Block(Kind.EPOCH, first, last, time, flag, np.arange(first + 1, last), lines.satellite[first + 1 : last], announced)


def _old_block(lines: Lines, first: int, lines_per_satellite: int) -> Block | None:
    head = lines[first]
    if _OLD_EVENT.match(head):
        return _old_event(lines, first, int(head[28:29]), int(head[29:32]))
    if not _OLD_HEAD.match(head):
        return Block(Kind.STRAY, first, first + 1)
    flag, announced = int(head[28:29].strip() or b"0"), int(head[29:32])
    if 2 <= flag <= 5:
        return _old_event(lines, first, flag, announced)
    names = -(-announced // _NAMES_PER_LINE)
    begin = first + max(names, 1)
    promised = begin + announced * lines_per_satellite
    last = _old_last(lines, first, promised)
    if last is None:
        return None
    time = _time_or_none(head[1:15], head[15:26])
    if time is None or any(lines[i][:32].strip() for i in range(first + 1, min(begin, last))):
        return Block(Kind.BROKEN, first, last)
    if last != promised:
        return Block(Kind.UNEVEN, first, last)
    if flag == 6:
        return Block(Kind.CYCLE_SLIPS, first, last, time, flag)
    satellite = np.array([c for i in range(first, begin) for c in _named(lines[i])][:announced], np.int64)
    records = begin + lines_per_satellite * np.arange(len(satellite))
    return Block(Kind.EPOCH, first, last, time, flag, records, satellite, announced)


def _old_last(lines: Lines, first: int, promised: int) -> int | None:
    """Where an epoch ends: as promised, where the next head comes early, or behind a line too many; None = not known yet.

    A line lost or slipped in gives all satellites behind it their neighbours' values.
    """
    early = next((i for i in range(first + 1, min(promised, len(lines))) if _OLD_HEAD.match(lines[i])), None)
    if early is not None:
        return early
    after = next((i for i in range(promised, len(lines)) if lines[i].strip()), None)
    if after is None:
        return min(promised, len(lines)) if lines.complete else None
    return after + 1 if b"." in lines[after][_POINT::_FIELD] else promised


def _old_event(lines: Lines, first: int, flag: int, announced: int) -> Block | None:
    last = first + 1 + announced
    if last > len(lines) and not lines.complete:
        return None
    return Block(Kind.EVENT, first, min(last, len(lines)), flag=flag, announced=announced)


def _named(line: bytes) -> list[int]:
    """Satellite codes of one line of names in columns 33 to 68, -1 = unreadable."""
    text = line[32:68].decode("latin-1")
    return [_code(text[i : i + 3]) for i in range(0, len(text.rstrip()), 3)]


def _code(name: str) -> int:
    try:
        return satellite_from_name((name[:1].strip() or System.GPS.value) + name[1:3])
    except ValueError:
        return -1


def _time_or_none(date: bytes, second: bytes) -> GpsTime | None:
    try:
        return calendar_time(date.decode("latin-1"), second.decode("latin-1"))
    except (ValueError, OverflowError):
        return None


def header_lines(lines: Lines, block: Block) -> Sequence[str]:
    """The lines of an event as text."""
    return [lines[i].decode("latin-1") for i in range(block.first + 1, block.last)]
