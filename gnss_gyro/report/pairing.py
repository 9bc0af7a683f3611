"""Do the recordings of a rig belong together? Told from the times of their epochs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gnss_gyro.basics.arrays import Floats, Ints
from gnss_gyro.basics.time import NS, GpsTime


def pairing_warnings(time_ns: Mapping[str, Ints], tolerance_s: float) -> list[str]:
    """Sentences on antennas whose epochs do not, or hardly ever, come together with those of the first antenna heard.

    time_ns     : by antenna, (n,) times of its epochs [ns]; antennas without epochs are passed over
    tolerance_s : epochs further apart than this are not paired [s]
    """
    heard = [(name, np.unique(times)) for name, times in time_ns.items() if len(times)]
    told = [_warning(heard[0], other, tolerance_s) for other in heard[1:]]
    return [sentence for sentence in told if sentence]


def _warning(first: tuple[str, Ints], second: tuple[str, Ints], tolerance_s: float) -> str:
    """A sentence on two antennas, each a name and increasing times; "" where at least half of the epochs find a partner."""
    (a, a_ns), (b, b_ns) = first, second
    fewer, more = sorted(_in_common(a_ns, b_ns, round(tolerance_s * NS)), key=len)
    if not len(fewer):
        return f"{a} {_span(a_ns)}, {b} {_span(b_ns)}: no common time"
    apart_s = _apart_s(fewer, more)
    paired = int(np.count_nonzero(apart_s <= tolerance_s))
    if 2 * paired >= len(fewer):
        return ""
    return (
        f"{a} and {b}: {paired} of {len(fewer)} epochs come together, usually they are {np.median(apart_s):.3g} s apart "
        f"(alignment.tolerance_s: {tolerance_s:g})"
    )


def _in_common(a_ns: Ints, b_ns: Ints, tolerance_ns: int) -> tuple[Ints, Ints]:
    """The epochs of both in the time that both cover."""
    start, end = max(a_ns[0], b_ns[0]) - tolerance_ns, min(a_ns[-1], b_ns[-1]) + tolerance_ns
    return a_ns[(a_ns >= start) & (a_ns <= end)], b_ns[(b_ns >= start) & (b_ns <= end)]


def _apart_s(time_ns: Ints, others_ns: Ints) -> Floats:
    """From each time (n,) to the nearest of others, which increase [s]."""
    after = np.searchsorted(others_ns, time_ns)
    neighbours = others_ns[np.stack([np.maximum(after - 1, 0), np.minimum(after, len(others_ns) - 1)])]
    return np.asarray(np.abs(neighbours - time_ns).min(axis=0) / NS)


def _span(time_ns: Ints) -> str:
    start, end = (GpsTime(int(ns)).calendar() for ns in (time_ns[0], time_ns[-1]))
    until = "%H:%M:%S" if start.date() == end.date() else "%Y-%m-%d %H:%M:%S"
    return f"{start:%Y-%m-%d %H:%M:%S} to {end.strftime(until)}"
