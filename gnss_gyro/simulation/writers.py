"""Simulations as receivers deliver them: UBX bytes for every antenna, and RINEX text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.time import GpsTime, leap_seconds_at
from gnss_gyro.protocols.messages import LeapSeconds, Observations
from gnss_gyro.protocols.rinex.writing import Station, write_observations
from gnss_gyro.protocols.rinex.writing_navigation import write_navigation
from gnss_gyro.protocols.ubx.framing import encode_frame
from gnss_gyro.protocols.ubx.identifiers import NAV_PVT, RXM_RAWX, RXM_SFRBX
from gnss_gyro.protocols.ubx.rawx import encode_rawx
from gnss_gyro.protocols.ubx.sfrbx import encode_sfrbx
from gnss_gyro.simulation.blocks import ObservationBlock
from gnss_gyro.simulation.broadcast import Broadcast, broadcasts, complete_set
from gnss_gyro.simulation.own_solution import POSITION_SIGMA_M, VELOCITY_SIGMA_MPS, encode_nav_pvt
from gnss_gyro.simulation.scenario import SimulatedBlock, Simulation

_PVT_ROOM: Final = 900


@dataclass(frozen=True, slots=True)
class UbxOptions:
    """What receivers send besides RXM-RAWX and RXM-SFRBX as it comes in.

    hot_start : all ephemerides at the beginning, as from a receiver that knew them already
    nav_pvt   : the receiver's own solution at every epoch (one comes at the start in any case, to tell the date)
    """

    hot_start: bool = True
    nav_pvt: bool = False


@dataclass(frozen=True, slots=True)
class UbxChunk:
    """What one receiver sends after one epoch."""

    antenna: str
    time: GpsTime
    data: bytes


def ubx_chunks(simulation: Simulation, options: UbxOptions | None = None) -> Iterator[UbxChunk]:
    """All receivers' bytes, epoch by epoch; antennas that are out send nothing."""
    options = options or UbxOptions()
    begun: set[str] = set()
    for block in simulation.blocks():
        pages = _pages_by_row(simulation, block)
        for row in range(len(block.truth)):
            for antenna in block.antennas:
                if antenna.on[row]:
                    first = antenna.antenna not in begun
                    begun.add(antenna.antenna)
                    data = _epoch_bytes(simulation, block, antenna, row, pages[row], options, first)
                    yield UbxChunk(antenna.antenna, block.time(row), data)


def ubx_streams(simulation: Simulation, options: UbxOptions | None = None) -> dict[str, bytes]:
    """Each receiver's whole output, by antenna name."""
    parts: dict[str, list[bytes]] = {name: [] for name in simulation.scenario.antennas.names}
    for chunk in ubx_chunks(simulation, options):
        parts[chunk.antenna].append(chunk.data)
    return {name: b"".join(chunks) for name, chunks in parts.items()}


def rinex_observations(simulation: Simulation) -> dict[str, str]:
    """A RINEX 3.04 observation file for each antenna that delivered anything, by its name."""
    epochs: dict[str, list[Observations]] = {name: [] for name in simulation.scenario.antennas.names}
    for block in simulation.blocks():
        for antenna in block.antennas:
            rows = (antenna.observations(row) for row in range(len(antenna)))
            epochs[antenna.antenna] += [observations for observations in rows if observations is not None]
    return {name: _text(write_observations(found, _station(simulation, name))) for name, found in epochs.items() if found}


def rinex_navigation(simulation: Simulation) -> str:
    """A RINEX 3.04 navigation file of all that is broadcast during the run."""
    scenario = simulation.scenario
    leap = LeapSeconds(leap_seconds_at(scenario.start.utc()))
    return _text(write_navigation([scenario.errors.klobuchar, leap, *simulation.ephemerides()]))


def _text(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


def _station(simulation: Simulation, name: str) -> Station:
    scenario = simulation.scenario
    position = simulation.truth_at(scenario.start).position_ecef_m[0]
    return Station(
        marker=name, receiver_type="SIMULATED", position_ecef_m=np.round(position), interval_s=1.0 / scenario.rate_hz,
        leap_s=leap_seconds_at(scenario.start.utc()),
    )  # fmt: skip


def _pages_by_row(simulation: Simulation, block: SimulatedBlock) -> list[list[Broadcast]]:
    """Navigation pages completed in the epoch interval before each epoch (t)."""
    sky = block.sky
    step_s = 1.0 / simulation.scenario.rate_hz
    start = sky.time - step_s
    end = start + step_s * len(sky.after_s)
    rows: list[list[Broadcast]] = [[] for _ in sky.after_s]
    wanted = set(sky.sky.satellite.tolist())
    for page in broadcasts(simulation.constellation, simulation.scenario.errors.klobuchar, start, end, wanted):
        rows[int((page.time - start) / step_s + 1e-9)].append(page)
    return rows


def _epoch_bytes(
    simulation: Simulation, block: SimulatedBlock, antenna: ObservationBlock, row: int, pages: list[Broadcast],
    options: UbxOptions, first: bool,
) -> bytes:  # fmt: skip
    """Own solution, pages, then observations, as receivers order them."""
    observations = antenna.observations(row)
    assert observations is not None
    heard = set(observations.satellite.tolist())
    parts = []
    if first or options.nav_pvt:
        parts.append(_pvt(simulation, block, antenna, row))
    if first and options.hot_start:
        klobuchar = simulation.scenario.errors.klobuchar
        parts += [_page(page) for page in complete_set(simulation.constellation, klobuchar, observations.time, heard)]
    parts += [_page(page) for page in pages if page.message.satellite in heard]
    parts.append(encode_frame(*RXM_RAWX, encode_rawx(observations)))
    return b"".join(parts)


def _page(page: Broadcast) -> bytes:
    return encode_frame(*RXM_SFRBX, encode_sfrbx(page.message))


def _pvt(simulation: Simulation, block: SimulatedBlock, antenna: ObservationBlock, row: int) -> bytes:
    """The receiver's own solution: truth and noise of the size it claims."""
    scenario = simulation.scenario
    index = scenario.antennas.names.index(antenna.antenna)
    position, velocity = block.truth.take(slice(row, row + 1)).point(scenario.antennas.position_body_m[index])
    rng = np.random.default_rng([scenario.seed, _PVT_ROOM, index, block.time(row).ns])
    noise: Floats = rng.standard_normal(6)
    payload = encode_nav_pvt(
        GpsTime(int(antenna.time_ns[row])), position[0] + POSITION_SIGMA_M / np.sqrt(2.0) * noise[:3],
        velocity[0] + VELOCITY_SIGMA_MPS / np.sqrt(2.0) * noise[3:], int(antenna.present[row].sum()),
    )  # fmt: skip
    return encode_frame(*NAV_PVT, payload)
