"""Simulated receivers on pseudo-terminals, sending at receiver pace: real drivers cannot tell them from devices."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.simulation.writers import UbxChunk
from gnss_gyro.streams.pseudo_terminal import PseudoTerminal

_AHEAD: Final = 2000
_LINE_FULL_S: Final = 2.0
_TURN_S: Final = 0.2
T = TypeVar("T")


class SimulatedPorts:
    """A pseudo-terminal for each antenna, as FOLDER/NAME; its bytes come when the receiver would send them.

    taken   : chunks that a driver took wholly, by antenna
    refused : chunks that found the line full for too long (nobody reads), by antenna

    Raises ConfigError where something else has the place of a port.
    """

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._ports: dict[str, PseudoTerminal] = {}
        try:
            for name in names:
                self._ports[name] = PseudoTerminal(folder / name)
        except ConfigError:
            self.close()
            raise
        self.taken = dict.fromkeys(self._ports, 0)
        self.refused = dict.fromkeys(self._ports, 0)
        self._full: set[str] = set()

    @property
    def sources(self) -> dict[str, str]:
        """What the drivers are to be told, by antenna."""
        return {name: f"serial:{port.device}" for name, port in self._ports.items()}

    def play(
        self, chunks: Iterable[UbxChunk], rate: float = 1.0, stop: Callable[[], bool] = lambda: False,
        sent: Callable[[UbxChunk, float], None] = lambda chunk, now_s: None,
    ) -> None:  # fmt: skip
        """Send all chunks, `rate` receiver seconds per second. `sent` is told when the last byte of a chunk had left, on the
        clock of time.monotonic."""
        first_ns: int | None = None
        begun_s = 0.0
        for chunk in chunks:
            if first_ns is None:
                first_ns, begun_s = chunk.time.ns, time.monotonic()
            due_s = begun_s + (chunk.time.ns - first_ns) * 1e-9 / rate
            while (wait_s := due_s - time.monotonic()) > 0.0 and not stop():
                time.sleep(min(wait_s, _TURN_S))
            if stop():
                return
            self._send(chunk)
            sent(chunk, time.monotonic())

    def close(self) -> None:
        """Unplug all."""
        for port in self._ports.values():
            port.close()

    def _send(self, chunk: UbxChunk) -> None:
        """Send a chunk, waiting a while for a line that is full, but not for one that was left so: the others go on."""
        name, port = chunk.antenna, self._ports[chunk.antenna]
        unread = name in self._full and not port.has_room
        whole = not unread and port.write(chunk.data, _LINE_FULL_S) == len(chunk.data)
        (self.taken if whole else self.refused)[name] += 1
        (self._full.discard if whole else self._full.add)(name)


def ahead(items: Iterable[T], count: int = _AHEAD) -> Iterator[T]:
    """The same items, made in a thread that may be so many ahead: what comes in bursts is then there in time."""
    ready: queue.Queue[Any] = queue.Queue(count)
    end, given_up = object(), threading.Event()

    def make() -> None:
        for item in items:
            while not given_up.is_set():
                try:
                    ready.put(item, timeout=_TURN_S)
                    break
                except queue.Full:
                    continue
            if given_up.is_set():
                return
        ready.put(end)

    threading.Thread(target=make, name="simulation", daemon=True).start()
    try:
        while (item := ready.get()) is not end:
            yield item
    finally:
        given_up.set()
