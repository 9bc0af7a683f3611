"""RINEX observation texts written by hand, and how they are read."""

from __future__ import annotations

from gnss_gyro.basics.signals import signal_name
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import Observations
from gnss_gyro.protocols.rinex.observation import ObservationReader

T0 = GpsTime.from_calendar(2024, 6, 24, 8, 20)


def fields(*values: float | str, end: str = " 7") -> str:
    """Fields of 14 characters, each with its loss-of-lock and strength digits; text is put in right-aligned as it is."""
    return "".join(f"{v:>14}{end}" if isinstance(v, str) else f"{v:14.3f}{end}" for v in values)


FULL = fields(20000000.123, 105000000.456) + fields(-123.456, 45.25, end="  ")


def header(version: str = "3.04", *extra: tuple[str, str], codes: str = "C1C L1C D1C S1C", time_system: str = "GPS") -> str:
    rows = [
        (f"     {version}           OBSERVATION DATA    M", "RINEX VERSION / TYPE"),
        ("G    4 " + codes, "SYS / # / OBS TYPES"),
        ("R    4 " + codes, "SYS / # / OBS TYPES"),
        ("E    4 C1X L1X D1X S1X", "SYS / # / OBS TYPES"),
        (f"  2024     6    24     8    20    0.0000000     {time_system}", "TIME OF FIRST OBS"),
        *extra,
        ("", "END OF HEADER"),
    ]
    return "".join(f"{content:<60}{label}\n" for content, label in rows)


def old_header(types: str, *extra: tuple[str, str]) -> str:
    rows = [
        ("     2.11           OBSERVATION DATA    M (MIXED)", "RINEX VERSION / TYPE"),
        (f"{len(types.split()):6d}" + "".join(f"    {t}" for t in types.split()), "# / TYPES OF OBSERV"),
        *extra,
        ("", "END OF HEADER"),
    ]
    return "".join(f"{content:<60}{label}\n" for content, label in rows)


def epoch(second: float, *lines: str, flag: int = 0, count: int | None = None) -> str:
    head = f"> 2024 06 24 08 20{second:11.7f}  {flag}{len(lines) if count is None else count:3d}\n"
    return head + "".join(line + "\n" for line in lines)


def names(observations: Observations) -> list[tuple[int, str]]:
    return [(s, signal_name(c)) for s, c in zip(observations.satellite.tolist(), observations.signal.tolist(), strict=True)]


def read(text: str, **options: bool) -> tuple[ObservationReader, list[Observations]]:
    reader = ObservationReader(**options)
    messages = [*reader.feed(text.encode("latin-1")), *reader.finish()]
    return reader, [m for m in messages if isinstance(m, Observations)]


COMMENT = "A NOTE".ljust(60) + "COMMENT\n"


def digest(messages: list[object]) -> list[tuple[object, ...]]:
    """All that two readings of the same text must agree on."""
    return [
        (m.time, m.satellite.tolist(), m.signal.tolist(), m.flags.tolist(), m.pseudorange_m.tobytes(), m.phase_cycles.tobytes())
        for m in messages
        if isinstance(m, Observations)
    ]


def fed_in_pieces(data: bytes, size: int) -> tuple[list[tuple[object, ...]], dict[str, int]]:
    """What a text fed in pieces of a size comes to, and its counts."""
    reader = ObservationReader()
    messages: list[object] = []
    for i in range(0, len(data), size):
        messages += reader.feed(data[i : i + size])
    messages += reader.finish()
    return digest(messages), reader.counts.by_name
