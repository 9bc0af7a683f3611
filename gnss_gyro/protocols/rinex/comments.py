"""Comments that stand among the epochs are taken out, so that satellites can be found by counting lines."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from gnss_gyro.protocols.rinex.blocks import OLD_DATE, Lines

_COMMENT, _LABEL = b"COMMENT", 60
_OLD_EVENT = re.compile(rb"^(?:" + OLD_DATE + rb"| {26,28})  [2-5]([ \d]{2}\d)", re.MULTILINE)
_NEW_EVENT = re.compile(rb"^>.{28}  [2-5]([ \d]{2}\d)", re.MULTILINE)


def without_comments(lines: Lines, old: bool) -> Lines:
    """The lines less those labelled COMMENT; those of events (flags 2 to 5) stay, since their head lines count them."""
    comments = _comments(lines)
    if not comments:
        return lines
    kept = np.ones(len(lines), bool)
    kept[comments] = False
    for event in (_OLD_EVENT if old else _NEW_EVENT).finditer(lines.text):
        first = int(np.searchsorted(lines.start, event.start())) + 1
        kept[first : first + int(event[1])] = True
    initial = np.frombuffer(lines.initial, np.uint8)[kept].tobytes()
    return replace(lines, start=lines.start[kept], end=lines.end[kept], initial=initial, satellite=lines.satellite[kept])


def _comments(lines: Lines) -> list[int]:
    """Numbers of the lines labelled COMMENT."""
    buffer = np.frombuffer(lines.text, np.uint8)
    place = np.minimum(lines.start + _LABEL, lines.end - 1)
    return [i for i in np.flatnonzero(buffer[place] == _COMMENT[0]).tolist() if lines.label(i) == _COMMENT]
