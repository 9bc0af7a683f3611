"""Observations -> lines of a RINEX 3.04 observation file."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from gnss_gyro.basics.arrays import Floats
from gnss_gyro.basics.satellites import System, satellite_name, system_of
from gnss_gyro.basics.signals import signal, signal_name
from gnss_gyro.basics.time import NS, GpsTime
from gnss_gyro.protocols.messages import Observations
from gnss_gyro.protocols.rinex.batch import CHANNEL_UNKNOWN
from gnss_gyro.protocols.rinex.header import END_OF_HEADER, VERSION_LABEL

PROGRAM = "gnss_gyro"
_CODES_PER_LINE, _CHANNELS_PER_LINE = 13, 8
_TICK_NS = 100  # seconds are written to 1e-7
_LLI_BITS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What the header of an observation file tells of the antenna and its receiver; None, NaN or empty = unknown."""

    marker: str = ""
    receiver_type: str = ""
    antenna_type: str = ""
    position_ecef_m: Floats | None = None
    interval_s: float = math.nan
    leap_s: int | None = None


def write_observations(
    observations: Sequence[Observations], station: Station | None = None, signals: Mapping[str, Sequence[str]] | None = None
) -> Iterator[str]:
    """Lines (without line ends) of a RINEX 3.04 file of these epochs.

    signals : signal names such as '1C' by system letter; rows of other signals are left out. None: all that occur.
    Times are written to 100 ns, values to 0.001, as the format has it. Raises ValueError without any epoch.
    """
    if not observations:
        raise ValueError("no epochs to write")
    signals = _signals_in(observations) if signals is None else signals
    yield from _header(observations, station or Station(), signals)
    places = {(system, signal(name)): 4 * i for system, names in signals.items() for i, name in enumerate(names)}
    widths = {system: 4 * len(names) for system, names in signals.items()}
    for epoch in observations:
        yield from _epoch(epoch, places, widths)


def header_line(content: str, label: str) -> str:
    """A header line: content in columns 1 to 60, label behind it."""
    return f"{content:<60.60}{label:<20}"


def first_lines(kind: str, system: str) -> list[str]:
    """The two lines every RINEX 3.04 file begins with."""
    return [
        header_line(f"     3.04           {kind:<20}{system:<20}", VERSION_LABEL),
        header_line(f"{PROGRAM:<40}", "PGM / RUN BY / DATE"),
    ]


def _signals_in(observations: Iterable[Observations]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for epoch in observations:
        for satellite, code in {(int(s) // 100 * 100 + 1, int(c)) for s, c in zip(epoch.satellite, epoch.signal, strict=True)}:
            found.setdefault(system_of(satellite).value, set()).add(signal_name(code))
    return {system.value: sorted(found[system.value]) for system in System if system.value in found}


def _header(observations: Sequence[Observations], station: Station, signals: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield from first_lines("OBSERVATION DATA", "M" if len(signals) != 1 else next(iter(signals)))
    yield header_line(station.marker, "MARKER NAME")
    yield header_line("", "OBSERVER / AGENCY")
    yield header_line(f"{'':20}{station.receiver_type:<20.20}", "REC # / TYPE / VERS")
    yield header_line(f"{'':20}{station.antenna_type:<20.20}", "ANT # / TYPE")
    position = station.position_ecef_m
    if position is not None and np.all(np.isfinite(position)):
        yield header_line("".join(f"{x:14.4f}" for x in position), "APPROX POSITION XYZ")
    yield header_line(f"{0.0:14.4f}" * 3, "ANTENNA: DELTA H/E/N")
    for system, names in signals.items():
        yield from _code_lines(system, [kind + name for name in names for kind in "CLDS"])
    if math.isfinite(station.interval_s):
        yield header_line(f"{station.interval_s:10.3f}", "INTERVAL")
    yield header_line(_first_time(observations[0].time), "TIME OF FIRST OBS")
    for system, names in signals.items():
        for name in names:
            yield header_line(f"{system} L{name} {0.0:8.5f}", "SYS / PHASE SHIFT")
    yield from _channel_lines(observations)
    yield header_line("", "GLONASS COD/PHS/BIS")
    if station.leap_s is not None:
        yield header_line(f"{station.leap_s:6d}", "LEAP SECONDS")
    yield header_line("", END_OF_HEADER)


def _code_lines(system: str, codes: list[str]) -> Iterator[str]:
    for i in range(0, len(codes), _CODES_PER_LINE):
        head = f"{system}  {len(codes):3d}" if i == 0 else " " * 6
        yield header_line(head + "".join(f" {code}" for code in codes[i : i + _CODES_PER_LINE]), "SYS / # / OBS TYPES")


def _channel_lines(observations: Iterable[Observations]) -> Iterator[str]:
    channels: dict[int, int] = {}
    for epoch in observations:
        for satellite, channel in zip(epoch.satellite.tolist(), epoch.glonass_channel.tolist(), strict=True):
            if channel != CHANNEL_UNKNOWN and system_of(satellite) is System.GLONASS:
                channels[satellite] = channel
    texts = [f"{satellite_name(satellite)} {channel:2d} " for satellite, channel in sorted(channels.items())]
    for i in range(0, max(len(texts), 1), _CHANNELS_PER_LINE):
        head = f"{len(texts):3d} " if i == 0 else " " * 4
        yield header_line(head + "".join(texts[i : i + _CHANNELS_PER_LINE]), "GLONASS SLOT / FRQ #")


def _first_time(time: GpsTime) -> str:
    date, second = _date_and_second(time)
    return f"{date.year:6d}{date.month:6d}{date.day:6d}{date.hour:6d}{date.minute:6d}{second:13.7f}     GPS"


def _date_and_second(time: GpsTime) -> tuple[datetime, float]:
    rounded = GpsTime((time.ns + _TICK_NS // 2) // _TICK_NS * _TICK_NS)
    date = rounded.calendar()
    return date, date.second + rounded.ns % NS / NS


def _epoch(epoch: Observations, places: Mapping[tuple[str, int], int], widths: Mapping[str, int]) -> Iterator[str]:
    fields: dict[int, list[str]] = {}
    columns = (epoch.pseudorange_m, epoch.phase_cycles, epoch.doppler_hz, epoch.cn0_dbhz)
    for row, (satellite, code) in enumerate(zip(epoch.satellite.tolist(), epoch.signal.tolist(), strict=True)):
        system = system_of(satellite).value
        place = places.get((system, code))
        if place is None:
            continue
        line = fields.setdefault(satellite, [" " * 16] * widths[system])
        for kind, column in enumerate(columns):
            line[place + kind] = _field(float(column[row]), int(epoch.flags[row]) & _LLI_BITS if kind == 1 else 0)
    date, second = _date_and_second(epoch.time)
    yield f"> {date.year:4d} {date.month:02d} {date.day:02d} {date.hour:02d} {date.minute:02d}{second:11.7f}  0{len(fields):3d}"
    for satellite, line in fields.items():
        yield (satellite_name(satellite) + "".join(line)).rstrip()


def _field(value: float, lli: int) -> str:
    text = f"{value:14.3f}" if math.isfinite(value) else " " * 14
    if len(text) > 14:
        text = " " * 14  # does not fit the format
    return f"{text}{lli or ' '} "
