"""From a lifecycle node to a process that ends cleanly."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import rclpy
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.executors import ExternalShutdownException
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.node import Node

N = TypeVar("N", bound=Node)
_LOOK_S: Final = 0.1
_GRACE_S: Final = 2.0
AUTOSTART: Final = "autostart"
_ABOUT: Final = ParameterDescriptor(description="configure and activate at the start, by itself", read_only=True)


def start_by_itself(node: LifecycleNode) -> bool:
    """Configure and activate, unless the parameter autostart is false; whether the node is active now."""
    wanted: Any = node.declare_parameter(AUTOSTART, True, _ABOUT).value
    if not wanted:
        return False
    done = TransitionCallbackReturn.SUCCESS
    return node.trigger_configure() is done and node.trigger_activate() is done


def run(make: Callable[[], LifecycleNode]) -> None:
    """Spin a lifecycle node, started by itself, until SIGINT or SIGTERM."""
    run_plain(make, start_by_itself)


def run_plain(make: Callable[[], N], start: Callable[[N], object] = lambda node: None) -> None:
    """Spin a node until SIGINT or SIGTERM; under launch both may come, and twice."""
    rclpy.init()
    node: N | None = None
    try:
        node = make()
        with _ended_by_signals():
            start(node)
        if rclpy.ok():  # a signal may have ended the start
            rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except Exception:
        if rclpy.ok():  # else a signal came in the middle of a publication: no error, the end
            raise
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Compilation swallows Ctrl-C and may last a minute: a process that is told to end while it starts ends as it is."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_LOOK_S):
            if not rclpy.ok() and not done.wait(_GRACE_S):
                os._exit(0)

    thread = threading.Thread(target=watch, name="signals", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
