"""Resident memory over hours of simulated time: four antennas at 1 Hz, decoded and solved in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from gnss_gyro.engine.engine import Engine
from gnss_gyro.protocols.ubx.decoder import UbxDecoder
from gnss_gyro.simulation.writers import UbxOptions, ubx_chunks
from speed.skies import config_of, sky

LIMIT_MB: Final = 250.0
_SETTLED_S: Final = 600
"""Until here caches and tables may fill."""
_PAGE_BYTES: Final = 4096


def memory(hours: float) -> dict[str, Any]:
    """Resident megabytes once settled, at the end and at most, and the growth an hour in between."""
    simulation = sky(4, 35, int(hours * 3600), rate_hz=1.0)
    config = config_of(simulation)
    engine, decoders = Engine(config), {name: UbxDecoder() for name in config.names}
    seen: list[tuple[float, float]] = []
    for number, chunk in enumerate(ubx_chunks(simulation, UbxOptions())):
        for message in decoders[chunk.antenna].feed(chunk.data):
            engine.feed(chunk.antenna, message)
        if number % 240 == 0 and number >= 4 * _SETTLED_S:
            seen.append(((chunk.time - simulation.scenario.start) / 3600.0, resident_mb()))
    first, last = seen[0], seen[-1]
    return {
        "hours": hours, "settled_mb": first[1], "last_mb": last[1], "most_mb": max(mb for _, mb in seen),
        "growth_mb_an_hour": (last[1] - first[1]) / max(last[0] - first[0], 1e-9), "limit_mb": LIMIT_MB,
    }  # fmt: skip


def resident_mb() -> float:
    """Of this process, the simulation included."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE_BYTES / 1e6
