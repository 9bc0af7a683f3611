"""report.html: the whole run on one page, in one file."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from gnss_gyro.report.satellite_log import SatelliteTable
from gnss_gyro.report.series import Series


def write_report(
    path: Path, series: Series, satellites: SatelliteTable, summary: Mapping[str, Any], truth: Series | None
) -> None:
    """Write the page."""
    rows = "".join(f"<tr><th>{escape(word)}</th><td>{count}</td></tr>" for word, count in summary["outcomes"].items())
    path.write_text(f"<!DOCTYPE html><meta charset='utf-8'><title>gnss_gyro</title><table>{rows}</table>", encoding="utf-8")
