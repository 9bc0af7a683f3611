"""Many located epochs -> Observations, through one pass of the kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gnss_gyro.basics.arrays import Ints
from gnss_gyro.basics.satellites import SYSTEMS, System
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import SLIP, Counts, Observations
from gnss_gyro.protocols.rinex.blocks import Block, Lines
from gnss_gyro.protocols.rinex.fields import read_rows
from gnss_gyro.protocols.rinex.layout import Layout

CHANNEL_UNKNOWN = -128


@dataclass(slots=True)
class Batch:
    """Epochs located but not yet read."""

    times: list[GpsTime] = field(default_factory=list)
    power_failed: list[bool] = field(default_factory=list)
    records: list[Ints] = field(default_factory=list)
    satellites: list[Ints] = field(default_factory=list)

    def add(self, time: GpsTime, block: Block) -> None:
        """Put an epoch at the end."""
        self.times.append(time)
        self.power_failed.append(block.flag == 1)
        self.records.append(block.records)
        self.satellites.append(block.satellite)


def glonass_channels(told: Mapping[int, int]) -> NDArray[np.int8]:
    """Table (700,) from satellite code to frequency channel: 0 for other systems, -128 where not told."""
    table = np.zeros(100 * len(SYSTEMS), np.int8)
    first = 100 * SYSTEMS.index(System.GLONASS)
    table[first : first + 100] = CHANNEL_UNKNOWN
    for satellite, channel in told.items():
        table[satellite] = channel
    return table


def observations_of(
    lines: Lines, batch: Batch, layout: Layout, channels: NDArray[np.int8], leap_s: int | None, counts: Counts
) -> list[Observations]:
    """One Observations for each epoch of a batch, empty ones included."""
    if not batch.times:
        return []
    record, named = np.concatenate(batch.records), np.concatenate(batch.satellites)
    epoch = np.repeat(np.arange(len(batch.times)), [len(r) for r in batch.records])
    good = np.flatnonzero(named >= 0)
    rows_epoch, satellite, signal, values, flags, tally = read_rows(
        np.frombuffer(lines.text, np.uint8), lines.start, lines.end, record[good], named[good], epoch[good],
        layout.signal, layout.column, layout.scale, layout.use_indicator,
        layout.field_offset, layout.fields_per_line,
    )  # fmt: skip
    counts.add("satellites with an unreadable name", len(named) - len(good))
    counts.add("fields that are no numbers", int(tally[0]))
    counts.add("fields cut by the end of their line", int(tally[1]))
    counts.add("satellites repeated within an epoch", int(tally[2]))
    counts.add("rows", len(rows_epoch))
    flags[np.array(batch.power_failed)[rows_epoch]] |= SLIP
    unknown = np.full(len(rows_epoch), np.nan)
    channel = channels[satellite]
    code, phase, doppler, strength = np.ascontiguousarray(values.T)
    bounds = np.searchsorted(rows_epoch, np.arange(len(batch.times) + 1)).tolist()
    made = []
    for time, begin, end in zip(batch.times, bounds[:-1], bounds[1:], strict=True):
        row = slice(begin, end)
        untold = unknown[row]
        made.append(Observations(
            time, satellite[row], signal[row], code[row], phase[row], doppler[row], strength[row],
            untold, untold, untold, channel[row], flags[row], False, leap_s,
        ))  # fmt: skip
    return made
