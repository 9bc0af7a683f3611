"""RINEX navigation files (2.11, 3.0x, 4.0x) -> ephemerides and the other navigation messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gnss_gyro.basics.errors import DataError
from gnss_gyro.protocols.messages import Counts, GlonassEphemeris, KeplerEphemeris, Message, NavigationMessage
from gnss_gyro.protocols.rinex.ephemeris_records import read_ephemeris
from gnss_gyro.protocols.rinex.head_reader import HeadReader
from gnss_gyro.protocols.rinex.header import VERSION_LABEL, RinexHeader
from gnss_gyro.protocols.rinex.ionosphere import header_ionosphere, read_ionosphere
from gnss_gyro.protocols.rinex.text import RecordError, chunks

_TYPES = ("N", "G", "H", "L", "E", "J", "")
_LONGEST_RECORD = 64
UNREADABLE = "records that cannot be read"
"""Name of these in the counts."""
_PASSED_OVER = {"STO": "system time offsets", "EOP": "Earth orientation parameters"}


class NavigationReader:
    """Navigation file, whole or in pieces, in; messages out, in the order of the file, those of the header first.

    counts : what was read and what was passed over
    header : None until it is complete
    trouble: where and why the first record that cannot be read is broken; empty so far as all could be read
    """

    def __init__(self) -> None:
        self.counts = Counts()
        self.header: RinexHeader | None = None
        self._head = HeadReader()
        self._rest = b""
        self._record: list[str] = []
        self._line_number = 0
        self._begun_at = 0
        self.trouble = ""

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete. Raises DataError where the text begins with no RINEX navigation header."""
        messages: list[Message] = []
        rest: bytes | None = data
        while rest is not None:
            found, rest = self._feed_one_file(rest)
            messages += found
        return messages

    def _feed_one_file(self, data: bytes) -> tuple[list[Message], bytes | None]:
        """Messages, and the text from the header of another file on; None where there is none."""
        messages: list[Message] = []
        if self.header is None:
            data = self._head.feed(data)
            if self._head.header is None:
                return [], None
            messages += self._adopt(self._head.header)
        pieces = (self._rest + data).split(b"\n")
        self._rest = pieces.pop()
        for i, piece in enumerate(pieces):
            line = piece.decode("latin-1").rstrip("\r")
            if _label(line) == VERSION_LABEL:
                messages += self._end_record()
                self.header, self._head = None, HeadReader()
                rest, self._rest = b"\n".join([*pieces[i:], self._rest]), b""
                return messages, rest
            messages += self._take_line(line)
        return messages, None

    def finish(self) -> list[Message]:
        """The messages still held back. Raises DataError where the whole text held not one."""
        messages: list[Message] = list(self._take_line(self._rest.decode("latin-1").rstrip("\r")))
        self._rest = b""
        messages += self._end_record()
        if not any(name.endswith("ephemerides read") for name in self.counts.by_name):
            if self.header is None:
                self._head.finish()
            raise DataError("the RINEX navigation file holds no ephemeris" + (f"; {self.trouble}" if self.trouble else ""))
        return messages

    def _adopt(self, header: RinexHeader) -> list[NavigationMessage]:
        if header.file_type not in _TYPES:
            raise DataError(f"a RINEX file of type {header.file_type!r}, not of navigation data")
        self.header = header
        self._line_number += self._head.lines_read
        found: list[NavigationMessage] = list(header_ionosphere(header.ionosphere))
        self.counts.add("ionosphere models", len(found))
        return found + ([header.leap] if header.leap else [])

    def _take_line(self, line: str) -> list[NavigationMessage]:
        self._line_number += 1
        if _label(line) == "COMMENT":
            return []
        begins = bool(line[:3].strip()) and not self._belongs_to_mark(line)
        finished = self._end_record() if begins else []
        if begins:
            self._begun_at = self._line_number
        if line.strip() and (self._record or begins):
            self._record.append(line)
        if len(self._record) > _LONGEST_RECORD:
            self._record = self._record[:_LONGEST_RECORD]
        return finished

    def _belongs_to_mark(self, line: str) -> bool:
        """The first line behind a mark of RINEX 4 such as '> EPH G05 LNAV'."""
        return len(self._record) == 1 and self._record[0].startswith(">") and not line.startswith(">")

    def _end_record(self) -> list[NavigationMessage]:
        lines, self._record = self._record, []
        if not lines:
            return []
        try:
            return self._messages_of(lines)
        except (ValueError, OverflowError) as error:
            self.counts.add(UNREADABLE)
            if not self.trouble:
                reason = f": {error}" if isinstance(error, RecordError) else ""
                self.trouble = f"the first broken record begins at line {self._begun_at}{reason}"
            return []

    def _messages_of(self, lines: Sequence[str]) -> list[NavigationMessage]:
        assert self.header is not None
        kind, source = "EPH", ""
        if lines[0].startswith(">"):
            mark = lines[0][1:].split()
            if len(mark) < 2 or len(lines) < 2:
                raise RecordError("a mark without its record")
            kind, source = mark[0], mark[2] if len(mark) > 2 else ""
            if kind == "EPH" and not lines[1].startswith(mark[1]):
                raise RecordError("a mark of one satellite, a record of another")
            lines = [f"{mark[1]} {lines[1][4:]}", *lines[2:]]
        if kind in _PASSED_OVER:
            self.counts.add(_PASSED_OVER[kind])
            return []
        if kind == "ION":
            return self._counted(read_ionosphere(lines, source), "ionosphere models")
        return self._counted(read_ephemeris(lines, self.header, source), "")

    def _counted(self, message: NavigationMessage | str, name: str) -> list[NavigationMessage]:
        """A message as a list, or nothing for the name of what was passed over."""
        if isinstance(message, str):
            self.counts.add(message)
            return []
        if isinstance(message, KeplerEphemeris):
            name = f"{message.source} ephemerides read"
        elif isinstance(message, GlonassEphemeris):
            name = "GLONASS ephemerides read"
        self.counts.add(name)
        return [message]


def _label(line: str) -> str:
    return line[60:80].strip()


def read_navigation(source: str | bytes | Iterable[str]) -> Iterator[Message]:
    """Messages of a RINEX navigation text, or of its lines. Raises DataError where nothing can be read."""
    reader = NavigationReader()
    for piece in chunks(source):
        yield from reader.feed(piece)
    yield from reader.finish()
