"""Whether one node alone publishes an antenna's topic: two vehicles on one network, or a driver started twice, mix receivers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

from gnss_gyro.ros.diagnostics import Fault

LINGER_S: Final = 30.0
"""A node that was killed stays known for some 20 s: so long a second publisher may be its successor."""


class PublisherWatch:
    """Remembers since when topics have had more than one publisher."""

    def __init__(self) -> None:
        self._since_s: dict[str, float] = {}

    def look(self, topic: str, publishers: Sequence[str], now_s: float) -> list[Fault]:
        """What is wrong with a topic that these nodes publish, at a time on the caller's clock [s]."""
        if len(publishers) < 2:
            self._since_s.pop(topic, None)
            return []
        lasts_s = now_s - self._since_s.setdefault(topic, now_s)
        level = DiagnosticStatus.ERROR if lasts_s >= LINGER_S else DiagnosticStatus.WARN
        count = "two" if len(publishers) == 2 else str(len(publishers))
        return [Fault(level, f"{count} nodes publish {topic}: {', '.join(sorted(publishers))}")]


def publishers_of(node: Node, topic: str) -> list[str]:
    """The full names of the nodes that publish a topic, as far as they are known."""
    found = node.get_publishers_info_by_topic(topic)
    return [f"{each.node_namespace.rstrip('/')}/{each.node_name}" for each in found]
