"""From a lifecycle node to a process that ends cleanly."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any, Final, TypeVar

import rclpy
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.executors import ExternalShutdownException
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.node import Node

N = TypeVar("N", bound=Node)
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
        start(node)
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
