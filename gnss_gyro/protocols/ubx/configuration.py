"""Configures a receiver, sans-I/O: frames and the time go in, bytes to send and reports come out.

Every task is read, commanded only where it differs (a change of signals costs the lock of all satellites), acknowledged
and read again. Times are seconds of any steady clock.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias

from gnss_gyro.basics.errors import ConfigError, DecodeError
from gnss_gyro.protocols.ubx.configuration_events import ConfigurationOutcome, Event, Finished, Report, Send, SetBaudRate
from gnss_gyro.protocols.ubx.framing import UbxFrame, encode_frame
from gnss_gyro.protocols.ubx.legacy_tasks import legacy_baud_task, legacy_tasks
from gnss_gyro.protocols.ubx.settings import Port, ReceiverSettings
from gnss_gyro.protocols.ubx.tasks import Task, baud_key_task, key_tasks
from gnss_gyro.protocols.ubx.version import MON_VER, Generation, ReceiverVersion, decode_mon_ver

ACK_CLASS: Final = 5
BAUD_RATES: Final = (38_400, 9_600, 115_200, 230_400, 460_800, 921_600)
"""Where a silent receiver is looked for: the factory settings of generations 9 and 8 first."""


class _Answer(Enum):
    ACCEPTED = 1
    REFUSED = 2


@dataclass(frozen=True, slots=True)
class Timing:
    """How long to wait for an answer [s], and how often to ask."""

    answer_s: float = 1.5
    tries: int = 3
    sweep_s: float = 1.0
    settle_s: float = 0.2


@dataclass(frozen=True, slots=True)
class _Ask:
    """Sent up to `tries` times until `accept` makes something of a frame; the answer is None where it never does."""

    data: bytes
    accept: Callable[[UbxFrame], Any]
    wait_s: float
    tries: int


_Script: TypeAlias = Generator[_Ask, Any, Any]


class Configurator:
    """One attempt to configure one receiver.

    line_baud_rate : of our end of a serial line; None where there is none to set (USB, TCP, UDP)
    """

    def __init__(self, settings: ReceiverSettings, line_baud_rate: int | None = None, timing: Timing | None = None) -> None:
        self.finished: Finished | None = None
        self.deadline_s = float("-inf")
        self._settings = settings
        self._line = line_baud_rate
        self._timing = timing or Timing()
        self._events: list[Event] = []
        self._heard = False
        self._script: _Script = self._configure()
        self._ask: _Ask | None = None
        self._tries_left = 0

    def advance(self, now_s: float, frames: Iterable[UbxFrame] = ()) -> list[Event]:
        """What to do, after these frames came in; call it again at the latest at `deadline_s`."""
        if self._ask is None and self.finished is None:
            self._continue(None, now_s)
        for frame in frames:
            self._heard = True
            answer = self._ask.accept(frame) if self._ask else None
            if answer is not None:
                self._continue(answer, now_s)
        while self._ask and now_s >= self.deadline_s:
            if self._tries_left:
                self._send(now_s)
            else:
                self._continue(None, now_s)
        events, self._events = self._events, []
        return events

    def _continue(self, answer: Any, now_s: float) -> None:
        try:
            self._ask = self._script.send(answer)
        except StopIteration:
            self._ask, self.deadline_s = None, float("inf")
            return
        self._tries_left = self._ask.tries
        self._send(now_s)

    def _send(self, now_s: float) -> None:
        assert self._ask is not None
        if self._ask.data:
            self._events.append(Send(self._ask.data))
        self._tries_left -= 1
        self.deadline_s = now_s + self._ask.wait_s

    def _report(self, text: str, problem: bool = False) -> None:
        self._events.append(Report(text, problem))

    def _configure(self) -> _Script:
        """The story of a configuration."""
        version = yield from self._identify()
        if version is None:
            self._finish(ConfigurationOutcome.SILENT, None, [self._silence()])
            return
        self._report(f"found {version}")
        try:
            tasks = list(_tasks(self._settings, version.generation))
        except ConfigError as error:
            self._finish(ConfigurationOutcome.IMPOSSIBLE, version, [str(error)])
            return
        if not tasks:
            self._finish(ConfigurationOutcome.UNKNOWN_RECEIVER, version, [f"{version} is of no known generation"])
            return
        problems = yield from self._change_baud_rate(version)
        for task in tasks:
            problems += yield from self._do(task)
        self._finish(ConfigurationOutcome.INCOMPLETE if problems else ConfigurationOutcome.DONE, version, problems)

    def _finish(self, outcome: ConfigurationOutcome, version: ReceiverVersion | None, problems: list[str]) -> None:
        self.finished = Finished(outcome, version, tuple(problems))
        self._events.append(self.finished)

    def _identify(self) -> _Script:
        """The receiver's version, at the present speed or, where nothing at all is heard, at another one."""
        version = yield self._version(self._timing.answer_s, self._timing.tries)
        if version is not None or self._line is None or self._heard:
            return version
        for baud_rate in (rate for rate in BAUD_RATES if rate != self._line):
            self._events.append(SetBaudRate(baud_rate))
            version = yield self._version(self._timing.sweep_s, 1)
            if version is not None:
                unexpected = self._settings.baud_rate is None
                self._report(f"the receiver runs at {baud_rate} bit/s, not at {self._line}", problem=unexpected)
                self._line = baud_rate
                return version
        self._events.append(SetBaudRate(self._line))
        return None

    def _silence(self) -> str:
        if self._heard:
            return "frames arrive but commands are not answered: is the line to the receiver connected, its UBX input on?"
        where = f" at {self._line} bit/s or any other usual speed" if self._line is not None else ""
        return f"nothing answers{where}: wrong port, wiring, power, or UBX input is off"

    def _version(self, wait_s: float, tries: int) -> _Ask:
        return _Ask(encode_frame(*MON_VER, b""), _version_in, wait_s, tries)

    def _change_baud_rate(self, version: ReceiverVersion) -> _Script:
        """Both ends of the line to the wanted speed, or both back; returns problems."""
        wanted, before = self._settings.baud_rate, self._line
        if wanted is None or before is None or self._settings.port is Port.USB or wanted == before:
            return []
        make = baud_key_task if version.generation is Generation.KEYS else legacy_baud_task
        task = make(self._settings.port, wanted)
        present = yield self._poll(task)
        if not isinstance(present, bytes):
            return [f"baud rate: {_failure(present)}"]
        yield from self._pause_after(task.change(present))
        self._events.append(SetBaudRate(wanted))
        if (yield self._version(self._timing.answer_s, self._timing.tries)) is not None:
            self._report(f"baud rate: now {wanted}")
            self._line = wanted
            return []
        self._events.append(SetBaudRate(before))
        yield self._version(self._timing.answer_s, self._timing.tries)
        return [f"baud rate: the receiver is not heard at {wanted} bit/s; back to {before}"]

    def _do(self, task: Task) -> _Script:
        """Bring one task about; returns a sentence for each thing that failed."""
        present = yield self._poll(task)
        if isinstance(present, bytes):
            yield self._acknowledgement(task.reply)
            if not task.problem(present):
                return []
            refused = yield _Ask(task.change(present), _acknowledged(task.command), self._timing.answer_s, self._timing.tries)
            if refused is not _Answer.REFUSED:
                return (yield from self._verify(task))
            present = refused
        if present is _Answer.REFUSED and task.parts:
            return (yield from self._do_each(task.parts))
        if task.optional:
            self._report(f"{task.name}: this receiver does not have it")
            return []
        return [f"{task.name}: {_failure(present)}"]

    def _do_each(self, tasks: Iterable[Task]) -> _Script:
        problems: list[str] = []
        for task in tasks:
            problems += yield from self._do(task)
        return problems

    def _verify(self, task: Task) -> _Script:
        if task.after:
            yield from self._pause_after(task.after)
        present = yield self._poll(task)
        if not isinstance(present, bytes):
            return [f"{task.name}: set, but {_failure(present)} when asked for it"]
        yield self._acknowledgement(task.reply)
        left = task.problem(present)
        if left:
            return [f"{task.name}: acknowledged, but {left}"]
        self._report(f"{task.name}: set")
        return []

    def _poll(self, task: Task) -> _Ask:
        return _Ask(task.poll, lambda frame: _reply_to(task, frame), self._timing.answer_s, self._timing.tries)

    def _acknowledgement(self, message: tuple[int, int]) -> _Ask:
        """What follows an answered question, so that it is not taken for that of a later command."""
        return _Ask(b"", _acknowledged(message), self._timing.settle_s, 1)

    def _pause_after(self, data: bytes) -> _Script:
        """Send, and let the line rest."""
        yield _Ask(data, lambda frame: None, self._timing.settle_s, 1)


def _tasks(settings: ReceiverSettings, generation: Generation | None) -> Iterator[Task]:
    if generation is Generation.KEYS:
        yield from key_tasks(settings)
    elif generation is Generation.MESSAGES:
        yield from legacy_tasks(settings)


def check_settings(settings: ReceiverSettings) -> None:
    """Raises ConfigError for names that no receiver knows."""
    list(key_tasks(settings))


def _version_in(frame: UbxFrame) -> ReceiverVersion | None:
    if (frame.message_class, frame.message_id) != MON_VER:
        return None
    try:
        return decode_mon_ver(frame.payload)
    except DecodeError:
        return None


def _acknowledged(message: tuple[int, int]) -> Callable[[UbxFrame], _Answer | None]:
    def accept(frame: UbxFrame) -> _Answer | None:
        if frame.message_class != ACK_CLASS or frame.payload[:2] != bytes(message):
            return None
        return _Answer.ACCEPTED if frame.message_id == 1 else _Answer.REFUSED

    return accept


def _reply_to(task: Task, frame: UbxFrame) -> bytes | _Answer | None:
    """The answer's payload; REFUSED where the question itself is."""
    if (frame.message_class, frame.message_id) == task.reply:
        return frame.payload if task.problem(frame.payload) is not None else None
    return _Answer.REFUSED if _acknowledged(task.reply)(frame) is _Answer.REFUSED else None


def _failure(answer: object) -> str:
    return "refused by the receiver (ACK-NAK)" if answer is _Answer.REFUSED else "no answer"
