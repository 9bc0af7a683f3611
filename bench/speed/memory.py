"""Resident memory over hours of simulated time: four antennas at 1 Hz, decoded and solved in a process of their own."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from gnss_gyro.simulation.scenario import Simulation
from gnss_gyro.simulation.writers import UbxOptions, ubx_chunks
from speed.skies import config_of, sky

LIMIT_MB: Final = 250.0
_SETTLED_HOURS: Final = 6.0
"""Until here tables may fill, that of ephemerides last: half of it in a shorter run."""
_EPOCHS_A_LOOK: Final = 60


def memory(hours: float) -> dict[str, Any]:
    """Resident megabytes once settled, at the end and at most, and how fast they grow in between (a line through all looks)."""
    simulation = sky(4, 35, int(hours * 3600), rate_hz=1.0)
    seen = np.array(list(_watched(simulation)))
    settled = seen[seen[:, 0] >= min(_SETTLED_HOURS, hours / 2.0)]
    return {
        "hours": hours, "settled_mb": settled[0, 1], "last_mb": settled[-1, 1], "most_mb": seen[:, 1].max(),
        "growth_mb_an_hour": float(np.polyfit(settled[:, 0], settled[:, 1], 1)[0]), "limit_mb": LIMIT_MB,
    }  # fmt: skip


def _watched(simulation: Simulation) -> Iterator[tuple[float, float]]:
    """Hours and megabytes, once a minute of simulated time."""
    waiting: list[tuple[str, bytes]] = []
    with subprocess.Popen([sys.executable, "-m", "speed.resident"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as node:
        assert node.stdin is not None
        assert node.stdout is not None
        pickle.dump(config_of(simulation), node.stdin)
        for number, chunk in enumerate(ubx_chunks(simulation, UbxOptions())):
            waiting.append((chunk.antenna, chunk.data))
            if number % (len(simulation.scenario.antennas) * _EPOCHS_A_LOOK) == 0:
                pickle.dump(waiting, node.stdin)
                node.stdin.flush()
                waiting = []
                yield (chunk.time - simulation.scenario.start) / 3600.0, float(node.stdout.readline())
