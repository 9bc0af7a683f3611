"""The measurements as one table on the screen."""

from __future__ import annotations

from typing import Any

_STAGE_WIDTH = 22


def lines_of(found: dict[str, Any]) -> list[str]:
    """All that was measured, section by section."""
    lines = []
    for title, content in found.items():
        lines += ["", title, "-" * len(title)]
        lines += _stages(content) if title == "stages" else _flat(content)
    return lines


def _flat(content: Any, indent: str = "") -> list[str]:
    if isinstance(content, list):
        return [indent + "  ".join(f"{key} {_number(value)}" for key, value in row.items()) for row in content]
    lines = []
    for key, value in content.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}:", *_flat(value, indent + "  ")]
        else:
            lines.append(f"{indent}{key:28s} {_number(value)}")
    return lines


def _stages(rows: list[dict[str, Any]]) -> list[str]:
    """A block for each mode and number of antennas, stages down, skies across."""
    lines = []
    for mode, antennas in sorted({(row["mode"], row["antennas"]) for row in rows}):
        block = [row for row in rows if (row["mode"], row["antennas"]) == (mode, antennas)]
        head = f"{antennas} antenna{'s' * (antennas > 1)}, {mode} mode, us"
        lines += ["", f"{head:{_STAGE_WIDTH + 8}s}" + "".join(f"{row['satellites']:>9d}" for row in block)]
        for stage in dict.fromkeys(stage for row in block for stage in row["stages_us"]):
            lines.append(f"  {stage:{_STAGE_WIDTH + 6}s}" + "".join(f"{row['stages_us'].get(stage, 0.0):9.1f}" for row in block))
        for name in ("mean_us", "median_us", "p99_us", "fixed_share"):
            digits = 3 if name == "fixed_share" else 1
            lines.append(f"  {name:{_STAGE_WIDTH + 6}s}" + "".join(f"{row[name]:9.{digits}f}" for row in block))
    return lines


def _number(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_number, value))
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return str(value)
