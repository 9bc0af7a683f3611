"""Recordings on disk -> messages: the format is told by the content."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gnss_gyro.basics.errors import DataError
from gnss_gyro.protocols.messages import Counts
from gnss_gyro.protocols.rinex.header import RinexHeader
from gnss_gyro.streams.bags.address import called
from gnss_gyro.streams.formats import DECODERS, Decoder, guess
from gnss_gyro.streams.opening import opened, pieces

if TYPE_CHECKING:
    from gnss_gyro.streams.formats import FileMessage

_HEAD: Final = 1 << 16


class FileReader:
    """The messages of one file, read piece by piece each time it is iterated.

    path   : of the file
    kind   : what the file is: a key of streams.formats.DECODERS
    counts : what the decoder saw so far
    header : of a RINEX file, once its end was passed; else None
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with opened(path) as file:
            self.kind = _guarded_guess(path, _head_of(file))
        self._decoder: Decoder = DECODERS[self.kind]()

    @property
    def counts(self) -> Counts:
        """What the decoder saw in the iteration that began last."""
        return self._decoder.counts

    @property
    def header(self) -> RinexHeader | None:
        """Header of a RINEX file."""
        header = getattr(self._decoder, "header", None)
        return header if isinstance(header, RinexHeader) else None

    @property
    def trouble(self) -> str:
        """Sentence on the first record of RINEX navigation data that cannot be read; empty where all can."""
        return str(getattr(self._decoder, "trouble", ""))

    def __iter__(self) -> Iterator[FileMessage]:
        """Messages in the order of the file. Raises DataError, with the file's name, where nothing can be read."""
        decoder = self._decoder = DECODERS[self.kind]()
        try:
            with opened(self.path) as file:
                for piece in pieces(file, decoder.counts):
                    yield from decoder.feed(piece)
            yield from decoder.finish()
        except DataError as error:
            raise DataError(f"{called(self.path)}: {error}") from error


def read_messages(path: str | Path) -> FileReader:
    """Reader of the messages in a file: UBX, RINEX observations or navigation data, plain or packed (gz, Z, zip, bz2, Hatanaka).

    Raises DataError, saying what the file seems to be, where it is none of these.
    """
    return FileReader(Path(path))


def _guarded_guess(path: Path, head: bytes) -> str:
    try:
        return guess(head)
    except DataError as error:
        raise DataError(f"{called(path)} {error}") from error


def _head_of(file: io.BufferedIOBase) -> bytes:
    head = b""
    for piece in pieces(file, Counts()):
        head += piece
        if len(head) >= _HEAD:
            break
    return head
