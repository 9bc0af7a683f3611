"""A process that does what a live node does, without ROS: bytes in, solutions out, nothing kept; tells how much memory it has.

Reads a pickled configuration from its standard input, then pickled [(antenna, bytes)], and answers each with a line of megabytes.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Final

from gnss_gyro.engine.engine import Engine
from gnss_gyro.protocols.ubx.decoder import UbxDecoder

_PAGE_BYTES: Final = 4096


def main() -> None:
    """Solve until the input ends."""
    source = sys.stdin.buffer
    config = pickle.load(source)
    engine, decoders = Engine(config), {name: UbxDecoder() for name in config.names}
    while True:
        try:
            chunks = pickle.load(source)
        except EOFError:
            return
        for antenna, data in chunks:
            for message in decoders[antenna].feed(data):
                engine.feed(antenna, message)
        print(resident_mb(), flush=True)


def resident_mb() -> float:
    """Of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES / 1e6


if __name__ == "__main__":
    main()
