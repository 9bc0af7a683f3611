"""What is done with a receiver's link: frames are cut and handed on, bytes kept and counted, the receiver configured."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from gnss_gyro.protocols.ubx.configuration_events import ConfigurationOutcome, Event, Finished, Report, Send, SetBaudRate
from gnss_gyro.protocols.ubx.framing import Cut, FrameSplitter, is_ubx, unwrapped
from gnss_gyro.protocols.ubx.settings import ReceiverSettings
from gnss_gyro.streams.links import Link
from gnss_gyro.streams.raw_log import RawLog
from gnss_gyro.streams.statistics import Statistics

if TYPE_CHECKING:
    from gnss_gyro.protocols.ubx.configuration import Configurator

SILENT_AGAIN_S: Final = 10.0
"""A receiver that did not answer is asked again after so long: it may have been switched on since."""
_STILL_WITHOUT_S: Final = 60.0
"""One that was configured again for want of observations and still has none is asked again after so long."""


class ReceiverSession:
    """Listener of a LinkThread.

    on_frame       : called with each complete frame, in order
    on_event       : called with Report and Finished of a configuration
    settings       : to configure the receiver each time the link opens, and when its observations cease: one that was without
                     power comes back as it left the factory, while an adapter keeps the port open; None = leave it as it is
    line_baud_rate : of a serial line; None where there is none to set
    log            : keeps all bytes
    now_s          : a steady clock [s]
    configuration  : how the last attempt ended; None = under way, or not wanted
    """

    def __init__(
        self,
        on_frame: Callable[[bytes], None],
        on_event: Callable[[Report | Finished], None] = lambda event: None,
        settings: ReceiverSettings | None = None,
        line_baud_rate: int | None = None,
        log: RawLog | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.statistics = Statistics()
        self.configuration: Finished | None = None
        self._splitter = FrameSplitter()
        self._on_frame, self._on_event = on_frame, on_event
        self._settings, self._line_baud_rate = settings, line_baud_rate
        self._log, self._now_s = log, now_s
        self._link: Link | None = None
        self._configurator: Configurator | None = None
        self._again_s = float("inf")
        self._epochs_before = 0
        self._patient_until_s = float("-inf")

    def counts(self) -> dict[str, int]:
        """What the bytes held, by name; from any thread."""
        return dict(self._splitter.counts.by_name)

    def link_up(self, link: Link) -> None:
        """Begin with an open link."""
        self._link = link
        self._begin_configuration()

    def received(self, data: bytes) -> None:
        """Deal with what arrived, even if it is nothing."""
        cut = self._splitter.feed(data) if data else Cut((), b"")
        self._take(len(data), cut)
        self._configure(cut)

    def link_down(self, reason: str) -> None:
        """Hand on what was held back."""
        self._link = self._configurator = None
        self._take(0, self._splitter.flush())

    def _take(self, size: int, cut: Cut) -> None:
        for frame in cut.frames:
            self._on_frame(frame)
        self.statistics.take(size, cut.frames, self._now_s(), self._splitter.counts.by_name.get("garbage bytes", 0))
        if self._log is not None:
            self._log.write(cut.passed)

    def _begin_configuration(self) -> None:
        if self._settings is not None:
            from gnss_gyro.protocols.ubx.configuration import Configurator  # late: it loads pyubx2

            self.configuration, self._again_s = None, float("inf")
            self._configurator = Configurator(self._settings, self._line_baud_rate)

    def _configure(self, cut: Cut) -> None:
        now_s = self._now_s()
        if now_s >= self._again_s:
            self._begin_configuration()
        elif self._settings is not None and self._configurator is None:
            self._mind_silence(now_s)
        if self._configurator is None or (not cut.frames and now_s < self._configurator.deadline_s):
            return
        for event in self._configurator.advance(now_s, [unwrapped(frame) for frame in cut.frames if is_ubx(frame)]):
            self._obey(event, now_s)

    def _mind_silence(self, now_s: float) -> None:
        """Where observations came after the last configuration and have ceased, begin as when the link was opened."""
        silent_s = self.statistics.silent_s(now_s)
        never_came = self.statistics.epochs == self._epochs_before
        if self._link is None or not silent_s or (never_came and now_s < self._patient_until_s):
            return
        self._on_event(Report(f"no observations for {silent_s:.0f} s: the receiver is configured again", problem=True))
        if self._line_baud_rate is not None:
            self._link.set_baud_rate(self._line_baud_rate)
        self._begin_configuration()

    def _obey(self, event: Event, now_s: float) -> None:
        assert self._link is not None
        if isinstance(event, Send):
            self._link.write(event.data)
        elif isinstance(event, SetBaudRate):
            self._link.set_baud_rate(event.baud_rate)
        else:
            if isinstance(event, Finished):
                self._end_configuration(event, now_s)
            self._on_event(event)

    def _end_configuration(self, finished: Finished, now_s: float) -> None:
        self.configuration, self._configurator = finished, None
        self._epochs_before, self._patient_until_s = self.statistics.epochs, now_s + _STILL_WITHOUT_S
        if finished.outcome is ConfigurationOutcome.SILENT:
            self._again_s = now_s + SILENT_AGAIN_S
