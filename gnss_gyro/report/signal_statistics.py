"""What a receiver tracked: by system and signal, and by satellite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gnss_gyro.basics.arrays import Bools, Codes, Floats
from gnss_gyro.basics.satellites import SYSTEMS, satellite_name, system_index
from gnss_gyro.basics.signals import signal_name
from gnss_gyro.protocols.messages import HALF_CYCLE, SLIP, Observations


@dataclass(frozen=True, slots=True)
class _Columns:
    """All measurements of a recording, n rows."""

    satellite: Codes
    signal: Codes
    cn0_dbhz: Floats
    with_code: Bools
    with_phase: Bools
    with_doppler: Bools
    with_lock_time: Bools
    slip: Bools
    half_cycle: Bools


_SHARES = ("with_code", "with_phase", "with_doppler", "with_lock_time")


class SignalStatistics:
    """Collects the measurements of a recording."""

    def __init__(self) -> None:
        self._parts: list[tuple[Any, ...]] = []
        self._epoch_sizes: list[int] = []
        self.clock_resets = 0

    def see(self, message: object) -> None:
        """Take one message into the account."""
        if not isinstance(message, Observations):
            return
        self.clock_resets += message.clock_reset
        self._epoch_sizes.append(len(np.unique(message.satellite)))
        self._parts.append((
            message.satellite, message.signal, message.cn0_dbhz.astype(np.float32), np.isfinite(message.pseudorange_m),
            np.isfinite(message.phase_cycles), np.isfinite(message.doppler_hz), np.isfinite(message.lock_time_s),
            (message.flags & SLIP) != 0, (message.flags & HALF_CYCLE) != 0,
        ))  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """The account in plain values."""
        if not self._parts:
            return {"signals": [], "satellites": {}, "satellites_per_epoch": {}, "clock_resets": 0}
        rows = _Columns(*(np.concatenate(column) for column in zip(*self._parts, strict=True)))
        sizes = np.array(self._epoch_sizes)
        return {
            "signals": _by_signal(rows),
            "satellites": _by_satellite(rows),
            "satellites_per_epoch": {"mean": float(sizes.mean()), "least": int(sizes.min()), "most": int(sizes.max())},
            "clock_resets": self.clock_resets,
        }


def _by_signal(rows: _Columns) -> list[dict[str, Any]]:
    system = system_index(rows.satellite)
    pairs = np.unique(np.stack([system, rows.signal]), axis=1).T
    names = [{"system": SYSTEMS[int(s)].value, "signal": signal_name(int(code))} for s, code in pairs]
    masks = [(system == s) & (rows.signal == code) for s, code in pairs]
    return [{**name, **_figures(rows, mask)} for name, mask in zip(names, masks, strict=True)]


def _figures(rows: _Columns, chosen: Bools) -> dict[str, Any]:
    cn0 = rows.cn0_dbhz[chosen]
    known = cn0[np.isfinite(cn0)]
    low, middle, high = (float(p) for p in np.percentile(known, [5, 50, 95])) if len(known) else (np.nan,) * 3
    shares = {name: float(np.mean(getattr(rows, name)[chosen])) for name in _SHARES}
    return {
        "satellites": len(np.unique(rows.satellite[chosen])), "observations": int(chosen.sum()),
        "cn0_dbhz": {"p5": low, "median": middle, "p95": high}, **shares,
        "slips_told": int(rows.slip[chosen].sum()), "half_cycles": int(rows.half_cycle[chosen].sum()),
    }  # fmt: skip


def _by_satellite(rows: _Columns) -> dict[str, int]:
    """Observations by satellite, all signals together."""
    satellites, counts = np.unique(rows.satellite, return_counts=True)
    return {satellite_name(int(s)): int(n) for s, n in zip(satellites, counts, strict=True)}
