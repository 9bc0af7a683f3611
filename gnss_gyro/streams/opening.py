"""The bytes of a recording on disk, packed files unpacked on the way."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gnss_gyro.basics.errors import DataError
from gnss_gyro.protocols.messages import Counts
from gnss_gyro.streams.bags.address import bag_address, open_address

_UNPACKING_ERRORS: Final = (
    *(OSError, EOFError, ValueError, LookupError, RuntimeError),  # hatanaka raises a RuntimeError of its own
    *(zlib.error, zipfile.BadZipFile),
)
BROKEN_OFF: Final = "packed files broken off"
_PIECE: Final = 1 << 18
_GZIP, _PACKED = b"\x1f\x8b", (b"\x1f\x9d", b"PK\x03\x04", b"BZh")


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


def pieces(file: io.BufferedIOBase, counts: Counts) -> Iterator[bytes]:
    """The bytes in pieces; a packed file that breaks off ends there, and is counted as BROKEN_OFF."""
    while True:
        try:
            piece = file.read1(_PIECE)  # all there is before a break
        except (OSError, EOFError, zlib.error):
            counts.add(BROKEN_OFF)
            return
        if not piece:
            return
        yield piece


def _decompressed(path: Path) -> io.BytesIO:
    import hatanaka  # late: most files are plain

    return io.BytesIO(hatanaka.decompress(path.read_bytes()))


def _is_hatanaka(head: bytes) -> bool:
    return head[60:80].startswith(b"CRINEX VERS")
