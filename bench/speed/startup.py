"""From the command to the end of a replay of one second: with numba's cache as it is, and with an empty one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

from speed.children import GYRO, replay_command, run
from speed.skies import sky, write_ubx

LIMITS_S: Final = {"warm": 3.0, "cold": 60.0}
_REPEATS: Final = 3


def startup(folder: Path) -> dict[str, Any]:
    """What four antennas' first ten epochs take with the cache warm and empty, and filling it by `gnss_gyro warmup`."""
    recording = write_ubx(sky(4, 35, 10), folder / "start")
    command = replay_command(recording, folder / "started")
    caches = {name: folder / f"cache_{name}" for name in ("cold", "filled")}
    for cache in caches.values():
        shutil.rmtree(cache, ignore_errors=True)
    run(command)
    took = {
        "warm": min((run(command) for _ in range(_REPEATS)), key=lambda each: each.wall_s),
        "cold": run(command, {"NUMBA_CACHE_DIR": str(caches["cold"])}),
        "warmup": run([*GYRO, "warmup"], {"NUMBA_CACHE_DIR": str(caches["filled"])}),
        "after warmup": run(command, {"NUMBA_CACHE_DIR": str(caches["filled"])}),
    }
    found = {name: {"wall_s": each.wall_s, "cpu_s": each.cpu_s, "peak_mb": each.peak_mb} for name, each in took.items()}
    return {**found, "warm_limit_s": LIMITS_S["warm"], "cold_limit_s": LIMITS_S["cold"]}
