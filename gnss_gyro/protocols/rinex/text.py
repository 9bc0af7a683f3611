"""Small readers of fixed-width text: a blank is unknown, never zero."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from gnss_gyro.basics.time import NS, GpsTime

_CHUNK_LINES = 4096
_WIDTH = 19
"""Of the numbers of navigation records (D19.12)."""
_WHOLE_EXPONENT = re.compile(r"[DEde][+-]\d\d$")


class RecordError(ValueError):
    """A record that cannot be read, or that lacks what it is needed for."""


def number(text: str) -> float:
    """Value of a field such as ' .123D-04'; NaN for a blank or anything that is no number."""
    try:
        value = float(text.replace("D", "E").replace("d", "e"))
    except ValueError:
        return math.nan
    return math.nan if math.isinf(value) or "_" in text else value


def record_numbers(lines: Sequence[str], head: int, margin: int) -> list[float]:
    """Numbers of a navigation record: three behind the head of the first line, four behind the margin of each other; NaN = blank.

    Raises RecordError for what is no number, or may be only the beginning of one.
    """
    values = [_record_number(lines[0], head + i * _WIDTH) for i in range(3)]
    for line in lines[1:]:
        values += [_record_number(line, margin + i * _WIDTH) for i in range(4)]
    return values


def _record_number(line: str, start: int) -> float:
    text = line[start : start + _WIDTH]
    told, value = text.strip(), number(text)
    if told and len(text) < _WIDTH and not _WHOLE_EXPONENT.search(text):  # 4.1E-1 may have been 4.1E-10
        raise RecordError(f"a line ends within the number {told}")
    if told and math.isnan(value) and told.lower() != "nan":
        raise RecordError(f"{told!r} is no number")
    return value


def whole(text: str | bytes) -> int | None:
    """Integer of a field; None for a blank or anything that is no integer."""
    try:
        return int(text)
    except ValueError:
        return None


def four_digit_year(year: int) -> int:
    """RINEX 2 writes 80..99 for 1980..1999 and 00..79 for 2000..2079 (RINEX 2.11, 5.1)."""
    if year >= 100:
        return year
    return year + (1900 if year >= 80 else 2000)


def calendar_time(date: str, second: str) -> GpsTime:
    """Time tag of a date 'yyyy mm dd hh mm' (year of two or four digits) and decimal seconds, exact to 1 ns.

    The scale is the file's own: the caller shifts it. Raises ValueError, also for a year that cannot be (GpsTime.believable).
    """
    seconds, _, fraction = second.strip().partition(".")
    if not 0 <= int(seconds) <= 60:
        raise RecordError(f"no time of day: {date} {second}")
    return GpsTime(_minute_ns(date) + int(seconds) * NS + (int(fraction[:9].ljust(9, "0")) if fraction else 0) % NS)


@lru_cache(maxsize=16)
def _minute_ns(date: str) -> int:
    """When a minute begins [ns]; a recording names the same one many times in a row."""
    year, month, day, hour, minute = (int(part) for part in date.split())
    if not 0 <= hour <= 24 or not 0 <= minute < 60:
        raise RecordError(f"no time of day: {date}")
    minute_begins = GpsTime.from_calendar(four_digit_year(year), month, day, hour, minute)
    if not minute_begins.believable:
        raise RecordError(f"no year of GPS time: {date}")
    return minute_begins.ns


def chunks(source: str | bytes | Iterable[str]) -> Iterator[bytes]:
    """Bytes of a whole text, or of an iterable of its lines (with or without their line ends)."""
    if isinstance(source, bytes):
        yield source
    elif isinstance(source, str):
        yield source.encode("latin-1", "replace")
    else:
        yield from _line_chunks(source)


def _line_chunks(lines: Iterable[str]) -> Iterator[bytes]:
    held: list[str] = []
    for line in lines:
        held.append(line.rstrip("\r\n"))
        if len(held) >= _CHUNK_LINES:
            yield ("\n".join(held) + "\n").encode("latin-1", "replace")
            held = []
    if held:
        yield ("\n".join(held) + "\n").encode("latin-1", "replace")
