"""RINEX observation files (2.11, 3.0x, 4.0x) -> Observations, fed in pieces of any size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from gnss_gyro.basics.errors import DataError
from gnss_gyro.protocols.messages import Counts, Message, Observations
from gnss_gyro.protocols.rinex.batch import Batch, glonass_channels, observations_of
from gnss_gyro.protocols.rinex.blocks import Block, Kind, Lines, header_lines, next_block, split_lines
from gnss_gyro.protocols.rinex.comments import without_comments
from gnss_gyro.protocols.rinex.head_reader import HeadReader
from gnss_gyro.protocols.rinex.header import RinexHeader, by_label
from gnss_gyro.protocols.rinex.layout import Layout, layout_of
from gnss_gyro.protocols.rinex.scales import gps_minus_scale_s
from gnss_gyro.protocols.rinex.text import chunks


class ObservationReader:
    """Observation file, whole or in pieces, in; one Observations per epoch out, in the order of the file.

    all_bands : all signals instead of those near L1
    counts    : what was read and what was passed over
    header    : None until it is complete

    Epochs out of order are handed on and counted; an epoch with the time of the one before it is dropped and counted.
    """

    def __init__(self, all_bands: bool = False) -> None:
        self.counts = Counts()
        self.header: RinexHeader | None = None
        self._all_bands = all_bands
        self._head = HeadReader()
        self._layout: Layout | None = None
        self._channels = glonass_channels({})
        self._rest = b""
        self._last_ns: int | None = None
        self._lines_done = 0
        self._first_trouble = ""

    def feed(self, data: bytes) -> list[Message]:
        """The epochs that these bytes complete. Raises DataError where the text begins with no RINEX observation header."""
        return self._read(data, complete=False)

    def finish(self) -> list[Message]:
        """The epochs still held back. Raises DataError where the whole text held not one epoch."""
        messages = self._read(b"", complete=True)
        if self.header is None:
            self._head.finish()
        if self._last_ns is None:
            raise DataError("the RINEX observation file holds no epoch" + self._first_trouble)
        return messages

    def _read(self, data: bytes, complete: bool) -> list[Message]:
        if self.header is None:
            data = self._head.feed(data)
            if self._head.header is None:
                return []
            self._adopt(self._head.header)
            self.counts.add("headers without an end", int(self._head.unended))
            self._lines_done += self._head.lines_read
        self._rest += data
        if not complete and b"\n" not in data:
            return []
        assert self.header is not None
        whole = split_lines(self._rest, complete)
        lines = without_comments(whole, self.header.version < 3.0)
        if not len(lines):
            return []
        messages, done, again = self._read_lines(lines)
        end = int(lines.start[done]) if done < len(lines) else _after(lines)
        self._lines_done += int(np.searchsorted(whole.start, end))
        self._rest = self._rest[end:]
        if again:  # another header follows
            self.header, self._head = None, HeadReader()
            rest, self._rest = self._rest, b""
            messages += self._read(rest, complete)
        return messages

    def _adopt(self, header: RinexHeader) -> None:
        if header.file_type not in ("O", ""):
            raise DataError(f"a RINEX file of type {header.file_type!r}, not of observations")
        if not header.observation_codes:
            raise DataError("the RINEX header names no observation types")
        self.header = header
        self._layout = layout_of(header, self._all_bands)
        self._channels = glonass_channels(header.glonass_channels)

    def _read_lines(self, lines: Lines) -> tuple[list[Message], int, bool]:
        """Messages of the complete blocks, the number of lines done with, and whether a header follows."""
        assert self.header is not None
        assert self._layout is not None
        messages: list[Message] = []
        batch = Batch()
        at, old = 0, self.header.version < 3.0
        while (block := next_block(lines, at, old, self._layout.lines_per_satellite)) is not None:
            at = block.last
            if block.kind is Kind.EPOCH:
                self._take_epoch(block, batch)
                continue
            self._count_other(block, lines)
            if block.kind in (Kind.EVENT, Kind.NEW_HEADER):
                messages += self._flush(lines, batch)
                batch = Batch()
                self._change_layout(by_label(header_lines(lines, block)))
            if block.kind is Kind.NEW_HEADER:
                return messages, at, True
        return messages + self._flush(lines, batch), at, False

    def _take_epoch(self, block: Block, batch: Batch) -> None:
        assert self.header is not None
        leap_s = None if self.header.leap is None else self.header.leap.seconds
        time = block.time + gps_minus_scale_s(self.header.time_system, block.time, leap_s)
        self.counts.add("epochs cut short", int(len(block.satellite) < block.announced))
        if self._last_ns is not None and time.ns == self._last_ns:
            self.counts.add("duplicate epochs")
            return
        if self._last_ns is not None and time.ns < self._last_ns:
            self.counts.add("epochs out of order")
        self._last_ns = time.ns
        self.counts.add("epochs")
        self.counts.add("power failures", int(block.flag == 1))
        batch.add(time, block)

    def _count_other(self, block: Block, lines: Lines) -> None:
        if block.kind is Kind.STRAY and not lines[block.first].strip():
            return
        self.counts.add(block.kind.value)
        if not self._first_trouble:
            line = self._lines_done + lines.text.count(b"\n", 0, int(lines.start[block.first])) + 1
            self._first_trouble = f"; the first line out of place is line {line}"

    def _change_layout(self, found: dict[str, list[str]]) -> None:
        """Observation types and scales that change in the middle of a file (event flags 3 and 4). Raises DataError."""
        assert self.header is not None
        self.header = self.header.changed_by(found)
        self._layout = layout_of(self.header, self._all_bands)

    def _flush(self, lines: Lines, batch: Batch) -> list[Observations]:
        assert self.header is not None
        assert self._layout is not None
        leap_s = None if self.header.leap is None else self.header.leap.seconds
        return observations_of(lines, batch, self._layout, self._channels, leap_s, self.counts)


def _after(lines: Lines) -> int:
    """Where the text goes on behind its last line."""
    newline = lines.text.find(b"\n", int(lines.end[-1]))
    return newline + 1 if newline >= 0 else len(lines.text)


def read_observations(source: str | bytes | Iterable[str], all_bands: bool = False) -> Iterator[Observations]:
    """Epochs of a RINEX observation text, or of its lines. Raises DataError where nothing can be read."""
    reader = ObservationReader(all_bands)
    for piece in chunks(source):
        yield from (m for m in reader.feed(piece) if isinstance(m, Observations))
    yield from (m for m in reader.finish() if isinstance(m, Observations))
