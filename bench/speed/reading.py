"""How fast recordings are read: bytes to observations alone, and whole replays of UBX logs, RINEX and a bag."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from gnss_gyro.protocols.messages import Observations
from gnss_gyro.protocols.rinex.observation import ObservationReader
from gnss_gyro.protocols.ubx.decoder import UbxDecoder
from speed.children import GYRO, replay_command, run
from speed.skies import Recording, sky, write_rinex, write_ubx

LIMITS: Final = {"UBX": 500_000.0, "RINEX": 200_000.0}
"""Observations (a satellite, signal and epoch) a second."""
_PIECE: Final = 1 << 18
_REPEATS: Final = 5


def decoding(folder: Path, epochs: int) -> dict[str, Any]:
    """Observations a second by format, one antenna under 35 satellites."""
    simulation = sky(1, 35, epochs)
    ubx, rinex = write_ubx(simulation, folder / "ubx1"), write_rinex(simulation, folder / "rinex1")
    readers: dict[str, tuple[Path, Callable[[], Any]]] = {
        "UBX": (next(iter(ubx.antennas.values())), UbxDecoder),
        "RINEX": (next(iter(rinex.antennas.values())), ObservationReader),
    }
    return {kind: {**_speed(path, reader), "limit_per_s": LIMITS[kind]} for kind, (path, reader) in readers.items()}


def _speed(path: Path, reader: Callable[[], Any]) -> dict[str, Any]:
    data = path.read_bytes()
    rates, count = [], 0
    for _ in range(_REPEATS):
        decoder, count = reader(), 0
        began = time.perf_counter()
        for at in range(0, len(data), _PIECE):
            count += sum(len(m) for m in decoder.feed(data[at : at + _PIECE]) if isinstance(m, Observations))
        rates.append((count or 1) / (time.perf_counter() - began))
    best = max(rates)
    return {"observations": count, "observations_per_s": best, "megabytes_per_s": best * len(data) / max(count, 1) / 1e6}


def replays(folder: Path, epochs: int) -> dict[str, Any]:
    """Whole replays of four antennas under 35 satellites, by format: epochs a second, start-up included, and memory."""
    simulation = sky(4, 35, epochs)
    ubx, rinex = write_ubx(simulation, folder / "ubx4"), write_rinex(simulation, folder / "rinex4")
    found = {}
    for kind, recording in {"raw UBX logs": ubx, "RINEX": rinex, "bag": _bagged(ubx, folder / "bag")}.items():
        took = run(replay_command(recording, folder / "replayed"))
        found[kind] = {"cpu_s": took.cpu_s, "epochs_per_s": epochs / took.cpu_s, "peak_mb": took.peak_mb}
    return found


def _bagged(ubx: Recording, bag: Path) -> Recording:
    """The same logs as a bag of raw topics."""
    words = [word for name, path in ubx.antennas.items() for word in ("--antenna", f"{name}={path}")]
    run([*GYRO, "bag", "convert", *words, "--output", str(bag)])
    files = {name: Path(f"{bag}:/{name}/raw") for name in ubx.antennas}
    return Recording(ubx.config, files, (), ubx.epochs, ubx.satellites)
