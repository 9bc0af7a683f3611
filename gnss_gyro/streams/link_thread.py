"""A link that lives in a thread of its own and comes back by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from gnss_gyro.basics.errors import DataError
from gnss_gyro.streams.links import READ_S, Link

_STOP_S: Final = 10.0


class LinkState(str, Enum):
    """What has become of a link."""

    STOPPED = "stopped"
    WAITING = "waiting to connect"
    UP = "connected"
    ENDED = "recording played to its end"
    FAILED = "source cannot be used"

    def __str__(self) -> str:
        return self.value


class Listener(Protocol):
    """Who takes what a link brings; called from the link's thread only, one call at a time."""

    def link_up(self, link: Link) -> None:
        """It is open from now on."""
        ...

    def received(self, data: bytes) -> None:
        """Bytes, or none: called at least every READ_S while the link is up."""
        ...

    def link_down(self, reason: str) -> None:
        """It is not open any more."""
        ...


@dataclass(frozen=True, slots=True)
class BackOff:
    """Pause before the next attempt [s]: doubled each time, begun anew once the link has stood for as long as `longest_s`."""

    shortest_s: float = 0.1
    longest_s: float = 1.0


class LinkThread:
    """Opens a link, passes on what it brings, and opens it again whenever it breaks.

    state, reason, connections : for diagnostics; connections counts how often it was opened
    """

    def __init__(self, open_link: Callable[[], Link], listener: Listener, back_off: BackOff | None = None) -> None:
        self.state = LinkState.STOPPED
        self.reason = ""
        self.connections = 0
        self._open = open_link
        self._listener = listener
        self._back_off = back_off or BackOff()
        self._stop = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="receiver link", daemon=True)

    def start(self) -> None:
        """Begin; once only."""
        self._thread.start()

    def stop(self) -> None:
        """Close the link; nothing is heard of it any more. An attempt to open one is not waited for: it ends by itself."""
        with self._turn:
            self._stop.set()
            is_open = self.state is LinkState.UP
        if is_open and self._thread.is_alive():
            self._thread.join(_STOP_S)

    @property
    def is_alive(self) -> bool:
        """Does the thread run?"""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._live()
        except Exception as error:  # a bug: told, not repeated
            self._tell(LinkState.FAILED, f"internal error: {error!r}")
            raise

    def _live(self) -> None:
        pause_s = self._back_off.shortest_s
        self._tell(LinkState.WAITING, self.reason)
        while not self._stop.is_set():
            began = time.monotonic()
            again = self._once()
            if not again:
                return
            if time.monotonic() - began > self._back_off.longest_s:
                pause_s = self._back_off.shortest_s
            self._stop.wait(pause_s)
            pause_s = min(2.0 * pause_s, self._back_off.longest_s)
        self._tell(LinkState.STOPPED, "")

    def _once(self) -> bool:
        """One life of the link; whether it shall be opened again."""
        try:
            link = self._open()
        except (OSError, DataError) as error:
            final = isinstance(error, DataError)
            self._tell(LinkState.FAILED if final else LinkState.WAITING, str(error))
            return not final
        with self._turn:
            if self._stop.is_set():
                link.close()
                return True
            self.connections += 1
            self._tell(LinkState.UP, "")
        try:
            self._listener.link_up(link)
            while not self._stop.is_set():
                self._listener.received(link.read(READ_S))
            return self._closed(link, LinkState.STOPPED, "stopped")
        except EOFError as error:
            return self._closed(link, LinkState.ENDED, str(error))
        except DataError as error:
            return self._closed(link, LinkState.FAILED, str(error))
        except OSError as error:
            return self._closed(link, LinkState.WAITING, str(error))
        except Exception as error:
            self._closed(link, LinkState.FAILED, f"internal error: {error!r}")
            raise

    def _closed(self, link: Link, state: LinkState, reason: str) -> bool:
        with suppress(OSError):
            link.close()
        self._listener.link_down(reason)
        self._tell(state, reason)
        return state in (LinkState.WAITING, LinkState.STOPPED)

    def _tell(self, state: LinkState, reason: str) -> None:
        self.state, self.reason = state, reason
