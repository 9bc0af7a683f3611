"""What `inspect` found, as tables on the screen."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from rich.markup import escape
from rich.table import Table

from gnss_gyro.cli.console import Screen

_LEFT = 2


def show(account: dict[str, Any], screen: Screen) -> None:
    """Print the account of one file."""
    screen.out.print(f"\n[bold]{escape(account['file'])}[/]  {escape(account['kind'])}")
    screen.out.print(_facts(account))
    if account["signals"]:
        screen.out.print(_signals(account["signals"]))
    if account["satellites"]:
        screen.say("satellites: " + _grouped(account["satellites"]))
    if account["ephemerides"]:
        screen.say("ephemerides: " + _grouped(account["ephemerides"]))
    if account["counts"]:
        screen.out.print(_counts(account["counts"]))


def _facts(account: dict[str, Any]) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    header, per_epoch = account["header"], account["satellites_per_epoch"]
    rows = {
        "header": ", ".join(f"{name} {value}" for name, value in header.items() if value),
        "epochs": f"{account['epochs']}, every {account['interval_s']:g} s" if account["epochs"] else "none",
        "from": account.get("start", ""), "to": account.get("end", ""),
        "gaps": f"{account['gaps']}, longest {account['longest_gap_s']:g} s" if account.get("gaps") else "",
        "repeated": str(account.get("repeated_epochs") or ""), "out of order": str(account.get("epochs_out_of_order") or ""),
        "satellites": f"{per_epoch['mean']:.1f} an epoch ({per_epoch['least']} to {per_epoch['most']})" if per_epoch else "",
        "clock resets": str(account["clock_resets"] or ""),
        "navigation": ", ".join(f"{name} {count}" for name, count in account["navigation"].items()),
    }  # fmt: skip
    for name, value in rows.items():
        if value:
            table.add_row(f"[dim]{name}[/]", escape(value))
    return table


def _signals(signals: list[dict[str, Any]]) -> Table:
    """C/N0 as the 5, 50 and 95 % quantiles; shares of rows with phase, Doppler, lock time; slips and half cycles told."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for i, name in enumerate("sys signal sats rows C/N0 phase Doppler lock slips half".split()):
        table.add_column(name, justify="left" if i < _LEFT else "right", no_wrap=True)
    for row in signals:
        cn0 = row["cn0_dbhz"]
        strength = "-" if math.isnan(cn0["median"]) else f"{cn0['p5']:.0f}-{cn0['median']:.0f}-{cn0['p95']:.0f}"
        shares = (f"{100.0 * row[name]:.0f} %" for name in ("with_phase", "with_doppler", "with_lock_time"))
        numbers = (str(row[name]) for name in ("slips_told", "half_cycles"))
        table.add_row(
            row["system"], f"L{row['signal']}", str(row["satellites"]), str(row["observations"]), strength, *shares, *numbers
        )
    return table


def _counts(counts: dict[str, int]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("read and counted")
    table.add_column("", justify="right")
    for name, count in sorted(counts.items(), key=lambda item: -item[1]):
        table.add_row(escape(name), str(count))
    return table


def _grouped(counts: dict[str, int]) -> str:
    """Satellites by system: G 01 02 05  E 11 12."""
    groups = defaultdict(list)
    for name in counts:
        groups[name[0]].append(name[1:])
    return "   ".join(f"{system} {' '.join(numbers)}" for system, numbers in groups.items())
