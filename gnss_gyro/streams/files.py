"""Recordings on disk -> messages: the format is told by the content, packed files are unpacked on the way."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gnss_gyro.basics.errors import DataError
from gnss_gyro.protocols.messages import Counts
from gnss_gyro.protocols.rinex.header import RinexHeader
from gnss_gyro.streams.bags.address import bag_address, open_address
from gnss_gyro.streams.formats import DECODERS, Decoder, guess

if TYPE_CHECKING:
    from gnss_gyro.streams.formats import FileMessage

_CHUNK: Final = 1 << 18
_HEAD: Final = 1 << 16
_UNPACKING_ERRORS: Final = (
    *(OSError, EOFError, ValueError, LookupError, RuntimeError),  # hatanaka raises a RuntimeError of its own
    *(zlib.error, zipfile.BadZipFile),
)
_GZIP, _PACKED = b"\x1f\x8b", (b"\x1f\x9d", b"PK\x03\x04", b"BZh")


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

    def __iter__(self) -> Iterator[FileMessage]:
        """Messages in the order of the file. Raises DataError, with the file's name, where nothing can be read."""
        decoder = self._decoder = DECODERS[self.kind]()
        try:
            with opened(self.path) as file:
                for piece in _pieces(file, decoder.counts):
                    yield from decoder.feed(piece)
            yield from decoder.finish()
        except DataError as error:
            raise DataError(f"{self.path.name}: {error}") from error


def read_messages(path: str | Path) -> FileReader:
    """Reader of the messages in a file: UBX, RINEX observations or navigation data, plain or packed (gz, Z, zip, bz2, Hatanaka).

    Raises DataError, saying what the file seems to be, where it is none of these.
    """
    return FileReader(Path(path))


def _guarded_guess(path: Path, head: bytes) -> str:
    try:
        return guess(head)
    except DataError as error:
        raise DataError(f"{path.name} {error}") from error


def opened(path: Path) -> io.BufferedIOBase:
    """The file's bytes, unpacked; a receiver in a bag (BAG:TOPIC) as if its bytes were a file.

    Raises DataError where the file is missing, a folder, or its packing is broken.
    """
    if address := bag_address(path):
        return open_address(address)
    try:
        with path.open("rb") as file:
            magic = file.read(80)
    except OSError as error:
        raise DataError(f"{path.name} cannot be opened: {error.strerror}") from error
    try:
        if magic.startswith(_PACKED) or _is_hatanaka(magic):
            return _decompressed(path)
        if not magic.startswith(_GZIP):
            return path.open("rb")
        with gzip.open(path, "rb") as unpacked:
            inside = unpacked.read(80)
        if _is_hatanaka(inside):
            return _decompressed(path)
        return gzip.open(path, "rb")
    except _UNPACKING_ERRORS as error:
        raise DataError(f"{path.name} is a packed file that cannot be unpacked: {error}") from error


def _decompressed(path: Path) -> io.BytesIO:
    import hatanaka  # late: most files are plain

    return io.BytesIO(hatanaka.decompress(path.read_bytes()))


def _is_hatanaka(head: bytes) -> bool:
    return head[60:80].startswith(b"CRINEX VERS")


def _head_of(file: io.BufferedIOBase) -> bytes:
    head = b""
    for piece in _pieces(file, Counts()):
        head += piece
        if len(head) >= _HEAD:
            break
    return head


def _pieces(file: io.BufferedIOBase, counts: Counts) -> Iterator[bytes]:
    """The bytes in pieces; a packed file that breaks off ends there, and is counted."""
    while True:
        try:
            piece = file.read1(_CHUNK)  # all there is before a break
        except (OSError, EOFError, zlib.error):
            counts.add("packed files broken off")
            return
        if not piece:
            return
        yield piece
