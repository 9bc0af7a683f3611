"""Records topics as serialized messages: nothing is decoded on the way from the wire to the file."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import rclpy
from rclpy.clock import Clock, ClockType  # type: ignore[attr-defined]  # its place in every distribution
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.cli.bag_topics import definition_of, message_class, profile, suited_profile, topic_of
from gnss_gyro.cli.console import Screen
from gnss_gyro.streams.bags import byte_arrays
from gnss_gyro.streams.bags.recording import BagRecording
from gnss_gyro.streams.bags.writing import NS, BagTopic

_LOOK_S: Final = 0.1
_SILENT_S: Final = 5.0
"""Raw topics on which nothing came for so long are told."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is recorded, and how.

    folder     : of the bag
    raw        : topics of receivers' data with their types: subscribed at once, so that no first message is missed, and missed
                 where nothing comes
    topics     : others; of any type
    split_s, flush_s : length of a file, and how often it is flushed
    duration_s : None = until a signal
    """

    folder: Path
    raw: Mapping[str, str]
    topics: Sequence[str]
    split_s: float
    flush_s: float
    duration_s: float | None = None

    def recording(self) -> BagRecording:
        """The bag to be filled. Raises DataError."""
        return BagRecording(self.folder, round(self.split_s * NS), self.flush_s)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a recording.

    counts, lost : messages by topic: those that came, and those among them that are not in the bag
    problem      : why the bag could not be ended well; '' = it was
    """

    counts: Mapping[str, int]
    lost: Mapping[str, int]
    problem: str = ""

    def lines(self) -> Iterator[str]:
        """What became of each topic, for people."""
        for topic, count in self.counts.items():
            lost = self.lost.get(topic, 0)
            yield f"{topic}: {count - lost} messages" + (f", {lost} lost" if lost else "")

    def complaint(self, folder: Path) -> str:
        """What is to be said at the end if not all is well; '' = it is."""
        lost, all_that_came = sum(self.lost.values()), sum(self.counts.values())
        if lost:
            return f"{lost} of {all_that_came} messages are not in the bag {folder}, which could not be written"
        return self.problem


def record(rules: Rules, screen: Screen) -> Recorded:
    """Record until the duration is over or a signal comes. Raises DataError, ConfigError."""
    recording = rules.recording()
    end: list[int] = []
    before = {kind: signal.signal(kind, lambda number, _: end.append(number)) for kind in (signal.SIGINT, signal.SIGTERM)}
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    executor = SingleThreadedExecutor()
    began = time.monotonic()
    try:
        recorder = Recorder(rules, recording, screen)
        executor.add_node(recorder)
        screen.say(f"recording into {rules.folder}")
        while not end and (rules.duration_s is None or time.monotonic() - began < rules.duration_s):
            executor.spin_once(timeout_sec=_LOOK_S)
        recorder.destroy_node()
    except ExternalShutdownException:
        pass
    finally:
        recording.close()
        executor.shutdown()
        rclpy.try_shutdown()
        for kind, handler in before.items():
            signal.signal(kind, handler)
    return Recorded(recorder.counts, recording.lost, recording.problem)


class Recorder(Node):
    """Subscribes to topics as they appear and records what comes.

    counts : messages by topic; of topics that somebody published, and of raw ones
    """

    def __init__(self, rules: Rules, recording: BagRecording, screen: Screen, **kwargs: Any) -> None:
        super().__init__("gnss_gyro_recorder", **kwargs)
        self.counts: dict[str, int] = {}
        self._recording, self._screen = recording, screen
        self._subscriptions_by_topic: dict[str, tuple[BagTopic, Any]] = {}
        self._waiting = [topic for topic in rules.topics if topic not in rules.raw]
        self._silent = set(rules.raw)
        self._began_s = float("nan")
        self._problem = ""
        for name, kind in rules.raw.items():
            topic = BagTopic(name) if kind == byte_arrays.TYPE else BagTopic(name, kind, definition_of(kind), "")
            self._take_up(topic, profile())
        self.create_timer(_LOOK_S, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _take_up(self, topic: BagTopic, asked: QoSProfile) -> None:
        message = message_class(topic.type)
        self._recording.add_topic(topic)
        self.counts.setdefault(topic.name, 0)
        subscription = self.create_subscription(message, topic.name, self._taker(topic.name), asked, raw=True)
        self._subscriptions_by_topic[topic.name] = (topic, subscription)

    def _taker(self, name: str) -> Callable[[bytes], None]:
        def take(data: bytes) -> None:
            self._recording.write(name, time.time_ns(), bytes(data))
            self.counts[name] += 1

        return take

    def _look(self) -> None:
        self._look_for_publishers()
        self._look_for_silence()
        problem = self._recording.problem
        if problem and problem != self._problem:
            self._screen.warn(f"{problem}: messages are lost until it can be written again")
        elif self._problem and not problem:
            self._screen.say(f"recording into {self._recording.folder} again")
        self._problem = problem

    def _look_for_silence(self) -> None:
        """Raw topics that stay empty, told once."""
        now_s = time.monotonic()
        self._began_s = now_s if math.isnan(self._began_s) else self._began_s
        if now_s - self._began_s > _SILENT_S:
            for name in sorted(name for name in self._silent if not self.counts[name]):
                self._screen.warn(f"{name}: nothing has come in {_SILENT_S:.0f} s")
            self._silent.clear()

    def _look_for_publishers(self) -> None:
        """Who publishes what we wait for, and do they offer what we ask for?"""
        for name in list(self._waiting):
            if offers := self.get_publishers_info_by_topic(name):
                self._waiting.remove(name)
                try:
                    self._take_up(topic_of(name, offers), suited_profile(offers))
                except ConfigError as error:
                    self._screen.warn(f"{name}: {error}")
        for name, (topic, subscription) in list(self._subscriptions_by_topic.items()):
            if subscription.qos_profile.reliability != ReliabilityPolicy.BEST_EFFORT and self._is_best_effort(name):
                self._screen.warn(f"{name} is published without retransmission (best effort): messages may be lost on the way")
                self.destroy_subscription(subscription)
                self._take_up(topic, profile(best_effort=True))

    def _is_best_effort(self, name: str) -> bool:
        offers = self.get_publishers_info_by_topic(name)
        return any(offer.qos_profile.reliability == ReliabilityPolicy.BEST_EFFORT for offer in offers)
