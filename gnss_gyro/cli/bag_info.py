"""What `gnss_gyro bag info` finds, as plain values and as tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from gnss_gyro.basics.errors import DataError
from gnss_gyro.cli.console import Screen
from gnss_gyro.cli.inspect import account_of
from gnss_gyro.cli.inspect_tables import show as show_receiver
from gnss_gyro.streams.bags.address import BagAddress
from gnss_gyro.streams.bags.feeds import feeds_of
from gnss_gyro.streams.bags.reading import Bag, open_bag

NS = 1_000_000_000


@dataclass(slots=True)
class _Span:
    """Messages of a topic and their log times [ns]."""

    messages: int = 0
    bytes: int = 0
    first_ns: int = 0
    last_ns: int = 0
    longest_gap_ns: int = 0

    def see(self, log_ns: int, size: int) -> None:
        if self.messages:
            self.longest_gap_ns = max(self.longest_gap_ns, log_ns - self.last_ns)
        else:
            self.first_ns = log_ns
        self.last_ns = log_ns
        self.messages += 1
        self.bytes += size

    @property
    def seconds(self) -> float:
        return (self.last_ns - self.first_ns) / NS


def account_of_bag(path: Path, screen: Screen) -> dict[str, Any]:
    """Everything that is told of a bag. Raises DataError."""
    bag = open_bag(path)
    spans = _spans(bag)
    damage = dict(bag.counts.by_name)
    receivers = list(_receivers(bag, path, screen))
    topics = [_topic(bag.topics[name].type, name, span) for name, span in sorted(spans.items())]
    return {"bag": str(path), "topics": topics, "unfinished": list(bag.unfinished), "damage": damage, "receivers": receivers}


def show(account: dict[str, Any], screen: Screen) -> None:
    """Print the account of a bag."""
    screen.out.print(f"[bold]{escape(account['bag'])}[/]")
    table = Table(box=None, header_style="dim", pad_edge=False)
    for i, name in enumerate("topic type messages bytes s 1/s longest_gap".split()):
        table.add_column(name.replace("_", " "), justify="left" if i < 2 else "right")
    for topic in account["topics"]:
        rate = "" if topic["rate_hz"] is None else f"{topic['rate_hz']:.2f}"
        seconds, gap = f"{topic['duration_s']:.1f}", f"{topic['longest_gap_s']:.2f} s"
        words = (escape(topic["name"]), escape(topic["type"].replace("/msg/", "/")))
        table.add_row(*words, str(topic["messages"]), str(topic["bytes"]), seconds, rate, gap)
    screen.out.print(table)
    for name in account["unfinished"]:
        screen.warn(f"{name} was never finished: it is read as far as it goes")
    for what, count in account["damage"].items():
        screen.warn(f"{what}: {count}")
    for receiver in account["receivers"]:
        show_receiver(receiver, screen)


def _receivers(bag: Bag, path: Path, screen: Screen) -> Iterator[dict[str, Any]]:
    """One that cannot be read, or never sent anything, does not hide the others."""
    for feed in feeds_of(bag):
        try:
            yield {**account_of(BagAddress(path, feed.address).as_path(), screen), "antenna": feed.antenna}
        except DataError as error:
            screen.warn(str(error))


def _spans(bag: Bag) -> dict[str, _Span]:
    spans = {name: _Span() for name in bag.topics}
    for message in bag.messages(spans.keys()):
        spans[message.topic].see(message.log_ns, len(message.data))
    return spans


def _topic(kind: str, name: str, span: _Span) -> dict[str, Any]:
    return {
        "name": name, "type": kind, "messages": span.messages, "bytes": span.bytes, "duration_s": span.seconds,
        "rate_hz": (span.messages - 1) / span.seconds if span.seconds > 0.0 else None,
        "longest_gap_s": span.longest_gap_ns / NS,
    }  # fmt: skip
