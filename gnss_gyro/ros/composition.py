"""The nodes of a rig in one process: what a launch file starts as several, where there is no ros2 launch."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Container, Sequence
from pathlib import Path
from typing import Any, Final

import rclpy
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from gnss_gyro.basics.errors import ConfigError
from gnss_gyro.ros.antenna_driver import AntennaDriver
from gnss_gyro.ros.fusion import FusionNode
from gnss_gyro.ros.rig_nodes import DRIVER, FUSION, NodeDescription, parameters_yaml
from gnss_gyro.ros.running import start_by_itself

_MAKERS: Final[dict[str, Callable[..., LifecycleNode]]] = {
    DRIVER: lambda name, ended, **kwargs: AntennaDriver(name, **kwargs),
    FUSION: lambda name, ended, **kwargs: FusionNode(ended, **kwargs),
}
_TURN_S: Final = 0.1
_UNREADABLE: Final = re.compile(r"params file: '--params-file (?P<file>.+?)'\. Error: (?P<reason>.+?)\s*(?:, at /|$)", re.DOTALL)


class Composition:
    """Nodes, their context and one executor. Its callbacks are short (each driver reads in a thread of its own): one thread
    runs them all. Signals are the caller's affair.

    nodes : by name
    """

    def __init__(
        self, descriptions: Sequence[NodeDescription], parameter_files: Sequence[Path] = (), domain: int | None = None,
        ended: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        """Make the nodes; later parameter files overrule earlier ones and the descriptions, as under launch.

        ended : whether their start, in which they may compile for a minute, shall be given up

        Raises ConfigError for a file that is no parameter file of ROS, and where two nodes have one name.
        """
        for number, description in enumerate(descriptions):
            _refuse_twin(description.name, [earlier.name for earlier in descriptions[:number]])
        self._ended = ended
        self.context = Context()
        self._folder = tempfile.TemporaryDirectory(prefix="gnss_gyro_")
        own = Path(self._folder.name) / "nodes.yaml"
        own.write_text(parameters_yaml(descriptions), encoding="utf-8")
        words = [word for file in (own, *parameter_files) for word in ("--params-file", str(file))]
        signals = SignalHandlerOptions.NO
        try:
            rclpy.init(args=["--ros-args", *words], context=self.context, domain_id=domain, signal_handler_options=signals)
        except RuntimeError as error:  # RCLError, which rclpy does not export
            self._folder.cleanup()
            raise _known(error) from error
        self.executor = SingleThreadedExecutor(context=self.context)
        self.nodes: dict[str, Any] = {}
        for description in descriptions:
            self.add(_MAKERS[description.executable](description.name, ended, context=self.context))

    def add(self, node: Node) -> None:
        """Have another node spun with them, one made with this context. Raises ConfigError where one has its name."""
        _refuse_twin(node.get_name(), self.nodes)
        self.nodes[node.get_name()] = node
        self.executor.add_node(node)

    def start(self) -> None:
        """Configure and activate in the order of the descriptions: fusion listens before drivers speak. Raises ConfigError."""
        for name, node in self.nodes.items():
            if self._ended():
                return
            if isinstance(node, LifecycleNode) and not start_by_itself(node) and not self._ended():
                raise ConfigError(f"node {name} could not be started; its reasons stand above")

    def spin_while(self, condition: Callable[[], bool]) -> None:
        """Spin for as long as the condition holds."""
        try:
            while condition():
                self.executor.spin_once(timeout_sec=_TURN_S)
        except ExternalShutdownException:
            pass

    def close(self) -> None:
        """End the drivers before the fusion node, then ROS."""
        for node in reversed(self.nodes.values()):
            self.executor.remove_node(node)
            node.destroy_node()
        self.nodes.clear()
        self.executor.shutdown()
        self.context.try_shutdown()
        self._folder.cleanup()


def _known(error: RuntimeError) -> Exception:
    """A ConfigError for what rcl says of a parameter file; else the error itself."""
    found = _UNREADABLE.search(str(error))
    return ConfigError(f"{found['file']} is no parameter file of ROS: {found['reason']}") if found else error


def _refuse_twin(name: str, names: Container[str]) -> None:
    if name in names:
        raise ConfigError(f"two nodes would be named {name}: rename the antenna of this name")
