"""The kernel that turns fixed-width observation fields into numbers, over the bytes of many epochs at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnss_gyro.basics.kernels import kernel

_SLOTS = 700  # satellite codes are below this


@kernel
def field_value(buffer: Any, start: int, line_end: int, scale: float) -> tuple[float, int]:
    """Value of a field F14.3 that starts at a byte, and what it is: 0 blank, 1 a number, 2 malformed, 3 cut by the line's end.

    It is stored `scale` times too large.

    The value is NaN unless it is a number; zero and 'nan' count as blank.
    """
    if start >= line_end:
        return np.nan, 0
    first = start
    last = min(start + 14, line_end)
    while first < last and buffer[first] == 32:
        first += 1
    if first == last:
        return np.nan, 0
    if int(buffer[first]) | 32 == 110:  # n of nan
        return np.nan, 0
    if start + 14 > line_end:
        return np.nan, 3
    negative = buffer[first] == 45
    if negative or buffer[first] == 43:
        first += 1
    if buffer[start + 10] != 46:
        return np.nan, 2
    digits = 0
    for i in range(first, start + 14):
        if i != start + 10:
            digit = int(buffer[i]) - 48
            if digit < 0 or digit > 9:
                return np.nan, 2
            digits = digits * 10 + digit
    if digits == 0:
        return np.nan, 0
    value = digits / (1000.0 * scale)  # both exact: correctly rounded
    return (-value if negative else value), 1


@kernel
def indicator_digit(buffer: Any, at: int, line_end: int) -> int:
    """A digit that stands behind a value; 0 for a blank."""
    if at >= line_end:
        return 0
    digit = int(buffer[at]) - 48
    return digit if 0 <= digit <= 9 else 0


@kernel
def read_signal(
    buffer: Any, line_start: Any, line_end: Any, first_line: int,
    columns: Any, scale: Any, field_offset: int, fields_per_line: int, values: Any, tally: Any,
) -> tuple[int, int]:  # fmt: skip
    """Fill values (4,) with code, phase, Doppler, strength of one signal; returns its flags and its strength indicator.

    columns, scale : (4,) fields of the four, -1 = none; what their values are divided by
    """
    flags = 0
    strength = 0
    for kind in range(4):
        values[kind] = np.nan
        if columns[kind] < 0:
            continue
        line = first_line + columns[kind] // fields_per_line
        start = line_start[line] + field_offset + 16 * (columns[kind] % fields_per_line)
        value, status = field_value(buffer, start, line_end[line], scale[kind])
        values[kind] = value
        if status >= 2:
            tally[status - 2] += 1
        if kind == 1:
            flags = indicator_digit(buffer, start + 14, line_end[line]) & 7
        if kind < 2:
            strength = indicator_digit(buffer, start + 15, line_end[line]) or strength
    return flags, strength


@kernel
def read_rows(
    buffer: Any, line_start: Any, line_end: Any, record_line: Any, satellite: Any, epoch: Any,
    signals: Any, columns: Any, scale: Any, use_indicator: Any, field_offset: int, fields_per_line: int,
) -> tuple[Any, Any, Any, Any, Any, Any]:  # fmt: skip
    """Rows of all records (one satellite at one epoch each).

    buffer      : (m,) uint8 text              line_start, line_end : (k,) of its lines
    record_line : (n,) first line of a record   satellite, epoch     : (n,) code; number, increasing
    signals, columns, scale, use_indicator : see Layout

    Returns epoch, satellite, signal (r,), values (r, 4) of code, phase, Doppler, strength, flags (r,), and the tally (3,) of
    fields malformed, fields cut, satellites repeated within an epoch.
    """
    size = len(record_line) * signals.shape[1] + 1
    out_epoch = np.empty(size, np.int64)
    out_satellite = np.empty(size, np.int16)
    out_signal = np.empty(size, np.int16)
    out_values = np.empty((size, 4), np.float64)
    out_flags = np.zeros(size, np.uint8)
    tally = np.zeros(3, np.int64)
    seen = np.full(_SLOTS, -1, np.int64)
    row = 0
    for r in range(len(record_line)):
        code = satellite[r]
        if seen[code] == epoch[r]:
            tally[2] += 1
            continue
        seen[code] = epoch[r]
        for s in range(signals.shape[1]):
            if signals[code // 100, s] == 0:
                break
            values = out_values[row]
            flags, strength = read_signal(
                buffer, line_start, line_end, record_line[r],
                columns[code // 100, s], scale[code // 100, s], field_offset, fields_per_line, values, tally,
            )  # fmt: skip
            if np.isnan(values[0]) and np.isnan(values[1]) and np.isnan(values[2]):
                continue
            if use_indicator[code // 100, s] and strength > 0:
                values[3] = 6.0 * strength + 2.5  # middle of the indicator's class of 6 dB-Hz (RINEX 3.05, 5.7)
            out_epoch[row] = epoch[r]
            out_satellite[row] = code
            out_signal[row] = signals[code // 100, s]
            out_flags[row] = flags
            row += 1
    return out_epoch[:row], out_satellite[:row], out_signal[:row], out_values[:row], out_flags[:row], tally
