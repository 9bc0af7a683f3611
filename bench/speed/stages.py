"""What an epoch costs, stage by stage, for all sizes of rig and sky."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from gnss_gyro.engine.config import Mode
from gnss_gyro.engine.engine import Engine
from gnss_gyro.protocols.ubx.decoder import UbxDecoder
from gnss_gyro.simulation.writers import UbxChunk, ubx_chunks
from speed.skies import ANTENNAS, SATELLITES, config_of, sky
from speed.stage_clock import STAGES, StageClock, stages_timed

_WARM_UP = 30
"""Epochs before the clock starts: kernels are loaded, integers held, the first looks at the geometry taken."""


def stage_costs(epochs: int) -> list[dict[str, Any]]:
    """A row for each rig, sky and mode: stages, the whole [us an epoch], and the share of fixed epochs."""
    rows = []
    for antennas in ANTENNAS:
        for satellites in SATELLITES:
            simulation = sky(antennas, satellites, epochs + _WARM_UP)
            chunks = _by_epoch(list(ubx_chunks(simulation)))
            for mode in Mode:
                size = {"antennas": antennas, "satellites": satellites, "mode": str(mode)}
                rows.append({**size, **_cost(simulation, chunks, mode)})
    return rows


def _by_epoch(chunks: list[UbxChunk]) -> list[list[UbxChunk]]:
    found: dict[int, list[UbxChunk]] = {}
    for chunk in chunks:
        found.setdefault(chunk.time.ns, []).append(chunk)
    return list(found.values())


def _cost(simulation: Any, epochs: list[list[UbxChunk]], mode: Mode) -> dict[str, Any]:
    config = config_of(simulation, mode)
    with stages_timed() as clock:
        engine, decoders = Engine(config), {name: UbxDecoder() for name in config.names}
        took, fixed, solved = [], 0, 0
        for number, chunks in enumerate(epochs):
            if number == _WARM_UP:
                clock.seconds.clear()
            began = time.thread_time()
            solutions = [
                solution
                for chunk in chunks
                for message in decoders[chunk.antenna].feed(chunk.data)
                for solution in engine.feed(chunk.antenna, message)
            ]
            if number >= _WARM_UP:
                took.append(time.thread_time() - began)
                solved += len(solutions)
                fixed += sum(solution.attitude is not None for solution in solutions)
    us = np.array(took) * 1e6
    return {
        "stages_us": _booked(clock, float(us.sum() / 1e6), len(took)),
        "mean_us": float(us.mean()), "median_us": float(np.median(us)), "p99_us": float(np.percentile(us, 99)),
        "fixed_share": fixed / max(solved, 1),
    }  # fmt: skip


def _booked(clock: StageClock, total_s: float, epochs: int) -> dict[str, float]:
    """Mean time of every stage that ran, and of all else [us an epoch]."""
    booked = {stage: clock.seconds[stage] / epochs * 1e6 for stage in STAGES if stage in clock.seconds}
    return {**booked, "all else": total_s / epochs * 1e6 - sum(booked.values())}
