"""A recording played as if its receiver were connected: every epoch comes when the receiver would have sent it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gnss_gyro.basics.errors import ConfigError, DataError, DecodeError
from gnss_gyro.basics.time import GpsTime
from gnss_gyro.protocols.messages import Counts
from gnss_gyro.protocols.ubx.framing import Cut, FrameSplitter, is_ubx, unwrapped
from gnss_gyro.protocols.ubx.identifiers import RXM_RAWX
from gnss_gyro.protocols.ubx.rawx_layout import decode_header
from gnss_gyro.streams.bags.address import called

_LONGEST_GAP_S: Final = 10.0
_LONGEST_BURST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Pace:
    """How a recording is played.

    rate         : receiver seconds per second; 0 = as fast as it is read
    loop         : begin again at the end?
    start_gps_s  : receiver time [s of GPS] that is played at start_unix_s; 0 = that of the file's first epoch
    start_unix_s : computer time [s] of the beginning; 0 = now. Several drivers with the same two play in step.

    Raises ConfigError for a loop of several files in step: of unequal length, they would drift apart.
    """

    rate: float = 1.0
    loop: bool = False
    start_gps_s: float = 0.0
    start_unix_s: float = 0.0

    def __post_init__(self) -> None:
        if self.loop and self.start_gps_s:
            raise ConfigError(
                "playback.loop: not together with playback.start_gps_s, as recordings of unequal length would begin again apart"
            )


@dataclass(frozen=True, slots=True)
class Burst:
    """What a receiver sent up to the end of one epoch; the time is None where no epoch ended it."""

    time: GpsTime | None
    data: bytes


class PlaybackLink:
    """A recording as a link. Raises DataError where the file cannot be read or holds no frame; EOFError at its end.

    clock, sleep : a clock that is never set, and how to wait [s]
    unix_s       : computer time, looked at once: it may be set while the recording plays
    """

    def __init__(
        self, path: Path, pace: Pace, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep,
        unix_s: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._path, self._pace, self._clock, self._sleep = path, pace, clock, sleep
        self._start_s = pace.start_unix_s - unix_s() + clock() if pace.start_unix_s else None
        self._schedule = Schedule(pace, self._start_s)
        self._bursts = self._all()
        self._next: Burst | None = None
        self._counts = Counts()

    def read(self, wait_s: float) -> bytes:
        """The next epoch, when its time has come."""
        burst = self._next or next(self._bursts, None)
        if burst is None:
            raise EOFError(self._account())
        wait = self._schedule.due_s(burst.time, self._clock()) - self._clock()
        if wait > 0.0:
            self._next = burst
            self._sleep(min(wait, wait_s))
            if wait > wait_s:
                return b""
        self._next = None
        self._schedule.played(burst.time)
        return burst.data

    def write(self, data: bytes) -> None:
        """Nobody listens."""

    def set_baud_rate(self, baud_rate: int) -> None:
        """No speed to change."""

    def close(self) -> None:
        """Nothing is held between reads but the file, which closes with its reader."""
        self._bursts = iter(())

    def _account(self) -> str:
        from gnss_gyro.streams.opening import BROKEN_OFF

        broken = self._counts.by_name.get(BROKEN_OFF, 0)
        return f"{called(self._path)} " + ("breaks off, and was played up to there" if broken else "was played to its end")

    def _all(self) -> Iterator[Burst]:
        while True:
            epochs = 0
            for burst in bursts(self._path, self._counts):
                epochs += burst.time is not None
                yield burst
            if not epochs:
                raise DataError(f"{called(self._path)} holds no epoch (RXM-RAWX)")
            if not self._pace.loop:
                return
            self._schedule = Schedule(self._pace, self._start_s)


class Schedule:
    """When an epoch is due. Where receiver time goes back or stands for long, the schedule begins anew.

    start_s : time of the beginning, by the clock that is asked [s]; None = when it is first asked
    """

    def __init__(self, pace: Pace, start_s: float | None = None) -> None:
        self._pace, self._start_s = pace, start_s
        self._origin: tuple[float, float] | None = None
        self._last_gps_s: float | None = None
        if pace.start_gps_s and start_s is not None:
            self._origin = (pace.start_gps_s, start_s)

    def due_s(self, time: GpsTime | None, now_s: float) -> float:
        """When a burst shall leave."""
        if time is None or self._pace.rate <= 0.0:
            return now_s
        gps_s = time.ns * 1e-9
        jumped = self._last_gps_s is not None and not 0.0 <= gps_s - self._last_gps_s < _LONGEST_GAP_S
        if self._origin is None or jumped:
            self._origin = (gps_s, now_s if self._start_s is None else max(now_s, self._start_s))
        return self._origin[1] + (gps_s - self._origin[0]) / self._pace.rate

    def played(self, time: GpsTime | None) -> None:
        """An epoch has left."""
        if time is not None:
            self._last_gps_s = time.ns * 1e-9


def bursts(path: Path, counts: Counts | None = None) -> Iterator[Burst]:
    """A recording's bytes, all of them, cut behind each RXM-RAWX. Raises DataError where it cannot be opened.

    counts : gets what was seen, a packed file that breaks off (streams.opening.BROKEN_OFF) included
    """
    from gnss_gyro.streams.opening import opened, pieces  # late: a driver of a live receiver unpacks no files

    splitter, held = FrameSplitter(counts), b""
    with opened(path) as file:
        for piece in pieces(file, splitter.counts):
            cut, begin = splitter.feed(piece), 0
            for time_of_epoch, end in _epoch_ends(cut):
                yield Burst(time_of_epoch, held + cut.passed[begin:end])
                held, begin = b"", end
            held += cut.passed[begin:]
            if len(held) > _LONGEST_BURST:
                yield Burst(None, held)
                held = b""
    yield Burst(None, held + splitter.flush().passed)


def _epoch_ends(cut: Cut) -> Iterator[tuple[GpsTime, int]]:
    """Time of each epoch and where in the bytes its RXM-RAWX ends."""
    at = 0
    for frame in cut.frames:
        at = cut.passed.index(frame, at) + len(frame)
        time = epoch_time(frame)
        if time is not None:
            yield time, at


def epoch_time(frame: bytes) -> GpsTime | None:
    """Receiver time of a frame, if it is an RXM-RAWX."""
    if not is_ubx(frame) or (frame[2], frame[3]) != RXM_RAWX:
        return None
    try:
        return decode_header(unwrapped(frame).payload).time
    except DecodeError:
        return None
