"""Records topics as serialized messages: nothing is decoded on the way from the wire to the file."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.cli.bag_topics import message_class, profile, suited_profile, topic_of
from gnss_gyro.cli.console import Screen
from gnss_gyro.streams.bags.writing import NS, BagTopic, BagWriter

_LOOK_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Rules:
    """What is recorded, and how.

    folder     : of the bag
    topics     : in their order
    raw        : those among them that hold receivers' bytes: subscribed at once, so that no first message is missed
    split_s, flush_s : length of a file, and how often it is flushed
    duration_s : None = until a signal
    """

    folder: Path
    topics: Iterable[str]
    raw: frozenset[str]
    split_s: float
    flush_s: float
    duration_s: float | None


def record(rules: Rules, screen: Screen) -> dict[str, int]:
    """Record until the duration is over or a signal comes; returns messages by topic. Raises DataError, ConfigError."""
    writer = BagWriter(rules.folder, round(rules.split_s * NS))
    end: list[int] = []
    before = {kind: signal.signal(kind, lambda number, _: end.append(number)) for kind in (signal.SIGINT, signal.SIGTERM)}
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    recorder = Recorder(rules, writer, screen)
    executor = SingleThreadedExecutor()
    executor.add_node(recorder)
    began = time.monotonic()
    try:
        screen.say(f"recording into {rules.folder}")
        while not end and (rules.duration_s is None or time.monotonic() - began < rules.duration_s):
            executor.spin_once(timeout_sec=_LOOK_S)
    except ExternalShutdownException:
        pass
    finally:
        writer.close()
        executor.shutdown()
        recorder.destroy_node()
        rclpy.try_shutdown()
        for kind, handler in before.items():
            signal.signal(kind, handler)
    return recorder.counts


class Recorder(Node):
    """Subscribes to topics as they appear and writes what comes.

    counts : messages by topic; of topics that somebody published, and of raw ones
    """

    def __init__(self, rules: Rules, writer: BagWriter, screen: Screen, **kwargs: Any) -> None:
        super().__init__("gnss_gyro_recorder", **kwargs)
        self.counts: dict[str, int] = {}
        self._writer, self._screen = writer, screen
        self._subscriptions_by_topic: dict[str, tuple[BagTopic, Any]] = {}
        self._waiting = [topic for topic in rules.topics if topic not in rules.raw]
        for name in rules.topics:
            if name in rules.raw:
                self._take_up(BagTopic(name), profile())
        self.create_timer(_LOOK_S, self._look)
        self.create_timer(rules.flush_s, writer.flush)

    def _take_up(self, topic: BagTopic, asked: QoSProfile) -> None:
        message = message_class(topic.type)
        self._writer.add_topic(topic)
        self.counts.setdefault(topic.name, 0)
        subscription = self.create_subscription(message, topic.name, self._taker(topic.name), asked, raw=True)
        self._subscriptions_by_topic[topic.name] = (topic, subscription)

    def _taker(self, name: str) -> Callable[[bytes], None]:
        def take(data: bytes) -> None:
            self._writer.write(name, time.time_ns(), bytes(data))
            self.counts[name] += 1

        return take

    def _look(self) -> None:
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
