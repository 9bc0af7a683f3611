"""Takes the header off the front of a RINEX text that comes in pieces."""

from __future__ import annotations

from gnss_gyro.basics.errors import DataError
from gnss_gyro.protocols.rinex.header import END_OF_HEADER, VERSION_LABEL, RinexHeader, parse_header

_LONGEST_PREFACE = 20
_LONGEST_HEADER = 100_000


class HeadReader:
    """Feed it bytes until `header` is there; what lies behind the header comes back."""

    def __init__(self) -> None:
        self.header: RinexHeader | None = None
        self.lines_read = 0
        self.unended = False
        """The header lacked its END OF HEADER line, and ended where the first epoch began."""
        self._lines: list[str] = []
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """Bytes behind the header, empty while it goes on. Raises DataError where this is no RINEX header."""
        pieces = (self._rest + data).split(b"\n")
        self._rest = pieces.pop()
        for i, piece in enumerate(pieces):
            if self._is_epoch(piece):
                self.unended = True
                self.header = parse_header(self._lines)
                return self._leave(pieces[i:])
            self.lines_read += 1
            line = piece.decode("latin-1").rstrip("\r")
            self._lines.append(line)
            if line[60:80].strip().upper() == END_OF_HEADER:
                self.header = parse_header(self._lines)
                return self._leave(pieces[i + 1 :])
            self._check()
        return b""

    def finish(self) -> None:
        """Tell it that no more comes. Raises DataError where the header is not complete."""
        if self.header is None:
            self._lines.append(self._rest.decode("latin-1"))
            self._check(last=True)
            raise DataError(f"the RINEX header has no END OF HEADER: the file ends after line {self.lines_read}")

    def _leave(self, pieces: list[bytes]) -> bytes:
        rest, self._rest, self._lines = b"\n".join([*pieces, self._rest]), b"", []
        return rest

    def _is_epoch(self, piece: bytes) -> bool:
        return piece[:2] == b"> " and any("OBS TYPES" in line[60:80] for line in self._lines)

    def _check(self, last: bool = False) -> None:
        if any(line[60:80].strip().upper() == VERSION_LABEL for line in self._lines[:_LONGEST_PREFACE]):
            if len(self._lines) > _LONGEST_HEADER:
                raise DataError(f"the RINEX header has no END OF HEADER in its first {_LONGEST_HEADER} lines")
            return
        if last or len(self._lines) >= _LONGEST_PREFACE or len(self._rest) > 100 * _LONGEST_PREFACE:
            raise DataError(f"line 1 is no RINEX header: {self._lines[0][:60].strip()!r}")
