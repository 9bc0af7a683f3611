"""Since when a fusion node listens: players of recordings wait for it, and begin together."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from builtin_interfaces.msg import Time
from rclpy.clock import Clock, ClockType  # type: ignore[attr-defined]  # its place in every distribution
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

LEAD_S: Final = 3.0
"""From a fusion node's readiness to the first epoch [s]: by then every player has heard of it, and is heard."""
_TOPIC: Final = "ready"
_LATCHED: Final = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_NS: Final = 1_000_000_000


class Readiness:
    """Tells on ~/ready, also to who comes later, that the node listens from now on, by the computer's time."""

    def __init__(self, node: Node) -> None:
        self._publisher = node.create_publisher(Time, f"~/{_TOPIC}", _LATCHED)

    def tell(self) -> None:
        """It is so now."""
        now_s, now_ns = divmod(time.time_ns(), _NS)
        self._publisher.publish(Time(sec=now_s, nanosec=now_ns))


class FusionWatch:
    """Waits until the fusion node listens, but not forever; then calls `begin` once, from the executor.

    All players are told the same computer time [s] at which to begin, however late they come: LEAD_S after the node's
    readiness, not before start_unix_s, at the latest wait_s after that.
    """

    def __init__(self, node: Node, start_unix_s: float, wait_s: float, begin: Callable[[float], None]) -> None:
        self._node, self._begin = node, begin
        self._earliest_s = start_unix_s or time.time()
        self._latest_s = self._earliest_s + wait_s
        self._subscription: Any = node.create_subscription(Time, f"fusion/{_TOPIC}", self._take, _LATCHED)
        patience_s = max(0.0, self._latest_s - time.time())
        self._timer: Any = node.create_timer(patience_s, self._give_up, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def stop(self) -> None:
        """Wait no longer."""
        if self._timer is not None:
            self._node.destroy_subscription(self._subscription)
            self._node.destroy_timer(self._timer)
            self._timer = None

    def _take(self, message: Time) -> None:
        ready_s = message.sec + message.nanosec * 1e-9
        self._end(min(max(self._earliest_s, ready_s + LEAD_S), self._latest_s))

    def _give_up(self) -> None:
        self._node.get_logger().warning("no fusion node is ready: playing begins without it")
        self._end(self._latest_s)

    def _end(self, start_unix_s: float) -> None:
        if self._timer is not None:
            self.stop()
            self._begin(start_unix_s)
