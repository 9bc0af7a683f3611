"""Real ROS for each test alone: its own context, domain and executor, on this machine only; skipped where there is no rclpy."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import pytest

# Before the first import of a message: check what fields are given, and stay on this machine.
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
if "ROS_LOG_DIR" not in os.environ:
    os.environ["ROS_LOG_DIR"] = tempfile.mkdtemp(prefix="gnss_gyro_ros_log_")
    atexit.register(shutil.rmtree, os.environ["ROS_LOG_DIR"], ignore_errors=True)

HAS_ROS = find_spec("rclpy") is not None
collect_ignore_glob = [] if HAS_ROS else ["test_*.py"]
PATIENCE_S = 60.0
"""For what takes a moment on a computer with nothing else to do."""
_DOMAINS = 102
_TURN_S = 0.02
N = TypeVar("N")


def pytest_report_header() -> str:
    return "" if HAS_ROS else "test/ros is left out: no rclpy here (pip install '.[ros]')"


class Ros:
    """A ROS graph of one test. Nodes made with **ros.kwargs() and added here are destroyed at its end."""

    def __init__(self, domain: int) -> None:
        import rclpy
        from rclpy.context import Context
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.signals import SignalHandlerOptions

        self.domain = domain
        self.context = Context()
        rclpy.init(context=self.context, domain_id=domain, signal_handler_options=SignalHandlerOptions.NO)
        self.executor = SingleThreadedExecutor(context=self.context)
        self._nodes: list[Any] = []

    def kwargs(self, **parameters: Any) -> dict[str, Any]:
        """What a node is made with; parameters by name, two underscores for a dot."""
        from rclpy.parameter import Parameter

        overrides = [Parameter(name.replace("__", "."), value=value) for name, value in parameters.items()]
        return {"context": self.context, "parameter_overrides": overrides}

    def add(self, node: N) -> N:
        """Have a node spun."""
        self.executor.add_node(node)  # type: ignore[arg-type]
        self._nodes.append(node)
        return node

    def node(self, name: str = "tester") -> Any:
        """A plain node."""
        from rclpy.node import Node

        return self.add(Node(name, context=self.context))

    def spin_until(self, condition: Callable[[], object], seconds: float = PATIENCE_S) -> bool:
        """Spin until the condition holds; False where it does not in time."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                return False
            self.executor.spin_once(timeout_sec=_TURN_S)
        return True

    def spin(self, seconds: float) -> None:
        """Spin for a while."""
        self.spin_until(lambda: False, seconds)

    def remove(self, node: Any) -> None:
        """Destroy a node before the end."""
        self._nodes.remove(node)
        self.executor.remove_node(node)
        node.destroy_node()

    def close(self) -> None:
        """Nodes first, then the executor, then the context."""
        for node in list(reversed(self._nodes)):
            self.remove(node)
        self.executor.shutdown()
        self.context.try_shutdown()


def _claimed_domain() -> Iterator[int]:
    """The domain that tests of this machine left longest ago: nodes that were killed stay known there for half a minute."""
    folder = Path(tempfile.gettempdir()) / "gnss_gyro_ros_domains"
    folder.mkdir(exist_ok=True)
    files = [folder / str(domain) for domain in range(_DOMAINS)]
    for file in sorted(files, key=lambda file: file.stat().st_mtime if file.exists() else 0.0):
        with file.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            os.utime(file)
            yield int(file.name)
            os.utime(file)
            return
    pytest.fail("all ROS domains are taken")


@pytest.fixture
def domain() -> Iterator[int]:
    yield from _claimed_domain()


@pytest.fixture
def ros(domain: int) -> Iterator[Ros]:
    graph = Ros(domain)
    yield graph
    graph.close()
